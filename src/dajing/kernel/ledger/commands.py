"""``dajing ledger``: verify everything, prove one entry."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.group()
def ledger() -> None:
    """The record of acts: nothing was changed afterwards, and anyone can check it."""
    from dajing.kernel.web.start import start

    start()


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def verify(as_json: bool) -> None:
    """Recompute the whole ledger; exit code 1 when anything was tampered with."""
    from django.utils import timezone

    from dajing.kernel.ledger import api

    api.seal(at=timezone.now())
    result = api.verify()
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(result).decode())
    else:
        click.echo(f"{result.size} 条，{result.heads} 个签名，根 / {result.size} entries, {result.heads} heads, root")
        click.echo(result.root)
        for finding in result.findings:
            click.echo(f"  {finding.message.zh} / {finding.message.en}")
        click.echo("完好 / intact" if not result.findings else "已被改动 / TAMPERED WITH")
    sys.exit(1 if result.findings else 0)


@ledger.command()
@click.argument("entry", type=int)
@click.option("--out", type=click.Path(path_type=Path), help="Write the proof to a file.")
def prove(entry: int, out: Path | None) -> None:
    """Print the proof that ENTRY is in the signed tree; check it with ``python -m dajing.kernel.ledger.proof``."""
    from dajing.kernel.ledger import api

    text = json.dumps(api.prove(entry=entry), ensure_ascii=False, indent=1)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text)


COMMANDS: list[click.Command] = [ledger]
