"""The command line: the kernel's commands, then each domain's own group, found by scanning."""

from __future__ import annotations

import sys

import click

from dajing import __version__
from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.text import Refusal


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dajing")
def cli() -> None:
    """Dajing 大境: a city's plan, measured from records."""


def _commands() -> None:
    from dajing.kernel import commands

    for module in (commands, *kernel_parts(name="commands"), *slice_parts(name="commands")):
        for command in module.COMMANDS:
            cli.add_command(command)


def main() -> None:
    """Run one command; a foreseen refusal ends with its message and exit code 2."""
    _commands()
    try:
        cli(standalone_mode=True)
    except Refusal as refusal:
        click.echo(f"{refusal.message.zh}\n{refusal.message.en}", err=True)
        sys.exit(2)
    except Exception as error:
        if not _empty_store(error):
            raise
        click.echo(
            "数据目录尚未建立；请先运行 ./dajing up。\nThe data directory is empty; run ./dajing up first.", err=True
        )
        sys.exit(2)


def _empty_store(error: Exception) -> bool:
    """Whether a command met a row store without tables: nothing was set up in this data directory yet."""
    from django.db.utils import OperationalError, ProgrammingError

    words = str(error)
    return isinstance(error, OperationalError | ProgrammingError) and (
        "no such table" in words or ("relation" in words and "does not exist" in words)
    )
