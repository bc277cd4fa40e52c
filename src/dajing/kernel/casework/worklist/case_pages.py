"""The page of a case whose kind has none of its own: what it is, its clocks and history, and what may be done now."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from dajing.kernel.areas.api import areas
from dajing.kernel.casework import acting, contacts, reading, store
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.refusals import CaseUnknown
from dajing.kernel.casework.worklist import bulk
from dajing.kernel.casework.worklist.contents import COLOURS
from dajing.kernel.forms import attachments
from dajing.kernel.identity.api import Actor, actor_of, audience, department_names, holders, names_of
from dajing.kernel.text import Refusal, Text

BUILT_IN = {
    "open": Text(zh="登记", en="Opened"),
    "assign": Text(zh="交办", en="Given"),
    "hand_back": Text(zh="退回", en="Handed back"),
    "contribute": Text(zh="协办反馈", en="Contributed"),
    "link": Text(zh="并案", en="Linked"),
    "suspend": Text(zh="中止计时", en="Suspended"),
    "resume": Text(zh="恢复计时", en="Resumed"),
    "supervise": Text(zh="督办", en="Urged"),
    "note": Text(zh="记录说明", en="Noted"),
    "escalate": Text(zh="升级提醒", en="Escalated"),
}
OFFERED = {
    "assign": Text(zh="转交其他部门", en="Give to another department"),
    "give": bulk.ACTS["give"],
    "hand_back": bulk.ACTS["hand_back"],
    "contribute": Text(zh="反馈协办情况", en="Give your department's part"),
    "supervise": bulk.ACTS["supervise"],
    "note": bulk.ACTS["note"],
    "suspend": Text(zh="中止计时", en="Let the clocks stand still"),
    "resume": Text(zh="恢复计时", en="Let the clocks run again"),
    "link": Text(zh="并入另一件（重复件）", en="Link to the case that it repeats"),
}
ROLES = {"reporter": Text(zh="反映人", en="Who reported it")}
NAMES = ("act", "words", "to", "proposal", "department", "seq", "key", "suspension", "document", "main", "purpose")


def show(
    request: HttpRequest, *, case: str, given: dict[str, str], errors: list[Text], status: int,
    contact: contacts.Reporter | None = None,
) -> HttpResponse:  # fmt: skip
    """The page as the visitor may see it, with the ``contact`` if it was opened just now. Raises ``Http404`` for a case
    that may not be read."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    try:
        view = reading.read_case(case=case, by=by, at=at)
    except CaseUnknown as refusal:
        raise Http404(case) from refusal
    able = reading.possible(kind=view.kind, state=view.state, by=by)
    context = {
        **_about(view, by),
        "acts": _offered(by, view.kind, able),
        "evidence": _evidence_names(view, able),
        "asked": _asked(view.kind, able, given),
        "reasons": view.kind.suspension_reasons.items() if "suspend" in able.built_in else [],
        "linkable": _linkable(by, view.kind, view.state),
        "history": _history(view),
        "files": attachments.of_owner(owner=f"case:{case}"),
        "people": holders(department=by.department, at=at) if by.department else [],
        "departments": department_names().items(),
        "given": given,
        "errors": [{"field": "act", "message": message} for message in errors],
        "key": given.get("key") or secrets.token_hex(16),
        "contact": contact,
        "moment_control": False,
    }
    answer = render(request, "casework/case.html", context, status=status)
    if contact is not None:
        answer["Cache-Control"] = "no-store"
    return answer


def _about(view: reading.CaseView, by: Actor) -> dict[str, Any]:
    """What the case is, in words."""
    state, held = view.state, view.state.assignment
    tone, word = COLOURS.get(view.colour, COLOURS[""])
    names = department_names()
    clocks = {clock.id: clock.title for clock in view.kind.clocks}
    return {
        "view": view,
        "state": state,
        "state_title": view.kind.state(id=state.state).title,
        "tone": tone,
        "word": word,
        "area": areas()[state.area].name if state.area in areas() else "",
        "holder": names.get(held.department, held.department) if held else "",
        "joint": [(names.get(one, one), one in state.contributed) for one in held.joint] if held else [],
        "proposal": names.get(state.proposal, state.proposal),
        "clocks": [
            (clocks.get(clock.clock, clock.clock), clock, *COLOURS.get(clock.colour, COLOURS[""]))
            for clock in view.clocks
        ],
        "parties": [(ROLES.get(p.role, p.role), p.reference.startswith(contacts.REFERENCE)) for p in state.parties],
        "may_open_contact": contacts.may_open(kind=view.kind, state=state, by=by),
        "submission": state.subject.removeprefix("submission:") if state.subject.startswith("submission:") else "",
    }


def _linkable(by: Actor, kind: CaseKind, state: CaseState) -> bool:
    return state.open and bool(by.roles.intersection(kind.assigners))


def _offered(by: Actor, kind: CaseKind, able: reading.Possible) -> list[tuple[str, Text]]:
    steps = [(f"{bulk.STEP}{t.verb}", t.title) for t in able.transitions]
    names = {*able.built_in} | ({"give"} if "assign" in able.built_in else set())
    names |= {"link"} if able.built_in and by.roles.intersection(kind.assigners) else set()
    return [*steps, *((id, title) for id, title in OFFERED.items() if id in names)]


def _evidence_names(view: reading.CaseView, able: reading.Possible) -> list[str]:
    demanded = [view.state.fields.get(t.demands, ()) for t in able.transitions if t.demands]
    return sorted({name for t in able.transitions for name in t.evidence} | {one for some in demanded for one in some})


