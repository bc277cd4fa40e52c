"""Recommendation ITU-R P.1812-8: basic transmission loss of one path, 30 MHz to 6 GHz, 0.25 to 3,000 km.

Every intermediate value carries the name that the Recommendation gives it.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from dajing.domains.network.propagation.curves import inverse_normal
from dajing.domains.network.propagation.diffraction import delta_bullington
from dajing.domains.network.propagation.geometry import (
    COAST,
    EARTH,
    INLAND,
    Horizon,
    SmoothEarth,
    centre_latitude,
    horizon,
    longest_stretch,
    sea_fraction,
    smooth_earth,
)

Array = NDArray[np.float64]


class OutsideTheModel(ValueError):
    """An input is outside the range for which the Recommendation holds; the message names it and the range."""


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A terrain profile and the two ends.

    ``d`` km from the transmitter, increasing from 0; ``h`` terrain m above sea; ``clutter`` representative clutter
    height m above ground (taken as 0 at both ends); ``zone`` 1 sea, 3 coastal land, 4 inland; ``htg``/``hrg`` antenna
    heights m above ground; ``dct``/``dcr`` km from each end to the coast (0 when that end is at sea).
    """

    d: Array
    h: Array
    clutter: Array
    zone: NDArray[np.int64]
    htg: float
    hrg: float
    lat_t: float
    lon_t: float
    lat_r: float
    lon_r: float
    dct: float = 500.0
    dcr: float = 500.0


class Climate(msgspec.Struct, frozen=True, kw_only=True):
    """``dn`` mean lapse rate of refractivity in the lowest km (N-units/km), ``n0`` sea-level refractivity (N-units)."""

    dn: float
    n0: float


class Result(NamedTuple):
    """Every intermediate value and the loss ``lb`` (dB) and field strength ``ep`` (dB(µV/m) for 1 kW e.r.p.).

    ``lbulla``, ``lbulls`` and ``ldsph`` are those of the effective earth radius exceeded for β0 percent of time.
    """

    horizon: Horizon
    smooth: SmoothEarth
    phi: float
    omega: float
    dtm: float
    dlm: float
    b0: float
    ae: float
    fi: float
    fj: float
    fk: float
    lbfs: float
    lb0p: float
    lb0b: float
    lbulla: float
    lbulls: float
    ldsph: float
    ld50: float
    ldb: float
    ldp: float
    lbd50: float
    lbd: float
    lminb0p: float
    lba: float
    lminbap: float
    lbda: float
    lbam: float
    lbs: float
    lbc: float
    lb: float
    ep: float


def transmission_loss(
    *,
    path: Path,
    climate: Climate,
    frequency_ghz: float,
    time_percent: float,
    polarisation: Literal["horizontal", "vertical"],
    location_percent: float = 50.0,
    location_sigma_db: float = 0.0,
) -> Result:
    """Loss not exceeded for ``time_percent`` of time and ``location_percent`` of locations.

    Raises ``OutsideTheModel`` for inputs that the Recommendation does not cover.
    """
    _check(path, frequency_ghz, time_percent, location_percent)
    d = path.d
    total = float(d[-1])
    g = path.h + path.clutter
    g[0], g[-1] = path.h[0], path.h[-1]
    hts, hrs = float(path.h[0]) + path.htg, float(path.h[-1]) + path.hrg
    ae = EARTH * 157.0 / (157.0 - climate.dn)
    seen = horizon(d, path.h, hts, hrs, ae, frequency_ghz)
    smooth = smooth_earth(d, path.h, hts, hrs, seen.dlt, seen.dlr)
    phi = centre_latitude(lat_t=path.lat_t, lon_t=path.lon_t, lat_r=path.lat_r, lon_r=path.lon_r, d=total)
    dtm = longest_stretch(d, path.zone, COAST)
    dlm = longest_stretch(d, path.zone, INLAND)
    omega = sea_fraction(d, path.zone)
    location = -inverse_normal(location_percent / 100.0) * location_sigma_db if path.zone[-1] != 1 else 0.0
    return _loss(
        d, g, hts, hrs, seen, smooth, phi, omega, dtm, dlm, ae, climate.n0, frequency_ghz, time_percent,
        polarisation == "vertical", path.dct, path.dcr, location,
    )  # fmt: skip


