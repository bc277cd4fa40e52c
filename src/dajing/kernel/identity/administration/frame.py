"""What the administrators' pages share: the pages a visitor may open, mistakes, dates, keyset paging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.api import actor_of
from dajing.kernel.identity.models import Person
from dajing.kernel.identity.refusals import NotYours, UnableToAppoint
from dajing.kernel.identity.roles import AUDIT, SECURITY, SYSTEM
from dajing.kernel.text import Refusal, Text

PAGE = 50
PAGES = (
    ("admin-people", Text(zh="人员", en="People"), (SYSTEM,)),
    ("admin-posts", Text(zh="岗位与权限", en="Posts and roles"), (SYSTEM, SECURITY)),
    ("admin-appointments", Text(zh="任职", en="Appointments"), (SYSTEM, SECURITY)),
    ("admin-approvals", Text(zh="待批准", en="Approvals"), (SECURITY,)),
    ("admin-resets", Text(zh="重置第二步验证", en="Reset second step"), (SYSTEM, SECURITY, AUDIT)),
    ("admin-tokens", Text(zh="接口令牌", en="API tokens"), (SYSTEM, SECURITY)),
    ("admin-calendar", Text(zh="工作日历", en="Working calendar"), (SYSTEM,)),
    ("admin-ledger", Text(zh="账本", en="Ledger"), (AUDIT,)),
)


def acting(request: HttpRequest) -> tuple[Actor, datetime]:
    """Who acts and when."""
    now = datetime.now(UTC)
    return actor_of(request=request, at=now), now


def shown(
    request: HttpRequest, template: str, context: dict[str, Any], *, refused: Refusal | None = None, field: str = "main"
) -> HttpResponse:
    """The page; with ``refused`` it begins with that mistake, keeps what was typed and answers 422 (403: not yours)."""
    by, _ = acting(request)
    pages = [(title, name) for name, title, roles in PAGES if any(by.may(role) for role in roles)]
    errors = [{"field": field, "message": str(refused)}] if refused else []
    typed = request.POST if refused else {}
    frame = {"pages": pages, "errors": errors, "typed": typed, "actor": by, "moment_control": False}
    status = 200 if refused is None else 403 if isinstance(refused, NotYours) else 422
    return render(request, f"identity/admin/{template}.html", frame | context, status=status)


def whole(text: str | None) -> int | None:
    """A whole number from an address or a form, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def next_page(request: HttpRequest, rows: Sequence[Any], key: str) -> str:
    """The address of the page after ``rows``, or empty when these were the last."""
    if len(rows) <= PAGE:
        return ""
    kept = {name: value for name, value in request.GET.items() if name != "after"}
    last = rows[PAGE - 1]
    return f"?{urlencode(kept | {'after': getattr(last, key)})}"


def start_of(text: str, *, at: datetime) -> datetime:
    """The start of a day from a form; empty or today is now. Raises ``UnableToAppoint`` for what is no day."""
    day = _day(text)
    return at if day is None or day == timezone.localdate(at) else _midnight(day)


def end_of(text: str) -> datetime | None:
    """The end of a day from a form, which itself still counts; empty is no end. Raises ``UnableToAppoint``."""
    day = _day(text)
    return None if day is None else _midnight(day + timedelta(days=1))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise UnableToAppoint from None
    if day is not None and not 2000 <= day.year <= 2200:
        raise UnableToAppoint
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone()).astimezone(UTC)


def names_of(ids: Sequence[str]) -> dict[str, str]:
    """The names behind ``person:<pk>`` references, to show who did what."""
    keys = [whole(text.partition(":")[2]) for text in ids if text.startswith("person:")]
    people = Person.objects.filter(pk__in=[key for key in keys if key is not None])
    return {f"person:{pk}": name for pk, name in people.values_list("pk", "name")}