def _asked(kind: CaseKind, able: reading.Possible, given: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Fields of the case that a step sets: name, label (a limit's own words), sort of input, what was typed."""
    dates = {clock.dated: str(clock.title) for clock in kind.clocks if clock.dated}
    names = sorted({name for t in able.transitions for name in (*t.sets, *t.takes)})
    return [
        (name, dates.get(name, name), "date" if name in dates else "text", given.get(f"field-{name}", ""))
        for name in names
    ]


def _history(view: reading.CaseView) -> list[dict[str, Any]]:
    verbs = {t.verb: t.title for t in view.kind.transitions}
    names = names_of(people={entry.by for entry in view.history})
    return [
        {
            "entry": entry,
            "title": BUILT_IN.get(entry.verb) or verbs.get(entry.verb, entry.verb),
            "by": names.get(entry.by, entry.by),
            "words": entry.data.get("reason") or entry.data.get("words") or "",
            "evidence": [ref.partition(":")[2] for ref in (entry.data.get("evidence") or {}).values()
                         if str(ref).startswith("attachment:")] if isinstance(entry.data.get("evidence"), dict) else [],
        }
        for entry in reversed(view.history)
    ]  # fmt: skip


@audience("signed-in")
@require_POST
def act(request: HttpRequest, case: str) -> HttpResponse:
    """One act on the case; refused, the page says why and keeps what was written."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    given = _typed(request)
    if not reading.may_read(case=case, by=by):
        raise Http404(case)
    try:
        with transaction.atomic():  # files of an act that is refused do not stay
            _do(request, case, given, by, at)
    except Refusal as refusal:
        return show(request, case=case, given=given, errors=[refusal.message], status=422)
    messages.success(request, gettext("已办理，并记入台账。"))
    if reading.may_read(case=case, by=by):
        return HttpResponseRedirect(reverse("case", args=[case]))
    return HttpResponseRedirect(reverse("work"))  # handed on: it no longer concerns the visitor


def _typed(request: HttpRequest) -> dict[str, str]:
    names = (*NAMES, *(name for name in request.POST if name.startswith("field-")))
    return {name: request.POST.get(name, "").replace("\0", "").strip()[:5000] for name in names[:100]}


def _do(request: HttpRequest, case: str, given: dict[str, str], by: Actor, at: datetime) -> None:
    seq = int(given["seq"]) if given["seq"].isascii() and given["seq"].isdecimal() and len(given["seq"]) < 10 else 0
    key, wanted, words = f"case:{by.id}:{given['key'][:32]}", given["act"], given["words"]
    if wanted == "give":
        giving = bulk.Order(act=wanted, words=words, to=given["to"])
        bulk.do(one=bulk.Chosen(case=case, seq=seq), order=giving, by=by, at=at, key=key)
        return
    verb = wanted.removeprefix(bulk.STEP)
    if not verb or (wanted == verb and wanted not in OFFERED):
        raise bulk.NothingChosen
    joint = [one for one in request.POST.getlist("joint") if one != given["department"]][:50]
    evidence = _evidence(request, case, by, at) if wanted != verb or verb in ("note", "contribute") else {}
    fields = {name.removeprefix("field-"): value for name, value in given.items() if name.startswith("field-")}
    order = acting.Order(
        verb=verb, words=words, evidence=evidence, fields=_wanted_fields(case, verb, fields),
        proposal=given["proposal"],
        to=Assignment(department=given["department"], joint=tuple(sorted(set(joint)))), main=given["main"],
        reason=given["suspension"], document=given["document"],
    )  # fmt: skip
    acting.do(case=case, seq=seq, order=order, by=by, at=at, key=key)


def _wanted_fields(case: str, verb: str, typed: dict[str, str]) -> dict[str, str]:
    """Of the boxes of all steps on the page those that belong to this step and are filled."""
    kind, state = store.read(case=case)
    step = kind.transition(verb=verb, source=state.state)
    names = (*step.sets, *step.takes) if step else ()
    return {name: value for name, value in typed.items() if name in names and value}


@audience("signed-in")
@require_POST
def contact(request: HttpRequest, case: str) -> HttpResponse:
    """Open the contact of who reported, for a purpose; the opening is recorded."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    given = _typed(request)
    try:
        found = contacts.reveal(case=case, purpose=given["purpose"], by=by, at=at)
    except CaseUnknown as refusal:
        raise Http404(case) from refusal
    except Refusal as refusal:
        return show(request, case=case, given=given, errors=[refusal.message], status=422)
    errors = [] if found else [contacts.GONE]
    return show(request, case=case, given=given, errors=errors, status=200, contact=found)


def _evidence(request: HttpRequest, case: str, by: Actor, at: datetime) -> dict[str, str]:
    """The files brought with a step, kept with the case; names of evidence to references."""
    found = {}
    for field in request.FILES:
        if not field.startswith("evidence-"):
            continue
        name = field.removeprefix("evidence-")[:60]
        files: Any = request.FILES.getlist(field)
        kept, refused = attachments.keep_uploaded(files=files, owner=f"case:{case}", by=by, at=at, field=name)
        if refused:
            raise bulk.FilesRefused(zh="".join(r.zh for r in refused), en=" ".join(r.en for r in refused))
        if kept:
            found[name] = f"attachment:{kept[0].pk}"
    return found
