"""Area mode, one bearing: median P.1812-8 loss at every ring of a radial in one outward walk.

Heights are flattened by the earth bulge, so that the transmitter's horizon is a running maximum, smooth earth a pair
of prefix sums, and the receiver's horizon a tangent to the upper hull of the points passed so far. float32 and
fast-math: the exact mode is ``p1812``; the tests and ``benchmarks/network.py`` state the difference.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dajing.domains.network.propagation.diffraction import LAND, LIGHT

Line = NDArray[np.float32]
F = np.float32


@njit(cache=True, fastmath=True, inline="always")
def _knife(nu: float) -> float:
    shifted = nu - F(0.1)
    edge = F(6.9) + F(20.0) * np.log10(math.sqrt(shifted * shifted + F(1.0)) + shifted)
    return edge if nu > F(-0.78) else F(0.0)


@njit(cache=True, fastmath=True, inline="always")
def _bullington_of(nu: float, d: float) -> float:
    luc = _knife(nu)
    return luc + (F(1.0) - math.exp(-luc / F(6.0))) * (F(10.0) + F(0.02) * d)


@njit(cache=True, fastmath=True)
def _push(hx: Line, hy: Line, size: int, x: float, y: float) -> int:
    """Add a point right of all others to an upper hull kept in ``hx``, ``hy``; returns the new size."""
    while size >= 2:
        ax, ay, bx, by = hx[size - 2], hy[size - 2], hx[size - 1], hy[size - 1]
        if (by - ay) * (x - bx) <= (y - by) * (bx - ax):
            size -= 1
        else:
            break
    hx[size], hy[size] = x, y
    return size + 1


@njit(cache=True, fastmath=True)
def _tangent(hx: Line, hy: Line, size: int, x: float, y: float) -> float:
    """Largest slope (y_j - y) / (x - x_j) from a point right of the hull back to it, by bisection."""
    low, high = 0, size - 1
    while low < high:
        mid = (low + high) // 2
        here = (hy[mid] - y) * (x - hx[mid + 1])
        there = (hy[mid + 1] - y) * (x - hx[mid])
        if here < there:
            low = mid + 1
        else:
            high = mid
    return (hy[low] - y) / (x - hx[low])


@njit(cache=True, fastmath=True)
def _highest_above(hx: Line, hy: Line, size: int, y0: float, slope: float) -> float:
    """Largest height of the hull above the line ``y0 + slope * x``, by bisection on the edges' slopes."""
    low, high = 0, size - 1
    while low < high:
        mid = (low + high) // 2
        if hy[mid + 1] - hy[mid] > slope * (hx[mid + 1] - hx[mid]):
            low = mid + 1
        else:
            high = mid
    return hy[low] - y0 - slope * hx[low]


@njit(cache=True, fastmath=True)
def _sight_nu(y: Line, rw: Line, i: int, step: float, y0: float, slope: float, scale: float) -> float:
    """Largest diffraction parameter over the points 1 to i-1 of an unobstructed path; ``rw[j]`` = 1/sqrt(j)."""
    nu = F(-1e30)
    for j in range(1, i):
        value = (y[j] - y0 - slope * (F(j) * step)) * rw[j] * rw[i - j]
        nu = max(nu, value)
    return nu * scale


@njit(cache=True, fastmath=True, inline="always")
def _met_nu(d: float, hts: float, hrs: float, stim: float, srim: float, step: float, wave: float) -> float:
    """Diffraction parameter of the Bullington point, where both horizons' rays meet; eqs. (19) and (20).

    Where an obstacle grazes the direct ray the two are one line in float32 and meet everywhere: the parameter is 0.
    """
    both = stim + srim
    if both <= F(1e-6):
        return F(0.0)
    db = min(max((hrs - hts + srim * d) / both, step), d - step)
    height = hts + stim * db - (hts * (d - db) + hrs * db) / d
    return height * math.sqrt(F(0.002) * d / (wave * db * (d - db)))


@njit(cache=True, fastmath=True)
def _smooth_nu(d: float, te: float, re: float, a: float, step: float, wave: float) -> float:
    """Diffraction parameter of the smooth earth in sight.

    With x = d·t²/(1+t²) the bulge is A·d/(t+1/t) and the ray (te/t + re·t)/d; both have one peak in ln t, at 0 and at
    ln(te/re)/2, so the largest difference lies between them: a scan, narrowed three times.
    """
    limit = F(0.5) * math.log((d - step) / step)
    peak = min(max(F(0.5) * math.log(te / re), -limit), limit)
    low, high = min(peak, F(0.0)), max(peak, F(0.0))
    best = F(-1e30)
    for _ in range(3):
        width = (high - low) / F(8.0)
        at = low
        for j in range(9):
            t = math.exp(low + F(j) * width)
            value = a * d / (t + F(1.0) / t) - (te / t + re * t) / d
            if value > best:
                best, at = value, low + F(j) * width
        low, high = max(at - width, low), min(at + width, high)
    return best * math.sqrt(F(0.002) * d / wave)


