"""``dajing new``; a domain adds its own scaffolds in ``scaffold.py``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from dajing.kernel.manifest import slice_parts


@click.group()
def new() -> None:
    """Make a domain, an indicator or a connector with its tests; dajing check then names what to fill in."""


def tell(*, root: Path, paths: Iterable[Path]) -> None:
    """Say which files were made and what comes next."""
    for path in paths:
        click.echo(path.relative_to(root).as_posix())
    click.echo("下一步 next: dajing check")


@new.command()
@click.argument("name")
def domain(name: str) -> None:
    """Make the folder of domain NAME and place it in the import contract."""
    from dajing.kernel.scaffold.domain import new_domain
    from dajing.kernel.scaffold.writing import checkout

    root = checkout()
    tell(root=root, paths=new_domain(root=root, name=name))


@new.command()
@click.argument("name")
@click.option("--domain", required=True, help="Domain that the connector belongs to.")
def connector(name: str, domain: str) -> None:
    """Make connector NAME: one file that reads another system, and its test."""
    from dajing.kernel.scaffold.connector import new_connector
    from dajing.kernel.scaffold.writing import checkout

    root = checkout()
    tell(root=root, paths=new_connector(root=root, name=name, domain=domain))


for part in slice_parts(name="scaffold"):
    for command in part.SCAFFOLDS:
        new.add_command(command)

COMMANDS: list[click.Command] = [new]
