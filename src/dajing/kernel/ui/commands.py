"""``dajing translate``: keeps the translation catalogue in step with the sources."""

from __future__ import annotations

import click


@click.command()
@click.option("--check", is_flag=True, help="Only say which texts lack English; exit 1 if there are any.")
def translate(check: bool) -> None:
    """Extract every Chinese source text into the English catalogue and name those still without English."""
    from dajing.kernel.ui.catalogue import compile_all, untranslated, update
    from dajing.kernel.web.start import start

    start()
    if not check:
        added, removed = update()
        click.echo(f"+{added} -{removed}")
        compile_all()
    missing = untranslated()
    for message in missing:
        click.echo(f"{message.file}:{message.line}: {message.id}")
    click.echo(f"{len(missing)} untranslated")
    if check and missing:
        raise SystemExit(1)


COMMANDS: list[click.Command] = [translate]
