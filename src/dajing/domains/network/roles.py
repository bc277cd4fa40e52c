"""Who may see base stations, ducts and fine terrain, and who may change the registers."""

from __future__ import annotations

from dajing.kernel.text import Text

VIEW, MANAGE = "network.view", "network.manage"

ROLES = {
    VIEW: Text(zh="查看网络台账与覆盖（内部）", en="See network registers and coverage (internal)"),
    MANAGE: Text(zh="维护网络台账、测算覆盖", en="Keep network registers and compute coverage"),
}
