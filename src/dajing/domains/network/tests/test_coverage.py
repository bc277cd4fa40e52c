"""Coverage of people: formulas against published values, intervals against simulated truth, runs that never change."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.coverage import rules, service
from dajing.domains.network.coverage.equipment import (
    carrier_of,
    equipment,
    gain_towards,
    reference_power,
    sinr_of_best,
)
from dajing.domains.network.coverage.gaps import gaps
from dajing.domains.network.coverage.loss import Losses, unpack
from dajing.domains.network.coverage.predicting import errors, fixed, mobile
from dajing.domains.network.coverage.reading import info, latest, lines, operators
from dajing.domains.network.coverage.refusals import NoRun, NothingRegistered
from dajing.domains.network.coverage.state import State, state, stations
from dajing.domains.network.demand.layer import synthetic_layer
from dajing.domains.network.models import Loss, Result, Run
from dajing.domains.network.radio.budget import element_noise_dbm
from dajing.domains.network.register.kinds import Sector
from dajing.domains.network.register.service import load
from dajing.domains.network.streams import COVERAGE
from dajing.kernel.catalog.api import relation
from dajing.kernel.identity.actor import system
from dajing.kernel.ledger.models import Entry
from dajing.kernel.measures.reading import Kind

pytestmark = pytest.mark.store_both
BY, AT, ON = system("test"), datetime(2020, 5, 1, tzinfo=UTC), date(2020, 4, 30)
FILES = {
    "site": "id,longitude,latitude\nS1,114.885,40.768\nS2,115.281,40.975\n",
    "sector": "id,site,operator,technology,frequency_mhz,height_m,azimuth,beamwidth\n"
    "A,S1,甲,4g,900,40,0,360\nB,S1,乙,4g,1800,40,90,65\nC,S2,甲,4g,900,40,0,360\n",
    "transmitter": "id,service,longitude,latitude,frequency_mhz,erp_w,height_m\nT,radio,114.885,40.768,95,1000,100\n",
    "venue": "id,name,kind,longitude,latitude,radius_m,people,area\nP,某园,park,114.90,40.79,300,500,130702\n"
    "L,某馆,library,115.28,40.97,50,80,130709\n",
    "hotspot": "id,operator,longitude,latitude,radius_m\nH,甲,114.90,40.79,150\n",
    "fibre_node": "id,operator,longitude,latitude,access,iptv\nN,甲,{x},{y},是,否\n",  # at a community
}


@pytest.fixture
def registered(db: None) -> State:
    layer = synthetic_layer()
    at = next(n for n, code in enumerate(layer.code) if layer.urban[n] and code.startswith("130702"))
    for register, form in FILES.items():
        text = form.format(x=layer.longitude[at], y=layer.latitude[at])
        rows = rows_of(register=register, name="f.csv", body=text.encode())
        load(register=register, name="f.csv", body=text.encode(), rows=rows, by=BY, at=AT, provenance=Kind.MEASURED)
    return state(on=ON, known_at=AT)


def finish() -> Run:
    return service.work(
        run=service.begin(on=ON, known_at=AT, by=BY, at=AT), by=BY, at=AT, seen=lambda done, total: None
    )


def a_sector(**given: Any) -> Sector:
    known = {"id": "a", "site": "s", "operator": "o", "technology": "4g", "frequency_mhz": 1800.0, "height_m": 30.0,
             "azimuth": 0.0, "tilt": 4.0, "power_dbm": 46.0, "gain_dbi": 0.0}  # fmt: skip
    return Sector(**known | given)


def test_power_of_one_resource_element_is_that_of_its_share_of_the_carrier() -> None:
    # 46 dBm over the 1,200 subcarriers of 20 MHz LTE is 15.2 dBm each (3GPP TS 36.101 table 5.6-1: 100 blocks)
    ahead = {"bearing": np.array([0.0]), "elevation": np.array([-4.0]), "loss_db": np.array([0.0])}
    found = reference_power(of=equipment(sector=a_sector(), load=0.5), **ahead)
    assert found == pytest.approx([46 - 10 * math.log10(1200)])
    assert carrier_of(sector=a_sector(technology="5g", bandwidth_mhz=100)).blocks == 273  # TS 38.101-1, 30 kHz


def test_a_bandwidth_that_no_standard_has_counts_as_the_largest_within_it() -> None:
    assert carrier_of(sector=a_sector(bandwidth_mhz=18)).bandwidth_mhz == 15
    assert carrier_of(sector=a_sector(technology="5g", bandwidth_mhz=3)).bandwidth_mhz == 5


def test_the_antenna_loses_three_db_at_half_its_beamwidth_and_thirty_behind() -> None:
    off = np.array([0.0, 32.5, -32.5, 180.0, 360.0])
    found = gain_towards(of=equipment(sector=a_sector(), load=1.0), bearing=off, elevation=np.full(5, -4.0))
    assert found == pytest.approx([0, -3, -3, -30, 0], abs=0.01)


def test_field_strength_of_one_kilowatt_in_free_space() -> None:
    # ITU-R P.525: E = 106.9 + 10 log10(P kW) - 20 log10(d km) dB(µV/m) for a half-wave dipole's e.r.p.
    frequency, distance = 100.0, 10.0
    loss = np.array([32.4 + 20 * math.log10(frequency) + 20 * math.log10(distance)])
    found = rules.field_strength(erp_w=1000, frequency_mhz=frequency, loss_db=loss)
    assert found[0] == pytest.approx(106.9 - 20 * math.log10(distance), abs=0.1)


def test_sinr_is_one_server_against_noise_and_the_load_of_the_others() -> None:
    carrier = carrier_of(sector=a_sector())
    noise = element_noise_dbm(carrier=carrier)
    alone = sinr_of_best(strongest_dbm=np.array([-90.0]), total_mw=np.array([1e-9]), load=1.0, carrier=carrier)
    assert alone[0] == pytest.approx(-90.0 - noise)
    equal = sinr_of_best(strongest_dbm=np.array([0.0]), total_mw=np.array([2.0]), load=0.5, carrier=carrier)
    assert equal[0] == pytest.approx(10 * math.log10(2))


def test_a_venues_wifi_share_is_an_area_and_overlaps_count_once() -> None:
    half = rules.circle_share(radius=100.0, discs=[(0.0, 0.0, 50.0), (0.0, 0.0, 50.0)])
    assert half == pytest.approx(0.25, abs=0.01)
    # two unit circles whose centres are one radius apart share 2π/3 - √3/2 (the lens of a vesica piscis)
    lens = rules.circle_share(radius=1.0, discs=[(1.0, 0.0, 1.0)])
    assert lens == pytest.approx((2 * math.pi / 3 - math.sqrt(3) / 2) / math.pi, abs=0.01)
    assert rules.circle_share(radius=100.0, discs=[]) == 0.0


def test_losses_come_back_from_the_store_within_a_twentieth_of_a_db() -> None:
    made = Losses(numbers=np.array([3, 70_000], np.int32), loss=np.array([101.23, 166.04]))
    again = unpack(body=made.pack(), points=2)
    assert again.numbers.tolist() == [3, 70_000]
    assert again.loss == pytest.approx(made.loss, abs=0.051)


def test_a_run_counts_people_at_every_level_and_the_sum_is_the_census(registered: State) -> None:
    run = info(finish())
    for level in ("city", "unit", "township", "place"):
        found = lines(run=run, service="4g", level=level)
        assert sum(line.people for line in found) == 4_118_908
    city = lines(run=run, service="4g", level="city")[0]
    units = lines(run=run, service="4g", level="unit")
    assert city.covered == pytest.approx(sum(line.covered for line in units), abs=1.0)
    assert 0 < city.low <= city.covered <= city.high < city.people
    assert lines(run=run, service="4g", level="township", within="130732") != []
    assert sum(line.covered for line in units if line.code == "130732") < 1.0  # nothing stands near Chicheng


def test_all_operators_together_cover_at_least_as_many_as_any_one(registered: State) -> None:
    run = info(finish())
    assert operators(run=run.id, service="4g") == ["乙", "甲"]
    whole = lines(run=run, service="4g", level="unit")
    for operator in ("甲", "乙"):
        for one, both in zip(lines(run=run, service="4g", level="unit", operator=operator), whole, strict=True):
            assert one.covered <= both.covered + 0.01


def test_fibre_wifi_and_parks_are_on_the_same_layer(registered: State) -> None:
    run = info(finish())
    venues = {line.code: line for line in lines(run=run, service="wifi", level="venue")}
    assert venues["P"].share == pytest.approx(0.25, abs=0.06)
    assert venues["L"].share == 0.0
    fibre = lines(run=run, service="fibre", level="city")[0]
    assert 0 < fibre.covered < 400_000
    assert 0 < fibre.covered_communities < 100
    assert lines(run=run, service="iptv", level="city")[0].covered == 0.0  # the node carries none


def test_the_gap_list_ranks_people_and_names_where_they_live(registered: State) -> None:
    found = gaps(run=info(finish()), service="4g", limit=50)
    lacking = [gap.line.lacking for gap in found]
    assert len(found) == 50
    assert lacking == sorted(lacking, reverse=True)
    assert all(gap.low <= gap.line.lacking <= gap.high for gap in found)
    only = gaps(run=info(finish()), service="4g", unit="130732", limit=None)
    assert {gap.unit for gap in only} == {"130732"}
    assert sum(gap.line.people for gap in only) == 197_919  # the census of Chicheng: all of it is without


def test_the_same_inputs_are_the_same_run_and_its_result_never_changes(registered: State) -> None:
    first = finish()
    before = list(Result.objects.order_by("id").values_list("body", flat=True))
    again = finish()
    assert again.pk == first.pk
    assert list(Result.objects.order_by("id").values_list("body", flat=True)) == before
    assert Entry.objects.filter(act="network.run.finished").count() == 1
    Result.objects.all().delete()
    Run.objects.all().delete()
    finish()
    assert list(Result.objects.order_by("id").values_list("body", flat=True)) == before


def test_a_run_that_was_stopped_goes_on_and_computes_nothing_twice(registered: State) -> None:
    listed = stations(state=registered)
    steps = service.prepare(state=registered)
    assert next(steps) == (0, len(listed))
    next(steps)
    kept = set(Loss.objects.values_list("key", flat=True))
    assert kept
    steps.close()  # as a kill between two batches would
    assert next(service.prepare(state=registered)) == (len(kept), len(listed))


def test_facts_carry_what_measures_need(registered: State) -> None:
    finish()
    facts = relation(stream=COVERAGE).to_pyarrow().to_pylist()
    mine = {row["field"].removeprefix("network."): row for row in facts if row["area"] == "130702"}
    assert mine["people"]["value"] == 279_616
    assert mine["communities"]["value"] == 47
    assert mine["parks"]["value"] == 1
    assert mine["parks_wifi"]["value"] == pytest.approx(0.25, abs=0.06)
    assert {row["period"] for row in facts} == {"2020-04"}
    assert {row["kind"] for row in facts} == {"synthetic"}  # terrain and village positions are, whatever the registers
    assert mine["people_4g"]["low"] <= mine["people_4g"]["value"] <= mine["people_4g"]["high"]


@pytest.mark.django_db
def test_empty_registers_are_refused_and_no_run_is_said_so() -> None:
    with pytest.raises(NothingRegistered):
        service.begin(on=ON, known_at=AT, by=BY, at=AT)
    with pytest.raises(NoRun):
        latest()


def test_nominal_ninety_percent_intervals_cover_simulated_truth(registered: State) -> None:
    """The truth is drawn from worlds that the intervals were not computed from; 85 to 95 of 100 must lie inside."""
    for _ in service.prepare(state=registered):
        pass
    fetch = service.fetcher(state=registered)
    model = registered.standards.service(id="4g")
    homes = len(registered.demand.code)
    towns = {code: n for n, code in enumerate(sorted(set(registered.demand.township)))}
    group = np.array([towns[code] for code in registered.demand.township])

    def people(seed: int, draws: int) -> np.ndarray:
        worlds = errors(state=registered, draws=draws, seed=seed)
        shares = mobile(state=registered, service=model, fetch=fetch, worlds=worlds)[""][:, :homes]
        return np.stack([np.bincount(group, weights=draw * registered.demand.people) for draw in shares])

    said, truth = people(1, 64), people(2, 200)
    low, high = np.quantile(said, 0.05, axis=0), np.quantile(said, 0.95, axis=0)
    near = said.mean(axis=0) > 50  # townships that the three sectors reach at all
    inside = ((truth >= low) & (truth <= high))[:, near].mean()
    assert near.sum() > 10
    assert 0.85 <= inside <= 0.95


def test_positions_that_were_surveyed_move_with_no_error(registered: State) -> None:
    demand = msgspec.structs.replace(registered.demand, surveyed=np.ones(len(registered.demand.code), dtype=bool))
    sure = msgspec.structs.replace(registered, demand=demand)
    worlds = errors(state=sure, draws=4, seed=3)
    shares = fixed(state=sure, service=sure.standards.service(id="fibre"), worlds=worlds)[""]
    assert np.ptp(shares, axis=0).max() == 0.0
