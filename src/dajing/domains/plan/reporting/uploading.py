"""A file from a department becomes an open report, or is refused as a whole and kept as refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from django.db import transaction

from dajing.domains.plan.models.reporting import ColumnMapping, Report, ReportValue, Upload
from dajing.domains.plan.pack import Field, Plan
from dajing.domains.plan.reporting import rules, service
from dajing.domains.plan.reporting.originals import keep_original
from dajing.domains.plan.reporting.refusals import LockedAlready, ReportRefused
from dajing.domains.plan.reporting.rules import Fault, Value
from dajing.domains.plan.reporting.scope import covered, expected_areas, fields_of, form_of, heirs
from dajing.domains.plan.reporting.spreadsheet.layout import Column
from dajing.domains.plan.reporting.spreadsheet.numbers import bare
from dajing.domains.plan.reporting.spreadsheet.reading import Understood, area_names, understand
from dajing.kernel.areas import api as areas
from dajing.kernel.clocks.api import day_of
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import read_sheets
from dajing.kernel.text import Refusal, Text

SUM_TOLERANCE = 0.005  # of the total: a 合计 row may be rounded


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What an upload would do: the figures it holds, what it could not explain, and what would refuse it."""

    period: str | None
    sheet: str
    headings: tuple[Column, ...]
    values: tuple[Value, ...]
    faults: tuple[Fault, ...]
    signature: str
    missing: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an upload: ``accepted`` or ``duplicate`` with its report."""

    outcome: str
    report: Report
    upload: Upload


def preview(
    *, plan: Plan, form: str, scope: str, name: str, body: bytes, by: Actor, at: datetime, period: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Preview:  # fmt: skip
    """Read a file without changing anything; ``mapping`` (bare heading → field or ``ignored``) wins over memory.

    Raises ``FileUnreadable`` or ``FormUnknown``.
    """
    declared, fields = form_of(plan=plan, form=form), fields_of(plan=plan, form=form)
    sheets = read_sheets(name=name, body=body, limit=settings().upload_limit_mb << 20)
    names = area_names(areas={code: area.name for code, area in areas.areas().items()})

    def read(explained: Mapping[str, str] | None) -> Understood:
        return understand(sheets=sheets, fields=fields, areas=names, frequency=declared.frequency, mapping=explained)

    found = read(mapping)
    if found.table is not None and mapping is None:
        known = remembered(department=by.department or "", form=form, signature=found.table.signature)
        found = read(known) if known else found
    period = period or found.period
    faults = list(found.faults)
    if found.table is not None:
        faults += _unexplained(found.table.unknown, found.table.bottom)
    if found.table is not None and period is None:
        faults.append(_no_period())
    if period is not None and found.period not in (None, period):
        faults.append(_other_period(period, found.period or ""))
    if period is not None:
        faults += _figures(plan, scope, form, period, found, at)
    return Preview(
        period=period,
        sheet=found.sheet,
        headings=found.table.columns if found.table else (),
        values=found.values,
        faults=tuple(sorted(faults, key=lambda f: (f.row, f.column))),
        signature=found.table.signature if found.table else "",
        missing=_missing(plan, scope, form, period, found.values) if period else 0,
    )


def _figures(plan: Plan, scope: str, form: str, period: str, found: Understood, at: datetime) -> list[Fault]:
    from dajing.domains.plan.reporting.periods import last_day

    future = rules.period_fault(
        end=last_day(period=period), today=day_of(at), first=plan.base_year, last=plan.last_year
    )
    if future is not None:
        return [Fault(row=0, column="", message=future, cure=Text(zh="核对期别", en="check the period"))]
    fields = fields_of(plan=plan, form=form)
    units = covered(plan=plan, scope=scope, period=period)
    return rules.faults(values=found.values, fields=fields, areas=units, retired=heirs(period=period)) + _sums(
        found, fields, plan.area
    )


def _sums(found: Understood, fields: Mapping[str, Field], city: str) -> list[Fault]:
    """The file's own 合计 against the sum of its rows."""
    faults = []
    for id_, total in found.totals.items():
        field = fields.get(id_)
        if field is None or field.unit in {"%", "Mbit/s"}:
            continue
        added = sum(v.number or 0.0 for v in found.values if v.field == id_ and v.area != city)
        if abs(added - total) > max(abs(total) * SUM_TOLERANCE, 1.0):
            message = Text(
                zh=f"{field.title.zh}：合计 {total:g}，各区县相加 {added:g}",
                en=f"{field.title.en}: the total says {total:g}, the rows add to {added:g}",
            )
            cure = Text(zh="核对合计与各行", en="check the total and the rows")
            faults.append(Fault(row=0, column="", message=message, cure=cure))
    return faults


def _missing(plan: Plan, scope: str, form: str, period: str, values: tuple[Value, ...]) -> int:
    units = covered(plan=plan, scope=scope, period=period)
    wanted = {
        (field.id, area)
        for field in fields_of(plan=plan, form=form).values()
        for area in expected_areas(field=field, plan=plan, covered=units)
    }
    return len(wanted - {(v.field, v.area) for v in values})


def _unexplained(columns: tuple[Column, ...], row: int) -> list[Fault]:
    from dajing.domains.plan.reporting.spreadsheet.layout import letter

    return [
        Fault(
            row=row + 1,
            column=letter(column.index),
            message=Text(zh=f"不认识的列“{column.heading}”", en=f"the column “{column.heading}” is unknown"),
            cure=Text(
                zh="在预览中选择它对应的项目或“不采用”，系统会记住",
                en="choose its figure or “leave out”; it is remembered",
            ),
        )
        for column in columns
    ]


