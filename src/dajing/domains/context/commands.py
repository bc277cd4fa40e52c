"""``dajing context``: the broker alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
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
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="A file live.db; by default the store of the setting `live`.",
)
@click.option("--auth", type=click.Choice(["tokens", "none"]), default="tokens", show_default=True,
              help="Who may call: holders of tokens, or (on loopback only) everyone.")  # fmt: skip
@click.option("--history", type=click.Choice(["all", "observed", "none"]), default="all", show_default=True,
              help="Which attributes are kept in history: all, those with observedAt, or none.")  # fmt: skip
@click.option(
    "--lenient",
    is_flag=True,
    help="Meet the habits of clients: queries by id or idPattern alone, errors in the JSON they accept.",
)
@click.option("--may-call", default="", help="Private hosts or networks that may be called, as the setting may_call.")
@click.option("--most-instances", default=10_000, show_default=True, type=click.IntRange(1),
              help="Instances in one temporal answer; a longer one is cut at a time (206).")  # fmt: skip
def serve(
    host: str, port: int, store: Path | None, auth: str, history: str, lenient: bool, may_call: str,
    most_instances: int,
) -> None:  # fmt: skip
    """Serve /ngsi-ld/v1 until SIGTERM."""
    from dajing.domains.context.broker.serving import run
    from dajing.domains.context.store.schema import live_store
    from dajing.kernel.settings import settings

    if auth == "none" and not _loopback(host):
        raise OpenToTheNetwork(host=host)
    run(
        host=host, port=port, path=store or live_store(settings=settings()),
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


def _where(host: str, port: int | None, token: Path | None) -> tuple[str, int, str]:
    """Host, port and token of the broker to talk to; by default this centre's own with the token of its demo feeds."""
    from dajing.domains.context.feeding.sending import FILE
    from dajing.kernel.settings import settings

    path = token or settings().data_dir / FILE
    return host, port or settings().machine, path.read_text().strip() if path.exists() else ""


_BROKER = (
    click.option("--host", default="127.0.0.1", show_default=True, help="The broker's address."),
    click.option("--port", type=int, help="The broker's port; by default this centre's machine port."),
    click.option("--token", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                 help="File with the token; by default that of the demo's feeds."),
)  # fmt: skip


def _to_broker[F: Callable[..., None]](function: F) -> F:
    for option in reversed(_BROKER):
        function = option(function)
    return function


@context.command()
@_to_broker
@click.option("--requests", default=500, show_default=True, help="Requests of each kind.")
def bench(host: str, port: int | None, token: Path | None, requests: int) -> None:
    """Measure a running broker over one connection, with entities of its own."""
    from dajing.domains.context.replaying import bench as measure

    host, number, secret = _where(host, port, token)
    for found in measure(host=host, port=number, token=secret, requests=requests):
        click.echo(f"{found.name:28s} {found.rate:8.0f}/s  median {found.median:6.2f} ms  p95 {found.p95:6.2f} ms")


@context.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_to_broker
def replay(path: Path, host: str, port: int | None, token: Path | None) -> None:
    """Send the entities of PATH (JSON Lines, or one array) to a running broker."""
    from dajing.domains.context.replaying import replay as again

    host, number, secret = _where(host, port, token)
    click.echo(again(path=path, host=host, port=number, token=secret))


@context.command()
@click.option("--minutes", default=60.0, show_default=True, type=click.FloatRange(0.01), help="How long.")
@click.option("--every", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds between two lines.")
def soak(minutes: float, every: float) -> None:
    """Write, ask and notify on a broker of its own for a long time: is memory flat, is anything lost?"""
    from dajing.domains.context.soaking import Soaked
    from dajing.domains.context.soaking import soak as run

    def tell(state: Soaked) -> None:
        click.echo(
            f"{state.minutes:7.1f} min  {state.written:9d} written  {state.asked:8d} asked  "
            f"{state.notified:9d} notified  {state.failed:4d} failed  {state.memory / 2**20:7.1f} MiB"
        )

    found = run(minutes=minutes, every=every, tell=tell)
    click.echo(f"lost {found.lost}")
    if found.lost or found.failed:
        raise SystemExit(1)


COMMANDS = [context]
