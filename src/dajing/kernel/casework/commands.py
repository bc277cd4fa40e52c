"""``dajing casework``: rebuild the projections of cases from their log, or prove that they agree."""

from __future__ import annotations

import sys

import click


@click.group()
def casework() -> None:
    """Cases: everything that is owned, has a clock, evidence and an end."""
    from dajing.kernel.web.start import start

    start()


@casework.command()
@click.option("--verify", is_flag=True, help="Change nothing; exit code 1 where projections differ from the log.")
def rebuild(verify: bool) -> None:
    """Write case, queue and clock rows again from the event log, which alone is authority."""
    from dajing.kernel.casework import store

    if not verify:
        click.echo(f"已重建 {store.rebuild()} 件 / cases rebuilt")
        return
    differing = store.differing()
    for case in differing:
        click.echo(f"  {case}")
    click.echo(f"不一致 / differing: {len(differing)}" if differing else "一致 / identical")
    sys.exit(1 if differing else 0)


@casework.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="Read the file and say what is wrong; change nothing.")
def calendar(file: str, check: bool) -> None:
    """Load a gazetted year (TOML: year, notice, off, worked); provisional limits are then counted anew."""
    from datetime import UTC, datetime
    from pathlib import Path

    from dajing.kernel.casework.ticking import recalculate
    from dajing.kernel.clocks.years import YearInvalid, load_year, read_year
    from dajing.kernel.identity.actor import system

    text, at = Path(file).read_bytes(), datetime.now(UTC)
    try:
        if check:
            read_year(text=text)
            click.echo("可用 / usable")
            return
        year = load_year(text=text, by=system("calendar"), at=at)
    except YearInvalid as refusal:
        raise click.ClickException(f"{refusal.message.zh} / {refusal.message.en}") from None
    click.echo(f"{year.year}（{year.notice}）已载入；重算 {recalculate(at=at)} 件 / loaded; limits moved")


COMMANDS: list[click.Command] = [casework]
