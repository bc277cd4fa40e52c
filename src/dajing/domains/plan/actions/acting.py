"""One act that a form asks for, done with the engine's own verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import QueryDict

from dajing.domains.plan.actions.forms import read_evidence
from dajing.domains.plan.actions.service import close_action
from dajing.kernel.casework import api as casework
from dajing.kernel.casework.api import Assignment, CaseState
from dajing.kernel.forms.api import Uploaded, keep_uploaded, reference
from dajing.kernel.identity.actor import Actor
from dajing.kernel.text import Refusal, Text

Given = dict[str, Any]
Files = Mapping[str, Sequence[Uploaded]]


class EvidenceRefused(Refusal):
    """Files brought as evidence that are not taken."""

    text = Text(zh="材料未接收，事项未变：{zh}", en="The evidence was not taken and nothing has changed: {en}")


@transaction.atomic  # the files of an act that is refused do not stay
def perform(
    *, state: CaseState, posted: QueryDict, by: Actor, at: datetime, key: str, files: Files | None = None
) -> CaseState:
    """The act named in ``posted`` with the files that came with it; raises whatever refusal the engine has for it."""
    verb, seen = posted.get("verb", ""), posted.get("seq", "")
    seq = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
    given: Given = {"case": state.id, "by": by, "at": at, "seq": seq, "key": key}
    if verb in _BUILT_IN:
        return _BUILT_IN[verb](given, posted)
    words = posted.get("reason", "").strip()
    if verb == "close":
        return close_action(**given, reason=words)
    fields = {"until": posted["until"].strip()} if posted.get("until", "").strip() else None
    evidence = read_evidence(posted=posted, wanted=state.fields.get("evidence", ()))
    evidence |= _brought(state, evidence, files or {}, by, at)
    return casework.act(**given, verb=verb, reason=words, evidence=evidence, fields=fields)


def _brought(state: CaseState, typed: dict[str, str], files: Files, by: Actor, at: datetime) -> dict[str, str]:
    """The references of evidence that came as files, kept with the action, beside what was typed for it."""
    found = {}
    for number, name in enumerate(state.fields.get("evidence", ())):
        if not (chosen := files.get(f"file-{number}", ())):
            continue
        kept, refused = keep_uploaded(
            files=chosen, owner=f"case:{state.id}", by=by, at=at, field=f"evidence-{number}"
        )  # fmt: skip
        if refused:
            raise EvidenceRefused(zh="".join(r.zh for r in refused), en=" ".join(r.en for r in refused))
        found[name] = reference(words=typed.get(name, ""), files=kept)
    return found


def _words(posted: QueryDict) -> str:
    return posted.get("words", "").strip()


def _assign(given: Given, posted: QueryDict) -> CaseState:
    joint = tuple(dict.fromkeys(name for name in posted.getlist("joint") if name))
    return casework.assign(**given, to=Assignment(department=posted.get("department", ""), joint=joint))


def _hand_back(given: Given, posted: QueryDict) -> CaseState:
    return casework.hand_back(**given, reason=_words(posted), proposal=posted.get("proposal", ""))


def _contribute(given: Given, posted: QueryDict) -> CaseState:
    return casework.contribute(**given, words=_words(posted), evidence=())


def _suspend(given: Given, posted: QueryDict) -> CaseState:
    return casework.suspend(**given, reason=posted.get("listed", ""), document=posted.get("document", ""))


def _resume(given: Given, _posted: QueryDict) -> CaseState:
    return casework.resume(**given)


def _supervise(given: Given, posted: QueryDict) -> CaseState:
    return casework.supervise(**given, words=_words(posted))


def _note(given: Given, posted: QueryDict) -> CaseState:
    return casework.note(**given, words=_words(posted), evidence=())


_BUILT_IN: dict[str, Callable[[Given, QueryDict], CaseState]] = {
    "assign": _assign,
    "hand_back": _hand_back,
    "contribute": _contribute,
    "suspend": _suspend,
    "resume": _resume,
    "supervise": _supervise,
    "note": _note,
}
