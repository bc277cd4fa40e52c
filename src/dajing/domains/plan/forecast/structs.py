"""What a forecast says, with everything needed to doubt it."""

from __future__ import annotations

from typing import Literal

import msgspec

from dajing.kernel.text import Text

Method = Literal["damped", "drift", "last"]


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """One period ahead: median and the 80 % and 95 % prediction intervals, in the indicator's unit."""

    period: str
    value: float
    low80: float
    high80: float
    low95: float
    high95: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A method's rolling-origin back-test: mean absolute error in the indicator's unit over ``errors`` forecasts up to
    ``horizon`` periods ahead; ``mase`` is that error over the in-sample error of the last value one period ahead.
    ``spread`` is the root mean square of errors over the standard deviations that the method itself claimed: above 1 it
    was too sure of itself, and its intervals are widened by that much.
    """

    method: Method
    mae: float
    mase: float | None
    errors: int
    horizon: int
    spread: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The forecast of one indicator of the city up to the deadline. ``method`` None: ``reason`` says why there is none.

    ``probability`` that the target is met in the deadline's period; ``better`` whether the chosen method beat the last
    value in the back-test; ``filled`` how many missing periods inside the series were interpolated.
    """

    indicator: str
    method: Method | None
    transform: Literal["none", "logit", "log"]
    reason: Text | None = None
    origin: str | None = None
    observations: int = 0
    filled: int = 0
    probability: float | None = None
    ahead: tuple[Ahead, ...] = ()
    scores: tuple[Score, ...] = ()
    better: bool | None = None
