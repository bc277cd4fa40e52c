"""``python -m dajing.kernel.supervisor.prepare ADDRESS``: migrations and set-up steps, in a process of their own.

So the supervisor stays small for months. The last line on standard output is the one-time sign-in link, or empty.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dajing.kernel.supervisor.descent import die_with_parent
from dajing.kernel.supervisor.setup import steps
from dajing.kernel.text import Refusal
from dajing.kernel.web.start import start


def main() -> None:
    """Make the data directory ready; ends with code 2 and both languages on a refusal."""
    die_with_parent()
    start()
    try:
        prepare()
        print(sign_in_link(address=sys.argv[1]) or "")
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.message.zh}\n{refusal.message.en}\n")
        sys.exit(2)


def prepare() -> None:
    """Migrate the row store, then run every set-up step, with visible progress."""
    from django.core.management import call_command

    console = Console(stderr=True)
    columns = (BarColumn(20), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as shown:
        wanted = steps()
        task = shown.add_task("数据库 · database", total=len(wanted) + 1)
        if migrations_due():
            call_command("migrate", verbosity=0, interactive=False)
        shown.advance(task)
        for step in wanted:
            shown.update(task, description=f"{step.title.zh} · {step.title.en}")
            step.run()
            shown.advance(task)
        shown.update(task, description="数据已就绪 · data ready")


def migrations_due() -> bool:
    """Whether any migration is not applied; asking costs a tenth of running ``migrate`` for nothing."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def sign_in_link(*, address: str) -> str | None:
    """A one-time link for whoever started the centre; in an empty city, to its first set-up."""
    from dajing.kernel.identity import api

    return api.sign_in_link(address=address, at=datetime.now(UTC))


if __name__ == "__main__":
    main()
