import pytest
from django.db import connection


@pytest.mark.django_db
def test_rows_are_kept_by_a_recent_sqlite_in_wal_mode():
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()")
        version = tuple(int(part) for part in cursor.fetchone()[0].split("."))
    assert version >= (3, 51, 3)
    assert connection.features.max_query_params == 32766


@pytest.mark.django_db
def test_a_person_is_written_and_read_back():
    from dajing.kernel.identity.models import Person

    Person.objects.create_user("li", "correct horse", name="李四")
    assert Person.objects.get(login="li").check_password("correct horse")
