"""Whom an act on a case concerns, and in which words they are told; the actor knows already."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dajing.kernel.casework import store
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Case, CaseEvent
from dajing.kernel.casework.worklist.labels import address
from dajing.kernel.identity.api import holders, roles_of_post
from dajing.kernel.notify.api import notify
from dajing.kernel.text import Text

WORDS = {
    "open": Text(zh="交办：{title}", en="Given to you: {title}"),
    "assign": Text(zh="交办：{title}", en="Given to you: {title}"),
    "hand_back": Text(zh="退回：{title}", en="Handed back: {title}"),
    "supervise": Text(zh="督办：{title}", en="Urged: {title}"),
    "suspend": Text(zh="已中止计时：{title}", en="Suspended: {title}"),
    "resume": Text(zh="已恢复计时：{title}", en="Resumed: {title}"),
    "contribute": Text(zh="协办单位已反馈：{title}", en="A joint department has contributed: {title}"),
}
CLOCKS = {
    "yellow": Text(zh="临近时限：{title}", en="The limit is near: {title}"),
    "red": Text(zh="已逾期：{title}", en="Past its limit: {title}"),
}
QUIET = frozenset({"note", "link", "escalate"})  # an escalation is told by its clock


def tell_of_act(*, case: str, seq: int) -> int:
    """Tell the holder and, of a step of the kind, who opened the case; how many were told. Repeating tells nobody."""
    line = CaseEvent.objects.filter(case=case, seq=seq).first()
    if line is None or line.verb in QUIET:
        return 0
    kind, state = store.read(case=case)
    people = _holders(kind, state, line.at)
    words = WORDS.get(line.verb)
    if words is None:
        people |= {state.opened_by} if state.opened_by.startswith("person:") else set()
        words = _step(kind, line.verb)
    return _tell(kind, state, people - {line.by}, words, line.at, f"{case}#{seq}")


def tell_of_clock(*, payload: dict[str, Any], at: datetime) -> int:
    """Tell the holder, and who holds the role of an escalation (``to``), that a clock has turned yellow or red."""
    words = CLOCKS.get(str(payload.get("colour")))
    row = Case.objects.filter(pk=payload.get("case")).first()
    if words is None or row is None:
        return 0
    kind, state = store.read(case=row.pk)
    people = _holders(kind, state, at)
    if state.assignment is not None and (role := payload.get("to")):
        for department in {state.assignment.department, state.opened_from}:
            people |= _in(department, frozenset({str(role)}), at)
    key = f"{row.pk}/{payload.get('clock')}/{payload.get('run', '')}/{payload.get('colour')}/{payload.get('level', '')}"
    return _tell(kind, state, people, words, at, key)


def _tell(kind: CaseKind, state: CaseState, people: set[str], words: Text, at: datetime, key: str) -> int:
    title = state.title or f"{kind.title.zh} {state.id[-8:]}"  # words of private cases stay inside
    english = state.title or f"{kind.title.en} {state.id[-8:]}"
    text = Text(zh=words.zh.format(title=title), en=words.en.format(title=english))
    link = address(case=state.id) or "/work/?whose=department"
    return notify(people=people, text=text, link=link, at=at, key=key)


def _step(kind: CaseKind, verb: str) -> Text:
    title = next((t.title for t in kind.transitions if t.verb == verb), Text(zh="有新进展", en="News"))
    return Text(
        zh=title.zh.replace("{", "{{").replace("}", "}}") + "：{title}",
        en=title.en.replace("{", "{{").replace("}", "}}") + ": {title}",
    )


def _holders(kind: CaseKind, state: CaseState, at: datetime) -> set[str]:
    held = state.assignment
    if held is None:
        return set()
    if held.person is not None:
        return {held.person}
    if held.post is not None:
        return {one.id for one in holders(department=held.department, at=at) if one.post == held.post}
    return _in(held.department, frozenset({*kind.assigners, *_next_roles(kind, state)}), at)


def _next_roles(kind: CaseKind, state: CaseState) -> set[str]:
    return {role for t in kind.transitions if state.state in t.sources for role in t.roles}


def _in(department: str, roles: frozenset[str], at: datetime) -> set[str]:
    """People of the department whose post carries one of ``roles``."""
    found = holders(department=department, at=at)
    able = {post for post in {one.post for one in found} if roles & roles_of_post(post=post, at=at)}
    return {one.id for one in found if one.post in able}
