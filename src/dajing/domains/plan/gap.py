"""How far the city is from its target, split by unit so that the parts add up to the city's gap exactly. Pure.

A gap is positive while something is missing, in the indicator's unit. Fractions keep the sum exact; only the result is
rounded to floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import msgspec

from dajing.kernel.text import Text


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One unit's terms: ``denominator`` None where the measure is an amount; both None where nothing was reported."""

    area: str
    numerator: float | None
    denominator: float | None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """An exact share of the gap. ``area`` None: what belongs to no unit. ``amount`` None: unknown, not in the sum."""

    area: str | None
    amount: Fraction | None
    note: Text | None = None


NOT_REPORTED = Text(zh="未上报，不在全市数中，份额未知", en="not reported: outside the city's figure, share unknown")
NOTHING_TO_COVER = Text(zh="分母为 0，不占差距", en="its denominator is 0: it has no part in the gap")
OWN_FIGURE = Text(
    zh="市级认定数与各单位加权数之差", en="difference between the city's own figure and the units' weighted one"
)


def split(
    *, target: float, direction: Literal["up", "down"], scale: float, parts: Sequence[Part], divided: bool,
    city: float | None = None,
) -> list[Share]:  # fmt: skip
    """The city's gap by unit, the greatest first.

    ``divided``: a unit's share is ``(target/scale · den − num) / Σ den · scale``, what it lacks to its own target as a
    part of the city's whole; a unit beyond the target has a negative share. Otherwise (amounts that are added up, with
    a target for the sum alone) each unit carries the gap in proportion to its present amount: all grow at one pace.
    ``city`` is the city's own figure where that decides; its difference from the units' figure is a line of its own.
    """
    sign = 1 if direction == "up" else -1
    whole = [p for p in parts if p.numerator is not None and (p.denominator is not None or not divided)]
    missing = [Share(area=p.area, amount=None, note=NOT_REPORTED) for p in parts if p not in whole]
    shares = _by_denominator(target, scale, whole) if divided else _by_amount(target, scale, whole)
    if city is not None and shares:
        total = sum((s.amount for s in shares if s.amount is not None), Fraction(0))
        shares.append(Share(area=None, amount=Fraction(target) - Fraction(city) - total, note=OWN_FIGURE))
    signed = [msgspec.structs.replace(s, amount=sign * s.amount) for s in shares if s.amount is not None]
    return sorted(signed, key=lambda s: (-(s.amount or 0), s.area or "")) + missing


def _by_denominator(target: float, scale: float, parts: Sequence[Part]) -> list[Share]:
    total = sum((Fraction(p.denominator or 0) for p in parts), Fraction(0))
    if total == 0:
        return []
    made = []
    for part in parts:
        base = Fraction(part.denominator or 0)
        lacking = Fraction(target) * base - Fraction(scale) * Fraction(part.numerator or 0)
        made.append(Share(area=part.area, amount=lacking / total, note=None if base else NOTHING_TO_COVER))
    return made


def _by_amount(target: float, scale: float, parts: Sequence[Part]) -> list[Share]:
    amounts = [Fraction(scale) * Fraction(p.numerator or 0) for p in parts]
    total = sum(amounts, Fraction(0))
    gap = Fraction(target) - total
    if not parts:
        return []
    if total == 0:
        return [Share(area=p.area, amount=gap / len(parts)) for p in parts]
    return [Share(area=p.area, amount=gap * amount / total) for p, amount in zip(parts, amounts, strict=True)]
