"""The main job in a real browser: a figure is corrected, reviewed, signed and locked; board and evidence follow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dajing.domains.plan.loading import plan as load_plan

pytestmark = pytest.mark.browser

SHEET = "/plan/zjk-135/reports/government/130700/2020-12/"
EVIDENCE = "/plan/zjk-135/indicator/online_services/evidence/130726/2020-12/"
AREA = "/plan/zjk-135/area/130726/"
WAIT_SECONDS = 180


def title(field: str) -> str:
    return next(f.title.zh for f in load_plan().fields if f.id == field)


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.click()
    page.wait_for_load_state("load")


@pytest.mark.parametrize("scripts", [False])
def test_a_correction_goes_through_four_people_and_changes_the_countys_figure(
    signed_in: Callable[..., Page], open_page: Callable[..., Page], scripts: bool
) -> None:
    """Without JavaScript, as on an old machine in a county office."""
    filler = signed_in("zjk-spj-data", SHEET, scripts=scripts)
    filler.get_by_label("修订理由").fill("乡镇事项漏报")
    press(filler, "发起修订")
    filler.goto(filler.url.split("?")[0].rstrip("/") + "/fill") if "fill" not in filler.url else None
    total = filler.get_by_label(f"蔚县 {title('items_total')}", exact=True)
    filler.get_by_label(f"蔚县 {title('items_online')}", exact=True).fill(total.input_value())
    press(filler, "保存并报送")
    expect(filler.locator("main")).to_contain_text("待审核")

    for login, words, state in (
        ("zjk-spj-review", "审核通过", "待签发"),
        ("zjk-spj-sign", "签发", "待锁定"),
        ("zjk-gxj-plan", "锁定", "已锁定"),
    ):
        page = signed_in(login, SHEET, scripts=scripts)
        press(page, words)
        expect(page.locator("main")).to_contain_text(state)

    board = open_page(AREA, scripts=scripts)
    row = board.locator("tr", has=board.get_by_role("link", name=re.compile("网上办理率")))
    until = time.monotonic() + WAIT_SECONDS
    while "100" not in row.first.inner_text():
        assert time.monotonic() < until, row.first.inner_text()
        time.sleep(2)
        board.reload()

    officer = signed_in("zjk-gxj-plan", EVIDENCE, scripts=scripts)
    expect(officer.locator("main")).to_contain_text("100")
    expect(officer.locator("main")).to_contain_text("/r2/")
    before = open_page(EVIDENCE + "?as_of=2021-03-31", scripts=scripts)
    assert "100.0" not in before.locator("main h1 ~ *").first.inner_text()


def test_the_checker_cannot_check_what_they_filled(signed_in: Callable[..., Page]) -> None:
    page = signed_in("zjk-spj-data", SHEET)
    assert page.get_by_role("button", name="审核通过").count() == 0
    assert page.get_by_role("button", name="锁定").count() == 0
