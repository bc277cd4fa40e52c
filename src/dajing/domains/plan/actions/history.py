"""An action's history in words, who holds it, the gap it starts from, and the figures of all actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.api import NothingToExplain
from dajing.domains.plan.readings.gaps import Gap, GapShare, NoGap, gap_of
from dajing.kernel.casework.api import CaseState, CaseView, Entry
from dajing.kernel.forms.api import parted
from dajing.kernel.identity.holding import names_of
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.text import Text

BUILT_IN = {
    "open": Text(zh="立项", en="Opened"),
    "assign": Text(zh="改派", en="Assigned"),
    "hand_back": Text(zh="退回交办单位", en="Handed back"),
    "contribute": Text(zh="协办反馈", en="Joint part given"),
    "link": Text(zh="并入主件", en="Linked as a duplicate"),
    "suspend": Text(zh="中止计时", en="Suspended"),
    "resume": Text(zh="恢复计时", en="Resumed"),
    "supervise": Text(zh="催办", en="Urged"),
    "escalate": Text(zh="逾期升级", en="Escalated"),
    "note": Text(zh="办理记录", en="Note"),
}
SYSTEM = Text(zh="系统", en="System")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history as a page shows it."""

    at: datetime
    title: Text
    who: Text | str
    post: str
    words: tuple[Text | str, ...]
    evidence: tuple[tuple[str, str, tuple[int, ...]], ...]


def told(*, view: CaseView, names: dict[str, Text]) -> list[Told]:
    """The whole history, oldest first."""
    people = names_of(people=[entry.by for entry in view.history])
    titles = BUILT_IN | {t.verb: t.title for t in view.kind.transitions}
    return [_told(entry, view, titles, people, names) for entry in view.history]


def _told(
    entry: Entry, view: CaseView, titles: dict[str, Text], people: dict[str, str], names: dict[str, Text]
) -> Told:
    data = entry.data
    evidence = data.get("evidence") or {}
    pairs = tuple(evidence.items()) if isinstance(evidence, dict) else tuple(("", item) for item in evidence)
    who: Text | str = SYSTEM if entry.by.startswith("system:") else people.get(entry.by, entry.by)
    return Told(
        at=entry.at,
        title=titles.get(entry.verb, Text(zh=entry.verb, en=entry.verb)),
        who=who,
        post=entry.post,
        words=tuple(_words(entry, view, data, names)),
        evidence=tuple((name, *parted(reference=str(given))) for name, given in pairs),
    )


def _words(entry: Entry, view: CaseView, data: dict[str, Any], names: dict[str, Text]) -> list[Text | str]:
    reason = view.kind.suspension_reasons.get(data.get("reason", "")) if entry.verb == "suspend" else None
    found: list[Text | str] = [reason] if reason else [data["reason"]] if data.get("reason") else []
    found += [data["words"]] if data.get("words") else []
    if data.get("proposal"):
        name = names.get(data["proposal"])
        found.append(
            Text(
                zh=f"建议由{name.zh if name else data['proposal']}办理",
                en=f"proposes {name.en if name else data['proposal']}",
            )
        )
    found += [data["document"]] if data.get("document") else []
    until = (data.get("fields") or {}).get("until")
    if until:
        found.append(Text(zh=f"期限 {until}", en=f"last day {until}"))
    if entry.verb == "escalate" and data["to"] in known_roles():
        found.append(known_roles()[data["to"]])
    if entry.verb == "assign":
        found.append(names.get(data["to"]["department"], data["to"]["department"]))
    return found


def holder(*, state: CaseState, names: dict[str, Text]) -> Text | str:
    """The department with which the action lies now; empty once it ended."""
    if not state.open or state.assignment is None:
        return ""
    return names.get(state.assignment.department, state.assignment.department)


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing to the target: for the whole city, and the share of the area asked about."""

    gap: Gap
    share: GapShare | None


def gap(*, plan: Plan, indicator: Indicator | None, area: str) -> Lack | None:
    """The gap that an action about ``indicator`` starts from; None where the city's reading is unknown."""
    if indicator is None:
        return None
    try:
        found = gap_of(plan=plan, indicator=indicator.id)
    except (NoGap, NothingToExplain):
        return None
    return Lack(gap=found, share=next((line for line in found.lines if line.area == area), None))
