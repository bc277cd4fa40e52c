"""An empty city is set up without JavaScript by three people, who then find each their own pages; axe looks at all."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PEOPLE = {
    "system": ("赵一鸣", "Great-Wall-1429"),
    "security": ("钱二宝", "Dajing-Gate-8801"),
    "audit": ("孙三元", "Qingshui-River-77"),
}
PAGES = {
    "system": (
        "/admin/people",
        "/admin/posts",
        "/admin/appointments",
        "/admin/resets",
        "/admin/tokens",
        "/admin/calendar",
        "/account",
    ),
    "security": ("/admin/approvals", "/admin/appointments", "/admin/posts"),
    "audit": ("/admin/ledger", "/admin/ledger?act=identity"),
}


def link_in(said: Path) -> str:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := re.search(r"http://\S+/setup/link/\S+", said.read_text()):
            return found.group()
        time.sleep(0.1)
    raise AssertionError(said.read_text())


def fill(page: Page, step: str) -> None:
    name, password = PEOPLE[step]
    for field, text in (("name", name), ("login", f"{step}-1"), ("password", password), ("again", password)):
        page.locator(f"#{field}").fill(text)
    page.locator("main button.primary").click()


def test_an_empty_city_is_set_up_without_scripts_and_each_administrator_finds_their_pages(
    chromium: Browser, empty_city: tuple[str, Path], examine: Callable[[Page], None]
) -> None:
    address, said = empty_city
    plain = chromium.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    looked = chromium.new_context(locale="zh-CN").new_page()
    for page in (plain, looked):
        page.goto(address)
        assert page.url == f"{address}/setup"
    examine(looked)
    plain.goto(link_in(said))
    plain.locator("main button.primary").click()
    # The eyes of axe need scripts: a second window of the same visitor.
    looked.context.add_cookies(plain.context.cookies())
    for step in ("pack", *PEOPLE, "next"):
        assert plain.url == f"{address}/setup/{step}"
        looked.goto(plain.url)
        examine(looked)
        if step in PEOPLE:
            fill(plain, step)
        else:
            plain.locator("main button.primary").click()
    assert plain.url == f"{address}/sign-in"
    assert plain.goto(f"{address}/setup").status == 410
    for step, (_, password) in PEOPLE.items():
        page = chromium.new_context(locale="zh-CN").new_page()
        page.goto(f"{address}/sign-in")
        page.locator("#login").fill(f"{step}-1")
        page.locator("#password").fill(password)
        page.locator("main button.primary").click()
        page.locator(
            "nav.main-nav a", has_text={"system": "系统管理", "security": "安全管理", "audit": "审计"}[step]
        ).click()
        assert page.url == address + PAGES[step][0]
        for path in PAGES[step]:
            page.goto(address + path)
            examine(page)
