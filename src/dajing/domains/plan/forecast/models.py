"""Three forecasters on a plain series: damped trend, drift, last value. Pure numbers; statsmodels is loaded on use.

References: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2 (last value, drift), §5.5
(their prediction variances), §8.2 and §8.7 (damped trend, its intervals from the state space model ETS(A,Ad,N)).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from statistics import NormalDist, fmean

import msgspec

from dajing.domains.plan.forecast.structs import Method

LEAST_SPREAD = 1e-12


class Path(msgspec.Struct, frozen=True):
    """Forecast means and standard deviations, one per period ahead; normal on the scale of the series given."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]

    def widened(self, *, factor: float) -> Path:
        """The same path with every standard deviation times ``factor``."""
        return Path(self.means, tuple(spread * factor for spread in self.spreads))

    def quantile(self, *, step: int, share: float) -> float:
        """The value below which the outcome of ``step`` (0 is the next period) lies with probability ``share``."""
        return self.means[step] + self.spreads[step] * NormalDist().inv_cdf(share)

    def beyond(self, *, step: int, value: float) -> float:
        """Probability that the outcome of ``step`` exceeds ``value``; without any spread 0 or 1."""
        if self.spreads[step] <= LEAST_SPREAD:
            return float(self.means[step] >= value)
        return 1 - NormalDist(self.means[step], self.spreads[step]).cdf(value)


def last_value(*, series: Sequence[float], steps: int) -> Path:
    """The last value, for ever; variance h·σ² of the first differences."""
    changes = [b - a for a, b in zip(series, series[1:], strict=False)]
    sigma = math.sqrt(fmean(c * c for c in changes)) if changes else 0.0
    return Path((series[-1],) * steps, tuple(sigma * math.sqrt(h) for h in range(1, steps + 1)))


def drift(*, series: Sequence[float], steps: int) -> Path:
    """The mean change goes on; variance h·(1 + h/(T−1))·σ² of the differences around their mean."""
    changes = [b - a for a, b in zip(series, series[1:], strict=False)]
    slope = fmean(changes)
    free = max(len(changes) - 1, 1)
    sigma = math.sqrt(sum((c - slope) ** 2 for c in changes) / free)
    ahead = range(1, steps + 1)
    return Path(
        tuple(series[-1] + slope * h for h in ahead),
        tuple(sigma * math.sqrt(h * (1 + h / len(changes))) for h in ahead),
    )


def damped(*, series: Sequence[float], steps: int) -> Path:
    """ETS(A,Ad,N) by maximum likelihood; its analytical prediction variances.

    A series without any change has no likelihood to maximise: it goes on as it is.
    """
    if max(series) - min(series) <= LEAST_SPREAD:
        return Path((series[-1],) * steps, (0.0,) * steps)
    import numpy as np
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(np.asarray(series, dtype=float), error="add", trend="add", damped_trend=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimiser's remarks; the back-test is what judges a fit
        fitted = model.fit(disp=False)
    alpha, beta, phi = fitted.smoothing_level, fitted.smoothing_trend, fitted.damping_trend
    means = tuple(float(v) for v in fitted.forecast(steps))
    variance = float(np.mean(np.square(fitted.resid)))
    return Path(means, tuple(math.sqrt(variance * factor) for factor in _growth(alpha, beta, phi, steps)))


def _growth(alpha: float, beta: float, phi: float, steps: int) -> list[float]:
    """Variance h ahead over σ²: 1 + Σ c_j² with c_j = α + β(φ + φ² + … + φ^j) (ibid. §8.7, class 1)."""
    factors, total, trend = [], 1.0, 0.0
    for j in range(1, steps + 1):
        factors.append(total)
        trend += phi**j
        total += (alpha + beta * trend) ** 2
    return factors


METHODS = {"damped": damped, "drift": drift, "last": last_value}


def path(*, method: Method, series: Sequence[float], steps: int) -> Path:
    """The forecast of ``method``."""
    return METHODS[method](series=series, steps=steps)
