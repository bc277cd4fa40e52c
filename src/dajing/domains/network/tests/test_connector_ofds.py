"""Fibre goes out by the Open Fibre Data Standard and comes back the same; a broken package changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dajing.domains.network.connectors.ofds import Options, check, load_network, push
from dajing.domains.network.models import Load
from dajing.domains.network.register.refusals import RegisterRefused
from dajing.domains.network.register.service import things
from dajing.kernel.identity.actor import system
from dajing.kernel.spreadsheet.files import FileUnreadable

AT, BY, ON = datetime(2020, 5, 1, tzinfo=UTC), system("test"), date(2020, 6, 1)
# shaped like the standard's own example examples/json/network-package.json, moved to this city
PACKAGE = {
    "networks": [{
        "id": "a096d627-72e1-4f9b-b129-951b1737bff4", "name": "某网",
        "nodes": [
            {"id": "1", "name": "甲局", "status": "operational", "type": ["pop"], "accessPoint": True,
             "location": {"type": "Point", "coordinates": [114.88, 40.77]}, "technologies": ["ip", "iptv"],
             "physicalInfrastructureProvider": {"id": "X-1", "name": "光缆公司"}},
            {"id": "2", "name": "乙局", "location": {"type": "Point", "coordinates": [115.28, 40.97]},
             "networkProviders": [{"id": "X-2", "name": "宽带公司"}]},
        ],
        "spans": [
            {"id": "1", "start": "1", "end": "2", "readyForServiceDate": "2018-01-01", "fibreCount": 24,
             "fibreLength": 52.5, "route": {"type": "LineString", "coordinates": [[114.88, 40.77], [115.28, 40.97]]},
             "physicalInfrastructureProvider": {"id": "X-1", "name": "光缆公司"}},
        ],
    }]
}  # fmt: skip


def put(path: Path, package: object) -> Options:
    path.write_text(json.dumps(package), encoding="utf-8")
    return Options(path=path)


@pytest.mark.django_db
def test_a_network_package_becomes_nodes_and_spans(tmp_path: Path) -> None:
    nodes, spans = load_network(options=put(tmp_path / "n.json", PACKAGE), by=BY, at=AT)
    assert (nodes.rows, spans.rows) == (2, 1)
    found = things(register="fibre_node", on=ON)
    assert (found["1"].access, found["1"].iptv, found["1"].operator) == (True, True, "光缆公司")
    assert (found["2"].access, found["2"].operator) == (False, "宽带公司")
    span = things(register="fibre_span", on=ON)["1"]
    assert (span.length_km, span.fibre_count) == (52.5, 24)
    assert things(register="fibre_span", on=date(2017, 1, 1)) == {}  # not ready for service yet


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["out.json", "tables"])
def test_what_goes_out_comes_back_the_same(tmp_path: Path, name: str) -> None:
    load_network(options=put(tmp_path / "n.json", PACKAGE), by=BY, at=AT)
    before = {kind: things(register=kind, on=ON) for kind in ("fibre_node", "fibre_span")}
    assert push(options=Options(path=tmp_path / name), on=ON) == (2, 1)
    nodes, spans = load_network(options=Options(path=tmp_path / name), by=BY, at=AT + timedelta(days=1))
    assert {kind: things(register=kind, on=ON) for kind in before} == before
    assert (nodes.appended, spans.appended) == (0, 0)


@pytest.mark.django_db
def test_a_span_to_nowhere_and_nothing_is_loaded(tmp_path: Path) -> None:
    broken = json.loads(json.dumps(PACKAGE))
    broken["networks"][0]["spans"][0]["end"] = "9"
    options = put(tmp_path / "n.json", broken)
    assert check(options=options)
    with pytest.raises(RegisterRefused):
        load_network(options=options, by=BY, at=AT)
    assert not Load.objects.exists()


@pytest.mark.django_db
def test_a_check_changes_nothing(tmp_path: Path) -> None:
    assert check(options=put(tmp_path / "n.json", PACKAGE)) == []
    assert not Load.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "[]", '{"networks": 3}', '{"networks": [{"nodes": [null]}]}', "{"])
def test_what_is_no_package_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileUnreadable):
        load_network(options=Options(path=path), by=BY, at=AT)
