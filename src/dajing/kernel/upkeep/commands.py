"""The commands of upkeep."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from dajing.kernel.settings import settings

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


def _ready() -> None:
    from dajing.kernel.web.start import start

    start()


@click.command()
@click.option("--to", "target", type=FILE, required=True, help="File to write, for example city-20260301.tar.gz.")
def backup(target: Path) -> None:
    """Save everything into one file, also while the centre runs."""
    _ready()
    from dajing.kernel.upkeep.backup import back_up

    with Console(stderr=True).status("备份 · backing up") as status:
        manifest = back_up(settings=settings(), target=target.resolve(), at=datetime.now(UTC), seen=status.update)
    size = sum(file.size for file in manifest.files.values())
    click.echo(
        f"{target}: {len(manifest.files)} 个文件 · files, {size:,} B. 含密钥，请妥善保管 · holds keys, keep it safe."
    )


@click.command()
@click.option("--from", "source", type=FILE, required=True, help="The backup.")
@click.option("--data", type=FOLDER, required=True, help="A directory that is absent or empty.")
def restore(source: Path, data: Path) -> None:
    """Unpack a backup into an empty directory and verify it."""
    os.environ["DAJING_DATA"] = str(data.resolve())
    from dajing.kernel.upkeep import restore as restoring

    with Console(stderr=True).status("恢复 · restoring") as status:
        manifest = restoring.restore(source=source.resolve(), data=data.resolve(), seen=status.update)
    click.echo(f"{data}: {len(manifest.files)} 个文件校验无误 · files verified, {manifest.created_at}")
    click.echo(f"./dajing up --demo {'none' if manifest.kind == 'real' else 'small'} --data {data}")


@click.command()
def upgrade() -> None:
    """Bring the data to this version: backup, migrate, verify, or roll back."""
    _ready()
    from dajing.kernel.upkeep.upgrade import upgrade as run

    saved = run(settings=settings(), at=datetime.now(UTC))
    click.echo(f"升级完成，升级前的备份在 {saved} · upgraded; the backup from before is {saved}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Look at everything that can be wrong, and say the cure."""
    from dajing.kernel.upkeep.doctor import examine

    findings = examine(settings=settings(), now=datetime.now(UTC))
    if as_json:
        rows = [
            {"check": f.check, "state": f.state, "zh": [f.found.zh, f.cure.zh], "en": [f.found.en, f.cure.en]}
            for f in findings
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        table = Table("", "check", "发现 · found", "处理 · cure")
        marks = {"good": "[green]✓[/]", "warning": "[yellow]![/]", "bad": "[red]✗[/]"}
        for f in findings:
            cure = f"{f.cure.zh}\n{f.cure.en}" if f.state != "good" else ""
            table.add_row(marks[f.state], f.check, f"{f.found.zh}\n{f.found.en}", cure)
        Console().print(table)
    sys.exit(any(f.state == "bad" for f in findings))


@click.command()
@click.option("--to", "target", type=FOLDER, required=True, help="Folder to make.")
@click.option("--lock", type=FILE, help="Lock file whose packages are taken; by default requirements.lock.")
def bundle(target: Path, lock: Path | None) -> None:
    """Make an offline installer for this platform: all wheels, the front end, the launcher."""
    from dajing.kernel.upkeep.bundle import make

    made = make(target=target.resolve(), lock=lock and lock.resolve())
    click.echo(f"{target}: {made.wheels} 个包 · packages, {made.size:,} B")
    click.echo(f"在离线机器上运行 · on the machine without network run: {target.name}/dajing up")


COMMANDS: list[click.Command] = [backup, restore, upgrade, doctor, bundle]
