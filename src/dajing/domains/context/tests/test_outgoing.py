"""The broker calls public addresses; loopback and private ones only where the settings name them."""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest

from dajing.domains.context.broker.contexts import Contexts
from dajing.domains.context.broker.outgoing import NotAllowed, Outgoing
from dajing.domains.context.ngsi.errors import LdContextNotAvailable

PRIVATE = ("127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1", "0.0.0.0")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_unless_the_settings_name_it(address: str) -> None:
    assert not Outgoing(allowed="").permits(host=address, address=address)
    network = f"{address}/32" if ":" not in address else f"{address}/128"
    if not address.startswith("::ffff"):
        assert Outgoing(allowed=f"gis.city.lan, {network}").permits(host=address, address=address)


def test_a_named_host_may_be_private_and_a_public_address_needs_no_name() -> None:
    rule = Outgoing(allowed="gis.city.lan")
    assert rule.permits(host="GIS.city.lan", address="10.0.0.8")
    assert not rule.permits(host="other.city.lan", address="10.0.0.8")
    assert rule.permits(host="example.org", address="93.184.216.34")


async def test_a_name_that_leads_to_loopback_is_refused_when_it_is_looked_up() -> None:
    with pytest.raises(NotAllowed):
        await Outgoing(allowed="").address(host="localhost", port=80)


async def test_a_subscription_to_a_private_address_is_refused_in_words(city: httpx.AsyncClient) -> None:
    body = {
        "type": "Subscription", "entities": [{"type": "Lamp"}],
        "notification": {"endpoint": {"uri": "http://169.254.169.254/latest/meta-data"}},
    }  # fmt: skip
    answer = await city.post("/subscriptions", json=body)
    assert answer.status_code == 400
    assert "may_call" in answer.json()["detail"]


@pytest.fixture
def redirecting() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.2:9/secret.jsonld")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/context.jsonld"
    server.shutdown()


@pytest.mark.parametrize(("allowed", "why"), [("", "private"), ("127.0.0.1", "127.0.0.2 is a private")])
async def test_a_context_is_not_fetched_from_inside_not_even_by_a_redirection(
    redirecting: str, allowed: str, why: str
) -> None:
    contexts = Contexts(outgoing=Outgoing(allowed=allowed))
    with pytest.raises(LdContextNotAvailable, match=why):
        await asyncio.wait_for(contexts.download(redirecting), 30)
