"""Pages of actions: the plan's list, opening one from a gap or a milestone, one action with its history and acts."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.domains.plan.actions import contents, history
from dajing.domains.plan.actions.acting import perform
from dajing.domains.plan.actions.forms import read_proposal
from dajing.domains.plan.actions.rules import NO_CAUSE, Fault, Proposal
from dajing.domains.plan.actions.service import KIND, UnableToOpenAction, known, open_action, plan_of
from dajing.domains.plan.loading import PlanUnknown
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.register.service import slots
from dajing.kernel.areas.api import areas, units
from dajing.kernel.casework.api import CaseUnknown, CaseView, UnableToAct, possible, read_case
from dajing.kernel.identity.api import Actor, actor_of, audience, requires
from dajing.kernel.identity.holding import department_names
from dajing.kernel.text import Refusal, Text
from dajing.kernel.ui.moment import as_of

DONE = Text(zh="已办理，并记入台账。", en="Done and recorded in the ledger.")
SIZE = 50
VIEWS = {
    "open": Text(zh="在办", en="Open"),
    "late": Text(zh="逾期", en="Late"),
    "ended": Text(zh="已结束", en="Ended"),
}
KEY = 60  # characters of a request's key


@audience("signed-in")
@require_safe
def actions(request: HttpRequest, plan: str) -> HttpResponse:
    """The plan's actions that the visitor may read."""
    found, at = _plan(plan), datetime.now(UTC)
    by = actor_of(request=request, at=at)
    view = request.GET.get("view", "open")
    if view not in VIEWS:
        raise Http404(view)
    shown = contents.lines(
        plan=found, by=by, at=at, open=view != "ended", until=at if view == "late" else None,
        after=_after(request), size=SIZE + 1,
    )  # fmt: skip
    context = {
        "plan": found,
        "lines": shown[:SIZE],
        "view": view,
        "views": VIEWS.items(),
        "areas": areas(),
        "may_open": by.may("plan.officer"),
        "next_url": _next(shown, view),
        "figures": contents.figures(by=by),
        "moment_control": False,
    }
    return render(request, "plan/actions/list.html", context)


def _after(request: HttpRequest) -> tuple[datetime, str] | None:
    moment, _, case = request.GET.get("after", "").partition("~")
    try:
        return (datetime.fromisoformat(moment).astimezone(UTC), case) if case else None
    except (ValueError, OverflowError):
        raise Http404("after") from None


def _next(shown: list[contents.Line], view: str) -> str:
    if len(shown) <= SIZE:
        return ""
    moment, case = shown[SIZE - 1].key
    return "?" + urlencode({"view": view, "after": f"{moment.isoformat()}~{case}"})


@requires("plan.officer")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, plan: str) -> HttpResponse:
    """The form of a new action; a gap, a county's page, a milestone or another desk fills in what it knows."""
    found, at = _plan(plan), datetime.now(UTC)
    if request.method != "POST":
        return _form(request, found, _prefilled(found, request.GET), [], at)
    by = actor_of(request=request, at=at)
    proposal, unread = read_proposal(posted=request.POST)
    try:
        if unread:
            raise UnableToOpenAction(found=unread)
        state = open_action(plan=found, proposal=proposal, by=by, at=at, key=_key(request))
    except UnableToOpenAction as refusal:
        return _form(request, found, proposal, list(refusal.faults), at, status=422)
    except UnableToAct as refusal:
        return _form(request, found, proposal, [Fault("title", refusal.message)], at, status=422)
    messages.success(request, str(DONE))
    return HttpResponseRedirect(reverse("plan-action", args=[state.id]))


def _prefilled(plan: Plan, asked: QueryDict) -> Proposal:
    """What the address knows; the owner is the department that answers for the indicator."""
    indicator = next((i for i in plan.indicators if i.id == asked.get("indicator")), None)
    read, _ = read_proposal(posted=asked)
    title = read.title or _milestone_title(plan, read)
    owner = read.owner or (indicator.department if indicator else "")
    until = read.until or read_proposal(posted=QueryDict(f"until={asked.get('due', '')}"))[0].until
    reason = asked.get("source", "").strip()
    text = read.text or (f"{reason}" if reason else "")
    return msgspec.structs.replace(
        read, title=title, owner=owner, area=read.area or plan.area, until=until, text=text, effect=None
    )


