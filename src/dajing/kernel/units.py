"""Units and measure words of Chinese statistics in English."""

from __future__ import annotations

ENGLISH = {
    "亿元": "×10⁸ yuan",
    "万元": "×10⁴ yuan",
    "元": "yuan",
    "人": "people",
    "万人": "×10⁴ people",
    "人次": "visits",
    "户": "households",
    "万户": "×10⁴ households",
    "家": "enterprises",
    "个": "units",
    "个/万人": "per 10⁴ people",
    "台": "sets",
    "件": "cases",
    "项": "items",
}


def unit_name(unit: str, *, language: str | None = None) -> str:
    """``unit`` in ``language`` (a BCP 47 tag), by default that of the request; symbols such as ``Mbit/s`` stay."""
    if language is None:
        from django.utils.translation import get_language

        language = get_language() or "zh-hans"
    return ENGLISH.get(unit, unit) if language.startswith("en") else unit
