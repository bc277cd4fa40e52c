"""Filling a slot and confirming a definition: each act is one new version and one ledger entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import IntegrityError, connection, transaction

from dajing.domains.plan.models.register import DefinitionConfirmation, SlotEntry
from dajing.domains.plan.pack import DefinitionStatus, Indicator, Plan, Slot
from dajing.domains.plan.register.rules import Entry, Fault, Milestone, faults
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Refusal, Text

ROLE = "plan.officer"


class UnableToFillSlot(Refusal):
    """The entry was not kept; ``faults`` names every field to mend."""

    text = Text(zh="未能保存：{reason}", en="Not saved: {reason}")

    def __init__(self, *, found: Sequence[Fault]) -> None:
        self.faults = tuple(found)
        reason = Text(zh="；".join(f.message.zh for f in found), en="; ".join(f.message.en for f in found))
        super().__init__(reason=reason.en)
        self.message = Text(zh=f"未能保存：{reason.zh}", en=f"Not saved: {reason.en}")


class UnableToConfirm(Refusal):
    """The definition was not confirmed."""

    text = Text(zh="未能确认口径：请注明文件名称和字号。", en="Not confirmed: name the document and its number.")


class OfficerNeeded(Refusal):
    """The actor is no officer of the plan."""

    text = Text(
        zh="只有规划主管人员可以这样做；请联系信息化主管部门。",
        en="Only a plan officer may do this; ask the informatization bureau.",
    )


class ChangedMeanwhile(Refusal):
    """Somebody else saved a version first."""

    text = Text(
        zh="他人刚刚保存了新版本；请重新打开后再改。",
        en="Somebody saved a newer version; open it again, then change it.",
    )


class SlotView(msgspec.Struct, frozen=True, kw_only=True):
    """One slot as known at a time: empty (``entry`` None) or with its latest entry and who made it when."""

    slot: Slot
    version: int = 0
    entry: Entry | None = None
    by: str = ""
    at: datetime | None = None


def fill(*, plan: Plan, slot: str, entry: Entry, expected: int, by: Actor, at: datetime) -> SlotView:
    """Keep ``entry`` as the next version of ``slot``; ``expected`` is the version that the officer saw (0 = empty).

    Raises ``OfficerNeeded``, ``UnableToFillSlot`` with every fault, or ``ChangedMeanwhile``.
    """
    _officer(by)
    known = {s.id: s for s in plan.slots}
    if slot not in known:
        raise UnableToFillSlot(found=[Fault("slot", Text(zh="没有这个位置。", en="There is no such slot."))])
    indicators = {i.id for i in plan.indicators}
    found = faults(entry=entry, indicators=indicators, kind=known[slot].kind, first_year=plan.first_year)
    if found:
        raise UnableToFillSlot(found=found)
    try:
        with transaction.atomic():
            _keep_slot(plan=plan, slot=slot, entry=entry, expected=expected, by=by, at=at)
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return SlotView(slot=known[slot], version=expected + 1, entry=entry, by=by.id, at=at)


def _keep_slot(*, plan: Plan, slot: str, entry: Entry, expected: int, by: Actor, at: datetime) -> None:
    latest = SlotEntry.objects.filter(plan=plan.id, slot=slot).order_by("-version").first()
    if (latest.version if latest else 0) != expected:
        raise ChangedMeanwhile
    values = msgspec.to_builtins(entry)
    values["money_wan"] = entry.money_wan
    SlotEntry.objects.create(plan=plan.id, slot=slot, version=expected + 1, by=by.id, at=at, **values)
    detail = {"version": expected + 1, "entry": msgspec.to_builtins(entry)}
    record(act="plan.slot.filled", by=by, at=at, subject=f"plan:{plan.id}/slot:{slot}", detail=detail)


def slots(*, plan: Plan, as_of: datetime | None = None) -> list[SlotView]:
    """Every slot of the plan with its latest entry known at ``as_of`` (now by default)."""
    rows = SlotEntry.objects.filter(plan=plan.id).order_by("version")
    if as_of is not None:
        rows = rows.filter(at__lte=as_of)
    latest = {row.slot: row for row in rows}
    return [_view(slot, latest.get(slot.id)) for slot in plan.slots]


def entries(*, plan: Plan) -> int:
    """How many entries officers have made for the slots of the plan; it only grows.

    Every view of the board asks, so the statement is written out: building it costs ten times as much as running it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {SlotEntry._meta.db_table} WHERE plan = %s", [plan.id])
        return int(cursor.fetchone()[0])


def _view(slot: Slot, row: SlotEntry | None) -> SlotView:
    if row is None:
        return SlotView(slot=slot)
    entry = Entry(
        title=row.title,
        approval=row.approval,
        money_wan=row.money_wan,
        funding=row.funding,
        milestones=tuple(msgspec.convert(m, Milestone) for m in row.milestones),
        acceptance=row.acceptance,
        targets=tuple(row.targets),
    )
    return SlotView(slot=slot, version=row.version, entry=entry, by=row.by, at=row.at)


def confirm(
    *, plan: Plan, indicator: str, confirmed: bool, document: str, note: str = "", by: Actor, at: datetime
) -> DefinitionStatus:
    """Confirm (or take back the confirmation of) an indicator's definition by naming the document that holds it.

    Raises ``OfficerNeeded`` or ``UnableToConfirm``.
    """
    _officer(by)
    if not document.strip() or indicator not in {i.id for i in plan.indicators}:
        raise UnableToConfirm
    try:
        with transaction.atomic():
            earlier = DefinitionConfirmation.objects.filter(plan=plan.id, indicator=indicator).count()
            DefinitionConfirmation.objects.create(
                plan=plan.id,
                indicator=indicator,
                version=earlier + 1,
                confirmed=confirmed,
                document=document.strip(),
                note=note.strip(),
                by=by.id,
                at=at,
            )
            detail = {"confirmed": confirmed, "document": document.strip(), "note": note.strip()}
            subject = f"plan:{plan.id}/indicator:{indicator}"
            record(act="plan.definition.confirmed", by=by, at=at, subject=subject, detail=detail)
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return "confirmed" if confirmed else "inferred"


def confirmation(
    *, plan: Plan, indicator: Indicator, as_of: datetime | None = None
) -> tuple[DefinitionStatus, DefinitionConfirmation | None]:
    """The status of an indicator's definition as known at ``as_of``, and the confirmation that decides it, if any."""
    rows = DefinitionConfirmation.objects.filter(plan=plan.id, indicator=indicator.id)
    if as_of is not None:
        rows = rows.filter(at__lte=as_of)
    latest = rows.order_by("-version").first()
    if latest is None:
        return indicator.definition_status, None
    return ("confirmed" if latest.confirmed else "inferred"), latest


def _officer(by: Actor) -> None:
    if not by.may(ROLE):
        raise OfficerNeeded
