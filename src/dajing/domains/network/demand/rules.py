"""Spreading known totals over places, and placing what has no known place; pure and the same on every machine."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence

Point = tuple[float, float]
Inside = Callable[[Point], bool]
KM_PER_DEGREE = 111.195
CENSUS = 2020  # the census whose totals hold
COMMITTEES = ("居民委员会", "居委会")


def largest_remainder(*, total: int, weights: Sequence[float]) -> list[int]:
    """``total`` split in proportion to ``weights`` into whole numbers whose sum is exactly ``total`` (Hamilton).

    Equal remainders go to the earlier place. Raises ``ValueError`` for a negative total or weight, or no weight at all
    under a total that is not zero.
    """
    whole = math.fsum(weights)
    if total < 0 or any(not math.isfinite(w) or w < 0 for w in weights):
        raise ValueError("totals and weights are finite and not negative")
    if whole == 0:
        if total:
            raise ValueError("nothing to spread the total over")
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    found = [math.floor(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda at: (found[at] - exact[at], at))
    for at in order[: total - sum(found)]:
        found[at] += 1
    return found


def draws(*, key: str, count: int) -> list[float]:
    """``count`` numbers in [0, 1) that depend on ``key`` alone."""
    found: list[float] = []
    block = 0
    while len(found) < count:
        digest = hashlib.sha256(f"{key}/{block}".encode()).digest()
        found += [int.from_bytes(digest[at : at + 8]) / 2.0**64 for at in range(0, 32, 8)]
        block += 1
    return found[:count]


def zipf(*, keys: Sequence[str], exponent: float, start: float) -> list[float]:
    """Weights 1/(rank + start)^exponent in an order that hashes of the keys decide: few large places, many small."""
    ranked = {key: rank for rank, key in enumerate(sorted(keys, key=lambda key: draws(key=key, count=1)[0]), start=1)}
    return [(ranked[key] + start) ** -exponent for key in keys]


def is_community(name: str) -> bool:
    """Whether a place of the code list is a residents' committee's (else a village's); its own name says so."""
    return name.endswith(COMMITTEES)


def scattered(*, key: str, inside: Inside, bounds: tuple[float, float, float, float], among: Sequence[Point]) -> Point:
    """A point of an area as far from ``among`` as a few tries find; always the same one for a ``key``."""
    west, south, east, north = bounds
    tries = draws(key=key, count=160)
    spots = [
        (west + x * (east - west), south + y * (north - south)) for x, y in zip(tries[::2], tries[1::2], strict=True)
    ]
    good = [spot for spot in spots if inside(spot)][:12]
    if not good:
        raise ValueError(f"no point found inside the area of {key}")
    return max(good, key=lambda spot: min((_far(spot, other) for other in among), default=0.0))


def around(*, key: str, centre: Point, sigma_km: float, inside: Inside) -> Point:
    """A point near ``centre``, normally distributed in both directions; the centre where no try stays inside."""
    tries = draws(key=key, count=32)
    squeeze = math.cos(math.radians(centre[1]))
    for u, v in zip(tries[::2], tries[1::2], strict=True):
        reach = sigma_km * math.sqrt(-2.0 * math.log(1.0 - u)) / KM_PER_DEGREE
        spot = (
            centre[0] + reach * math.cos(2.0 * math.pi * v) / squeeze,
            centre[1] + reach * math.sin(2.0 * math.pi * v),
        )
        if inside(spot):
            return spot
    return centre


def _far(a: Point, b: Point) -> float:
    return math.hypot((a[0] - b[0]) * math.cos(math.radians(a[1])), a[1] - b[1])
