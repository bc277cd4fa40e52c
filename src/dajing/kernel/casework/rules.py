"""Whether an act on a case is allowed; pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind, Transition
from dajing.kernel.clocks.api import day_of
from dajing.kernel.text import Text

Judge = Callable[[CaseKind, CaseState], list[Text]]

NO_ROLE = Text(
    zh="您的岗位没有此权限；请联系本部门负责人。", en="Your post may not do this; ask the head of your department."
)
NOT_WITH_YOU = Text(
    zh="此件不在您处；请先由经办人转交。", en="The case is not with you; its holder must hand it over first."
)
SELF_CHECKED = Text(
    zh="处理人不能核查自己的处理结果；请由他人核查。", en="The handler cannot verify; ask somebody else."
)
SUSPENDED = Text(zh="此件已中止计时；请先恢复。", en="The case is suspended; resume it first.")
REASON = Text(zh="请说明理由。", en="Give the reason.")
ENDED = Text(zh="此件已办结；请先重新打开。", en="The case has ended; reopen it first.")
DUPLICATE = Text(zh="此件已并入 {main}；请在该件上办理。", en="This case is a duplicate of {main}; act on that one.")
FIXED = Text(zh="此环节不能改派或退回。", en="At this stage the case is neither assigned nor handed back.")
NOT_NOW = Text(
    zh="“{zh}”状态下不能进行此操作；请刷新后查看可用操作。",
    en="This cannot be done while the case is “{en}”; reload to see what can.",
)


class Doer(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules need to know of an actor."""

    id: str
    roles: frozenset[str]
    department: str | None = None
    post: str | None = None


def holds(*, doer: Doer, assignment: Assignment | None) -> bool:
    """Whether ``doer`` is the person, sits in the post, or else belongs to the department that holds the case."""
    if assignment is None:
        return False
    if assignment.person is not None:
        return doer.id == assignment.person
    if assignment.post is not None:
        return doer.post == assignment.post
    return doer.department is not None and doer.department == assignment.department


def helps(*, doer: Doer, assignment: Assignment | None) -> bool:
    """Whether ``doer`` belongs to a department that handles the case jointly."""
    return assignment is not None and doer.department is not None and doer.department in assignment.joint


def hindrances(*, kind: CaseKind, state: CaseState, transition: Transition, doer: Doer) -> list[Text]:
    """Why ``doer`` may not make ``transition`` now, whatever comes with it."""
    found = []
    if state.main:
        found.append(DUPLICATE.format(main=state.main))
    if not doer.roles.intersection(transition.roles):
        found.append(NO_ROLE)
    if transition.by in ("assignee", "checker") and not holds(doer=doer, assignment=state.assignment):
        found.append(NOT_WITH_YOU)
    same = transition.by == "checker" and state.worker is not None and doer.department == state.worker.department
    if same or (transition.by in ("not_handler", "checker") and doer.id in state.handlers):
        found.append(SELF_CHECKED)
    if state.suspended and not kind.state(id=transition.target).waiting:
        found.append(SUSPENDED)
    if transition.joint and state.assignment is not None:
        owing = sorted({*state.assignment.joint} - {*state.contributed})
        if owing:
            names = {"zh": "、".join(owing), "en": ", ".join(owing)}
            found.append(Text(zh=f"协办单位尚未反馈：{names['zh']}。", en=f"Joint departments owe: {names['en']}."))
    return found


def objections(
    *,
    kind: CaseKind,
    state: CaseState,
    verb: str,
    doer: Doer,
    reason: str = "",
    evidence: frozenset[str] = frozenset(),
    fields: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> list[Text]:
    """Why ``doer`` may not do ``verb`` now with what is given, all at once; empty when it is allowed."""
    transition = kind.transition(verb=verb, source=state.state)
    if transition is None:
        title = kind.state(id=state.state).title
        return [NOT_NOW.format(zh=title.zh, en=title.en)]
    found = hindrances(kind=kind, state=state, transition=transition, doer=doer)
    if transition.reason and not reason.strip():
        found.append(REASON)
    demanded = state.fields.get(transition.demands, ()) if transition.demands else ()
    missing = sorted({*transition.evidence, *demanded} - evidence)
    if missing:
        found.append(Text(zh=f"缺少材料：{'、'.join(missing)}。", en=f"Evidence is missing: {', '.join(missing)}."))
    return found + field_faults(kind=kind, transition=transition, given=fields or {}, at=at or state.last_at)


def field_faults(*, kind: CaseKind, transition: Transition, given: dict[str, Any], at: datetime) -> list[Text]:
    """What is wrong with fields: too few, too many, or a last day that is none or not ahead of ``at``."""
    found = []
    if short := [name for name in transition.sets if given.get(name) in (None, "")]:
        found.append(Text(zh=f"请填写：{'、'.join(short)}。", en=f"Fill in: {', '.join(short)}."))
    if strange := sorted(set(given) - {*transition.sets, *transition.takes}):
        found.append(Text(zh=f"此步不能改动：{'、'.join(strange)}。", en=f"Not to be set here: {', '.join(strange)}."))
    dates = {clock.dated for clock in kind.clocks if clock.dated in given and clock.dated not in short}
    return found + [fault for name in sorted(dates) if (fault := _date_fault(name, given, at))]


def _date_fault(name: str, given: dict[str, Any], at: datetime) -> Text | None:
    try:
        day = date.fromisoformat(str(given[name]))
    except ValueError:
        return Text(zh=f"{name} 不是日期；请写成 2026-06-30。", en=f"{name} is no date; write it as 2026-06-30.")
    first = day_of(at)
    if not first < day or day.year > first.year + 30:
        return Text(
            zh="期限必须晚于今天，且不超过三十年。", en="The last day must lie after today and within thirty years."
        )
    return None


def opening_faults(*, kind: CaseKind, fields: dict[str, Any], at: datetime) -> list[Text]:
    """What is wrong with the fields that a new case brings: every dated clock needs its last day."""
    found = []
    for clock in kind.clocks:
        if not clock.dated:
            continue
        if fields.get(clock.dated) in (None, ""):
            found.append(Text(zh=f"请填写期限（{clock.title.zh}）。", en=f"Give the last day ({clock.title.en})."))
        elif fault := _date_fault(clock.dated, fields, at):
            found.append(fault)
    return found


__all__ = [
    "Doer",
    "Judge",
    "field_faults",
    "helps",
    "hindrances",
    "holds",
    "objections",
    "opening_faults",
]
