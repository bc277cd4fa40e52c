"""3GPP TR 38.901 (V17): path loss of rural and urban macro cells, street-level micro cells and indoor offices.

Formulas of Table 7.4.1-1, sight of Table 7.4.2-1, entry of Table 7.4.3-2. Distances in m, frequencies in GHz.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dajing.domains.network.propagation.p1812 import OutsideTheModel

Array = NDArray[np.float64]
Scenario = Literal["RMa", "UMa", "UMi", "InH"]
LIGHT = 3.0e8  # m/s, as the report takes it


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Where a scenario holds: 2D distance (m) in sight and out of it, frequency (GHz), terminal height (m).

    ``base_height`` is the height that the table assumes; ``sigma`` the shadow fading (dB) in sight below and beyond the
    breakpoint, and without sight.
    """

    sight_m: tuple[float, float]
    hidden_m: tuple[float, float]
    frequency_ghz: tuple[float, float]
    terminal_m: tuple[float, float]
    base_height: float
    sigma: tuple[float, float, float]


LIMITS: dict[Scenario, Limits] = {
    "RMa": Limits(sight_m=(10, 10_000), hidden_m=(10, 5000), frequency_ghz=(0.5, 30), terminal_m=(1, 10),
                  base_height=35.0, sigma=(4.0, 6.0, 8.0)),
    "UMa": Limits(sight_m=(10, 5000), hidden_m=(10, 5000), frequency_ghz=(0.5, 100), terminal_m=(1.5, 22.5),
                  base_height=25.0, sigma=(4.0, 4.0, 6.0)),
    "UMi": Limits(sight_m=(10, 5000), hidden_m=(10, 5000), frequency_ghz=(0.5, 100), terminal_m=(1.5, 22.5),
                  base_height=10.0, sigma=(4.0, 4.0, 7.82)),
    "InH": Limits(sight_m=(1, 150), hidden_m=(1, 150), frequency_ghz=(0.5, 100), terminal_m=(0.5, 10),
                  base_height=3.0, sigma=(3.0, 3.0, 8.03)),
}  # fmt: skip


def loss(
    *,
    scenario: Scenario,
    sight: bool,
    distance_m: ArrayLike,
    frequency_ghz: float,
    base_height: float | None = None,
    terminal_height: float = 1.5,
    building_height: float = 5.0,
    street_width: float = 20.0,
) -> Array:
    """Median path loss (dB) at 2D distances ``distance_m`` (3D for InH) with or without line of sight.

    ``base_height`` is by default the one that the table assumes; another enters the formulas as it stands there.
    ``building_height`` and ``street_width`` (5 to 50 m) matter in RMa without sight. Raises ``OutsideTheModel``.
    """
    limits, d = LIMITS[scenario], np.asarray(distance_m, float)
    base = limits.base_height if base_height is None else base_height
    _check(scenario, sight, d, frequency_ghz, base, terminal_height, (building_height, street_width))
    d3 = d if scenario == "InH" else np.hypot(d, base - terminal_height)
    seen = _in_sight(scenario, d, d3, frequency_ghz, base, terminal_height, building_height)
    if sight:
        return seen
    return np.maximum(seen, _hidden(scenario, d3, frequency_ghz, base, terminal_height, building_height, street_width))


def breakpoint_m(*, scenario: Scenario, frequency_ghz: float, base_height: float, terminal_height: float) -> float:
    """Distance (m) from which loss in sight grows twice as fast; notes 1 and 5 of Table 7.4.1-1.

    Towns take an effective environment height of 1 m, the only one below 13 m and the likeliest above.
    """
    hertz = 1e9 * frequency_ghz
    if scenario == "RMa":
        return 2.0 * math.pi * base_height * terminal_height * hertz / LIGHT
    return 4.0 * (base_height - 1.0) * (terminal_height - 1.0) * hertz / LIGHT


def sigma_db(
    *, scenario: Scenario, sight: bool, distance_m: ArrayLike, frequency_ghz: float, base_height: float | None = None,
    terminal_height: float = 1.5,
) -> Array:  # fmt: skip
    """Standard deviation (dB) of shadow fading; Table 7.4.1-1."""
    limits = LIMITS[scenario]
    near, far, hidden = limits.sigma
    d = np.asarray(distance_m, float)
    if not sight or scenario == "InH":
        return np.full(d.shape, near if sight else hidden)
    base = limits.base_height if base_height is None else base_height
    edge = breakpoint_m(
        scenario=scenario, frequency_ghz=frequency_ghz, base_height=base, terminal_height=terminal_height
    )
    return np.where(d <= edge, near, far)


def sight_probability(
    *, scenario: Scenario, distance_m: ArrayLike, terminal_height: float = 1.5, open_office: bool = False
) -> Array:
    """Probability of line of sight at 2D distance ``distance_m``; Table 7.4.2-1. ``open_office`` concerns InH alone."""
    d = np.maximum(np.asarray(distance_m, float), 1e-9)
    if scenario == "RMa":
        return np.where(d <= 10.0, 1.0, np.exp(-(d - 10.0) / 1000.0))
    if scenario == "InH":
        return _sight_indoors(d, open_office)
    reach = 36.0 if scenario == "UMi" else 63.0
    share = np.where(d <= 18.0, 1.0, 18.0 / d + np.exp(-d / reach) * (1.0 - 18.0 / d))
    if scenario == "UMa" and terminal_height > 13.0:
        above = ((min(terminal_height, 23.0) - 13.0) / 10.0) ** 1.5
        raised = share * (1.0 + above * 1.25 * (d / 100.0) ** 3 * np.exp(-d / 150.0))
        share = np.where(d <= 18.0, 1.0, np.minimum(raised, 1.0))
    return share