@njit(cache=True, fastmath=True)
def _smooth_bullington(d: float, te: float, re: float, a: float, step: float, wave: float) -> float:
    """Bullington loss over the smooth earth in closed form; ``a`` = 500 / effective radius."""
    at_t = min(max(math.sqrt(te / a), step), d - step)
    stim = a * (d - at_t) - te / at_t
    slope = (re - te) / d
    if stim < slope:
        return _bullington_of(_smooth_nu(d, te, re, a, step, wave), d)
    at_r = min(max(math.sqrt(re / a), step), d - step)
    srim = a * (d - at_r) - re / at_r
    return _bullington_of(_met_nu(d, te, re, stim, srim, step, wave), d)


@njit(cache=True, fastmath=True, inline="always")
def _gain(y: float, floor: float) -> float:
    if y > F(2.0):
        gain = F(17.6) * math.sqrt(y - F(1.1)) - F(5.0) * np.log10(y - F(1.1)) - F(8.0)
    else:
        gain = F(20.0) * np.log10(y + F(0.1) * y * y * y)
    return max(gain, floor)


@njit(cache=True, fastmath=True)
def _first_term(d: float, te: float, re: float, aft: float, f: float, vertical: bool) -> float:
    """First-term spherical diffraction over land; one cube root instead of three."""
    loss = (F(18.0) * F(LAND[1]) / f) ** 2
    eps = F(LAND[0])
    root_a, root_f = aft ** F(1.0 / 3.0), f ** F(1.0 / 3.0)
    k = F(0.036) / (root_a * root_f) * ((eps - F(1.0)) ** 2 + loss) ** F(-0.25)
    if vertical:
        k *= math.sqrt(eps * eps + loss)
    k2 = k * k
    beta = (F(1.0) + F(1.6) * k2 + F(0.67) * k2 * k2) / (F(1.0) + F(4.5) * k2 + F(1.53) * k2 * k2)
    x = F(21.88) * beta * root_f / (root_a * root_a) * d
    unit = F(0.9575) * beta * beta * root_f * root_f / root_a
    if x >= F(1.6):
        fx = F(11.0) + F(10.0) * np.log10(x) - F(17.6) * x
    else:
        fx = F(-20.0) * np.log10(x) - F(5.6488) * x ** F(1.425)
    floor = F(2.0) + F(20.0) * np.log10(k)
    return -fx - _gain(unit * te, floor) - _gain(unit * re, floor)


@njit(cache=True, fastmath=True)
def _spherical(d: float, te: float, re: float, ae: float, f: float, wave: float, vertical: bool) -> float:
    """Spherical-earth diffraction loss over land (dB)."""
    if d >= math.sqrt(F(0.002) * ae) * (math.sqrt(te) + math.sqrt(re)):
        return _first_term(d, te, re, ae, f, vertical)
    c = (te - re) / (te + re)
    m = F(250.0) * d * d / (ae * (te + re))
    inner = F(1.5) * c * math.sqrt(F(3.0) * m / ((m + F(1.0)) * (m + F(1.0)) * (m + F(1.0))))
    angle = math.acos(min(max(inner, F(-1.0)), F(1.0))) / F(3.0)
    b = F(2.0) * math.sqrt((m + F(1.0)) / (F(3.0) * m)) * math.cos(F(math.pi / 3.0) + angle)
    d1 = d / F(2.0) * (F(1.0) + b)
    d2 = d - d1
    clearance = ((te - F(500.0) * d1 * d1 / ae) * d2 + (re - F(500.0) * d2 * d2 / ae) * d1) / d
    needed = F(17.456) * math.sqrt(max(d1 * d2, F(1e-6)) * wave / d)
    if clearance > needed:
        return F(0.0)
    reach = d / (math.sqrt(te) + math.sqrt(re))
    loss = _first_term(d, te, re, F(500.0) * reach * reach, f, vertical)
    return max(loss, F(0.0)) * (F(1.0) - clearance / needed)