def _no_period() -> Fault:
    return Fault(
        row=1,
        column="A",
        message=Text(zh="文件没有写明期别", en="the file names no period"),
        cure=Text(zh="在标题中写明，如“2018年6月”，或上传时选择", en="say it in the title (2018年6月) or choose it"),
    )


def _other_period(wanted: str, found: str) -> Fault:
    return Fault(
        row=1,
        column="A",
        message=Text(zh=f"文件写的是 {found}，不是 {wanted}", en=f"the file says {found}, not {wanted}"),
        cure=Text(zh="核对是否传错文件", en="check that it is the right file"),
    )


def remembered(*, department: str, form: str, signature: str) -> dict[str, str]:
    """The column mapping that an officer confirmed for these headings; empty when there is none."""
    row = ColumnMapping.objects.filter(department=department, form=form, signature=signature).first()
    return dict(row.mapping) if row else {}


def remember(*, form: str, signature: str, mapping: Mapping[str, str], by: Actor, at: datetime) -> None:
    """Keep what an officer said of unknown headings for the next file with the same headings."""
    with transaction.atomic():
        ColumnMapping.objects.update_or_create(
            department=by.department or "",
            form=form,
            signature=signature,
            defaults={"mapping": {bare(k): v for k, v in mapping.items()}, "by": by.id, "at": at},
        )
        detail = {"signature": signature, "mapping": dict(mapping)}
        record(act="plan.mapping.confirmed", by=by, at=at, subject=f"form:{form}", detail=detail)


def accept(
    *, plan: Plan, form: str, scope: str, name: str, body: bytes, by: Actor, at: datetime, period: str | None = None,
    mapping: Mapping[str, str] | None = None, key: str | None = None,
) -> Receipt:  # fmt: skip
    """Read a file and make its figures the open report of its period, all or nothing.

    The same content again is acknowledged as a duplicate; other figures for a locked period ask for a revision. What is
    refused is kept as a refused upload with its problems, and the refusal is raised.
    """
    digest = keep_original(body=body) if len(body) <= settings().upload_limit_mb << 20 else ""
    try:
        return _accept(plan, form, scope, name, body, digest, by, at, period, mapping, key)
    except Refusal as refusal:
        _keep_refused(plan, form, name, body, digest, by, at, refusal)
        raise


def _accept(
    plan: Plan, form: str, scope: str, name: str, body: bytes, digest: str, by: Actor, at: datetime,
    period: str | None, mapping: Mapping[str, str] | None, key: str | None,
) -> Receipt:  # fmt: skip
    found = preview(
        plan=plan, form=form, scope=scope, name=name, body=body, by=by, at=at, period=period, mapping=mapping
    )
    if found.faults or found.period is None:
        raise ReportRefused(faults=found.faults, file=name)
    with transaction.atomic():
        try:
            report = service.open_report(plan=plan, form=form, scope=scope, period=found.period, by=by, at=at)
        except LockedAlready:
            report = _locked(plan, form, scope, found.period)
            if not _same(report, found.values):
                raise
            return Receipt(outcome="duplicate", report=report, upload=_kept(
                plan, form, name, body, digest, by, at, "duplicate", report
            ))  # fmt: skip
        if report.version and _same(report, found.values):
            return Receipt(outcome="duplicate", report=report, upload=_kept(
                plan, form, name, body, digest, by, at, "duplicate", report
            ))  # fmt: skip
        report = service.fill(
            report=report, values=found.values, by=by, at=at, version=report.version,
            key=key or f"upload:{digest}:{report.pk}:{report.version}",
        )  # fmt: skip
        if mapping and found.signature:
            remember(form=form, signature=found.signature, mapping=mapping, by=by, at=at)
        upload = _kept(plan, form, name, body, digest, by, at, "accepted", report)
    return Receipt(outcome="accepted", report=report, upload=upload)


def _locked(plan: Plan, form: str, scope: str, period: str) -> Report:
    rows = Report.objects.filter(plan=plan.id, form=form, scope=scope, period=period, state=rules.LOCKED)
    return rows.order_by("-revision").first()


def _same(report: Report, values: tuple[Value, ...]) -> bool:
    held = set(ReportValue.objects.filter(report=report).values_list("field", "area", "number"))
    return held == {(v.field, v.area, v.number) for v in values if v.number is not None}


def _kept(
    plan: Plan, form: str, name: str, body: bytes, digest: str, by: Actor, at: datetime, outcome: str,
    report: Report | None, problems: list[dict[str, object]] | None = None,
) -> Upload:  # fmt: skip
    row = Upload.objects.create(
        plan=plan.id, form=form, department=by.department or "", filename=Path(name).name[:200], sha256=digest,
        size=len(body), by=by.id, at=at, outcome=outcome, problems=problems or [], report=report,
    )  # fmt: skip
    record(
        act=f"plan.upload.{outcome}", by=by, at=at, subject=f"plan:{plan.id}/upload:{row.pk}",
        detail={"sha256": digest, "size": len(body), "form": form},
    )  # fmt: skip
    return row


def _keep_refused(
    plan: Plan, form: str, name: str, body: bytes, digest: str, by: Actor, at: datetime, refusal: Refusal
) -> None:
    faults = getattr(refusal, "faults", ())
    problems = [msgspec.to_builtins(fault) for fault in faults] or [
        {"row": 0, "column": "", "message": msgspec.to_builtins(refusal.message), "cure": {"zh": "", "en": ""}}
    ]
    with transaction.atomic():
        _kept(plan, form[:60], name, body, digest, by, at, "refused", None, problems[:500])
