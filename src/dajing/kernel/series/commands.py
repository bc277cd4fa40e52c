"""``dajing series``: what the fact streams hold, and moving their tail to history."""

from __future__ import annotations

import click


@click.group()
def series() -> None:
    """Fact streams: their tail in the row store and their history in Iceberg."""
    from dajing.kernel.web.start import start

    start()


@series.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Show what every stream holds."""
    import msgspec
    from rich.console import Console
    from rich.table import Table

    from dajing.kernel.series.status import statuses

    found = statuses()
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    table = Table("事实流 stream", "尾部 tail", "历史 history", "文件 files", "MiB", "最新获知 newest known", "")
    for one in found:
        newest = one.newest.isoformat() if one.newest else "—"
        note = "上次归档中断，下次续完 interrupted" if one.interrupted else ""
        size = f"{one.bytes / 2**20:.1f}"
        table.add_row(one.stream, f"{one.tail:,}", f"{one.history:,}", str(one.files), size, newest, note)
    Console().print(table)


@series.command()
@click.argument("streams", nargs=-1)
@click.option("--compact", "also_compact", is_flag=True, help="Afterwards merge small files and remove unused ones.")
def flush(streams: tuple[str, ...], also_compact: bool) -> None:
    """Move the tail of STREAMS (default: all) to history."""
    from datetime import UTC, datetime

    from dajing.kernel.series.compaction import compact
    from dajing.kernel.series.declarations import streams as every
    from dajing.kernel.series.flushing import flush as move

    for name in streams or [stream.name for stream in every()]:
        done = move(stream=name, at=datetime.now(UTC))
        click.echo(f"{name}: 归档 {done.facts} 条 / {done.facts} facts moved, {len(done.files)} files")
        if also_compact:
            result = compact(stream=name, at=datetime.now(UTC))
            click.echo(f"{name}: 合并 {len(result.replaced)} 个文件，清除 {result.removed} 个 / merged, removed")


COMMANDS: list[click.Command] = [series]
