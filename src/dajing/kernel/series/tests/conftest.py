from itertools import count

import pytest

from dajing.kernel.series import declarations
from dajing.kernel.series.api import declare

_numbers = count()


@pytest.fixture
def stream():
    """A stream of its own for each test, because history outlives the rolled-back rows of a test."""
    name = f"trial.counts_{next(_numbers)}"
    declare(
        stream=name,
        columns={"record_id": "!string", "area": "string", "value": "float64", "revision": "int32"},
    )
    yield name
    declarations._streams.pop(name)
