"""Navigation entry of the department's desk."""

from __future__ import annotations

from dajing.kernel.text import Text
from dajing.kernel.ui.panels import SIGNED_IN, navigate

navigate(
    id="department", title=Text(zh="部门席", en="Department desk"), view="department", order=20, audience=SIGNED_IN
)
