"""Navigation entry of the planner's desk."""

from __future__ import annotations

from dajing.domains.network.api import VIEW
from dajing.kernel.text import Text
from dajing.kernel.ui.panels import navigate

navigate(id="planner", title=Text(zh="网络规划席", en="Planner's desk"), view="planner", order=30, audience=VIEW)
