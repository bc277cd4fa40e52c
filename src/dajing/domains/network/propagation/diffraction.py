"""Diffraction loss by the delta-Bullington method: ITU-R P.1812-8 §4.3. Distances km, heights m, frequency GHz."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dajing.domains.network.propagation.curves import knife_edge

Array = NDArray[np.float64]

LIGHT = 0.2998  # wavelength (m) = LIGHT / f (GHz), as the Recommendation rounds it
LAND = (22.0, 0.003)  # relative permittivity, conductivity S/m
SEA = (80.0, 5.0)


@njit(cache=True)
def bullington(d: Array, g: Array, hts: float, hrs: float, ap: float, f: float) -> float:
    """Bullington loss (dB) over the profile ``g`` (m above sea) at distances ``d`` (km); eqs. (13) to (21)."""
    n = d.size
    total = d[n - 1]
    ce = 1.0 / ap
    wavelength = LIGHT / f
    slope = (hrs - hts) / total
    stim = -1e300
    for i in range(1, n - 1):
        stim = max(stim, (g[i] + 500.0 * ce * d[i] * (total - d[i]) - hts) / d[i])
    if stim < slope:
        nu = -1e300
        for i in range(1, n - 1):
            rest = total - d[i]
            above = g[i] + 500.0 * ce * d[i] * rest - (hts * rest + hrs * d[i]) / total
            nu = max(nu, above * math.sqrt(0.002 * total / (wavelength * d[i] * rest)))
    else:
        srim = -1e300
        for i in range(1, n - 1):
            rest = total - d[i]
            srim = max(srim, (g[i] + 500.0 * ce * d[i] * rest - hrs) / rest)
        nu = 0.0
        if stim + srim > 0.0:  # both horizons on the direct ray itself: a grazing obstacle, nu = 0
            db = (hrs - hts + srim * total) / (stim + srim)
            above = hts + stim * db - (hts * (total - db) + hrs * db) / total
            nu = above * math.sqrt(0.002 * total / (wavelength * db * (total - db)))
    luc = knife_edge(nu)
    return luc + (1.0 - math.exp(-luc / 6.0)) * (10.0 + 0.02 * total)


@njit(cache=True)
def _gain(y: float, k: float, beta: float) -> float:
    """Normalised height gain, eqs. (35) and (36)."""
    b = beta * y
    gain = (
        17.6 * math.sqrt(b - 1.1) - 5.0 * math.log10(b - 1.1) - 8.0
        if b > 2.0
        else 20.0 * math.log10(b + 0.1 * b * b * b)
    )
    return max(gain, 2.0 + 20.0 * math.log10(k))


@njit(cache=True)
def _first_term_over(
    d: float, hte: float, hre: float, aft: float, f: float, vertical: bool, eps: float, sigma: float
) -> float:
    """First term of the spherical-earth series over one kind of ground, eqs. (30) to (37)."""
    loss_term = (18.0 * sigma / f) ** 2
    k = 0.036 * (aft * f) ** (-1.0 / 3.0) * ((eps - 1.0) ** 2 + loss_term) ** (-0.25)
    if vertical:
        k *= math.sqrt(eps * eps + loss_term)
    k2 = k * k
    beta = (1.0 + 1.6 * k2 + 0.67 * k2 * k2) / (1.0 + 4.5 * k2 + 1.53 * k2 * k2)
    x = 21.88 * beta * (f / (aft * aft)) ** (1.0 / 3.0) * d
    unit = 0.9575 * beta * (f * f / aft) ** (1.0 / 3.0)
    far = 11.0 + 10.0 * math.log10(x) - 17.6 * x
    fx = far if x >= 1.6 else -20.0 * math.log10(x) - 5.6488 * x**1.425
    return -fx - _gain(unit * hte, k, beta) - _gain(unit * hre, k, beta)


@njit(cache=True)
def first_term(d: float, hte: float, hre: float, aft: float, f: float, vertical: bool, omega: float) -> float:
    """Spherical-earth diffraction loss (dB) by the first term, land and sea weighted by ``omega``; eq. (29)."""
    land = _first_term_over(d, hte, hre, aft, f, vertical, LAND[0], LAND[1])
    if omega == 0.0:
        return land
    sea = _first_term_over(d, hte, hre, aft, f, vertical, SEA[0], SEA[1])
    return omega * sea + (1.0 - omega) * land


@njit(cache=True)
def spherical(d: float, hte: float, hre: float, ap: float, f: float, vertical: bool, omega: float) -> float:
    """Spherical-earth diffraction loss (dB) for effective heights ``hte``, ``hre`` (m); eqs. (22) to (28)."""
    horizon = math.sqrt(2.0 * ap) * (math.sqrt(0.001 * hte) + math.sqrt(0.001 * hre))
    if d >= horizon:
        return first_term(d, hte, hre, ap, f, vertical, omega)
    c = (hte - hre) / (hte + hre)
    m = 250.0 * d * d / (ap * (hte + hre))
    angle = math.acos(3.0 * c / 2.0 * math.sqrt(3.0 * m / (m + 1.0) ** 3)) / 3.0
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(math.pi / 3.0 + angle)
    d1 = d / 2.0 * (1.0 + b)
    d2 = d - d1
    clearance = ((hte - 500.0 * d1 * d1 / ap) * d2 + (hre - 500.0 * d2 * d2 / ap) * d1) / d
    needed = 17.456 * math.sqrt(d1 * d2 * (LIGHT / f) / d)
    if clearance > needed:
        return 0.0
    aem = 500.0 * (d / (math.sqrt(hte) + math.sqrt(hre))) ** 2
    loss = first_term(d, hte, hre, aem, f, vertical, omega)
    return 0.0 if loss < 0.0 else (1.0 - clearance / needed) * loss


@njit(cache=True)
def delta_bullington(
    d: Array,
    g: Array,
    hts: float,
    hrs: float,
    hstd: float,
    hsrd: float,
    ap: float,
    f: float,
    vertical: bool,
    omega: float,
) -> tuple[float, float, float, float]:
    """Complete diffraction loss: (Ld, Lbulla, Lbulls, Ldsph) in dB; eqs. (38) and (39)."""
    actual = bullington(d, g, hts, hrs, ap, f)
    te, re = hts - hstd, hrs - hsrd
    smooth = bullington(d, np.zeros_like(g), te, re, ap, f)
    sphere = spherical(d[d.size - 1], te, re, ap, f, vertical, omega)
    return actual + max(sphere - smooth, 0.0), actual, smooth, sphere
