import errno
import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.utils import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from dajing.kernel.web.full_disk import FullDisk

middleware = FullDisk(lambda _request: HttpResponse())


def asked(path, error):
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    return middleware.process_exception(request, error)


@pytest.mark.django_db
def test_a_full_disk_is_said_on_a_page_and_to_a_program():
    page = asked("/plan/", OperationalError("database or disk is full"))
    assert page.status_code == 507
    assert "磁盘已满" in page.content.decode()
    problem = asked("/api/v1/plan/reports", OSError(errno.ENOSPC, "No space left on device"))
    assert problem.status_code == 507
    assert json.loads(problem.content)["status"] == 507


def test_any_other_failure_is_left_alone():
    assert asked("/plan/", ValueError("no")) is None
    assert asked("/plan/", OSError(errno.ENOENT, "no such file")) is None
