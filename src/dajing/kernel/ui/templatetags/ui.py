"""Tags and filters of the interface: links that keep the time shown, figures, periods and times in both languages."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language

from dajing.kernel.units import unit_name

register = template.Library()
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PERIOD = re.compile(r"[0-9]{4}(-(Q[1-4]|0[1-9]|1[0-2]))?")
UNKNOWN = "—"
MISSING = (None, "")  # a template gives "" for a variable that is not there


def _english() -> bool:
    return (get_language() or "").startswith("en")


@register.simple_tag(takes_context=True)
def link(context: template.Context, name: str, *args: object, **query: object) -> str:
    """The address of a page, with the ``as_of`` being shown and ``query``; empty where there is no such page."""
    if name.startswith("/"):
        address = name
    else:
        try:
            address = reverse(name, args=args)
        except NoReverseMatch:
            return ""
    shown = context.get("as_of")
    kept = {"as_of": shown.text} if shown else {}
    pairs = {key: value for key, value in (kept | query).items() if value not in (None, "")}
    return f"{address}?{urlencode(pairs)}" if pairs else address


@register.filter
def figure(value: Any, decimals: int = 1) -> str:
    """A number with thousands separators and fixed decimals; an unknown one is a dash, never zero."""
    return UNKNOWN if value in MISSING else f"{value:,.{int(decimals)}f}"


@register.filter
def percent(value: Any) -> str:
    """A share from 0 to 1 as a whole percentage; only a true 1 shows as 100 %."""
    if value in MISSING:
        return UNKNOWN
    return "100%" if value >= 1 else f"{min(value * 100, 99):.0f}%"


@register.filter
def unit(value: str) -> str:
    """A unit in the page's language."""
    return unit_name(str(value))


@register.filter
def period(value: str) -> str:
    """``2018``, ``2018-Q2`` or ``2018-06`` in the words of the page's language; what is no period stays as it is."""
    if not PERIOD.fullmatch(str(value)):  # an address can hold anything
        return str(value)
    year, _, rest = str(value).partition("-")
    if not rest:
        return year if _english() else f"{year}年"
    if rest.startswith("Q"):
        return f"{rest} {year}" if _english() else f"{year}年第{'一二三四'[int(rest[1]) - 1]}季度"
    return f"{MONTHS[int(rest) - 1]} {year}" if _english() else f"{year}年{int(rest)}月"


@register.filter
def moment(value: Any) -> str:
    """A point in time as local date and minute."""
    return UNKNOWN if value in MISSING else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


@register.filter
def limit(value: Any) -> str:
    """The moment a limit ends, as local date and minute: midnight is 24:00 of the day that still counts."""
    if value in MISSING or timezone.localtime(value).time() != time(0):
        return moment(value)
    return f"{timezone.localtime(value) - timedelta(days=1):%Y-%m-%d} 24:00"


@register.filter
def short(value: str) -> str:
    """The first twelve characters of a digest."""
    return str(value)[:12]


@register.filter
def within(path: str, address: str) -> bool:
    """Whether ``path`` is the page at ``address`` or below it; the start page is only itself."""
    place = address.partition("?")[0]
    return path == place if place == "/" else path.startswith(place)
