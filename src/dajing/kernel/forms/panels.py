"""Navigation entry of forms."""

from __future__ import annotations

from dajing.kernel.text import Text
from dajing.kernel.ui.panels import SIGNED_IN, navigate

navigate(id="forms", title=Text(zh="填表", en="Forms"), view="forms", order=30, audience=SIGNED_IN)
