"""``dajing plan …``: the plan's figures on the command line."""

from __future__ import annotations

import click

from dajing.domains.plan.commands_outlook import evaluate, forecast
from dajing.domains.plan.commands_readings import explain, gap, snapshot, status
from dajing.domains.plan.commands_report import report
from dajing.domains.plan.commands_reporting import reports, upload


@click.group()
def plan() -> None:
    """The plan, measured: where each target stands, and why."""
    from dajing.kernel.web.start import start

    start()


for command in (status, explain, gap, forecast, evaluate, snapshot, report, upload, reports):
    plan.add_command(command)

COMMANDS: list[click.Command] = [plan]