def entry_loss(*, frequency_ghz: float, high_loss: bool = False, inside_m: float = 0.0) -> float:
    """Median loss (dB) into a building: wall of Table 7.4.3-2 and 0.5 dB for each metre inside; 0.5 to 100 GHz.

    The low-loss wall is plain glass and concrete, the high-loss one coated glass and concrete.
    """
    if not 0.5 <= frequency_ghz <= 100.0 or inside_m < 0.0:
        raise OutsideTheModel(f"entry: {frequency_ghz:g} GHz, {inside_m:g} m inside; 0.5 to 100 GHz, 0 m or more")
    concrete = 10.0 ** (-(5.0 + 4.0 * frequency_ghz) / 10.0)
    glass = 23.0 + 0.3 * frequency_ghz if high_loss else 2.0 + 0.2 * frequency_ghz
    share = 0.7 if high_loss else 0.3
    return 5.0 - 10.0 * math.log10(share * 10.0 ** (-glass / 10.0) + (1.0 - share) * concrete) + 0.5 * inside_m


def _check(
    scenario: Scenario, sight: bool, d: Array, f: float, base: float, terminal: float, town: tuple[float, float]
) -> None:
    limits = LIMITS[scenario]
    low, high = limits.sight_m if sight else limits.hidden_m
    if not limits.frequency_ghz[0] <= f <= limits.frequency_ghz[1]:
        raise OutsideTheModel(f"{scenario}: {f:g} GHz is outside {limits.frequency_ghz[0]:g} to "
                              f"{limits.frequency_ghz[1]:g} GHz")  # fmt: skip
    if not limits.terminal_m[0] <= terminal <= limits.terminal_m[1] or not 1.0 <= base <= 150.0:
        raise OutsideTheModel(f"{scenario}: heights {base:g} and {terminal:g} m; base 1 to 150 m, terminal "
                              f"{limits.terminal_m[0]:g} to {limits.terminal_m[1]:g} m")  # fmt: skip
    if d.size and (not np.isfinite(d).all() or d.min() < low or d.max() > high):
        raise OutsideTheModel(f"{scenario}: distances {d.min():g} to {d.max():g} m; it holds for {low:g} to {high:g} m")
    if scenario == "RMa" and not all(5.0 <= value <= 50.0 for value in town):
        raise OutsideTheModel(f"RMa: buildings of {town[0]:g} m, streets of {town[1]:g} m; 5 to 50 m")


def _in_sight(
    scenario: Scenario, d: Array, d3: Array, f: float, base: float, terminal: float, buildings: float
) -> Array:
    carrier = 20.0 * math.log10(f)
    if scenario == "InH":
        return 32.4 + 17.3 * np.log10(d3) + carrier
    edge = breakpoint_m(scenario=scenario, frequency_ghz=f, base_height=base, terminal_height=terminal)
    if scenario == "RMa":
        beyond = _rural(np.asarray(edge), f, buildings) + 40.0 * np.log10(d3 / edge)
        return np.where(d <= edge, _rural(d3, f, buildings), beyond)
    first, slope, corner = (28.0, 22.0, 9.0) if scenario == "UMa" else (32.4, 21.0, 9.5)
    turn = corner * math.log10(edge * edge + (base - terminal) ** 2)
    return np.where(d <= edge, first + slope * np.log10(d3) + carrier, first + 40.0 * np.log10(d3) + carrier - turn)


def _rural(d3: Array, f: float, buildings: float) -> Array:
    """PL1 of RMa."""
    raised = buildings**1.72
    spread = 20.0 * np.log10(40.0 * math.pi * d3 * f / 3.0) + min(0.03 * raised, 10.0) * np.log10(d3)
    return spread - min(0.044 * raised, 14.77) + 0.002 * math.log10(buildings) * d3


def _hidden(
    scenario: Scenario, d3: Array, f: float, base: float, terminal: float, buildings: float, street: float
) -> Array:
    distance, carrier = np.log10(d3), math.log10(f)
    if scenario == "UMa":
        return 13.54 + 39.08 * distance + 20.0 * carrier - 0.6 * (terminal - 1.5)
    if scenario == "UMi":
        return 22.4 + 35.3 * distance + 21.3 * carrier - 0.3 * (terminal - 1.5)
    if scenario == "InH":
        return 17.3 + 38.3 * distance + 24.9 * carrier
    high = math.log10(base)
    town = 161.04 - 7.1 * math.log10(street) + 7.5 * math.log10(buildings)
    town -= (24.37 - 3.7 * (buildings / base) ** 2) * high
    ends = 20.0 * carrier - (3.2 * math.log10(11.75 * terminal) ** 2 - 4.97)
    return town + (43.42 - 3.1 * high) * (distance - 3.0) + ends


def _sight_indoors(d: Array, open_office: bool) -> Array:
    if open_office:
        near, middle, far, start, end, share = 5.0, 70.8, 211.7, 5.0, 49.0, 0.54
    else:
        near, middle, far, start, end, share = 1.2, 4.7, 32.6, 1.2, 6.5, 0.32
    between = np.exp(-(d - start) / middle)
    return np.where(d <= near, 1.0, np.where(d <= end, between, np.exp(-(d - end) / far) * share))
