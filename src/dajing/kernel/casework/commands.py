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


COMMANDS: list[click.Command] = [casework]