def _check(path: Path, f: float, p: float, pl: float) -> None:
    total = float(path.d[-1])
    ranges = [
        ("frequency (GHz)", f, 0.03, 6.0),
        ("time percentage", p, 1.0, 50.0),
        ("location percentage", pl, 1.0, 99.0),
        ("path length (km)", total, 0.25, 3000.0),
        ("transmitter height (m)", path.htg, 1.0, 3000.0),
        ("receiver height (m)", path.hrg, 1.0, 3000.0),
    ]
    for name, value, low, high in ranges:
        if not low <= value <= high:
            raise OutsideTheModel(f"{name} {value:g} is outside {low:g} to {high:g}")
    sizes = {path.d.size, path.h.size, path.clutter.size, path.zone.size}
    if len(sizes) != 1 or path.d.size < 4:
        raise OutsideTheModel("the profile needs at least 4 points, and as many heights, clutter heights and zones")
    if path.d[0] != 0.0 or np.any(np.diff(path.d) <= 0):
        raise OutsideTheModel("profile distances must start at 0 and increase")
    if not (np.isfinite(path.h).all() and np.isfinite(path.clutter).all()):
        raise OutsideTheModel("the profile holds a void; fill it before asking for a loss")


@njit(cache=True)
def _tau_and_b0(phi: float, dtm: float, dlm: float) -> tuple[float, float]:
    """Path dependence τ and time percentage β0 of anomalous propagation, eqs. (2) to (5)."""
    tau = 1.0 - math.exp(-(4.12e-4 * dlm**2.41))
    mu1 = (10.0 ** (-dtm / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))) ** 0.2
    mu1 = min(mu1, 1.0)
    latitude = abs(phi)
    if latitude <= 70.0:
        mu4 = mu1 ** (-0.935 + 0.0176 * latitude)
        return tau, 10.0 ** (-0.015 * latitude + 1.67) * mu1 * mu4
    return tau, 4.17 * mu1 * mu1**0.3


@njit(cache=True)
def _site_shielding(theta: float, dl: float, f: float) -> float:
    """Diffraction loss of one end's site shielding for ducting, eq. (49)."""
    above = theta - 0.1 * dl
    if above <= 0.0:
        return 0.0
    return 20.0 * math.log10(1.0 + 0.361 * above * math.sqrt(f * dl)) + 0.264 * above * f ** (1.0 / 3.0)


@njit(cache=True)
def _over_sea_coupling(omega: float, dc: float, dl: float, height: float) -> float:
    """Correction for coupling into a duct over the sea at one end, eq. (50)."""
    if omega < 0.75 or dc > dl or dc > 5.0:
        return 0.0
    return -3.0 * math.exp(-0.25 * dc * dc) * (1.0 + math.tanh(0.07 * (50.0 - height)))


@njit(cache=True)
def _ducting(
    total: float, seen: Horizon, smooth: SmoothEarth, hts: float, hrs: float, tau: float, b0: float, omega: float,
    ae: float, f: float, p: float, dct: float, dcr: float,
) -> float:  # fmt: skip
    """Loss by ducting and layer reflection, eqs. (46) to (56)."""
    alf = 45.375 - 137.0 * f + 92.5 * f * f if f < 0.5 else 0.0
    af = 102.45 + 20.0 * math.log10(f) + 20.0 * math.log10(seen.dlt + seen.dlr) + alf
    af += _site_shielding(seen.theta_t, seen.dlt, f) + _site_shielding(seen.theta_r, seen.dlr, f)
    af += _over_sea_coupling(omega, dct, seen.dlt, hts) + _over_sea_coupling(omega, dcr, seen.dlr, hrs)
    angle = 1e3 * total / ae + min(seen.theta_t, 0.1 * seen.dlt) + min(seen.theta_r, 0.1 * seen.dlr)
    hte, hre = hts - smooth.hst_duct, hrs - smooth.hsr_duct
    alpha = max(-0.6 - 3.5e-9 * total**3.1 * tau, -3.4)
    mu2 = min((500.0 / ae * total * total / (math.sqrt(hte) + math.sqrt(hre)) ** 2) ** alpha, 1.0)
    di = min(total - seen.dlt - seen.dlr, 40.0)
    mu3 = 1.0 if smooth.hm <= 10.0 else math.exp(-4.6e-5 * (smooth.hm - 10.0) * (43.0 + 6.0 * di))
    b = b0 * mu2 * mu3
    logb = math.log10(b)
    gamma = 1.076 / (2.0058 - logb) ** 1.012
    gamma *= math.exp(-(9.51 - 4.8 * logb + 0.198 * logb * logb) * 1e-6 * total**1.13)
    ap = -12.0 + (1.2 + 3.7e-3 * total) * math.log10(p / b) + 12.0 * (p / b) ** gamma
    return af + 5e-5 * ae * f ** (1.0 / 3.0) * angle + ap


