"""Every public page, in both languages, on a phone and on a desk: no accessibility fault, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SIZES, LANGUAGES = (390, 1920), ("zh-hans", "en")
PUBLIC = (
    "/",
    "/no-such-page",
    "/sign-in",
    "/plan/zjk-135/",
    "/plan/zjk-135/?as_of=2018-06-30",
    "/plan/zjk-135/indicator/population_4g/",
    "/plan/zjk-135/indicator/iptv/",
    "/plan/zjk-135/area/130702/",
    "/plan/zjk-135/indicator/iptv/evidence/130702/2018-06/",
    "/plan/zjk-135/supervision/",
    "/context/",
    "/context/interface/",
    "/plan/zjk-135/outlook/",
    "/plan/zjk-135/outlook/?as_of=2018-06-30",
    "/plan/zjk-135/slots/",
    "/plan/zjk-135/figures/",
    "/plan/zjk-135/indicator/iptv/definition/",
)


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_is_accessible_in_both_languages_on_phone_and_desk(
    look: Callable[..., Page], path: str, language: str, width: int
) -> None:
    page = look(path, language=language, width=width)
    assert page.locator("html").get_attribute("lang") == {"zh-hans": "zh-Hans", "en": "en"}[language]
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    assert page.locator("a.skip").get_attribute("href") == "#main"
    assert page.title().strip()
