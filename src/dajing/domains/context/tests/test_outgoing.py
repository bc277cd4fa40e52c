"""The broker calls public addresses; loopback and private ones only where the settings name them."""

from __future__ import annotations

import asyncio
import contextlib
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


async def test_contexts_that_drip_for_ever_are_given_up_and_hold_no_other_one_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dajing.domains.context.broker.contexts.FETCH_SECONDS", 1.0)
    good = b'{"@context": {"height": "http://example.org/height"}}'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        slow = b"drip" in asked
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (100_000 if slow else len(good)))
        with contextlib.suppress(ConnectionError):
            while slow:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.write(good)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    contexts = Contexts(outgoing=Outgoing(allowed="127.0.0.1"))
    async with asyncio.timeout(30):
        dripping = [asyncio.create_task(contexts.download(f"{address}/drip{n}")) for n in range(12)]
        await asyncio.sleep(0.1)
        found = await contexts.download(f"{address}/good")
        assert not any(task.done() for task in dripping)
        refused = await asyncio.gather(*dripping, return_exceptions=True)
    server.close()
    assert found.document["@context"]["height"] == "http://example.org/height"
    assert all("longer than 1 seconds" in str(error) for error in refused)


@pytest.mark.parametrize("address", ["64:ff9b::7f00:1", "64:ff9b::a01:203", "2002:7f00:1::1", "::ffff:10.0.0.1"])
def test_a_private_address_inside_a_public_one_is_private(address: str) -> None:
    assert not Outgoing(allowed="").permits(host=address, address=address)
    assert Outgoing(allowed="").permits(host="64:ff9b::808:808", address="64:ff9b::808:808")