@njit(cache=True, fastmath=True, inline="always")
def _effective(
    i: int, d: float, hts: float, hrs: float, ground_t: float, ground_r: float, v1: float, v2: float, highest: float,
    flat: float, cx: Line, cy: Line, size: int,
) -> tuple[float, float]:  # fmt: skip
    """Heights of both antennas over the smooth earth of the delta-Bullington method (hts', hrs' of eqs. (37))."""
    hst = F((2.0 * v1 * i - v2) / (i * i))
    hsr = F((v2 - v1 * i) / (i * i))
    if highest > F(0.0):
        slope = (hrs - hts) / d
        obt = flat - slope
        obr = _tangent(cx, cy, size, d, hrs) + slope
        share = obt / max(obt + obr, F(1e-9))
        hst -= highest * share
        hsr -= highest * (F(1.0) - share)
    return hts - min(hst, ground_t), hrs - min(hsr, ground_r)


@njit(cache=True, fastmath=True, inline="always")
def _with_troposcatter(total: float, free: float, base: float, theta: float, f: float, n0: float) -> float:
    """Diffraction and troposcatter combined; eqs. (44) and (63)."""
    lf = F(25.0) * np.log10(f) - F(2.5) * np.log10(f / F(2.0)) ** 2
    scatter = F(190.1) + lf + free - base + F(0.573) * theta - F(0.15) * n0
    return total - F(5.0) * np.log10(F(1.0) + F(10.0) ** (F(0.2) * min(total - scatter, F(150.0))))


@njit(cache=True, fastmath=True)
def walk(
    h: Line, clutter: Line, step: float, htg: float, hrg: float, ae: float, f: float, n0: float, vertical: bool,
    first: int, rw: Line, work: NDArray[np.float32], out: Line,
) -> None:  # fmt: skip
    """Median loss (dB) into ``out[i]`` for a receiver at ring ``i`` >= ``first``; rings are ``step`` km apart.

    ``h`` terrain (m), ``clutter`` heights (m) on the same rings, ``h[0]`` at the transmitter; ``work`` is scratch of
    shape (7, rings). Land paths only (one climatic zone), as in the interior of a continent.
    """
    a, wave = F(500.0) / ae, F(LIGHT) / f
    base = F(92.4) + F(20.0) * np.log10(f)
    hts = h[0] + htg
    y, gx, gy, bx, by, cx, cy = work[0], work[1], work[2], work[3], work[4], work[5], work[6]
    ng = nb = nc = 0
    stim_run = bare_run = flat_run = F(-1e30)
    v1 = v2 = 0.0
    for i in range(1, h.size):
        d = F(i) * step
        v1 += float(h[i]) + float(h[i - 1])
        v2 += float(h[i]) * (3 * i - 1) + float(h[i - 1]) * (3 * i - 2)
        if i >= first and i >= 3:
            hrs = h[i] + hrg
            slope = (hrs - hts) / d
            highest = _highest_above(cx, cy, nc, hts, slope)
            te, re = _effective(i, d, hts, hrs, h[0], h[i], v1, v2, highest, flat_run, cx, cy, nc)
            stim = stim_run + a * d
            if stim < slope:
                nu = _sight_nu(y, rw, i, step, hts, slope - a * d, math.sqrt(F(0.002) * d / wave) / step)
            else:
                srim = _tangent(gx, gy, ng, d, hrs - a * d * d) - a * d
                nu = _met_nu(d, hts, hrs, stim, srim, step, wave)
            loss = _bullington_of(nu, d)
            sphere = _spherical(d, te, re, ae, f, wave, vertical)
            if sphere > F(0.0):
                loss += max(sphere - _smooth_bullington(d, te, re, a, step, wave), F(0.0))
            free = base + F(20.0) * np.log10(d)
            back = _tangent(bx, by, nb, d, hrs - a * d * d) - F(2.0) * a * d
            theta = F(1e3) * d / ae + max(bare_run, slope - a * d) + max(back, -slope - a * d)
            out[i] = _with_troposcatter(free + loss, free, base, theta, f, n0)
        elif i >= first:
            out[i] = base + F(20.0) * np.log10(d)
        bare = h[i] - a * d * d
        y[i] = bare + clutter[i]
        stim_run, bare_run = max(stim_run, (y[i] - hts) / d), max(bare_run, (bare - hts) / d)
        flat_run = max(flat_run, (h[i] - hts) / d)
        ng, nb, nc = _push(gx, gy, ng, d, y[i]), _push(bx, by, nb, d, bare), _push(cx, cy, nc, d, h[i])
