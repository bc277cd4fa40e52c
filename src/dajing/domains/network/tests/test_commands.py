"""``dajing network`` asked for what it has not: every answer says what to ask for instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from dajing.domains.network.commands import network
from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.coverage import reading, service
from dajing.domains.network.coverage.profile import spot
from dajing.domains.network.coverage.refusals import FileNotWritten, NoProfile, SectorUnknown
from dajing.domains.network.coverage.state import state
from dajing.domains.network.register.service import load
from dajing.domains.network.tests.test_coverage import FILES
from dajing.kernel.areas.api import AreaUnknown
from dajing.kernel.identity.actor import system
from dajing.kernel.spreadsheet.files import FileUnreadable

AT, ON, BY = datetime(2020, 5, 1, tzinfo=UTC), date(2020, 4, 30), system("test")


def put(register: str, text: str, at: datetime, **more: bool) -> None:
    rows = rows_of(register=register, name="f.csv", body=text.encode())
    load(register=register, name="f.csv", body=text.encode(), rows=rows, by=BY, at=at, **more)


@pytest.fixture
def loaded(db: None) -> None:
    for register, form in FILES.items():
        put(register, form.format(x=114.885, y=40.768), AT)


@pytest.fixture
def computed(loaded: None) -> None:
    service.work(run=service.begin(on=ON, known_at=AT, by=BY, at=AT), by=BY, at=AT, seen=lambda done, total: None)


def say(*words: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(network, words)
    return result.exit_code, result.output, result.exception


@pytest.mark.usefixtures("computed")
def test_what_there_is_not_is_refused_in_words(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "file")
    for words, refusal in (
        (("coverage", "--area", "nonsense"), AreaUnknown),
        (("coverage", "--area", "130700"), AreaUnknown),
        (("gaps", "--unit", "999"), AreaUnknown),
        (("gaps", "--xlsx", nowhere), FileNotWritten),
        (("fibre", "export", nowhere + ".json"), FileNotWritten),
        (("fibre", "import", nowhere + ".json"), FileUnreadable),
        (("fibre", "import", str(tmp_path)), FileUnreadable),
        (("profile", "130702001025", "--sector", "nope"), SectorUnknown),
        (("profile", "130702001025", "--service", "radio"), NoProfile),
    ):
        code, _, error = say(*words)
        assert code == 1 and isinstance(error, refusal), (words, error)
        assert error.message.zh and error.message.en  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_an_option_that_makes_no_sense_is_a_matter_of_usage() -> None:
    for words in (("coverage", "--compute", "--on", "notadate"), ("coverage", "--compute", "--on", "0000-13-99"),
                  ("coverage", "--on", "2020-04-30"), ("gaps", "--limit", "-5")):  # fmt: skip
        assert say(*words)[0] == 2, words


@pytest.mark.usefixtures("computed")
def test_figures_say_that_their_limit_is_unconfirmed_and_that_they_are_synthetic() -> None:
    for words in (("coverage",), ("gaps", "--limit", "2")):
        code, output, _ = say(*words, "--language", "en")
        assert code == 0 and "limit unconfirmed: " in output and "synthetic" in output, output
    code, output, _ = say("profile", "114.90，40.80", "--language", "en")
    assert code == 0 and "Median RSRP received" in output and " km" in output.splitlines()[-3]


@pytest.mark.usefixtures("computed")
def test_computing_shows_the_run_of_the_day_asked_for_though_a_newer_one_is_there() -> None:
    found = {day: say("coverage", "--compute", "--on", day, "--language", "en") for day in ("2020-05-02", "2020-04-29")}
    for day, (code, output, _) in found.items():
        assert code == 0 and f"registers of {day}" in output, output


@pytest.mark.usefixtures("computed")
def test_one_operator_has_its_own_servers_and_a_dark_access_point_serves_nobody() -> None:
    run, wanted = reading.latest(), reading.service_of(id="4g")
    both = {server.sector.operator for server in spot(run=run, code="130702001025", service=wanted).servers}
    mine = {s.sector.operator for s in spot(run=run, code="130702001025", service=wanted, operator="乙").servers}
    assert (both, mine) == ({"甲", "乙"}, {"乙"})
    fibre = reading.service_of(id="fibre")
    assert spot(run=run, code="130702001025", service=fibre, operator="乙").node is None
    later = AT + timedelta(days=1)
    put("fibre_node", "id,operator,longitude,latitude,access,status\nN,甲,114.885,40.768,是,proposed\n", later)
    service.work(run=service.begin(on=ON, known_at=later, by=BY, at=later), by=BY, at=later, seen=lambda d, t: None)
    assert spot(run=reading.latest(), code="130702001025", service=fibre).node is None


@pytest.mark.usefixtures("loaded")
def test_sectors_whose_site_was_dismantled_are_named() -> None:
    later = AT + timedelta(days=1)
    put("site", "id,longitude,latitude\nS1,114.885,40.768\n", later, complete=True)
    assert state(on=later.date(), known_at=later).homeless == ("C",)
