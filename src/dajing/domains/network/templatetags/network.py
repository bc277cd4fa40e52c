"""Shares and intervals as figures."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from dajing.domains.network.drawing import LEVELS
from dajing.kernel.ui.templatetags.ui import UNKNOWN

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """0.9266 as 92.7%; an unknown share is a dash; only a true 1 is 100%."""
    if not isinstance(value, float | int):
        return UNKNOWN
    return f"{value:.1%}" if value >= 1.0 else f"{min(value, 0.999):.1%}"


@register.filter
def interval(value: tuple[float, float] | None) -> str:
    """A 90 % interval in percent, in brackets."""
    if not isinstance(value, tuple):
        return ""
    return f"[{value[0] * 100:.1f}–{value[1] * 100:.1f}%]"


@register.simple_tag
def levels() -> list[tuple[int, str]]:
    """The map's colour classes with their words."""
    limits = [0.0, *LEVELS, 1.0]
    return [
        (level, gettext("%(low)s 至 %(high)s") % {"low": f"{low:.0%}", "high": f"{high:.0%}"})
        for level, (low, high) in enumerate(zip(limits, limits[1:], strict=False))
    ]
