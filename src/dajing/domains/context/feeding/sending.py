"""Sending batches to the broker over HTTP, as any other system would."""

from __future__ import annotations

from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec

from dajing.kernel.text import Refusal, Text

PATH = "/ngsi-ld/v1/entityOperations/upsert?options=update"
BATCH = 300
SECONDS = 30.0


class BrokerUnreachable(Refusal):
    """The broker took nothing."""

    text = Text(
        zh="城市感知平台（{host}:{port}）没有收下数据：{reason}。请看 dajing doctor。",
        en="The broker at {host}:{port} did not take the data: {reason}. See dajing doctor.",
    )


def send(*, entities: Sequence[dict[str, Any]], host: str, port: int, token: str) -> int:
    """Upsert entities in batches; returns how many. Raises ``BrokerUnreachable``; sending again is harmless."""
    connection = HTTPConnection(host, port, timeout=SECONDS)
    try:
        for start in range(0, len(entities), BATCH):
            body = msgspec.json.encode(entities[start : start + BATCH])
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
    return len(entities)
