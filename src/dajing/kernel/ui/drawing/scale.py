"""From values to places on paper: a linear scale and round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """Maps ``low``..``high`` to ``start``..``end`` (pixels)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of ``value``, to a tenth of a pixel."""
        span = self.high - self.low or 1.0
        return round(self.start + (value - self.low) / span * (self.end - self.start), 1)


def bounds(values: Iterable[float]) -> tuple[float, float]:
    """Lowest and highest of ``values``; a flat or empty series gets room around it."""
    found = [v for v in values if math.isfinite(v)]
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    if low == high:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room
    return low, high


def ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """About ``count`` round values that cover ``low``..``high`` (steps of 1, 2 or 5 times a power of ten)."""
    raw = (high - low) / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]
