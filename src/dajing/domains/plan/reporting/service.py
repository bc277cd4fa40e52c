"""The acts of reporting; each is one transaction with its log line and its ledger entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db import IntegrityError, transaction

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.models.reporting import Objection, Reminder, Report, ReportAct, ReportValue
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.reporting import rules
from dajing.domains.plan.reporting.periods import FREQUENCIES, PeriodUnreadable, frequency_of, last_day
from dajing.domains.plan.reporting.refusals import (
    ChangedMeanwhile,
    KeyUsedElsewhere,
    LockedAlready,
    NothingToRevise,
    NotYourReport,
    ReportRefused,
    UnableToAct,
    UnableToObject,
)
from dajing.domains.plan.reporting.rules import Fault, Value
from dajing.domains.plan.reporting.scope import covered, fields_of, form_of, heirs
from dajing.domains.plan.streams import REPORTS
from dajing.kernel.bus.api import publish
from dajing.kernel.clocks.api import day_of
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.measures.reading import Kind
from dajing.kernel.series.api import append
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

PLACE = ("plan", "form", "scope", "period")


def open_report(*, plan: Plan, form: str, scope: str, period: str, by: Actor, at: datetime) -> Report:
    """The open report for this form, scope and period, made as a draft when there is none yet.

    Raises ``FormUnknown``, ``PeriodUnreadable``, ``ReportRefused`` (future period, unknown scope), ``NotYourReport``
    or ``LockedAlready``.
    """
    declared = form_of(plan=plan, form=form)
    if frequency_of(period=period) != declared.frequency:
        raise PeriodUnreadable(given=period, frequency=FREQUENCIES[declared.frequency].zh)
    future = rules.period_fault(
        end=last_day(period=period), today=day_of(moment=at), first=plan.base_year, last=plan.last_year
    )
    if future is not None:
        cure = Text(zh="核对期别", en="check the period")
        raise ReportRefused(faults=[Fault(row=0, column="", message=future, cure=cure)])
    if not covered(plan=plan, scope=scope, period=period):
        raise ReportRefused(faults=rules.faults(
            values=[Value(field=next(iter(fields_of(plan=plan, form=form))), area=scope, number=None)],
            fields=fields_of(plan=plan, form=form), areas={}, retired=heirs(period=period),
        ))  # fmt: skip
    _owner(plan=plan, department=declared.department, scope=scope, by=by)
    key = {"plan": plan.id, "form": form, "scope": scope, "period": period}
    latest = Report.objects.filter(**key).order_by("-revision").first()
    if latest is not None:
        if latest.state == rules.LOCKED:
            raise LockedAlready(period=period)
        return latest
    try:
        with transaction.atomic():
            return Report.objects.create(**key, department=declared.department, opened_at=at)
    except IntegrityError:
        return Report.objects.get(**key, revision=1)


def _owner(*, plan: Plan, department: str, scope: str, by: Actor) -> None:
    """A report of the whole city is its department's; a unit's own report also belongs to that unit's office."""
    if by.department == department or (scope != plan.area and scope in by.areas) or by.may("system"):
        return
    raise NotYourReport(owner=department)


def fill(*, report: Report, values: Sequence[Value], by: Actor, at: datetime, version: int, key: str) -> Report:
    """Replace the figures of an open report. Nothing is changed unless everything is right.

    ``version`` is the report's version that the author saw, ``key`` names the request so that sending it twice is one
    act. Raises ``ReportRefused`` with every fault, ``UnableToAct``, ``NotYourReport``,
    ``ChangedMeanwhile`` or ``KeyUsedElsewhere``.
    """
    plan = load_plan(id=report.plan)
    _owner(plan=plan, department=report.department, scope=report.scope, by=by)
    verb = Text(zh="填报", en="fill in")
    if not by.may("plan.fill"):
        raise UnableToAct(verb=verb, reason=_no_role("plan.fill"))
    if report.state not in rules.EDITABLE:
        raise UnableToAct(verb=verb, reason=_wrong_state(report))
    found = rules.faults(
        values=values,
        fields=fields_of(plan=plan, form=report.form),
        areas=covered(plan=plan, scope=report.scope, period=report.period),
        retired=heirs(period=report.period),
    )
    if found:
        raise ReportRefused(faults=found)
    with transaction.atomic():
        if (done := _repeated(key=key, report=report, verb="fill")) is not None:
            return done
        report = _advance(report=report, version=version, state=report.state)
        ReportValue.objects.filter(report=report).delete()
        ReportValue.objects.bulk_create(
            ReportValue(report=report, **msgspec.structs.asdict(v)) for v in values if v.number is not None
        )
        _log(report=report, verb="fill", by=by, at=at, key=key, text=str(sum(v.number is not None for v in values)))
    return report


