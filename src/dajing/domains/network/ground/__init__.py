"""Ground: terrain, clutter and people as rasters and points, read with every check and never half-loaded."""
