"""Django's own management commands, for developers."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a management command of Django, for example ``manage makemigrations``."""
    from dajing.kernel.web.start import start

    start()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["dajing manage", *arguments])
