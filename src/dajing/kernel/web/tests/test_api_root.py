import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from ninja import NinjaAPI, Router

from dajing.kernel.text import Refusal, Text
from dajing.kernel.web import api_root


class SampleRefused(Refusal):
    text = Text(zh="第 {row} 行不对", en="row {row} is wrong")


router = Router()


@router.get("/refused")
def refused(request, n: int = 0):
    raise SampleRefused(row=3)


@router.get("/broken")
def broken(request):
    raise ZeroDivisionError


api = NinjaAPI(urls_namespace="sample")
api_root._handlers(api)
api.add_router("/sample", router)
urlpatterns = [path("api/", api.urls)]


@pytest.fixture
def client():
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


def test_a_foreseen_refusal_is_a_problem_document_in_both_languages(client):
    answer = client.get("/api/sample/refused")
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["title"]) == (422, "SampleRefused")
    assert (body["detail_zh"], body["detail_en"]) == ("第 3 行不对", "row 3 is wrong")


def test_a_wrong_parameter_is_named(client):
    body = client.get("/api/sample/refused?n=many").json()
    assert body["status"] == 422
    assert body["errors"][0]["loc"] == ["query", "n"]


def test_a_failure_of_ours_tells_nothing_about_the_inside(client):
    answer = client.get("/api/sample/broken")
    assert answer.status_code == 500
    assert answer.json() == {"type": "about:blank", "title": "Internal error", "status": 500}


def test_an_unknown_address_of_the_api_is_a_problem_document_too():
    answer = api_root.unknown_address(RequestFactory().get("/api/v1/nothing"))
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
