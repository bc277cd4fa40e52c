"""The posted form of a slot as an entry; what cannot be read is a fault of its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from dajing.domains.plan.register.rules import Entry, Fault, Milestone
from dajing.kernel.text import Text

MILESTONES = 8


def read_entry(*, posted: Mapping[str, str], targets: Sequence[str]) -> tuple[Entry, list[Fault]]:
    """The entry that a form holds, and a fault for every field that cannot be read (its value is then left empty)."""
    found: list[Fault] = []
    milestones = [_milestone(posted, n, found) for n in range(MILESTONES)]
    entry = Entry(
        title=posted.get("title", "").strip(),
        approval=posted.get("approval", "").strip(),
        money_wan=_money(posted.get("money_wan", ""), found),
        funding=posted.get("funding", "").strip(),
        milestones=tuple(m for m in milestones if m is not None),
        acceptance=posted.get("acceptance", "").strip(),
        targets=tuple(targets),
    )
    return entry, found


def _money(text: str, found: list[Fault]) -> Decimal | None:
    plain = text.replace(",", "").replace("，", "").strip()
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        found.append(
            Fault(
                "money_wan", Text(zh="投资额请填数字，单位万元。", en="Enter the amount as a number, in 10,000 yuan.")
            )
        )
        return None
    return value


def _milestone(posted: Mapping[str, str], number: int, found: list[Fault]) -> Milestone | None:
    title = posted.get(f"milestone-{number}-title", "").strip()
    due = _day(posted.get(f"milestone-{number}-due", ""), number, found)
    done = _day(posted.get(f"milestone-{number}-done", ""), number, found)
    document = posted.get(f"milestone-{number}-document", "").strip()
    if not (title or due or done or document):
        return None
    if due is None:
        text = Text(zh="第 {n} 个节点没有到期日。", en="Milestone {n} has no due date.")
        found.append(Fault("milestones", text.format(n=number + 1)))
        return None
    return Milestone(title=title, due=due, done=done, document=document)


def _day(text: str, number: int, found: list[Fault]) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        words = Text(zh="第 {n} 个节点的日期请写成 2018-06-30。", en="Write milestone {n}'s dates as 2018-06-30.")
        found.append(Fault("milestones", words.format(n=number + 1)))
        return None
