"""Deterministic rough relief for tests and benchmarks; it stands for no place."""

from __future__ import annotations

import numpy as np

from dajing.domains.network.propagation.area import Raster, Terrain


def relief(*, seed: int, cells: int, height_range: float = 1800.0, roughness: float = 0.9) -> Raster:
    """A fractal surface of ``cells`` squared heights (m) from 500 m up by spectral synthesis, fixed by its seed."""
    generator = np.random.default_rng(seed)
    frequency = np.fft.fftfreq(cells)
    power = frequency[:, None] ** 2 + frequency[None, :] ** 2
    power[0, 0] = 1.0
    spectrum = np.fft.fft2(generator.normal(size=(cells, cells))) * power ** (-(roughness + 1.0) / 2.0)
    surface = np.fft.ifft2(spectrum).real
    surface -= surface.min()
    return (surface / surface.max() * height_range + 500.0).astype(np.float32)


def rough_terrain(*, seed: int = 1) -> Terrain:
    """Two degrees square at 3 arc-seconds, bare, centred near 115 E 40.6 N; synthetic."""
    heights = relief(seed=seed, cells=2400)
    return Terrain(heights=heights, clutter=np.zeros_like(heights), west=114.0, north=41.6, step=1.0 / 1200.0)
