"""Maps as cloud-optimised GeoTIFF, with what they are, their unit and whether they are synthetic written into them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.propagation.gridded import Grid

Provenance = Literal["measured", "reported", "estimated", "synthetic"]


def write_cog(
    *,
    path: Path,
    values: NDArray[np.float32] | NDArray[np.int32],
    grid: Grid,
    title: str,
    unit: str,
    provenance: Provenance,
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write ``values[row, column]`` on ``grid`` (WGS-84) as a tiled, compressed GeoTIFF with overviews.

    NaN (or -1 in integer maps) is "no data". The file appears whole or not at all. Raises ``ValueError`` when the
    array is not of the grid's size.
    """
    import rasterio
    from rasterio.transform import from_origin

    if values.shape != (grid.rows, grid.columns):
        raise ValueError(f"{values.shape[0]} x {values.shape[1]} values on a grid of {grid.rows} x {grid.columns}")
    floating = np.issubdtype(values.dtype, np.floating)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tif", dir=path.parent)
    os.close(handle)
    try:
        with rasterio.open(
            temporary, "w", driver="COG", height=grid.rows, width=grid.columns, count=1, dtype=values.dtype.name,
            crs="EPSG:4326", transform=from_origin(grid.west, grid.north, grid.dx, grid.dy),
            nodata=float("nan") if floating else -1, compress="DEFLATE", predictor="YES", blocksize=256,
            overview_resampling="average" if floating else "nearest",
        ) as file:  # fmt: skip
            file.write(values, 1)
            file.set_band_description(1, title)
            file.units = (unit,)
            file.update_tags(provenance=provenance, title=title, unit=unit, **dict(tags or {}))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
