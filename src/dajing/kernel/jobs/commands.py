"""The command that shows background jobs."""

from __future__ import annotations

import click


@click.command()
@click.option("--all", "all_", is_flag=True, help="Finished ones too.")
@click.option("--limit", default=50, help="How many at most.")
def jobs(all_: bool, limit: int) -> None:
    """List background jobs with their progress, newest first."""
    from dajing.kernel.web.start import start

    start()
    from dajing.kernel.jobs import api

    for job in api.jobs(limit=limit, unfinished=not all_):
        far = f"{job.done}/{job.total} {job.label}" if job.total else ""
        click.echo(f"{job.enqueued_at:%Y-%m-%d %H:%M}  {job.status:<10} {job.task}  {far} {job.error}".rstrip())


COMMANDS: list[click.Command] = [jobs]
