"""A problem is told on a form without any script, the department answers from its work list, the loop closes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ASKER, ANSWERER = "zjk-gxj-data", "zjk-spj-data"
SignedIn = Callable[..., Page]


def sound(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_problem_is_told_without_a_script_answered_by_keyboard_and_accepted(
    signed_in: SignedIn, tmp_path: Path
) -> None:
    title = f"网上可办率 {uuid.uuid4().hex[:6]}"
    photo = tmp_path / "台账.jpg"
    Image.new("RGB", (40, 30), "white").save(photo)

    form = signed_in(ASKER, "/forms/data_problem/", scripts=False)
    form.get_by_label("标题").fill("短")
    form.get_by_label("依据材料").set_input_files(photo)
    form.get_by_role("button", name="提交").click()
    summary = form.locator(".error-summary")
    expect(summary).to_contain_text("至少 4 个字")
    summary.get_by_role("link", name="负责部门").click()
    assert form.url.endswith("#f-department")
    expect(form.get_by_text("台账.jpg")).to_be_visible()
    form.get_by_label("标题").fill(title)
    form.get_by_label("负责部门").select_option("zjk-spj")
    form.get_by_label("没有更新").check()
    form.get_by_label("说明").fill("六月的数字还是五月的，请更新。")
    form.get_by_role("button", name="提交").click()
    expect(form.get_by_role("status")).to_contain_text("已于")

    work = signed_in(ANSWERER, "/work/?whose=department&kind=data_problem")
    row = work.get_by_role("row", name=title)
    boxes = work.locator("input[name=chosen]")
    boxes.first.focus()
    for _ in range(boxes.count()):
        if row.locator("input").evaluate("box => box === document.activeElement"):
            break
        work.keyboard.press("j")
    work.keyboard.press("x")
    assert row.locator("input").is_checked()
    work.keyboard.press("Enter")
    work.wait_for_url("**/case/**")
    expect(work.get_by_role("link", name="台账.jpg")).to_be_visible()
    work.get_by_label("要做什么").select_option(label="答复")
    work.get_by_label("意见或理由").fill("已补报六月数据。")
    work.get_by_role("button", name="办理").click()

    told = signed_in(ASKER, "/notices/")
    for _ in range(60):  # the worker tells within seconds; nothing here is timed
        if told.get_by_text(f"答复：{title}").count():
            break
        told.wait_for_timeout(1000)
        told.reload()
    told.get_by_role("link", name=f"答复：{title}").click()
    expect(told.get_by_text("已补报六月数据。")).to_be_visible()
    told.get_by_label("要做什么").select_option(label="确认办结")
    told.get_by_role("button", name="办理").click()
    expect(told.get_by_role("definition").filter(has_text="已办结")).to_be_visible()


@pytest.mark.parametrize("width", (390, 1920))
@pytest.mark.parametrize("language", ("zh-hans", "en"))
def test_work_notices_and_forms_are_accessible_in_both_languages_on_phone_and_desk(
    signed_in: SignedIn, stack: str, language: str, width: int
) -> None:
    page = signed_in(ANSWERER, "/work/", language=language, width=width)
    for path in ("/work/", "/work/?whose=department", "/work/new/", "/work/new/data_problem/", "/notices/",
                 "/notices/preferences/", "/forms/", "/forms/data_problem/"):  # fmt: skip
        page.goto(stack + path)
        assert page.locator("h1").count() == 1
        sound(page)
    page.locator("button[value=send]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    sound(page)


def test_a_case_is_registered_on_a_phone_and_its_reporter_opened_for_a_purpose(signed_in: SignedIn) -> None:
    title = f"井盖 {uuid.uuid4().hex[:6]}"
    page = signed_in(ASKER, "/work/new/data_problem/", width=390)
    page.get_by_label("标题").fill(title)
    page.get_by_label("电话").fill("call me")
    page.get_by_role("button", name="登记").click()
    expect(page.locator(".error-summary")).to_contain_text("请选择现有的部门")
    sound(page)
    page.get_by_label("经办部门").select_option("zjk-spj")
    page.get_by_label("地址").fill("市府西大街 1 号")
    page.get_by_label("电话").fill("000 0000")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("市府西大街 1 号")).to_be_visible()
    expect(page.get_by_text("已加密保存")).to_be_visible()
    sound(page)
    page.get_by_label("查看联系方式的用途").fill("回访")
    page.get_by_role("button", name="查看联系方式").click()
    expect(page.get_by_text("000 0000")).to_be_visible()
    sound(page)
