"""The demo's actions go through the same engine: each ends where its script says, twice is once, all is marked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dajing.domains.plan.demo.acting import Stage
from dajing.domains.plan.demo.loading import scripted_actions
from dajing.domains.plan.loading import plan as load_plan
from dajing.kernel.casework import store
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow
from dajing.kernel.identity.loading import load

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
STATES = {
    "online-services-2018": "closed", "iptv-2019": "closed", "ecommerce-2020": "closed", "iptv-carried": "given",
    "park-wifi-carried": "given", "online-services-carried": "reported", "fibre-carried": "proposed",
}  # fmt: skip


def test_every_action_ends_where_its_script_says_and_playing_again_changes_nothing():
    load()
    stage = Stage(plan=load_plan(), until=NOW)
    played = {script.id: stage.play(script=script) for script in scripted_actions()}
    assert {id: state.state for id, state in played.items()} == STATES
    lines = CaseEvent.objects.count()
    for script in scripted_actions():
        stage.play(script=script)
    assert (CaseEvent.objects.count(), Case.objects.count()) == (lines, len(STATES))
    assert store.differing() == []
    late = ClockRow.objects.filter(stopped=None, due__lte=NOW).values_list("case", flat=True)
    assert list(late) == [played["park-wifi-carried"].id]
    extended = played["iptv-2019"]
    assert (extended.returned, extended.fields["until"], extended.contributed) == (1, "2019-12-24", ("zjk-txb",))
