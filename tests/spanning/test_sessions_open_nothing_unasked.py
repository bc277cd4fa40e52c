"""Every address of the centre that takes a POST: no page of another site can act for whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db

EXAMPLES = {"IntConverter": "1", "SlugConverter": "x", "StringConverter": "x", "PathConverter": "x"}


def addresses(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            kind = type(converter).__name__
            for written in (f"<{name}>", *(f"<{short}:{name}>" for short in ("int", "slug", "str", "path"))):
                route = route.replace(written, EXAMPLES.get(kind, "x"))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, before + route)
        elif isinstance(pattern, URLPattern) and "^" not in route:
            yield before + route


def test_no_form_is_taken_without_the_token_of_our_own_page_nor_from_another_origin():
    who = Person.objects.create_user("zhao", "Great-Wall-1429", name="赵一鸣")
    client = Client(enforce_csrf_checks=True)
    client.force_login(who)
    found = [address for address in addresses(get_resolver()) if not address.startswith("/api/")]
    assert len(found) > 80
    taken = {}
    for address in found:
        answer = client.post(address, {"x": "1"}, headers={"origin": "https://evil.example"})
        if answer.status_code not in (403, 404, 405):
            taken[address] = answer.status_code
    assert not taken


def test_a_session_alone_opens_no_writing_address_of_the_api():
    who = Person.objects.create_user("zhao", "Great-Wall-1429", name="赵一鸣")
    client = Client()
    client.force_login(who)
    found = [address for address in addresses(get_resolver()) if address.startswith("/api/")]
    found = [address for address in found if not address.endswith(("/openapi.json", "/docs"))]  # which change nothing
    assert len(found) > 10
    for address in found:
        for method in ("POST", "PUT", "DELETE"):
            answer = client.generic(method, address, "{}", content_type="application/json")
            assert answer.status_code in (401, 403, 404, 405), (address, method, answer.status_code)
