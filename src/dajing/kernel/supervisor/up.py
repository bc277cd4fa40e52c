"""``dajing up``: from nothing to a page that is served."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

import click
from rich.console import Console

from dajing.kernel.settings import Settings, settings
from dajing.kernel.supervisor.children import Child, programs
from dajing.kernel.supervisor.descent import environment
from dajing.kernel.supervisor.lock import hold, mark_kind
from dajing.kernel.supervisor.room import ask_for_room

CHILDREN = "processes.json"  # in the data directory: what runs, for ``doctor``
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not bound to


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
    with hold(data=own.data_dir):
        mark_kind(settings=own)
        ask_for_room(settings=own)
        Supervisor(own=own, browser=not no_open).run()


class Supervisor:
    """The parent of all processes of one centre; it serves nothing itself and imports no Django."""

    def __init__(self, *, own: Settings, browser: bool) -> None:
        self._own, self._browser = own, browser
        self._say = Console(stderr=True, highlight=False, soft_wrap=True).print
        self._stopping: list[int] = []
        self._children: list[Child] = []
        host = "127.0.0.1" if own.host in EVERYWHERE else f"[{own.host}]" if ":" in own.host else own.host
        self._local = f"http://{host}:{own.port}"
        self._address = own.public_url.rstrip("/") or self._local

    def run(self) -> None:
        """Prepare while the page process loads, let all go, print the address when healthy, watch until a signal."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: self._stopping.append(number))
        self._say(f"[bold]大境 Dajing[/]  {self._own.data_dir}")
        self._children = [Child(program=program, environment=os.environ) for program in programs()]
        early = [child for child in self._children if child.program.early]
        for child in early:
            child.start()
        link = self._prepare()
        for child in early:
            child.go()
        for child in self._children:
            if child not in early:
                child.go()
                child.start()
        self._watch(link)
        self._say("正在停止 · stopping")
        stop_all(children=self._children)
        (self._own.data_dir / CHILDREN).unlink(missing_ok=True)

    def _prepare(self) -> str:
        command = [sys.executable, "-m", "dajing.kernel.supervisor.prepare", self._address]
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment(base=os.environ)
        ) as child:
            told, _ = child.communicate()
        if child.returncode != 0:
            stop_all(children=self._children)
            raise SystemExit(2 if child.returncode == 2 else 1)
        return told.strip().rsplit("\n", 1)[-1]

    def _watch(self, link: str) -> None:
        greeted, shown = False, ""
        while not self._stopping:
            for child in self._children:
                child.watch()
            shown = self._write_down(shown)
            if not greeted and healthy(address=self._local):
                greeted = True
                self._greet(link)
            time.sleep(0.5 if greeted else 0.05)

    def _write_down(self, before: str) -> str:
        rows = [{"name": c.program.name, "pid": c.pid, "crashes": c.crashes} for c in self._children]
        ports = {"port": self._own.port, "machine": self._own.machine}
        now = json.dumps({**ports, "supervisor": os.getpid(), "children": rows})
        if now != before:
            fresh = self._own.data_dir / f"{CHILDREN}.new"
            fresh.write_text(now + "\n")
            fresh.replace(self._own.data_dir / CHILDREN)  # whoever reads it finds the old one or the new one whole
        return now

    def _greet(self, link: str) -> None:
        self._say(f"[bold green]就绪 · ready[/]  {self._address}/")
        for child in self._children:
            if child.program.told:
                self._say(child.program.told, markup=False)
        if link:
            first = link.startswith(f"{self._address}/setup/")
            self._say("首次设置链接 · first set-up:" if first else "一次性登录链接 · one-time sign-in link:")
            self._say(link, markup=False)
        if self._browser and sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(link or self._address)


def stop_all(*, children: list[Child]) -> None:
    """End all children, at most ten seconds."""
    for child in children:
        child.stop()
    until = time.monotonic() + 10
    for child in children:
        child.wait(until=until)


def healthy(*, address: str) -> bool:
    """Whether the page process at ``address`` answers."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
