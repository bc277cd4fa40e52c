"""督办 in a real browser: a gap becomes an action, is reported, verified and closed, and stands beside the reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

INDICATOR = "/plan/zjk-135/indicator/iptv/"
# The words of each language on the buttons and links that the journey presses.
WORDS = {
    "zh-hans": {
        "open": "就此差距立项督办", "create": "立项", "instruct": "批示", "instruction": "批示意见", "give": "交办",
        "report": "反馈", "done": "办理情况", "verify": "核验通过", "finding": "核验意见", "close": "销号",
        "closed": "已销号", "below": "低于预期区间", "cause": "不表示由本行动引起", "title": "事项名称",
        "text": "要做什么",
        "owner": "责任单位", "until": "办结期限", "proofs": "要求的佐证材料", "verifier": "核验单位", "period": "时期",
        "low": "区间下限", "high": "区间上限", "ground": "依据",
    },
    "en": {
        "open": "Open an action on this gap", "create": "Open the action", "instruct": "Give the instruction",
        "instruction": "Instruction", "give": "Assign to the owner", "report": "Report", "done": "What was done",
        "verify": "Verified", "finding": "Finding of the verification", "close": "Close", "closed": "Closed",
        "below": "below the expected interval", "cause": "does not say that the action brought it about",
        "title": "Title of the action", "text": "What is to be done", "owner": "Owner", "until": "Last day",
        "proofs": "Proofs asked for", "verifier": "Verified by", "period": "Period", "low": "Low end",
        "high": "High end", "ground": "Ground",
    },
}  # fmt: skip


def sound(page: Page) -> None:
    """No accessibility fault and nothing cut off."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.click()
    page.wait_for_load_state("load")
    sound(page)


@pytest.mark.parametrize(("language", "width", "scripts"), [("zh-hans", 390, False), ("en", 1920, True)])
def test_a_gap_becomes_an_action_that_is_verified_closed_and_laid_beside_the_reading(
    signed_in: Callable[..., Page], language: str, width: int, scripts: bool
) -> None:
    say, how = WORDS[language], {"language": language, "width": width}
    title = f"IPTV {language} {width}"
    officer = signed_in("zjk-gxj-plan", INDICATOR, **how)
    officer.get_by_role("link", name=say["open"], exact=True).click()
    officer.wait_for_load_state("load")
    sound(officer)
    officer.get_by_label(say["title"]).fill(title)
    officer.get_by_label(say["text"]).fill("Install in every township")
    officer.get_by_label(say["owner"], exact=True).select_option("zjk-gdj")
    officer.get_by_label(say["until"]).fill((date.today() + timedelta(days=90)).isoformat())
    officer.get_by_label(say["proofs"]).fill("Register")
    officer.get_by_label(say["verifier"]).select_option("zjk-gxj")
    for field, typed in (("period", "2020-12"), ("low", "90"), ("high", "95"), ("ground", "Plan")):
        officer.get_by_label(re.compile(f"^{say[field]}")).fill(typed)
    press(officer, say["create"])
    address = officer.url.split("127.0.0.1")[1].partition("/")[2]
    path = f"/{address}"

    leader = signed_in("zjk-gxj-leader", path, scripts=scripts, **how)
    leader.get_by_role("textbox", name=say["instruction"]).fill("Go on")
    leader.get_by_role("button", name=say["instruct"], exact=True).click()
    officer.goto(officer.url)
    press(officer, say["give"])
    owner = signed_in("zjk-gdj-data", path, scripts=scripts, **how)
    owner.get_by_role("textbox", name=say["done"]).fill("Installed")
    owner.get_by_label("Register", exact=True).fill("File 7")
    owner.get_by_role("button", name=say["report"], exact=True).click()
    assert owner.get_by_role("button", name=say["verify"], exact=True).count() == 0
    inspector = signed_in("zjk-gxj-inspector", path, scripts=scripts, **how)
    inspector.get_by_role("textbox", name=say["finding"]).fill("Seen on site")
    inspector.get_by_role("button", name=say["verify"], exact=True).click()
    officer.goto(officer.url)
    press(officer, say["close"])
    expect(officer.locator("main")).to_contain_text(say["closed"])

    officer.goto(re.sub(r"(//[^/]+)/.*", rf"\1{INDICATOR}", officer.url))
    section = officer.locator("section", has=officer.locator("#actions"))
    expect(section).to_contain_text(title)
    expect(section).to_contain_text(say["below"])
    expect(section).to_contain_text(say["cause"])
    sound(officer)
    officer.goto(re.sub(r"(//[^/]+)/.*", r"\1/plan/zjk-135/actions/?view=ended", officer.url))
    expect(officer.locator("main")).to_contain_text(title)
    sound(officer)
