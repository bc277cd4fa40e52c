"""An integrator goes from the live city to one lamp and asks the console for the same; axe looks at every step."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

WAIT = 300  # the feeds send once a minute


def test_from_the_map_to_a_lamp_and_the_same_in_the_console(
    signed_in: Callable[..., Page], examine: Callable[[Page], None]
) -> None:
    page = signed_in("zjk-gxj-data", "/context/?type=Streetlight")
    until = time.monotonic() + WAIT
    while page.locator("circle.spot").count() < 19 and time.monotonic() < until:
        time.sleep(2)
        page.reload()
    assert page.locator("circle.spot").count() == 19, "one lamp in every unit"
    examine(page)
    page.get_by_role("link", name="路灯", exact=True).click()
    examine(page)
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("路灯 · ")
    examine(page)
    lamp = page.locator("main p code").first.inner_text()
    page.goto(re.sub("/context/.*", "/context/console/", page.url))
    page.locator("input[name=path]").fill(f"entities/{lamp}?options=keyValues")
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("powerState")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
