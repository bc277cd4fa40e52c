"""``dajing check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec


@click.command()
@click.option("--write", is_flag=True, help="First renew the generated pages of docs/reference.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help="Language of the messages.")
@click.pass_context
def check(context: click.Context, write: bool, as_json: bool, language: str) -> None:
    """Name every problem in packs, translations, documents, contracts and sizes, with file, line and the fix."""
    from dajing.kernel.settings import REPOSITORY, settings
    from dajing.kernel.web.start import start

    start()
    from dajing.kernel.checking.documents import write_pages
    from dajing.kernel.checking.everything import check_everything

    cli = context.find_root().command
    assert isinstance(cli, click.Group)  # noqa: S101 - the root is the group of all commands
    checkout = REPOSITORY if (REPOSITORY / "pyproject.toml").is_file() else None
    if write and checkout:
        for path in write_pages(root=checkout, cli=cli):
            click.echo(f"written: {_shown(path, checkout)}", err=as_json)
    problems = check_everything(checkout=checkout, cities=settings().cities_dir, cli=cli)
    if as_json:
        click.echo(msgspec.json.encode(problems))
    else:
        for problem in problems:
            click.echo(problem.render(language=language))
        click.echo(f"{len(problems)} 处问题" if language == "zh" else f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


COMMANDS: list[click.Command] = [check]
