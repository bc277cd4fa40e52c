"""What the network does when the centre starts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dajing.domains.network.jobs import draw
from dajing.domains.network.models import Run
from dajing.domains.network.setup import draw_again
from dajing.kernel.jobs.api import jobs

AT = datetime(2020, 5, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_maps_that_a_backup_leaves_out_are_drawn_again_by_one_job() -> None:
    draw_again()
    assert jobs(limit=9, unfinished=True) == [], "without a run there is nothing to draw"
    Run.objects.create(on=date(2020, 4, 30), known_at=AT, digest="d" * 64, inputs={}, at=AT, by="t", synthetic=True,
                       total=1, finished_at=AT)  # fmt: skip
    draw_again()
    draw_again()
    assert [job.task for job in jobs(limit=9, unfinished=True)] == [draw.module_path]
