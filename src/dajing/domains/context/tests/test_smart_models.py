"""Smart Data Models without a network: a client names the published @context, and the broker has it."""

from __future__ import annotations

import httpx
import pytest

from dajing.domains.context.broker.exchange import link
from dajing.domains.context.ngsi import smart

ENVIRONMENT = smart.address(subject="Environment")
SITE = "https://smartdatamodels.org/"
STATION = {"id": "urn:ngsi-ld:AirQualityObserved:smart", "type": "AirQualityObserved", "pm25": 35, "name": "五金库"}
# subject, model and one attribute as their own pages at smartdatamodels.org/dataModel.<subject> name them
PUBLISHED = [
    ("Environment", "AirQualityObserved", "pm25"), ("Weather", "WeatherObserved", "windSpeed"),
    ("WaterQuality", "WaterQualityObserved", "conductivity"), ("Streetlighting", "Streetlight", "powerState"),
    ("Transportation", "TrafficFlowObserved", "averageVehicleSpeed"),
    ("Parking", "OffStreetParking", "totalSpotNumber"), ("WasteManagement", "WasteContainer", "fillingLevel"),
    ("Device", "Device", "batteryLevel"),
    ("KeyPerformanceIndicator", "KeyPerformanceIndicator", "calculationFrequency"),
    ("Alert", "Alert", "severity"),
]  # fmt: skip


async def test_a_client_that_names_a_subject_writes_and_reads_its_published_names(city: httpx.AsyncClient) -> None:
    named = {"Link": link(ENVIRONMENT)}
    assert (await city.post("/entities", json=STATION, headers=named)).status_code == 201
    plain = (await city.get(f"/entities/{STATION['id']}", params={"options": "keyValues"})).json()
    assert plain[f"{SITE}dataModel.Environment/pm25"] == 35
    assert plain[f"{SITE}name"] == "五金库"
    assert plain["type"] == f"{SITE}dataModel.Environment/AirQualityObserved"
    found = await city.get("/entities", params={"type": "AirQualityObserved", "q": "pm25>30"}, headers=named)
    assert [e["pm25"]["value"] for e in found.json()] == [35]


async def test_the_same_context_in_the_body_and_beside_others_means_the_same(city: httpx.AsyncClient) -> None:
    document = {**STATION, "@context": [ENVIRONMENT, smart.address(subject="Weather")]}
    created = await city.post("/entities", json=document, headers={"Content-Type": "application/ld+json"})
    assert created.status_code == 201
    assert (await city.get(f"/entities/{STATION['id']}", headers={"Link": link(ENVIRONMENT)})).json()["pm25"]["value"]


async def test_the_broker_serves_what_it_embeds_and_does_not_let_it_be_deleted(city: httpx.AsyncClient) -> None:
    path = "/jsonldContexts/" + ENVIRONMENT.replace("/", "%2F")
    served = (await city.get(path)).json()["@context"]
    assert served["AirQualityObserved"] == f"{SITE}dataModel.Environment/AirQualityObserved"
    assert (await city.delete(path)).status_code == 400


@pytest.mark.parametrize(("subject", "model", "attribute"), PUBLISHED)
def test_types_and_attributes_have_their_published_names(subject: str, model: str, attribute: str) -> None:
    found = smart.document(smart.address(subject=subject))
    assert found is not None
    for term in (model, attribute):
        assert found["@context"][term] == f"{SITE}dataModel.{subject}/{term}"


@pytest.mark.parametrize(
    "url",
    [
        "https://raw.githubusercontent.com/smart-data-models/dataModel.Nowhere/master/context.jsonld",
        "https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/other/context.jsonld",
        "https://example.org/smart-data-models/dataModel.Weather/master/context.jsonld",
    ],
)
def test_other_addresses_are_not_taken_for_embedded_ones(url: str) -> None:
    assert smart.document(url) is None


def test_the_document_for_all_subjects_is_not_made_up_where_subjects_disagree() -> None:
    meant: dict[str, set[str]] = {}
    for subject in smart.subjects():
        for term, iri in (smart.document(smart.address(subject=subject)) or {})["@context"].items():
            meant.setdefault(term, set()).add(iri)
    assert meant["temperature"] >= {f"{SITE}dataModel.{s}/temperature" for s in ("Environment", "Weather")}
    assert (len(meant), sum(len(iris) > 1 for iris in meant.values())) == (1636, 158)
    assert smart.document(f"{SITE}context.jsonld") is None