@njit(cache=True)
def _troposcatter(total: float, theta: float, f: float, p: float, n0: float, lbfs: float) -> float:
    """Loss by troposcatter, eqs. (44) and (45)."""
    lf = 25.0 * math.log10(f) - 2.5 * math.log10(f / 2.0) ** 2
    scatter = 190.1 + lf + 20.0 * math.log10(total) + 0.573 * theta - 0.15 * n0
    return scatter - 10.125 * math.log10(50.0 / p) ** 0.7


@njit(cache=True)
def _loss(
    d: Array, g: Array, hts: float, hrs: float, seen: Horizon, smooth: SmoothEarth, phi: float, omega: float,
    dtm: float, dlm: float, ae: float, n0: float, f: float, p: float, vertical: bool, dct: float, dcr: float,
    location: float,
) -> Result:  # fmt: skip
    """Combination of all mechanisms, eqs. (8) to (11), (40) to (43), (57) to (70)."""
    total = d[d.size - 1]
    tau, b0 = _tau_and_b0(phi, dtm, dlm)
    direct = math.sqrt(total * total + ((hts - hrs) / 1000.0) ** 2)
    lbfs = 92.4 + 20.0 * math.log10(f) + 20.0 * math.log10(direct)
    focus = 2.6 * (1.0 - math.exp(-0.1 * (seen.dlt + seen.dlr)))
    lb0p = lbfs + focus * math.log10(p / 50.0)
    lb0b = lbfs + focus * math.log10(b0 / 50.0)
    ld50 = delta_bullington(d, g, hts, hrs, smooth.hstd, smooth.hsrd, ae, f, vertical, omega)[0]
    ldb, lbulla, lbulls, ldsph = delta_bullington(
        d, g, hts, hrs, smooth.hstd, smooth.hsrd, EARTH * 3.0, f, vertical, omega
    )
    fi = inverse_normal(p / 100.0) / inverse_normal(b0 / 100.0) if p > b0 else 1.0
    ldp = ld50 + (ldb - ld50) * fi
    lbd50, lbd = lbfs + ld50, lb0p + ldp
    fj = 1.0 - 0.5 * (1.0 + math.tanh(2.4 * (seen.theta - 0.3) / 0.3))
    fk = 1.0 - 0.5 * (1.0 + math.tanh(1.5 * (total - 20.0) / 20.0))
    beyond = lbd50 + (lb0b + (1.0 - omega) * ldp - lbd50) * fi
    lminb0p = lb0p + (1.0 - omega) * ldp if p < b0 else beyond
    lba = _ducting(total, seen, smooth, hts, hrs, tau, b0, omega, ae, f, p, dct, dcr)
    lminbap = 2.5 * math.log(math.exp(lba / 2.5) + math.exp(lb0p / 2.5))
    lbda = lbd if lminbap > lbd else lminbap + (lbd - lminbap) * fk
    lbam = lbda + (lminb0p - lbda) * fj
    lbs = _troposcatter(total, seen.theta, f, p, n0, lbfs)
    lbc = -5.0 * math.log10(10.0 ** (-0.2 * lbs) + 10.0 ** (-0.2 * lbam))
    lb = max(lb0p, lbc + location)
    ep = 199.36 + 20.0 * math.log10(f) - lb
    return Result(
        seen, smooth, phi, omega, dtm, dlm, b0, ae, fi, fj, fk, lbfs, lb0p, lb0b, lbulla, lbulls, ldsph, ld50, ldb,
        ldp, lbd50, lbd, lminb0p, lba, lminbap, lbda, lbam, lbs, lbc, lb, ep,
    )  # fmt: skip
