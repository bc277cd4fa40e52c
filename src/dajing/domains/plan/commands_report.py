"""``dajing plan report``: the report as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click


@click.command("report")
@click.option("--format", "format_", type=click.Choice(["docx", "pdf", "xlsx"]), required=True, help="Kind of file.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--as-of", "moment", default="", help="What was known then, for example 2018-06-30; by default now.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language used.")
@click.option("--plan", "plan_id", default=None, help="Plan id; by default the city's default plan.")
def report(format_: str, out: Path | None, moment: str, language: str, plan_id: str | None) -> None:
    """Write the plan's report as an editable official document, a PDF or a workbook.

    Without --out the file is named after the plan and the day, in this directory; a file of that name is replaced.
    """
    from dajing.kernel.web.start import start

    start()
    from django.utils import timezone

    from dajing.domains.plan.exports.api import write
    from dajing.domains.plan.exports.composing import compose_report
    from dajing.domains.plan.loading import plan
    from dajing.kernel.ui.moment import read_as_of

    chosen, known = plan(id=plan_id), read_as_of(moment).moment
    composed = compose_report(plan=chosen, as_of=known, language=language, at=datetime.now(UTC))
    out = out or Path(f"{chosen.id}-{timezone.localdate(known)}.{format_}")
    out.write_bytes(write(format=format_, report=composed))
    click.echo(f"{out} ({out.stat().st_size:,} B)")
