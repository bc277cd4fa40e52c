"""The work list's pages: it is read by address alone, and works without a script."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dajing.kernel.casework import queue
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.worklist import bulk, views
from dajing.kernel.casework.worklist.asking import Asked, asked
from dajing.kernel.casework.worklist.contents import filters, row, tabs
from dajing.kernel.casework.worklist.labels import address, kinds_known, labels
from dajing.kernel.casework.worklist.opening import openable
from dajing.kernel.identity.api import actor_of, audience, holders
from dajing.kernel.text import Refusal, Text

NOTHING_CHOSEN = Text(zh="请先勾选事项。", en="Tick the cases first.")
NO_ACT = Text(zh="请选择要做什么。", en="Choose what is to be done.")


@audience("signed-in")
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """The visitor's queue as the address asks for it."""
    return _list(request, asked(query=request.GET, at=datetime.now(UTC)), {})


@audience("signed-in")
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """One act on the ticked cases; the list follows with an answer for each."""
    at = datetime.now(UTC)
    by, shown = actor_of(request=request, at=at), asked(query=QueryDict(request.POST.get("query", "")), at=at)
    chosen = [one for text in request.POST.getlist("chosen") if (one := _chosen(text))]
    given = {name: request.POST.get(name, "").replace("\0", "").strip() for name in ("act", "words", "to", "proposal")}
    errors = _objections(chosen, given["act"], kinds_known())
    if errors:
        ticked = {one.case for one in chosen}
        return _list(request, shown, {"errors": errors, "given": given, "ticked": ticked}, status=422)
    try:
        key = f"bulk:{by.id}:{request.POST.get('key', '')[:32]}"
        results = bulk.act_on(chosen=chosen, order=bulk.Order(**given), by=by, at=at, key=key)
    except bulk.TooMany as refusal:
        return _list(request, shown, {"errors": [{"field": "list", "message": refusal.message}]}, status=422)
    done = sum(1 for result in results if result.refused is None)
    refused = [(result, address(case=result.case)) for result in results if result.refused is not None]
    return _list(request, shown, {"done": done, "refused": refused, "answered": True})


def _chosen(text: str) -> bulk.Chosen | None:
    seq, _, case = text.partition(":")
    case = case.replace("\0", "")
    return (
        bulk.Chosen(case=case, seq=int(seq)) if case and seq.isascii() and seq.isdecimal() and len(seq) < 10 else None
    )


def _objections(chosen: list[bulk.Chosen], act: str, known: list[CaseKind]) -> list[dict[str, Any]]:
    errors = [] if chosen else [{"field": "list", "message": NOTHING_CHOSEN}]
    if act not in bulk.ACTS and act not in bulk.steps(kinds=known):
        errors.append({"field": "act", "message": NO_ACT})
    return errors


@audience("signed-in")
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the list shown under a name."""
    at = datetime.now(UTC)
    query = asked(query=QueryDict(request.POST.get("query", "")), at=at).query()
    try:
        views.keep_view(
            name=request.POST.get("name", "").replace("\0", ""), query=query, by=actor_of(request=request, at=at)
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(f"{reverse('work')}?{query}")


@audience("signed-in")
@require_POST
def drop(request: HttpRequest, view: int) -> HttpResponse:
    """Forget a kept list."""
    views.drop_view(view=view, by=actor_of(request=request, at=datetime.now(UTC)))
    return HttpResponseRedirect(reverse("work"))


def _list(request: HttpRequest, shown: Asked, more: dict[str, Any], status: int = 200) -> HttpResponse:
    at = shown.wanted.at
    by = actor_of(request=request, at=at)
    lines = queue.page(by=by, whose=shown.whose, wanted=shown.wanted, after=shown.after, size=queue.PAGE + 1)
    more_follow, lines = len(lines) > queue.PAGE, lines[: queue.PAGE]
    words = labels(lines=lines)
    context = {
        "shown": shown,
        "rows": [row(line=line, words=words, at=at) for line in lines],
        "next_url": f"?{shown.following(line=lines[-1])}" if more_follow else "",
        "first_url": f"?{shown.query()}" if shown.after else "",
        "tabs": tabs(by=by, shown=shown),
        "filters": filters(shown=shown, words=words),
        "filtered": bool(
            shown.wanted.kind
            or shown.wanted.state
            or shown.wanted.area
            or shown.wanted.colour
            or shown.wanted.department
        ),
        "acts": _acts(lines),
        "people": holders(department=by.department, at=at) if by.department else [],
        "departments": words.departments.items(),
        "views": views.views_of(by=by),
        "may_open": bool(openable(by=by)),
        "key": secrets.token_hex(16),
        "moment_control": False,
    }
    return render(request, "casework/work.html", context | more, status=status)


def _acts(lines: list[queue.Line]) -> list[tuple[str, Text]]:
    present = {line.kind for line in lines}
    kinds = [kind for kind in kinds_known() if kind.id in present]
    return [*bulk.ACTS.items(), *bulk.steps(kinds=kinds).items()]
