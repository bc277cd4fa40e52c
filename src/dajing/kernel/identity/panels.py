"""Navigation of the three administrators."""

from __future__ import annotations

from dajing.kernel.identity.roles import AUDIT, SECURITY, SYSTEM
from dajing.kernel.text import Text
from dajing.kernel.ui.panels import navigate

navigate(
    id="admin-system", title=Text(zh="系统管理", en="Administration"), view="admin-people", order=90, audience=SYSTEM
)
navigate(
    id="admin-security", title=Text(zh="安全管理", en="Security"), view="admin-approvals", order=91, audience=SECURITY
)
navigate(id="admin-audit", title=Text(zh="审计", en="Audit"), view="admin-ledger", order=92, audience=AUDIT)
