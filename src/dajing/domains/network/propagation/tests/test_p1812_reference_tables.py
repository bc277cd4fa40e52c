"""P.1812-8 against the tables of ITU-R working parties 3K/3M (../shared/data/p1812-8; skips where it is absent)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dajing.domains.network.propagation.tests.reference import Case

FOLDER = next((p / "shared/data/p1812-8" for p in Path(__file__).resolve().parents if (p / "shared").is_dir()), None)
LOGS = sorted((FOLDER / "intermediates").glob("*_log.csv")) if FOLDER else []
CASES = [re.fullmatch(r"(.*)_(\d+)_log", log.stem).groups() for log in LOGS]

INTERMEDIATES = {
    ("dlt (km)", "Eq (78)"): lambda r: r.horizon.dlt,
    ("dlr (km)", "Eq (81a)"): lambda r: r.horizon.dlr,
    ("th_t (mrad)", "Eqs (76-78)"): lambda r: r.horizon.theta_t,
    ("th_r (mrad)", "Eqs (79-81)"): lambda r: r.horizon.theta_r,
    ("th (mrad)", "Eq (82)"): lambda r: r.horizon.theta,
    ("w", "Table 5"): lambda r: r.omega,
    ("dtm (km)", "Sec 3.6"): lambda r: r.dtm,
    ("dlm (km)", "Sec 3.6"): lambda r: r.dlm,
    ("phi (deg)", "Eq (4)"): lambda r: r.phi,
    ("b0 (%)", "Eq (5)"): lambda r: r.b0,
    ("ae (km)", "Eq (7a)"): lambda r: r.ae,
    ("hst (m)", "Eq (85)"): lambda r: r.smooth.hst,
    ("hsr (m)", "Eq (86)"): lambda r: r.smooth.hsr,
    ("hst (m)", "Eq (90a)"): lambda r: r.smooth.hst_duct,
    ("hsr (m)", "Eq (90b)"): lambda r: r.smooth.hsr_duct,
    ("hstd (m)", "Eq (89)"): lambda r: r.smooth.hstd,
    ("hsrd (m)", "Eq (89)"): lambda r: r.smooth.hsrd,
    ("hm (m)", "Eq (93)"): lambda r: r.smooth.hm,
    ("Fi", "Eq (40)"): lambda r: r.fi,
    ("Fj", "Eq (57)"): lambda r: r.fj,
    ("Fk", "Eq (58)"): lambda r: r.fk,
    ("Lbfs", "Eq (8)"): lambda r: r.lbfs,
    ("Lb0p", "Eq (10)"): lambda r: r.lb0p,
    ("Lb0b", "Eq (11)"): lambda r: r.lb0b,
    ("Lbulla (dB)", "Eq (21)"): lambda r: r.lbulla,
    ("Lbulls (dB)", "Eq (21)"): lambda r: r.lbulls,
    ("Ldsph (dB)", "Eq (27)"): lambda r: r.ldsph,
    ("Ld50 (dB)", "Eq (39)"): lambda r: r.ld50,
    ("Ldb (dB)", "Eq (39)"): lambda r: r.ldb,
    ("Ldp (dB)", "Eq (41)"): lambda r: r.ldp,
    ("Lbd50 (dB)", "Eq (42)"): lambda r: r.lbd50,
    ("Lminb0p (dB)", "Eq (59)"): lambda r: r.lminb0p,
    ("Lba (dB)", "Eq (46)"): lambda r: r.lba,
    ("Lminbap (dB)", "Eq (60)"): lambda r: r.lminbap,
    ("Lbda (dB)", "Eq (61)"): lambda r: r.lbda,
    ("Lbam (dB)", "Eq (62)"): lambda r: r.lbam,
    ("Lbs (dB)", "Eq (44)"): lambda r: r.lbs,
    ("Lbc (dB)", "Eq (63)"): lambda r: r.lbc,
    ("Lb (dB)", "Eq (69)"): lambda r: r.lb,
    ("Ep (dBuV/m)", "Eq (70)"): lambda r: r.ep,
}


@pytest.mark.skipif(not CASES, reason="reads ../shared/data/p1812-8, which is absent here")
def test_the_reference_tables_are_complete():
    assert len(CASES) == 27


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_loss_and_field_strength_agree_within_a_millionth_of_a_decibel(name, number, record_property):
    case = Case(FOLDER, name, int(number))
    result = case.result()
    stated = case.value("Ep (dBuV/m)", "Eq (70)")
    record_property("P.1812-8 field strength against the tables, dB", abs(result.ep - stated))
    assert result.lb == pytest.approx(float(case.row[17]), abs=1e-6)
    assert result.ep == pytest.approx(stated, abs=1e-6)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_every_logged_intermediate_agrees_within_a_millionth(name, number, record_property):
    case = Case(FOLDER, name, int(number))
    result = case.result()
    off = [abs(read(result) - case.log[key]) / max(abs(case.log[key]), 1e-3) for key, read in INTERMEDIATES.items()]
    record_property(f"P.1812-8 {len(INTERMEDIATES)} logged intermediates, relative", max(off))
    wrong = {
        key: (read(result), case.log[key])
        for key, read in INTERMEDIATES.items()
        if read(result) != pytest.approx(case.log[key], rel=1e-6, abs=1e-9)
    }
    assert not wrong


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_median_plus_diffraction_loss_is_the_sum_that_equation_43_states(name, number):
    """The tables log Lbda (61) under the name of Lbd (43) in two data sets; their own Lb0p + Ldp decides."""
    case = Case(FOLDER, name, int(number))
    stated = case.value("Lb0p", "Eq (10)") + case.value("Ldp (dB)", "Eq (41)")
    assert case.result().lbd == pytest.approx(stated, rel=1e-6)
    logged = case.value("Lbd (dB)", "Eq (43)")
    aliased = (name, number) in {("rburg_urban_with_clutter", "0"), ("rburg_urban_with_clutter", "3")}
    assert logged == pytest.approx(case.value("Lbda (dB)", "Eq (61)") if aliased else stated, rel=1e-6)
