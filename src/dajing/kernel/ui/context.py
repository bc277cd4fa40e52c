"""What every template knows: the installation, the language, whether data is synthetic, the time shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, lazy
from django.utils.translation import get_language

from dajing.kernel.packs.api import City, city
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal
from dajing.kernel.ui.moment import as_of
from dajing.kernel.ui.panels import entries

LANGUAGES = (("zh-hans", "中文", "zh-Hans"), ("en", "English", "en"))


def page(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the frame around every page."""
    language = get_language() or "zh-hans"
    return {
        "synthetic": settings().synthetic,
        "city": SimpleLazyObject(_city),
        "as_of": as_of(request),
        "navigation": lazy(lambda: entries(request=request), list)(),
        "languages": [entry for entry in LANGUAGES if not language.startswith(entry[0])],
        "html_language": "en" if language.startswith("en") else "zh-Hans",
    }


def _city() -> City | None:
    """The city's first page; a faulty pack must not take the pages away that say what is wrong with it."""
    try:
        return city()
    except Refusal:
        return None
