"""Small pictures of maps: five classes of colour, transparent where nothing reaches. Pure."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.standards import Service

Kind = Literal["covered", "rsrp", "sinr", "throughput", "server"]
COLOURS = ("#b23a2e", "#e08b4c", "#f2d27a", "#9cc7a4", "#3f8f63")  # those of the classes cover-0 to cover-4
SIDE = 640  # pixels of the longer side at most


def limits(*, kind: Kind, service: Service) -> tuple[float, float, float, float]:
    """Values at which the colour changes; the first of level and quality is the service's own limit."""
    if kind == "rsrp":
        return service.rsrp_dbm, service.rsrp_dbm + 10.0, service.rsrp_dbm + 20.0, service.rsrp_dbm + 30.0
    if kind == "sinr":
        return service.sinr_db, service.sinr_db + 6.0, service.sinr_db + 12.0, service.sinr_db + 18.0
    return (50.0, 80.0, 95.0, 99.0) if kind == "covered" else (1.0, 5.0, 20.0, 50.0)


def paint(*, values: NDArray[Any], limits: tuple[float, ...]) -> bytes:
    """A PNG of ``values[row, column]``; of neighbouring cells that share a pixel the first is drawn."""
    from PIL import Image

    stride = -(-max(values.shape) // SIDE)
    thinned = values[::stride, ::stride]
    classes = np.where(np.isfinite(thinned), 1 + np.searchsorted(limits, np.nan_to_num(thinned), side="right"), 0)
    picture = Image.fromarray(classes.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, *(int(c[at : at + 2], 16) for c in COLOURS for at in (1, 3, 5))])
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=0, optimize=True)
    return out.getvalue()
