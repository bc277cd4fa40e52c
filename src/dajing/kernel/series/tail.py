"""The hot tail as Arrow."""

from __future__ import annotations

import pyarrow as pa

from dajing.kernel.series.columns import decode
from dajing.kernel.series.declarations import Stream
from dajing.kernel.series.models import Batch


def facts(*, stream: Stream) -> pa.Table:
    """Every fact of the tail."""
    rows = Batch.objects.filter(stream=stream.name).order_by("id").values_list("known_at", "count", "body")
    return decode(stream=stream, batches=rows.iterator())