def act(
    *, report: Report, verb: str, by: Actor, at: datetime, version: int, key: str, text: str = "", document: str = ""
) -> Report:
    """Submit, review, sign, lock or return a report. ``lock`` makes its figures facts in the same transaction.

    Raises ``UnableToAct`` with the reason, ``NotYourReport`` or ``ChangedMeanwhile``.
    """
    step = rules.step_of(verb=verb, state=report.state)
    title = next((s.title for s in rules.STEPS if s.verb == verb), Text(zh=verb, en=verb))
    with transaction.atomic():
        if (done := _repeated(key=key, report=report, verb=verb)) is not None:
            return done
        if step is None:
            raise UnableToAct(verb=title, reason=_wrong_state(report))
        _allowed(report=report, step=step, by=by, text=text)
        report = _advance(report=report, version=version, state=step.target, locked_at=at if verb == "lock" else None)
        _log(report=report, verb=verb, by=by, at=at, key=key, text=text, document=document)
        if verb == "lock":
            _make_facts(report=report, at=at, document=document)
    return report


def _allowed(*, report: Report, step: rules.Step, by: Actor, text: str) -> None:
    if not by.may(step.role):
        raise UnableToAct(verb=step.title, reason=_no_role(step.role))
    if step.role != "plan.lock":
        _owner(plan=load_plan(id=report.plan), department=report.department, scope=report.scope, by=by)
    if step.reason and not text.strip():
        raise UnableToAct(verb=step.title, reason=Text(zh="请说明理由。", en="give the reason."))
    for verb in step.unlike:
        last = report.acts.filter(verb=verb).order_by("-version").first()
        if last is not None and last.by == by.id:
            reason = Text(
                zh="填报、审核、签发须由不同的人完成。",
                en="filling, reviewing and signing must be done by different people.",
            )
            raise UnableToAct(verb=step.title, reason=reason)


def _advance(*, report: Report, version: int, state: str, locked_at: datetime | None = None) -> Report:
    """Move the report on if it is still at ``version``; of two at once one gets through."""
    moved = Report.objects.filter(pk=report.pk, version=version).update(
        state=state, version=version + 1, locked_at=locked_at
    )
    if not moved:
        raise ChangedMeanwhile
    report.state, report.version, report.locked_at = state, version + 1, locked_at
    return report


def _log(*, report: Report, verb: str, by: Actor, at: datetime, key: str, text: str = "", document: str = "") -> None:
    ReportAct.objects.create(
        report=report, version=report.version, verb=verb, by=by.id, by_name=by.name, post=by.post or "", at=at,
        text=text, document=document, key=key,
    )  # fmt: skip
    subject = f"plan:{report.plan}/report:{report.form}/{report.scope}/{report.period}/r{report.revision}"
    detail = {"version": report.version, "state": report.state, "text": text, "document": document}
    record(act=f"plan.report.{verb}", by=by, at=at, subject=subject, detail=detail)


def _repeated(*, key: str, report: Report, verb: str) -> Report | None:
    """The report on which this very request already acted, or None for a new one. Raises ``KeyUsedElsewhere``."""
    done = ReportAct.objects.select_related("report").filter(key=key).first()
    if done is None:
        return None
    if done.verb != verb or any(getattr(done.report, name) != getattr(report, name) for name in PLACE):
        raise KeyUsedElsewhere
    return done.report


def _make_facts(*, report: Report, at: datetime, document: str) -> None:
    """Append every figure of the report to the fact stream and tell whoever computes readings."""
    kind = Kind.SYNTHETIC if settings().synthetic else Kind.REPORTED
    prefix = f"{report.plan}/{report.form}/{report.scope}/{report.period}/r{report.revision}"
    values = ReportValue.objects.filter(report=report).values_list("field", "area", "number")
    facts = [
        {
            "record_id": f"{prefix}/{field}/{area}",
            "form": report.form,
            "field": field,
            "area": area,
            "period": report.period,
            "value": number,
            "kind": kind.value,
            "department": report.department,
            "revision": report.revision,
            "document": document,
        }
        for field, area, number in [*values, *_withdrawn(report)]
    ]
    append(stream=REPORTS, facts=facts, known_at=at)
    payload = {"plan": report.plan, "form": report.form, "scope": report.scope, "period": report.period}
    publish(topic="plan.locked", payload=payload | {"revision": report.revision}, at=at)


def _withdrawn(report: Report) -> Iterable[tuple[str, str, None]]:
    """Figures of the revision before that this one no longer gives: withdrawn, not left standing."""
    if report.revision == 1:
        return []
    before = Report.objects.get(
        plan=report.plan, form=report.form, scope=report.scope, period=report.period, revision=report.revision - 1
    )
    now = set(ReportValue.objects.filter(report=report).values_list("field", "area"))
    then = ReportValue.objects.filter(report=before).values_list("field", "area")
    return [(field, area, None) for field, area in then if (field, area) not in now]


