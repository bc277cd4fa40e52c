"""Two published clients against a running broker: FiLiP (RWTH Aachen) and ngsildclient (Orange).

Neither belongs to the locked environment (their own pins are old). In a throw-away one:

    python -m venv clients && clients/bin/pip install filip ngsildclient
    ./dajing context serve --auth none --port 9090 --lenient
    clients/bin/python tests/conformance/ngsi-ld/clients.py 9090

Prints one line for each step and ends with code 1 at the first that fails.
"""

from __future__ import annotations

import sys
from typing import Any

import requests

ID = "urn:ngsi-ld:Streetlight:client:1"


def step(name: str, held: bool) -> None:
    """Say how one step went."""
    print(f"{'ok ' if held else 'NOT'} {name}")
    if not held:
        raise SystemExit(1)


def ngsildclient(port: int) -> None:
    """Create, read, update, upsert, query, count, delete, subscribe."""
    from ngsildclient import Client, Entity, SubscriptionBuilder

    client = Client("127.0.0.1", port)
    client.drop("Streetlight")
    lamp = Entity("Streetlight", "client:1").prop("power", 70).gprop("location", (40.77, 114.88)).rel("area", "Area:1")
    step("ngsildclient create", client.create(lamp) is not None)
    step("ngsildclient exists", client.exists(ID))
    found = client.get(ID)
    step("ngsildclient get", found is not None and found["power"]["value"] == 70)
    found.prop("power", 35)
    step("ngsildclient update", client.update(found) is not None and client.get(ID)["power"]["value"] == 35)
    more = [Entity("Streetlight", f"client:{n}").prop("power", n) for n in range(2, 30)]
    client.upsert(more)
    step(
        "ngsildclient batch upsert and query over pages",
        len(client.query_all(type="Streetlight", q="power<30", limit=10)) == 28,
    )
    step("ngsildclient count", client.count(type="Streetlight") == 29)
    step("ngsildclient types", "Streetlight" in str(client.list_types()))
    subscription = SubscriptionBuilder("http://example.org/notify").select_type("Streetlight").build()
    name = client.subscriptions.create(subscription)
    step("ngsildclient subscribe", client.subscriptions.get(name)["type"] == "Subscription")
    client.subscriptions.delete(name)
    client.drop("Streetlight")
    step("ngsildclient delete by type", client.count(type="Streetlight") == 0)


def filip(port: int) -> None:
    """The same through pydantic models, with its batch operations and queries by idPattern alone."""
    from filip.clients.ngsi_ld.cb import ContextBrokerLDClient
    from filip.models.base import FiwareLDHeader
    from filip.models.ngsi_ld.context import ActionTypeLD, ContextLDEntity, NamedContextProperty

    url = f"http://127.0.0.1:{port}"
    client: Any = ContextBrokerLDClient(url=url, fiware_header=FiwareLDHeader(ngsild_tenant=""))
    entities = [
        ContextLDEntity(id=f"urn:ngsi-ld:Room:{n}", type="Room", temperature={"type": "Property", "value": 20 + n})
        for n in range(5)
    ]
    requests.delete(f"{url}/ngsi-ld/v1/entities", params={"type": "Room"}, timeout=10)
    client.post_entity(entities[0])
    step("FiLiP create and get", client.get_entity(entities[0].id).temperature.value == 20)
    client.entity_batch_operation(action_type=ActionTypeLD.UPSERT, entities=entities)
    step("FiLiP batch upsert and list", len(client.get_entity_list(entity_type="Room")) == 5)
    step("FiLiP list by idPattern alone", len(client.get_entity_list(id_pattern="^urn:ngsi-ld:Room:[34]$")) == 2)
    step("FiLiP q", len(client.get_entity_list(entity_type="Room", q="temperature>22")) == 2)
    client.append_entity_attributes(
        ContextLDEntity(id=entities[0].id, type="Room", light={"type": "Property", "value": 1})
    )
    client.update_entity_attribute(
        entity_id=entities[0].id, attr=NamedContextProperty(name="light", type="Property", value=2), attr_name="light"
    )
    step("FiLiP append and update an attribute", client.get_entity(entities[0].id).light.value == 2)
    client.delete_attribute(entity_id=entities[0].id, attribute_id="light")
    step("FiLiP delete an attribute", not hasattr(client.get_entity(entities[0].id), "light"))
    client.entity_batch_operation(action_type=ActionTypeLD.DELETE, entities=entities)
    step("FiLiP batch delete", client.get_entity_list(entity_type="Room") == [])


if __name__ == "__main__":
    ngsildclient(int(sys.argv[1]))
    filip(int(sys.argv[1]))
