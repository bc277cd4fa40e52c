"""The plan's pages before any report is locked, and what the board makes of readings."""

from __future__ import annotations

import pytest
from django.test import Client

from dajing.domains.plan.board.contents import compose, latest
from dajing.domains.plan.board.tests import factories
from dajing.domains.plan.board.words import STATUSES
from dajing.domains.plan.loading import plan

PAGES = ("", "indicator/iptv/", "area/130702/", "indicator/iptv/evidence/130702/2018-06/", "supervision/")


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_before_any_report_a_page_says_what_is_missing_and_shows_no_number(page: str) -> None:
    answer = Client(headers={"accept-language": "zh"}).get(f"/plan/zjk-135/{page}")
    assert answer.status_code == 200
    assert "还没有读数" in answer.content.decode()
    assert "spark" not in answer.content.decode().split("<main")[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["nope/", "indicator/nope/", "area/999999/", "report.exe", "indicator/iptv/evidence/1/x/"]
)
def test_what_does_not_exist_is_not_found(page: str) -> None:
    address = f"/plan/{page}" if page == "nope/" else f"/plan/zjk-135/{page}"
    assert Client().get(address).status_code == 404


@pytest.mark.django_db
def test_the_board_keeps_the_time_shown_in_every_link_to_a_figure() -> None:
    html = Client().get("/plan/zjk-135/?as_of=2018-06-30").content.decode()
    links = [part.split('"')[0] for part in html.split('href="')[1:]]
    inner = [address for address in links if address.startswith("/plan/")]
    assert inner
    assert all("as_of=2018-06-30" in address for address in inner if address != "/plan/zjk-135/")


@pytest.mark.django_db
def test_every_target_and_aim_of_the_plan_is_on_the_board_in_english() -> None:
    html = Client(headers={"accept-language": "en"}).get("/plan/zjk-135/").content.decode()
    for indicator in plan().indicators:
        assert str(indicator.title.en).replace("&", "&amp;").replace("'", "&#x27;") in html
    for aim in plan().aims:
        assert aim.title.en.replace("'", "&#x27;") in html


def test_the_latest_known_value_is_shown_and_an_unknown_one_keeps_its_reason() -> None:
    known, gap = factories.figure(period="2018-05"), factories.figure(period="2018-06", value=None)
    assert latest([known, gap]) is known
    assert latest([gap]) is gap
    board = compose(plan=plan(), vintage=factories.vintage(), figures=[gap])
    row = next(row for row in board.rows if row.indicator.id == "iptv")
    assert row.reason.en == "two areas have not reported"


def test_counts_add_up_to_all_indicators() -> None:
    board = factories.board(plan=plan())
    assert sum(number for _, _, number in board.counts) == len(plan().indicators)


def test_each_status_has_its_own_tone_and_word() -> None:
    assert len({tone for tone, _ in STATUSES.values()}) == len(STATUSES)
    assert len({word.zh for _, word in STATUSES.values()}) == len(STATUSES)
