"""Navigation and panel of the work list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from dajing.kernel.casework.worklist.contents import summary
from dajing.kernel.identity.api import actor_of
from dajing.kernel.text import Text
from dajing.kernel.ui.moment import AsOf
from dajing.kernel.ui.panels import SIGNED_IN, navigate, panel

navigate(id="work", title=Text(zh="待办", en="Work list"), view="work", order=15, audience=SIGNED_IN)


@panel(
    id="casework.work", title=Text(zh="待办事项", en="Work waiting"), template="casework/panel.html", order=4,
    audience=SIGNED_IN,
)  # fmt: skip
def waiting(request: HttpRequest, as_of: AsOf) -> dict[str, Any]:
    """The most urgent cases of the visitor and of the department; always as it is now, for an act is always now."""
    at = datetime.now(UTC)
    return summary(by=actor_of(request=request, at=at), at=at)
