"""Evaluate a plan at a vintage, and freeze the result with an entry in the ledger."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
from django.db import transaction

from dajing.domains.plan.evaluation.structs import Carried, Evaluation, Line
from dajing.domains.plan.loading import crosswalk
from dajing.domains.plan.loading import plan as plan_of
from dajing.domains.plan.models.readings import EvaluationRow
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.snapshots import readings, snapshot
from dajing.domains.plan.readings.structs import IndicatorReading, SnapshotInfo
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Refusal, Text

ROLE = "plan.officer"


class TooEarlyToEvaluate(Refusal):
    """The vintage lies before a target's deadline."""

    text = Text(
        zh="{vintage} 尚未到期（{indicator} 到 {deadline}），不能作终期评估；请用预测，或改用到期后的日期",
        en="{vintage} is before a deadline ({indicator}: {deadline}): no final evaluation yet; "
        "see the forecast, or give a later date",
    )


class VintageNotYet(Refusal):
    """A vintage in the future: what will be known then is not known."""

    text = Text(zh="{vintage} 还没有到；请用今天或更早的日期", en="{vintage} has not come yet: give today or earlier")


class EvaluationChanged(Refusal):
    """What was known at the vintage gives another result than the one frozen."""

    text = Text(
        zh="{vintage} 的终期评估已封存（{frozen}），现在算出的是 {found}：该时点的记录或指标定义事后变动过，"
        "请核对后另选评估日期；已封存的不会改动",
        en="the evaluation at {vintage} was sealed as {frozen}, but now comes out as {found}: records known by then or "
        "definitions were changed afterwards; find out why and choose another vintage; what is sealed stays",
    )


class NotAllowedToFreeze(Refusal):
    """Only the informatization bureau freezes an evaluation."""

    text = Text(
        zh="{name} 无权封存终期评估；需要岗位权限 {role}",
        en="{name} may not freeze a final evaluation; a post with {role} is needed",
    )


def evaluate(*, plan: Plan | str, vintage: datetime, at: datetime) -> Evaluation:
    """The evaluation of ``plan`` as known at ``vintage`` (aware, not after ``at``).

    The same vintage gives the same digest for ever. Raises ``TooEarlyToEvaluate``, ``VintageNotYet``.
    """
    plan = plan_of(id=plan) if isinstance(plan, str) else plan
    vintage = vintage.astimezone(UTC)
    if vintage > at:
        raise VintageNotYet(vintage=f"{vintage:%Y-%m-%d}")
    found = judged(plan=plan, state=snapshot(plan=plan, as_of=vintage), vintage=vintage)
    row = EvaluationRow.objects.filter(plan=plan.id, vintage=vintage).first()
    if row is None or row.digest != found.digest:
        return found
    return msgspec.structs.replace(found, frozen_at=row.frozen_at, entry=row.entry)


def judged(*, plan: Plan, state: SnapshotInfo, vintage: datetime) -> Evaluation:
    """The evaluation from a stored ``state``, taken as what is known at ``vintage``. Raises ``TooEarlyToEvaluate``."""
    open_still = still_open(plan=plan, at=vintage)
    if open_still is not None:
        raise TooEarlyToEvaluate(
            vintage=f"{vintage:%Y-%m-%d}", indicator=open_still.id, deadline=open_still.target.deadline
        )
    lines = _lines(plan, state)
    return Evaluation(
        plan=plan.id,
        vintage=vintage,
        synthetic=state.synthetic,
        lines=lines,
        digest=digest_of(plan=plan.id, vintage=vintage, lines=lines),
    )


def still_open(*, plan: Plan, at: datetime) -> Indicator | None:
    """The first indicator whose deadline has not passed at ``at``; None when the plan can be evaluated."""
    return next((i for i in plan.indicators if at.date() <= i.target.deadline), None)


