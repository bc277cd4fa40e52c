"""Towns: between buildings the loss is at least that of streets without line of sight (3GPP TR 38.901).

P.1812 knows the height of clutter, not its streets; at 2.6 GHz and above in a town the larger of both is planned with.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.propagation import tr38901
from dajing.domains.network.propagation.area import Site
from dajing.domains.network.propagation.gridded import Grid, Patch, centres_km, offset_km


def in_streets(
    *,
    patch: Patch,
    grid: Grid,
    site: Site,
    built: NDArray[np.bool_],
    scenario: Literal["UMa", "UMi"] = "UMa",
    terminal_height: float = 1.5,
) -> Patch:
    """``patch`` with the larger of its loss and that of ``scenario`` without sight where ``built`` is true.

    ``built[row, column]`` is over the whole grid. Nothing changes beyond the scenario's 5 km, nor within its 10 m.
    Raises ``OutsideTheModel`` for a frequency or height that the scenario does not cover.
    """
    north, west, dy, dx = centres_km(grid=grid, window=patch.window, longitude=site.longitude, latitude=site.latitude)
    tangent = math.tan(math.radians(site.latitude))
    east: Any = (west + dx * np.arange(float(patch.window.columns)))[None, :]
    up: Any = (north - dy * np.arange(float(patch.window.rows)))[:, None]
    x, y = offset_km(east, up, tangent)
    metres = 1000.0 * np.hypot(x, y)
    near, far = tr38901.LIMITS[scenario].hidden_m
    cells = built[patch.window.slices] & (metres >= near) & (metres <= far) & np.isfinite(patch.loss)
    streets = tr38901.loss(
        scenario=scenario, sight=False, distance_m=metres[cells], frequency_ghz=site.frequency_ghz,
        base_height=site.height, terminal_height=terminal_height,
    )  # fmt: skip
    loss = patch.loss.copy()
    loss[cells] = np.maximum(loss[cells], streets)
    return Patch(window=patch.window, loss=loss)
