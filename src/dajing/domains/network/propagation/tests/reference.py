"""Reads the reference tables that ITU-R working parties publish for P.1812-8 (in ../shared, not shipped)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from dajing.domains.network.propagation import p1812


class Case:
    """One data set: inputs, the expected field strength and the logged intermediates (None where not logged)."""

    def __init__(self, folder: Path, name: str, number: int) -> None:
        self.name, self.number = name, number
        lines = (folder / "profiles" / f"{name}.csv").read_text(encoding="utf-8", errors="replace").splitlines()
        head = dict(line.split(",")[:2] for line in lines if "," in line and line.split(",")[0].strip().endswith(":"))
        rows = [line for line in lines if re.fullmatch(r"-?[\d.]+,-?[\d.]+,\d+,-?[\d.]+,\d\D*", line)]
        table = np.array([[float(v) for v in row.split(",")[:5]] for row in rows])
        start = next(i for i, line in enumerate(lines) if line.startswith("{Begin of Measurements"))
        sets = [line.split(",") for line in lines[start + 1 :] if line and line[0].isdigit()]
        self.row = sets[number]
        log = folder / "intermediates" / f"{name}_{number}_log.csv"
        cells = [
            row for row in csv.reader(log.read_text().splitlines()) if len(row) > 3 and row[3] and row[3] != "Value"
        ]
        self.log = {(row[0].strip(), row[1].strip()): float(row[3]) for row in cells}
        self.profile, self.head = table, head

    def value(self, name: str, equation: str = "") -> float:
        return self.log[(name, equation)]

    def result(self) -> p1812.Result:
        table = self.profile
        path = p1812.Path(
            d=table[:, 0], h=table[:, 1], clutter=table[:, 3], zone=table[:, 4].astype(np.int64),
            htg=self.value("htg (m)"), hrg=self.value("hrg (m)"),
            lat_t=self.value("phi_t (deg)"), lon_t=self.value("lam_t (deg)"),
            lat_r=self.value("phi_r (deg)"), lon_r=self.value("lam_r (deg)"),
            dct=self.value("dct (km)"), dcr=self.value("dcr (km)"),
        )  # fmt: skip
        return p1812.transmission_loss(
            path=path,
            climate=p1812.Climate(dn=self.value("DN"), n0=self.value("N0")),
            frequency_ghz=float(self.row[0]) / 1000.0,
            time_percent=float(self.row[14]),
            polarisation="vertical" if int(self.row[4]) == 2 else "horizontal",
        )
