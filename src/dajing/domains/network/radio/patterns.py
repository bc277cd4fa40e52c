"""Antenna pattern files: MSI Planet (``.msi``, ``.pln``) and Radio Mobile version 3 (``.ant``)."""

from __future__ import annotations

import re

import numpy as np

from dajing.domains.network.radio.antenna import Antenna, AntennaRefused, Cut

DIPOLE_DBI = 2.15  # gain of a half-wave dipole; MSI files state gain over it unless they say dBi
LARGEST = 200_000  # characters; a pattern file has about ten thousand


def read_msi(*, text: str, name: str) -> Antenna:
    """An antenna from an MSI Planet file: ``GAIN``, then ``HORIZONTAL 360`` and ``VERTICAL 360`` with angle and dB.

    Vertical angles count from level downwards (90 is the ground). Raises ``AntennaRefused`` with the line at fault.
    """
    if len(text) > LARGEST:
        raise AntennaRefused(f"{name}: {len(text)} characters are no antenna pattern; give the pattern file itself")
    lines = text.replace("\r", "\n").split("\n")
    horizontal = _cut(lines, "HORIZONTAL", name)
    vertical = _cut(lines, "VERTICAL", name)
    zenith = np.array([vertical[(t - 90) % 360] for t in range(181)])
    _right_way_up(lines, vertical, name)
    return Antenna(
        name=_field(lines, "NAME") or name,
        gain_dbi=_gain(lines, name),
        horizontal=horizontal - horizontal.min(),
        vertical=zenith - zenith.min(),
        floor_db=float(max(horizontal.max() - horizontal.min(), vertical.max() - vertical.min(), 20.0)),
    )


def read_ant(*, text: str, name: str, gain_dbi: float) -> Antenna:
    """An antenna from a Radio Mobile version 3 file of 720 values in dB (0 or below).

    First 0 to 359 degrees clockwise on the level, then the vertical plane from +90 over 0 and -90 round to +91. The
    file holds no gain. Raises ``AntennaRefused``.
    """
    words = text[: LARGEST + 1].replace(",", ".").split()
    if len(words) != 720:
        raise AntennaRefused(
            f"{name}: {len(words)} values; a version 3 file has 720. For one with 360 or 540, give the maker's MSI file"
        )
    try:
        values = -np.abs(np.array([float(word) for word in words]))
    except ValueError as error:
        raise AntennaRefused(f"{name}: {error}; every line is one attenuation in dB") from None
    horizontal, zenith = -values[:360], -values[360:541]
    return Antenna(
        name=name,
        gain_dbi=gain_dbi,
        horizontal=horizontal - horizontal.min(),
        vertical=zenith - zenith.min(),
        floor_db=float(max(horizontal.max(), zenith.max(), 20.0)),
    )


def _field(lines: list[str], key: str) -> str:
    return next((line.split(None, 1)[1].strip() for line in lines if re.match(rf"{key}\s+\S", line, re.I)), "")


def _gain(lines: list[str], name: str) -> float:
    words = _field(lines, "GAIN").replace(",", ".").split()
    try:
        value = float(words[0])
    except (IndexError, ValueError):
        raise AntennaRefused(f"{name}: no readable GAIN line; add e.g. “GAIN 17.5 dBi”") from None
    unit = words[1].lower() if len(words) > 1 else "dbd"
    if unit not in ("dbi", "dbd"):
        raise AntennaRefused(f"{name}: gain in “{words[1]}”; write dBi or dBd")
    return value if unit == "dbi" else value + DIPOLE_DBI


def _cut(lines: list[str], key: str, name: str) -> Cut:
    """The 360 attenuations after the line ``key 360``, by whole degree; every degree exactly once."""
    start = next((n for n, line in enumerate(lines) if re.match(rf"{key}\s+\d+\s*$", line, re.I)), None)
    if start is None:
        raise AntennaRefused(f"{name}: the line “{key} 360” is missing; export the file again as MSI with both cuts")
    cut = np.full(360, np.nan)
    for number, line in enumerate(lines[start + 1 :], start + 2):
        words = line.replace(",", ".").split()
        if not words:
            continue
        if words[0].isalpha():
            break
        try:
            angle, value = float(words[0]), abs(float(words[1]))
        except (IndexError, ValueError):
            raise AntennaRefused(f"{name}, line {number}: “{line.strip()[:40]}” is not an angle and a value") from None
        if not 0.0 <= angle < 360.0 or angle != int(angle) or not np.isnan(cut[int(angle)]):
            raise AntennaRefused(f"{name}, line {number}: angle {words[0]}; whole degrees 0 to 359, each once")
        cut[int(angle)] = value
    if np.isnan(cut).any():
        raise AntennaRefused(f"{name}: the {key} cut lacks {int(np.isnan(cut).sum())} of its 360 degrees")
    return cut


def _right_way_up(lines: list[str], vertical: Cut, name: str) -> None:
    """A file that says it is tilted down but points up has its vertical cut turned over."""
    tilt = re.search(r"\d+(?:\.\d+)?", _field(lines, "ELECTRICAL_TILT") or _field(lines, "TILT"))
    peak = int(np.argmin(vertical))
    if tilt and float(tilt[0]) >= 2.0 and 180 < peak < 360 - float(tilt[0]) / 2:
        raise AntennaRefused(
            f"{name}: tilted {tilt[0]} degrees down, but the beam points {360 - peak} degrees up; "
            "count the vertical angles downwards from level"
        )
