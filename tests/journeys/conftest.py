"""A real browser against the real stack: ``dajing up`` on a free port with a data directory of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from dajing.kernel.settings import REPOSITORY

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
SIZES = {390: 844, 1920: 1080}
LANGUAGES = ("zh-hans", "en")
START_SECONDS = 480  # a shared machine may be slow; nothing is timed here
PAGE_MILLISECONDS = 120_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _loaded(address: str) -> bool:
    """Whether the board already shows the last month that the demo reports."""
    try:
        with urllib.request.urlopen(f"{address}/plan/zjk-135/", timeout=60) as answer:
            return "2020年12月" in answer.read().decode()
    except OSError:
        return False


@pytest.fixture(scope="session")
def stack_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of the running centre; that of one started elsewhere is named by ``DAJING_JOURNEY_DATA``."""
    if os.environ.get("DAJING_JOURNEY_URL"):
        if not (given := os.environ.get("DAJING_JOURNEY_DATA")):
            pytest.skip("signing in needs the data directory: set DAJING_JOURNEY_DATA")
        return Path(given)
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a running centre with the small demo; ``DAJING_JOURNEY_URL`` names one that already runs."""
    if given := os.environ.get("DAJING_JOURNEY_URL"):
        yield given.rstrip("/")
        return
    with running(data=request.getfixturevalue("stack_data"), demo="small", loaded=_loaded) as (address, _):
        yield address


@contextmanager
def running(*, data: Path, demo: str, loaded: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
    """A centre of its own until the block ends: its address and the file of what ``up`` said."""
    port, said = _free_port(), data / "up.log"
    log = said.open("wb")
    command = [sys.executable, "-m", "dajing", "up", "--no-open", "--demo", demo]
    command += ["--port", str(port), "--data", str(data)]
    environment = {k: v for k, v in os.environ.items() if k != "DAJING_DATA"} | {"PYTHONPATH": str(REPOSITORY / "src")}
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log, env=environment)
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
    try:
        for what, there, pause in (("start", _answers, 0.2), ("load its data", loaded, 2)):
            while not there(address):
                if process.poll() is not None or time.monotonic() > until:
                    pytest.fail(f"the centre did not {what}:\n{said.read_text()[-3000:]}")
                time.sleep(pause)
        yield address, said
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


@pytest.fixture
def empty_city(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A real installation that nobody has set up yet."""
    with running(data=tmp_path, demo="none", loaded=_answers) as centre:
        yield centre


MINT = """
import sys
from datetime import UTC, datetime
from dajing.kernel.web.start import start
start()
from dajing.kernel.identity.models import Person
from dajing.kernel.identity.signing_in import link_secret
for login in sys.stdin:
    print("secret", link_secret(person=Person.objects.get(login=login.strip()), at=datetime.now(UTC)), flush=True)
"""


@pytest.fixture(scope="session")
def link_secret(stack_data: Path) -> Iterator[Callable[[str], str]]:
    """``link_secret(login)``: the secret of a new one-time link, from one process that stays."""
    environment = os.environ | {"DAJING_DATA": str(stack_data), "PYTHONPATH": str(REPOSITORY / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", MINT], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as mint:
        assert mint.stdin is not None and mint.stdout is not None
        asked, said = mint.stdin, mint.stdout

        def new(login: str) -> str:
            print(login, file=asked, flush=True)
            return next(line.split()[1] for line in said if line.startswith("secret "))

        yield new
        asked.close()


@pytest.fixture
def signed_in(stack: str, link_secret: Callable[[str], str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    """``signed_in(login, path)``: the page as that person sees it, signed in by a one-time link."""

    def open_(login: str, path: str, **how: Any) -> Page:
        page = open_page("/sign-in", **how)
        page.goto(f"{stack}/sign-in/{link_secret(login)}")
        page.locator("main form button").click()
        page.goto(stack + path)
        return page

    return open_


@pytest.fixture
def link_path(link_secret: Callable[[str], str]) -> Callable[[str], str]:
    """``link_path(login)``: the path of a new one-time link."""
    return lambda login: f"/sign-in/{link_secret(login)}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium of the system; absent, the test says what to install."""
    program = os.environ.get("DAJING_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("browser journeys need Chromium: apt install chromium, or set DAJING_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = _launch(playwright, program)
        yield browser
        browser.close()


def _launch(playwright: Playwright, program: str) -> Browser:
    return playwright.chromium.launch(executable_path=program, args=list(FLAGS))


@pytest.fixture
def open_page(chromium: Browser, stack: str) -> Iterator[Callable[..., Page]]:
    """Open a page: ``open_page(path, language=…, width=…, scripts=True)``; fails on any console error of ours."""
    contexts: list[Any] = []

    def open_(path: str, *, language: str = "zh-hans", width: int = 1920, scripts: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": SIZES.get(width, 900)}, java_script_enabled=scripts, locale="zh-CN"
        )
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": stack}])
        page = context.new_page()
        page.set_default_timeout(PAGE_MILLISECONDS)
        page.goto(stack + path, wait_until="load")
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def look(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page, keep its picture (in ``DAJING_PICTURES`` if set), assert that axe finds nothing."""

    def look_(path: str, *, language: str, width: int) -> Page:
        page = open_page(path, language=language, width=width)
        page.wait_for_load_state("networkidle") if "/live" not in page.content() else None
        _sound(page, f"{path.strip('/').replace('/', '-').replace('?', '_') or 'home'}-{language}-{width}")
        return page

    return look_


@pytest.fixture
def examine() -> Callable[[Page], None]:
    """Axe on the page that is open, in Chinese on a desk and in English, the longer words, on a phone."""

    def examine_(page: Page) -> None:
        address = page.url
        for language, width in (("en", 390), ("zh-hans", 1920)):  # in this order: the journey goes on in Chinese
            page.context.add_cookies([{"name": "django_language", "value": language, "url": address}])
            page.set_viewport_size({"width": width, "height": SIZES[width]})
            page.goto(address)
            name = urlsplit(address).path.strip("/").replace("/", "-")
            _sound(page, f"{name}-{language}-{width}")

    return examine_


def _sound(page: Page, name: str) -> None:
    """No accessibility fault, nothing cut off; a picture is taken only where somebody wants to see it."""
    from axe_playwright_python.sync_playwright import Axe

    if folder := os.environ.get("DAJING_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = Axe().run(page, options={"resultTypes": ["violations"]})  # the same rules; nothing is told of what passes
    assert found.violations_count == 0, found.generate_report()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} scrolls sideways by {overflow} px"