def revise(*, report: Report, reason: str, by: Actor, at: datetime, key: str) -> Report:
    """Open the next revision of a locked report as a draft that starts from its figures.

    Raises ``NothingToRevise``, ``NotYourReport`` or ``ChangedMeanwhile`` (somebody opened one already).
    """
    plan = load_plan(id=report.plan)
    _owner(plan=plan, department=report.department, scope=report.scope, by=by)
    if report.state != rules.LOCKED or not reason.strip() or not by.may("plan.fill"):
        raise NothingToRevise
    try:
        with transaction.atomic():
            if (done := _repeated(key=key, report=report, verb="revise")) is not None:
                return done
            fresh = Report.objects.create(
                plan=report.plan, form=report.form, scope=report.scope, period=report.period,
                revision=report.revision + 1, department=report.department, reason=reason.strip(), opened_at=at,
                version=1,
            )  # fmt: skip
            ReportValue.objects.bulk_create(
                ReportValue(
                    report=fresh, field=v.field, area=v.area, number=v.number, text=v.text, row=v.row, column=v.column
                )
                for v in ReportValue.objects.filter(report=report)
            )
            _log(report=fresh, verb="revise", by=by, at=at, key=key, text=reason.strip())
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return fresh


def note_lateness(*, report: Report, text: str, by: Actor, at: datetime, key: str) -> Report:
    """Say why a report is late; the note stays with it."""
    _owner(plan=load_plan(id=report.plan), department=report.department, scope=report.scope, by=by)
    if not text.strip():
        raise UnableToAct(
            verb=Text(zh="说明迟报", en="explain the delay"), reason=Text(zh="请填写说明。", en="say why.")
        )
    with transaction.atomic():
        if (done := _repeated(key=key, report=report, verb="late")) is not None:
            return done
        report = _advance(report=report, version=report.version, state=report.state, locked_at=report.locked_at)
        _log(report=report, verb="late", by=by, at=at, key=key, text=text.strip())
    return report


def remind(*, plan: Plan, form: str, scope: str, period: str, by: Actor, at: datetime) -> Reminder:
    """Remind the office that owes a report; kept so that the next reminder knows of this one."""
    declared = form_of(plan=plan, form=form)
    if not (by.may("plan.lock") or by.may("plan.officer") or by.may("system")):
        raise UnableToAct(verb=Text(zh="催报", en="remind"), reason=_no_role("plan.lock"))
    with transaction.atomic():
        row = Reminder.objects.create(
            plan=plan.id, form=form, scope=scope, period=period, department=declared.department, by=by.id, at=at
        )
        subject = f"plan:{plan.id}/report:{form}/{scope}/{period}"
        record(act="plan.report.reminded", by=by, at=at, subject=subject, detail={"department": declared.department})
        payload = {"plan": plan.id, "form": form, "scope": scope, "period": period, "department": declared.department}
        publish(topic="plan.reminded", payload=payload, at=at)
    return row


def object_to(
    *, plan: Plan, field: str, area: str, period: str, text: str, document: str = "", by: Actor, at: datetime
) -> Objection:
    """A county's objection to a figure about itself. Raises ``UnableToObject``."""
    known = field in {f.id for f in plan.fields}
    if not by.may("plan.object") or area not in by.areas or not text.strip() or not known:
        raise UnableToObject
    with transaction.atomic():
        row = Objection.objects.create(
            plan=plan.id, field=field, area=area, period=period, text=text.strip(), document=document, by=by.id,
            by_name=by.name, at=at,
        )  # fmt: skip
        subject = f"plan:{plan.id}/figure:{field}/{area}/{period}"
        record(act="plan.figure.objected", by=by, at=at, subject=subject, detail={"text": text.strip()})
    return row


def answer_objection(*, objection: Objection, answer: str, by: Actor, at: datetime) -> Objection:
    """Answer an objection once; both stay. Raises ``UnableToObject`` for an empty or second answer."""
    if not by.may("plan.officer") or not answer.strip():
        raise UnableToObject
    with transaction.atomic():
        open_one = Objection.objects.filter(pk=objection.pk, answered_at=None)
        if not open_one.update(answer=answer.strip(), answered_by=by.id, answered_at=at):
            raise UnableToObject
        subject = f"plan:{objection.plan}/figure:{objection.field}/{objection.area}/{objection.period}"
        record(act="plan.figure.answered", by=by, at=at, subject=subject, detail={"answer": answer.strip()})
    objection.refresh_from_db()
    return objection


def _no_role(role: str) -> Text:
    return Text(
        zh=f"您的岗位没有“{role}”权限；请联系系统管理员。",
        en=f"your post does not carry “{role}”; ask the administrator.",
    )


def _wrong_state(report: Report) -> Text:
    state = rules.STATES[report.state]
    return Text(zh=f"报表现为“{state.zh}”。", en=f"the report is {state.en}.")
