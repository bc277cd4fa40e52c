"""An officer adds a passkey and signs in with it, no login typed, with a virtual authenticator in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_an_officer_adds_a_passkey_and_signs_in_with_it_until_it_is_removed(
    chromium: Browser, stack: str, link_path: Callable[[str], str], examine: Callable[[Page], None]
) -> None:
    here = stack.replace("127.0.0.1", "localhost")  # WebAuthn knows no place that is an IP address
    page = chromium.new_context(locale="zh-CN").new_page()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]
    page.goto(here + link_path("zjk-gxj-plan"))
    page.locator("main form button").click()
    page.goto(f"{here}/account")
    page.locator("#passkey-name").fill("办公电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    page.wait_for_url("**/account/recovery")
    examine(page)
    page.get_by_role("button", name="生成新的恢复码").click()
    expect(page.locator("main li code")).to_have_count(10)
    page.goto(f"{here}/account")
    expect(page.get_by_role("rowheader", name="办公电脑")).to_be_visible()
    examine(page)
    assert [one["isResidentCredential"] for one in credentials(devices, device)] == [True]
    sign_out(page)
    page.goto(f"{here}/sign-in?next=/account")
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/account")
    assert credentials(devices, device)[0]["signCount"] > 0
    page.get_by_role("button", name="移除密钥 办公电脑").click()
    expect(page.get_by_role("rowheader", name="办公电脑")).to_have_count(0)
    sign_out(page)
    page.goto(f"{here}/sign-in")
    page.get_by_role("button", name="使用通行密钥").click()
    expect(page.locator("main [role=status]")).to_contain_text("通行密钥未通过验证")
    page.context.close()


def credentials(devices: CDPSession, device: str) -> list[dict[str, Any]]:
    return devices.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]


def sign_out(page: Page) -> None:
    page.locator("header form[action='/sign-out'] button").click()
