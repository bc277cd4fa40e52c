import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from dajing.kernel.settings import Settings
from dajing.kernel.supervisor.lock import AlreadyRunning, hold
from dajing.kernel.upkeep import upgrade as upgrading
from dajing.kernel.upkeep.refusals import UnableToUpgrade

pytestmark = pytest.mark.fault  # each starts whole processes
AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def old_city(tmp_path):
    """A directory whose last migration of the jobs is still due."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "dajing", "manage", "migrate", "--verbosity", "0", "bus"]
    subprocess.run(command, env={**os.environ, "DAJING_DATA": str(data)}, check=True)
    return data


def tables(data):
    from pysqlite3 import dbapi2

    connection = dbapi2.connect(str(data / "rows.db"))
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return names


def test_an_upgrade_migrates_and_keeps_the_backup_from_before(old_city):
    assert "jobs_job" not in tables(old_city)
    saved = upgrading.upgrade(settings=Settings(data=old_city), at=AT)
    assert "jobs_job" in tables(old_city)
    assert saved.name == "data-before-20260301T083000.tar.gz"
    assert saved.exists()


def test_an_upgrade_that_does_not_verify_is_rolled_back(old_city):
    # the ledger's or any later check says no: here a table stands in the way of a migration
    from pysqlite3 import dbapi2

    connection = dbapi2.connect(str(old_city / "rows.db"))
    connection.execute("CREATE TABLE jobs_job(x)")
    connection.commit()
    connection.close()
    before = tables(old_city)
    with pytest.raises(UnableToUpgrade) as refused:
        upgrading.upgrade(settings=Settings(data=old_city), at=AT)
    assert tables(old_city) == before
    assert "jobs_job" in str(refused.value.values["why"])
    assert (old_city.parent / "data-failed-20260301T083000").is_dir()


def test_a_running_centre_is_not_upgraded_under_its_feet(old_city):
    with hold(data=old_city), pytest.raises(AlreadyRunning):
        upgrading.upgrade(settings=Settings(data=old_city), at=AT)


KILLED = """
import os, signal
from dajing.kernel.web.start import start
start()
from django.core.management import call_command
from django.db.backends.base.schema import BaseDatabaseSchemaEditor as Editor
from django.db.migrations.recorder import MigrationRecorder
left = {left}
def fatal(function):
    def counted(*given, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)
    return counted
Editor.execute = fatal(Editor.execute)
MigrationRecorder.record_applied = fatal(MigrationRecorder.record_applied)
call_command("migrate", verbosity=0, interactive=False)
"""


@pytest.mark.parametrize("left", [23, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 60, 111))])
def test_a_migration_killed_at_any_statement_goes_on_where_it_was(old_city, left):
    from pysqlite3 import dbapi2

    environment = {**os.environ, "DAJING_DATA": str(old_city)}
    killed = subprocess.run([sys.executable, "-c", KILLED.format(left=left)], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    command = [sys.executable, "-m", "dajing", "manage", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)
    assert {"jobs_job", "plan_report", "ledger_entry"} <= tables(old_city)
    connection = dbapi2.connect(str(old_city / "rows.db"))
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
