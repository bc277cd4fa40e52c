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
from dajing.kernel.casework import handing, reading, service
from dajing.kernel.casework.events import Assignment
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
    "supervise": bulk.ACTS["supervise"],
    "note": bulk.ACTS["note"],
    "resume": Text(zh="恢复计时", en="Let the clocks run again"),
}


def show(request: HttpRequest, *, case: str, given: dict[str, str], errors: list[Text], status: int) -> HttpResponse:
    """The page as the visitor may see it. Raises ``Http404`` for a case that may not be read."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    try:
        view = reading.read_case(case=case, by=by, at=at)
    except CaseUnknown as refusal:
        raise Http404(case) from refusal
    state, held = view.state, view.state.assignment
    able = reading.possible(kind=view.kind, state=state, by=by)
    tone, word = COLOURS.get(view.colour, COLOURS[""])
    context = {
        "view": view,
        "state": state,
        "state_title": view.kind.state(id=state.state).title,
        "tone": tone,
        "word": word,
        "area": areas()[state.area].name if state.area in areas() else "",
        "holder": department_names().get(held.department, held.department) if held else "",
        "acts": _offered(by, view.kind, able),
        "evidence": sorted({name for t in able.transitions for name in t.evidence}),
        "history": _history(view),
        "files": attachments.of_owner(owner=f"case:{case}"),
        "submission": state.subject.removeprefix("submission:") if state.subject.startswith("submission:") else "",
        "people": holders(department=by.department, at=at) if by.department else [],
        "departments": department_names().items(),
        "given": given,
        "errors": [{"field": "act", "message": message} for message in errors],
        "key": given.get("key") or secrets.token_hex(16),
        "moment_control": False,
    }
    return render(request, "casework/case.html", context, status=status)


def _offered(by: Actor, kind: CaseKind, able: reading.Possible) -> list[tuple[str, Text]]:
    steps = [(f"{bulk.STEP}{t.verb}", t.title) for t in able.transitions if not t.sets]
    names = {*able.built_in} | ({"give"} if "assign" in able.built_in else set())
    return [*steps, *((id, title) for id, title in OFFERED.items() if id in names)]


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
    names = ("act", "words", "to", "proposal", "department", "seq", "key")
    given = {name: request.POST.get(name, "").replace("\0", "").strip()[:5000] for name in names}
    if "\0" in case or not reading.visible(by=by).filter(pk=case).exists():
        raise Http404(case)
    try:
        with transaction.atomic():  # files of an act that is refused do not stay
            _do(request, case, given, by, at)
    except Refusal as refusal:
        return show(request, case=case, given=given, errors=[refusal.message], status=422)
    messages.success(request, gettext("已办理，并记入台账。"))
    if reading.visible(by=by).filter(pk=case).exists():
        return HttpResponseRedirect(reverse("case", args=[case]))
    return HttpResponseRedirect(reverse("work"))  # handed on: it no longer concerns the visitor


def _do(request: HttpRequest, case: str, given: dict[str, str], by: Actor, at: datetime) -> None:
    seq = int(given["seq"]) if given["seq"].isascii() and given["seq"].isdecimal() else 0
    key, words = f"case:{by.id}:{given['key'][:32]}", given["words"]
    match given["act"]:
        case "assign":
            to = Assignment(department=given["department"])
            if to.department not in department_names():
                raise bulk.NowhereToGo
            handing.assign(case=case, to=to, by=by, at=at, seq=seq, key=key)
        case "resume":
            handing.resume(case=case, by=by, at=at, seq=seq, key=key)
        case step if step.startswith(bulk.STEP):
            evidence = _evidence(request, case, by, at)
            verb = step.removeprefix(bulk.STEP)
            service.act(case=case, verb=verb, by=by, at=at, seq=seq, key=key, reason=words, evidence=evidence)
        case name if name in bulk.ACTS:
            order = bulk.Order(act=name, words=words, to=given["to"], proposal=given["proposal"])
            bulk.do(one=bulk.Chosen(case=case, seq=seq), order=order, by=by, at=at, key=key)
        case _:
            raise bulk.NothingChosen


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
