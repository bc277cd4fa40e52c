"""One act that a form asks for, done with the engine's own verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import QueryDict

from dajing.domains.plan.actions.forms import read_evidence
from dajing.domains.plan.actions.service import close_action
from dajing.kernel.casework import api as casework
from dajing.kernel.casework.api import Assignment, CaseState
from dajing.kernel.identity.actor import Actor

Given = dict[str, Any]


def perform(*, state: CaseState, posted: QueryDict, by: Actor, at: datetime, key: str) -> CaseState:
    """The act named in ``posted``; raises whatever refusal the engine has for it."""
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
    return casework.act(**given, verb=verb, reason=words, evidence=evidence, fields=fields)


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
