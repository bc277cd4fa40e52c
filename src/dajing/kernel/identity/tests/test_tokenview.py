"""The view of tokens for processes without Django, on the tables that Django made."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from dajing.kernel.identity import tokens
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import ApiToken, Department
from dajing.kernel.identity.tokenview import RowsUnread, TokenView

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]

SYSTEM = Actor(id="person:901", name="系统", roles=frozenset({"admin.system"}))


def view():
    """A view of the store that these tests run on."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return TokenView(path=Path(str(given["NAME"])))
    from psycopg.conninfo import make_conninfo

    place = {name.lower(): given[name] for name in ("HOST", "PORT", "USER", "PASSWORD") if given[name]}
    return TokenView(path=Path("unused"), url=make_conninfo(dbname=given["NAME"], **place, **given["OPTIONS"]))


@pytest.fixture
def secret():
    office = Department.objects.create(
        pk="water", name_zh="水务局", name_en="Water", kind="city", area="130700", valid_from=date(2015, 1, 1)
    )
    now = datetime.now(UTC)
    made = {"id": "gauge", "name": "水位计", "department": office, "tenant": "shuiwu", "per_minute": 60}
    client = tokens.make_client(**made, by=SYSTEM, at=now)
    end = now + timedelta(days=1)
    return tokens.issue(client=client, scopes=frozenset({"plan.fill"}), expires_at=end, by=SYSTEM, at=now)


def test_the_view_tells_what_was_issued_and_knows_no_other_token(secret):
    now, seen = datetime.now(UTC), view()
    found = seen.find(secret=secret, at=now)
    assert (found.client, found.department, found.tenant) == ("gauge", "water", "shuiwu")
    assert (found.scopes, found.per_minute) == (frozenset({"plan.fill"}), 60)
    assert seen.find(secret=secret + "x", at=now) is None
    assert seen.find(secret="", at=now) is None


def test_a_token_ends_at_its_end_exactly(secret):
    end, seen = ApiToken.objects.get().expires_at, view()
    assert seen.find(secret=secret, at=end - timedelta(microseconds=1))
    assert seen.find(secret=secret, at=end) is None


def test_a_revocation_takes_effect_within_a_second(secret):
    seen = view()
    assert seen.find(secret=secret, at=datetime.now(UTC))
    tokens.revoke(token=ApiToken.objects.get(), by=SYSTEM, at=datetime.now(UTC))
    revoked = time.monotonic()
    while seen.find(secret=secret, at=datetime.now(UTC)):
        assert time.monotonic() - revoked < 1.0
        time.sleep(0.02)


def test_within_its_second_the_view_asks_the_store_nothing(secret):
    seen = view()
    seen.find(secret=secret, at=datetime.now(UTC))
    seen._connect = seen._read = None  # any question would now fail
    assert seen.find(secret=secret, at=datetime.now(UTC))


def test_an_absent_store_is_said_without_its_password(tmp_path):
    with pytest.raises(RowsUnread, match="rows.db"):
        TokenView(path=tmp_path / "rows.db").find(secret="x", at=datetime.now(UTC))
    lost = TokenView(path=tmp_path, url="postgresql://dajing:hidden@127.0.0.1:1/rows")
    with pytest.raises(RowsUnread) as refusal:
        lost.find(secret="x", at=datetime.now(UTC))
    assert "hidden" not in refusal.value.message.en


def test_the_view_works_where_django_cannot_be_imported(tmp_path):
    program = (
        "import sys; sys.modules['django'] = None\n"
        "from datetime import UTC, datetime\nfrom pathlib import Path\n"
        "import pysqlite3\nfrom dajing.kernel.identity.tokenview import TokenView\n"
        "rows = pysqlite3.connect(sys.argv[1])\n"
        "rows.execute('CREATE TABLE identity_apiclient(id, department_id, tenant, per_minute)')\n"
        "rows.execute('CREATE TABLE identity_apitoken(digest, client_id, scopes, expires_at, revoked_at)')\n"
        "rows.commit()\n"
        "assert TokenView(path=Path(sys.argv[1])).find(secret='x', at=datetime.now(UTC)) is None\n"
        "print('fine')\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "rows.db")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "fine", done.stderr
