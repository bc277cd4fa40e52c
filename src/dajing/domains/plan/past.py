"""The moment a visitor asks for, and how many past states visitors who have not signed in may have computed."""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from dajing.domains.plan.pack import Plan
from dajing.domains.plan.readings.snapshots import is_stored
from dajing.kernel.text import Refusal, Text
from dajing.kernel.ui.moment import as_of

MOST, HOUR = 60, 3600.0
_computed: deque[float] = deque()
_lock = threading.Lock()


class TooManyPasts(Refusal):
    """Visitors have had as many past states computed as an hour allows."""

    status = 429
    text = Text(
        zh="这一天的数据需要重新计算，本小时公众可算的次数已用完；请稍后再看，或登录后查看。",
        en="The state of this day would have to be computed, and visitors have used up what an hour allows; "
        "come back later, or sign in.",
    )


def moment_of(*, request: HttpRequest, plan: Plan) -> datetime | None:
    """The ``as_of`` of a request for ``plan`` (None: now); days before its base year are one and the same.

    Raises ``TooManyPasts`` where a visitor who has not signed in asks for a state that is not stored, once visitors
    have had ``MOST`` computed within an hour.
    """
    moment = as_of(request).moment
    if moment is None:
        return None
    first = timezone.make_aware(datetime(plan.base_year, 1, 1))
    moment = max(moment, first)
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    if not known and moment < timezone.now() and not is_stored(plan=plan, as_of=moment):
        _count()
    return moment


def _count() -> None:
    now = time.monotonic()
    with _lock:
        while _computed and _computed[0] < now - HOUR:
            _computed.popleft()
        if len(_computed) >= MOST:
            raise TooManyPasts
        _computed.append(now)
