"""``dajing plan upload`` and ``dajing plan reports``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from dajing.kernel.text import Refusal, Text


class NobodyFills(Refusal):
    """The office has nobody who may fill in reports."""

    text = Text(
        zh="{department} 现在没有可填报的人员；请系统管理员任命。",
        en="Nobody in {department} may fill in reports now; ask the administrator to appoint somebody.",
    )


@click.command("upload")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--department", required=True, help="Office whose data officer uploads, for example zjk-spj.")
@click.option("--form", required=True, help="Form id, for example government.")
@click.option("--scope", default=None, help="Code of one unit; by default the whole city's table.")
@click.option("--period", default=None, help="2018-06, 2018-Q2 or 2018; by default as the file says.")
@click.option("--check-only", is_flag=True, help="Read the file and name its faults; nothing is changed.")
@click.option("--plan", "plan_id", default=None, help="Plan id; by default the city's default plan.")
def upload(
    file: Path, department: str, form: str, scope: str | None, period: str | None, check_only: bool, plan_id: str | None
) -> None:
    """Upload a department's spreadsheet as the open report of its period."""
    from dajing.domains.plan.loading import plan
    from dajing.domains.plan.reporting import uploading
    from dajing.kernel.identity.api import person_holding
    from dajing.kernel.settings import settings
    from dajing.kernel.spreadsheet.files import FileUnreadable, too_large

    at, limit = datetime.now(UTC), settings().upload_limit_mb << 20
    by = person_holding(role="plan.fill", at=at, department=department)
    if by is None:
        raise NobodyFills(department=department)
    if (size := file.stat().st_size) > limit:  # before a byte of it is read
        raise FileUnreadable(file=file.name, reason=too_large(size=size, limit=limit))
    found, body = plan(id=plan_id), file.read_bytes()
    place = {"form": form, "scope": scope or found.area, "name": file.name, "period": period}
    if check_only:
        seen = uploading.preview(plan=found, body=body, by=by, at=at, **place)  # type: ignore[arg-type]
        for fault in seen.faults:
            click.echo(f"{file.name} {fault.column}{fault.row or ''}: {fault.message} → {fault.cure}")
        click.echo(f"{seen.period} · {len(seen.values)} · {len(seen.faults)}")
        raise SystemExit(1 if seen.faults else 0)
    receipt = uploading.accept(plan=found, body=body, by=by, at=at, **place)  # type: ignore[arg-type]
    click.echo(f"{receipt.outcome}: {receipt.report} ({receipt.report.state})")


@click.command("reports")
@click.argument("which", type=click.Choice(["late", "missing", "overdue", "contradictions"]))
@click.option("--as-of", "moment", default="", help="As of this day, for example 2018-06-30; by default now.")
@click.option("--plan", "plan_id", default=None, help="Plan id; by default the city's default plan.")
def reports(which: str, moment: str, plan_id: str | None) -> None:
    """List late, missing, overdue or contradictory reports."""
    from dajing.domains.plan.loading import plan
    from dajing.domains.plan.reporting import standing
    from dajing.domains.plan.reporting.contradicting import contradictions
    from dajing.kernel.ui.moment import read_as_of

    found, at = plan(id=plan_id), read_as_of(moment).moment or datetime.now(UTC)
    if which == "contradictions":
        for row in contradictions(plan=found, at=at):
            click.echo(f"{row.period} {row.area} {row.kind}: {row.text}")
        return
    for item in getattr(standing, which)(plan=found, at=at):
        owner = f" · {item.owner.post} {item.owner.name}" if item.owner else ""
        click.echo(f"{item.due.day} {item.form.id} {item.period} {item.department} +{item.days}d {item.state}{owner}")