def _milestone_title(plan: Plan, read: Proposal) -> str:
    entry = next((view.entry for view in slots(plan=plan) if view.slot.id == read.slot), None)
    if entry is None or not 1 <= read.milestone <= len(entry.milestones):
        return ""
    return f"{entry.title}：{entry.milestones[read.milestone - 1].title}"[:200]


def _form(
    request: HttpRequest, plan: Plan, proposal: Proposal, faults: list[Fault], at: datetime, status: int = 200
) -> HttpResponse:
    names, choices = department_names(), known(plan=plan, at=at)
    offices = [(id, names.get(id, id)) for id in sorted(choices.departments)]
    indicator = next((i for i in plan.indicators if i.id == proposal.indicator), None)
    context = {
        "plan": plan,
        "proposal": proposal,
        "typed": request.POST,
        "indicator": indicator,
        "indicators": [("", "—"), *((i.id, i.title) for i in plan.indicators)],
        "places": [(plan.area, areas()[plan.area].name), *((u.code, u.name) for u in units(hierarchy="reporting"))],
        "offices": [("", "—"), *offices],
        "joint": [("", "—"), *offices],
        "errors": [{"field": fault.field, "message": str(fault.message)} for fault in faults],
        "gap": history.gap(plan=plan, indicator=indicator, area=proposal.area),
        "key": request.POST.get("key", "")[:KEY] or secrets.token_hex(16),
        "moment_control": False,
    }
    return render(request, "plan/actions/new.html", context, status=status)


@audience("signed-in")
@require_safe
def action(request: HttpRequest, case: str) -> HttpResponse:
    """One action: what, who, until when, its history, its effect, and what the visitor may do now."""
    at, moment = datetime.now(UTC), as_of(request).moment
    by = actor_of(request=request, at=at)
    view = _case(case, by, at, moment)
    plan = plan_of(state=view.state)
    names, past = department_names(), moment is not None
    may = possible(kind=view.kind, state=view.state, by=by)
    tone, word = contents.COLOURS[view.colour if view.state.open else "none"]
    context = {
        "plan": plan,
        "view": view,
        "state": view.state,
        "stage": view.kind.state(id=view.state.state).title,
        "tone": tone,
        "word": word,
        "due": contents.last_moment(state=view.state),
        "areas": areas(),
        "names": names,
        "owner": names.get(contents.owner_of(state=view.state), ""),
        "joint": [names.get(id, id) for id in view.state.fields["owner"].get("joint", ())],
        "verifier": names.get(view.state.fields["verifier"], ""),
        "holder": history.holder(state=view.state, names=names),
        "history": history.told(view=view, names=names),
        "compared": contents.compared(plan=plan, state=view.state, as_of=moment),
        "no_cause": NO_CAUSE,
        "transitions": [] if past else may.transitions,
        "built_in": [] if past else sorted(may.built_in),
        "offices": [(id, names.get(id, id)) for id in sorted(known(plan=plan, at=at).departments)],
        "reasons": view.kind.suspension_reasons.items(),
        "key": secrets.token_hex(16),
    }
    return render(request, "plan/actions/action.html", context)


@audience("signed-in")
@require_POST
def act(request: HttpRequest, case: str) -> HttpResponse:
    """One act on an action; what is refused is said on its page."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    view = _case(case, by, at, None)
    try:
        perform(state=view.state, posted=request.POST, by=by, at=at, key=_key(request), files=_files(request))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(DONE))
    return HttpResponseRedirect(reverse("plan-action", args=[case]))


def _files(request: HttpRequest) -> dict[str, list[Any]]:
    return {name: request.FILES.getlist(name) for name in request.FILES}


def _key(request: HttpRequest) -> str:
    return request.POST.get("key", "").strip()[:KEY] or secrets.token_hex(16)


def _case(case: str, by: Actor, at: datetime, as_of: datetime | None) -> CaseView:
    try:
        view = read_case(case=case, by=by, at=at, as_of=as_of)
    except CaseUnknown as refusal:
        raise Http404(str(refusal)) from None
    if view.kind.id != KIND:
        raise Http404(case)
    return view


def _plan(name: str) -> Plan:
    try:
        return load_plan(id=name)
    except PlanUnknown as refusal:
        raise Http404(str(refusal)) from refusal
