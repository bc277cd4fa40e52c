"""``dajing test``: the test tiers."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from dajing.kernel.settings import REPOSITORY

SHORT = "not store and not bus and not sail and not browser and not fault and not long"
CI = "not long"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--ci", is_flag=True, help="Add PostgreSQL, NATS, Sail, browser journeys and a few kills.")
@click.option("--long", "long_", is_flag=True, help="Add soaks, all kills, millions of rows, conformance suites.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(ci: bool, long_: bool, arguments: tuple[str, ...]) -> None:
    """Run the tests; anything after the options goes to pytest."""
    select = [] if long_ else ["-m", CI if ci else SHORT]
    command = [sys.executable, "-m", "pytest", *select, *arguments]
    environment = os.environ | {"DAJING_LOG": "json"}
    raise SystemExit(subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode)  # noqa: S603
