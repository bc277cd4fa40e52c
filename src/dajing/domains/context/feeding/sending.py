"""Sending batches to the broker over HTTP, as any other system would."""

from __future__ import annotations

from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from itertools import batched
from typing import Any

import msgspec

from dajing.kernel.text import Refusal, Text

PATH = "/ngsi-ld/v1/entityOperations/upsert?options=update"
FILE = "demo-feeds.token"  # in the data directory: the secret of the demo's feeds
BATCH = 300
SECONDS = 30.0


class BrokerUnreachable(Refusal):
    """The broker took nothing."""

    text = Text(
        zh="城市感知平台（{host}:{port}）没有收下数据：{reason}。请看 dajing doctor。",
        en="The broker at {host}:{port} did not take the data: {reason}. See dajing doctor.",
    )


def send(*, entities: Iterable[dict[str, Any]], host: str, port: int, token: str) -> int:
    """Upsert entities in batches, never holding more than one; returns how many.

    Raises ``BrokerUnreachable``; sending again is harmless.
    """
    connection, total = HTTPConnection(host, port, timeout=SECONDS), 0
    try:
        for batch in batched(entities, BATCH):
            body = msgspec.json.encode(batch)
            total += len(batch)
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status not in (201, 204):
                raise BrokerUnreachable(host=host, port=port, reason=f"HTTP {answer.status} {said[:300]!r}")
    except (OSError, HTTPException) as error:
        raise BrokerUnreachable(host=host, port=port, reason=error) from error
    finally:
        connection.close()
    return total
