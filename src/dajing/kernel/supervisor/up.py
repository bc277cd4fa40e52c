"""``dajing up``: from nothing to a page that is served."""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console

from dajing.kernel.settings import Settings, settings
from dajing.kernel.supervisor.children import Child, programs
from dajing.kernel.supervisor.lock import hold, mark_kind

STEPS = 4


@click.command()
@click.option("--demo", type=click.Choice(["none", "small", "full"]), help="How much synthetic data to load.")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="The people's port.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data directory.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def up(demo: str | None, host: str | None, port: int | None, data: Path | None, no_open: bool) -> None:
    """Run the centre: migrate, load the city, serve, and keep everything running until Ctrl-C."""
    given = {"DAJING_DEMO": demo, "DAJING_HOST": host, "DAJING_PORT": port, "DAJING_DATA": data and data.resolve()}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    settings.cache_clear()
    own = settings()
    lock = hold(data=own.data_dir)
    mark_kind(settings=own)
    say = Console(stderr=True).print
    prepare(say=say)
    with lock:
        run(own=own, say=say, browser=not no_open)


def prepare(*, say: Callable[[str], None]) -> None:
    """Migrate the row store and run every set-up step, in this process, before anything serves."""
    from dajing.kernel.supervisor.setup import steps
    from dajing.kernel.web.start import start

    start()
    from django.core.management import call_command

    say("[bold]大境 Dajing[/]  数据库 · database")
    call_command("migrate", verbosity=0, interactive=False)
    for step in steps():
        say(f"  {step.title.zh} · {step.title.en}")
        step.run()


def run(*, own: Settings, say: Callable[[str], None], browser: bool) -> None:
    """Start the children, wait for health, print the address, watch until a signal comes."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    children = [Child(program=program, environment=os.environ) for program in programs()]
    for child in children:
        child.start()
    address = own.public_url or f"http://{'127.0.0.1' if own.host in {'0.0.0.0', ''} else own.host}:{own.port}"  # noqa: S104
    greeted = False
    while not stopping:
        for child in children:
            child.watch()
        if not greeted and healthy(address=address):
            greeted = True
            greet(address=address, say=say, browser=browser)
        time.sleep(0.1 if not greeted else 0.5)
    say("正在停止 · stopping")
    stop_all(children=children)


def stop_all(*, children: list[Child]) -> None:
    """End all children, at most ten seconds."""
    for child in children:
        child.stop()
    until = time.monotonic() + 10
    for child in children:
        child.wait(until=until)


def healthy(*, address: str) -> bool:
    """Whether the web process answers."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def greet(*, address: str, say: Callable[[str], None], browser: bool) -> None:
    """Print where the centre is and, when identity offers it, the one-time sign-in link."""
    say(f"[bold green]就绪 · ready[/]  {address}/")
    link = sign_in_link(address=address)
    if link:
        say(f"一次性登录链接 · one-time sign-in link:\n{link}")
    if browser and sys.stdout.isatty() and os.environ.get("DISPLAY"):
        webbrowser.open(link or address)


def sign_in_link(*, address: str) -> str | None:
    """The setup administrator's one-time link."""
    if not find_spec("dajing.kernel.identity.api"):
        return None
    from datetime import UTC, datetime

    make = getattr(import_module("dajing.kernel.identity.api"), "sign_in_link", None)
    return make(address=address, at=datetime.now(UTC)) if make else None
