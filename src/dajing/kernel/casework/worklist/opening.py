"""Registering a case by hand: what it is, where it is, who reported it and who shall handle it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from dajing.kernel.areas.api import top, units
from dajing.kernel.casework import acting, contacts, service
from dajing.kernel.casework.events import Assignment, Place
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.refusals import unable
from dajing.kernel.casework.registry import has_page, kinds
from dajing.kernel.identity.api import Actor, actor_of, audience, department_names
from dajing.kernel.text import Refusal, Text

NAMES = ("title", "text", "department", "area", "address", "longitude", "latitude", "name", "telephone", "home", "key")
NO_TITLE = Text(zh="请填写标题。", en="Give a title.")
NO_POINT = Text(
    zh="经纬度须同时填写，写作小数，如 114.88 和 40.81。",
    en="Give both longitude and latitude, in decimals such as 114.88 and 40.81.",
)


def openable(*, by: Actor) -> list[CaseKind]:
    """The kinds that the actor may register here: those of its roles that have no page of their own."""
    known = kinds().values()
    return [kind for kind in known if by.roles.intersection(kind.openers) and not has_page(kind=kind.id)]


@audience("signed-in")
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which kind of case it is."""
    by = actor_of(request=request, at=datetime.now(UTC))
    return render(request, "casework/choose.html", {"kinds": openable(by=by), "moment_control": False})


@audience("signed-in")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of one kind, and its sending; what was written is kept where it is refused."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    found = next((one for one in openable(by=by) if one.id == kind), None)
    if found is None:
        raise Http404(kind)
    dates = [(clock.dated, clock.title) for clock in found.clocks if clock.dated]
    names = (*NAMES, *(name for name, _ in dates))
    given = {name: request.POST.get(name, "").replace("\0", "").strip()[:5001] for name in names}
    if request.method == "GET":
        return _page(request, found, dates, given, [], 200)
    errors = _faults(given, at)
    try:
        case = "" if errors else _open(found, given, [name for name, _ in dates], by, at)
    except Refusal as refusal:
        errors = [("title", refusal.message)]
    if errors:
        return _page(request, found, dates, given, errors, 422)
    messages.success(request, gettext("已登记，并记入台账。"))
    return HttpResponseRedirect(reverse("case", args=[case]))


def _faults(given: dict[str, str], at: datetime) -> list[tuple[str, Text]]:
    """What is wrong with what was typed, by field, all at once; what the kind itself asks for is judged on opening."""
    found = [] if given["title"] else [("title", NO_TITLE)]
    judges: tuple[tuple[str, Callable[[], object]], ...] = (
        ("department", lambda: acting.recipient(to=Assignment(department=given["department"]), at=at)),
        ("area", lambda: acting.area(given=given["area"])),
        ("longitude", lambda: _place(given)),
    )
    for field, judge in judges:
        try:
            judge()
        except Refusal as refusal:
            found.append((field, refusal.message))
    return found + [("telephone", fault) for fault in contacts.faults(given=_reporter(given))]


def _reporter(given: dict[str, str]) -> contacts.Reporter:
    return contacts.Reporter(name=given["name"], telephone=given["telephone"], address=given["home"])


def _open(kind: CaseKind, given: dict[str, str], dates: list[str], by: Actor, at: datetime) -> str:
    key = f"new:{by.id}:{given['key'][:32]}"
    with transaction.atomic():  # the contact of a case that is refused does not stay
        parties = contacts.keep(case=service.case_id(kind=kind, key=key), given=_reporter(given))
        state = service.open_case(
            kind=kind,
            title=given["title"],
            text=given["text"],
            area=acting.area(given=given["area"]),
            to=acting.recipient(to=Assignment(department=given["department"]), at=at),
            fields={name: given[name] for name in dates},
            place=_place(given),
            parties=parties,
            by=by,
            at=at,
            key=key,
        )
    return state.id


def _place(given: dict[str, str]) -> Place | None:
    longitude, latitude = given["longitude"], given["latitude"]
    if not (longitude or latitude or given["address"]):
        return None
    if len(given["address"]) > 200:
        raise unable(reasons=[Text(zh="地址不超过 200 字。", en="The address has at most 200 characters.")])
    if not (longitude or latitude):
        return Place(address=given["address"])
    try:
        east, north = float(longitude), float(latitude)
    except ValueError:
        raise unable(reasons=[NO_POINT]) from None
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        raise unable(reasons=[NO_POINT])
    return Place(longitude=east, latitude=north, address=given["address"])


def _page(
    request: HttpRequest, kind: CaseKind, dates: list[tuple[str, Text]], given: dict[str, str],
    errors: list[tuple[str, Text]], status: int,
) -> HttpResponse:  # fmt: skip
    every = Text(zh="请选择", en="Choose")
    context: dict[str, Any] = {
        "kind": kind,
        "dates": [(name, title, given[name]) for name, title in dates],
        "given": given,
        "errors": [{"field": field, "message": message} for field, message in errors],
        "areas": [("", every), *((unit.code, unit.name) for unit in (top(), *units(hierarchy="reporting")))],
        "departments": [("", every), *department_names().items()],
        "key": given["key"] or secrets.token_hex(16),
        "moment_control": False,
    }
    return render(request, "casework/new.html", context, status=status)
