"""What a project entry must hold before it can be kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

import msgspec

from dajing.kernel.text import Text


class Milestone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a project: due date and, once reached, the date and the document that proves it."""

    title: str
    due: date
    done: date | None = None
    document: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer enters for one slot. ``money_wan`` is in 10,000 yuan; ``targets`` are indicator ids."""

    title: str
    approval: str
    money_wan: Decimal | None
    funding: str = ""
    milestones: tuple[Milestone, ...] = ()
    acceptance: str = ""
    targets: tuple[str, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with an entry: the form field and what to do."""

    field: str
    message: Text


def faults(*, entry: Entry, indicators: Collection[str], kind: str, first_year: int) -> list[Fault]:
    """Everything that keeps ``entry`` from being kept, all at once.

    A project needs an approval document and a target it serves; a policy measure needs only its document.
    """
    found = []
    if not entry.title.strip():
        found.append(Fault("title", Text(zh="请填写名称。", en="Enter the title.")))
    if not entry.approval.strip():
        found.append(
            Fault(
                "approval",
                Text(zh="请填写批复或发文字号。", en="Enter the number of the approval or issuing document."),
            )
        )
    if entry.money_wan is not None and entry.money_wan < 0:
        found.append(Fault("money_wan", Text(zh="投资额不能为负数。", en="The amount cannot be negative.")))
    unknown = [target for target in entry.targets if target not in indicators]
    if unknown:
        template = Text(zh="没有这些指标：{ids}。", en="There are no such indicators: {ids}.")
        found.append(Fault("targets", template.format(ids=", ".join(unknown))))
    if kind == "project" and not entry.targets:
        found.append(
            Fault("targets", Text(zh="请选择本工程服务的指标。", en="Choose the targets that this project serves."))
        )
    return found + _milestone_faults(entry.milestones, first_year)


def _milestone_faults(milestones: tuple[Milestone, ...], first_year: int) -> list[Fault]:
    found = []
    for number, milestone in enumerate(milestones, start=1):
        if not milestone.title.strip():
            text = Text(zh="第 {n} 个节点没有名称。", en="Milestone {n} has no title.")
            found.append(Fault("milestones", text.format(n=number)))
        if milestone.due.year < first_year - 5:
            text = Text(
                zh="第 {n} 个节点的日期早于规划期五年以上。", en="Milestone {n} is due over five years before the plan."
            )
            found.append(Fault("milestones", text.format(n=number)))
        if milestone.done is not None and not milestone.document.strip():
            text = Text(
                zh="第 {n} 个节点已完成，请注明证明文件。",
                en="Milestone {n} is done: name the document that proves it.",
            )
            found.append(Fault("milestones", text.format(n=number)))
    return found
