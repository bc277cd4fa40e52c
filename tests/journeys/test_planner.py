"""A network planner goes from the city's gap to one village and its link budget; axe looks at every step."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WAIT = 1800  # the demo's network is loaded after the demo's reports


def sound(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} scrolls sideways by {wide} px at {width} px"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_from_the_citys_gap_to_one_village(signed_in: Callable[..., Page], language: str) -> None:
    page = signed_in("zjk-txb-network", "/network/gaps/?service=4g", language=language)
    until = time.monotonic() + WAIT
    while not page.locator("tbody th a").count() and time.monotonic() < until:
        time.sleep(5)
        page.reload()
    origin = page.url.split("/network/")[0]
    paths = ["/planner/", "/network/?service=4g", "/network/?service=wifi", "/network/area/130709/?service=4g",
             "/network/area/130709100/?service=4g", "/network/point/130709100200/?service=4g", "/network/registers/",
             "/network/gaps/?service=4g"]  # fmt: skip
    for path in paths:
        answer = page.goto(origin + path)
        assert answer is not None and answer.status == 200, path
        assert page.locator("h1").count() == 1
        for width in (390, 1920):
            sound(page, width)
    page.locator("tbody th a").first.click()
    assert "/network/point/" in page.url
    sound(page, 1920)
    page.goto(origin + "/network/gaps/?service=4g")
    page.locator("tbody td a").first.click()
    assert "/actions/new" in page.url
