"""Navigation of the live city."""

from __future__ import annotations

from dajing.kernel.text import Text
from dajing.kernel.ui.panels import navigate

navigate(id="context", title=Text(zh="城市感知", en="Live city"), view="context", order=20)
