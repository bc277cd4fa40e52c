"""``dajing context``: the broker alone."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from pathlib import Path

import click

from dajing.kernel.text import Refusal, Text


class OpenToTheNetwork(Refusal):
    """A broker without tokens may only listen on loopback."""

    text = Text(
        zh="--auth none 只能在本机回环地址上使用，而 --host 是 {host}。请使用 --auth tokens，或监听 127.0.0.1。",
        en="--auth none is for loopback only, and --host is {host}. Use --auth tokens, or listen on 127.0.0.1.",
    )


@click.group()
def context() -> None:
    """城市感知: the NGSI-LD context broker."""


@context.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8601, show_default=True, help="Port to listen on.")
@click.option("--store", type=click.Path(path_type=Path), help="The file live.db; by default in the data directory.")
@click.option("--auth", type=click.Choice(["tokens", "none"]), default="tokens", show_default=True,
              help="Who may call: holders of tokens, or (on loopback only) everyone.")  # fmt: skip
@click.option("--history", type=click.Choice(["all", "observed", "none"]), default="all", show_default=True,
              help="Which attributes are kept in history: all, those with observedAt, or none.")  # fmt: skip
@click.option("--lenient", is_flag=True, help="Accept queries by id or idPattern alone, as some clients send them.")
@click.option("--may-call", default="", help="Private hosts or networks that may be called, as the setting may_call.")
@click.option("--most-instances", default=10_000, show_default=True, type=click.IntRange(1),
              help="Instances in one temporal answer; a longer one is cut at a time (206).")  # fmt: skip
def serve(
    host: str, port: int, store: Path | None, auth: str, history: str, lenient: bool, may_call: str,
    most_instances: int,
) -> None:  # fmt: skip
    """Serve /ngsi-ld/v1 until SIGTERM."""
    from dajing.domains.context.broker.serving import run
    from dajing.kernel.settings import settings

    if auth == "none" and not _loopback(host):
        raise OpenToTheNetwork(host=host)
    run(
        host=host, port=port, path=store or settings().data_dir / "live.db",
        rows=settings().data_dir / "rows.db", rows_url=settings().rows, tokens=auth == "tokens",
        keep=history, lenient=lenient, may_call=may_call or settings().may_call,
        archived=store is None, most_instances=most_instances,
        clock=lambda: datetime.now(UTC),
    )  # fmt: skip


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


COMMANDS = [context]