def shown(*, plan: Plan, state: SnapshotInfo, as_of: datetime | None, at: datetime) -> Evaluation | None:
    """What a page or a file shows: as of a past time what was known then; otherwise the newest sealed evaluation, and
    where none is sealed the present judgement. None while a target is open."""
    moment = min(as_of, at) if as_of else at
    if still_open(plan=plan, at=moment) is not None:
        return None
    sealed = [found for found in frozen(plan=plan.id) if found.frozen_at and found.frozen_at <= moment]
    if sealed and as_of is None:
        return sealed[0]
    return judged(plan=plan, state=state, vintage=moment)


def freeze(*, plan: Plan | str, vintage: datetime, by: Actor, at: datetime) -> Evaluation:
    """Seal the evaluation: stored with its digest, which the ledger records. Doing it again changes nothing.

    Raises ``NotAllowedToFreeze``, ``EvaluationChanged``, and what ``evaluate`` raises.
    """
    if not by.may(ROLE):
        raise NotAllowedToFreeze(name=by.name, role=ROLE)
    found = evaluate(plan=plan, vintage=vintage, at=at)
    with transaction.atomic():
        row = EvaluationRow.objects.filter(plan=found.plan, vintage=found.vintage).first()
        if row is not None and row.digest != found.digest:
            raise EvaluationChanged(
                vintage=f"{found.vintage:%Y-%m-%d}", frozen=row.digest[:12], found=found.digest[:12]
            )
        if row is None:
            entry = record(
                act="plan.evaluation.frozen",
                by=by,
                at=at,
                subject=f"plan:{found.plan}/evaluation:{found.vintage.isoformat()}",
                detail={"digest": found.digest, "vintage": found.vintage.isoformat()},
            )
            row = EvaluationRow.objects.create(
                plan=found.plan, vintage=found.vintage, digest=found.digest, content=msgspec.to_builtins(found),
                frozen_at=at, by=by.id, entry=entry,
            )  # fmt: skip
    return msgspec.structs.replace(found, frozen_at=row.frozen_at, entry=row.entry)


def frozen(*, plan: str) -> list[Evaluation]:
    """Every sealed evaluation of the plan as it was sealed, the newest vintage first."""
    rows = EvaluationRow.objects.filter(plan=plan).order_by("-vintage")
    return [
        msgspec.structs.replace(msgspec.convert(row.content, Evaluation), frozen_at=row.frozen_at, entry=row.entry)
        for row in rows
    ]


def digest_of(*, plan: str, vintage: datetime, lines: tuple[Line, ...]) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no blanks, UTF-8) of plan, vintage and lines."""
    content = {"plan": plan, "vintage": vintage.astimezone(UTC).isoformat(), "lines": lines}
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _lines(plan: Plan, state: SnapshotInfo) -> tuple[Line, ...]:
    city = {r.indicator: r for r in readings(snapshot=state, areas=[plan.area], latest=True)}
    beside = {r.indicator: r for r in readings(snapshot=state, areas=[plan.area], variant="weighted", latest=True)}
    return tuple(_line(plan, i, city[i.id], beside.get(i.id)) for i in plan.indicators)


def _line(plan: Plan, indicator: Indicator, found: IndicatorReading, beside: IndicatorReading | None) -> Line:
    reading = found.reading
    assert found.status is not None and found.status_reason is not None  # noqa: S101 - official readings are judged
    return Line(
        indicator=indicator.id,
        title=indicator.title,
        unit=indicator.unit,
        target=indicator.target.value,
        strict=indicator.target.strict,
        direction=indicator.direction,
        deadline=indicator.target.deadline,
        period=reading.period,
        value=reading.value,
        status=found.status,
        reason=found.status_reason,
        first_met=found.first_met,
        weighted=beside.reading.value if beside else None,
        completeness=round(reading.completeness, 12),
        kind=reading.kind,
        definition_status=indicator.definition_status,
        method=reading.method,
        version=reading.version,
        evidence=reading.evidence,
        carried=tuple(
            Carried(to_plan=c.to_plan, to_indicator=c.to_indicator, relation=c.relation, note=c.note, source=c.source)
            for c in crosswalk()
            if (c.from_plan, c.from_indicator) == (plan.id, indicator.id)
        ),
    )
