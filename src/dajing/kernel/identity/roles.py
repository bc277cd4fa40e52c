"""All roles there are: the kernel's own three administrators and those that slices declare in their ``roles.py``."""

from __future__ import annotations

import functools

from dajing.kernel.identity.refusals import NotYours
from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.text import Text

SYSTEM, SECURITY, AUDIT = "admin.system", "admin.security", "admin.audit"
SEPARATE = frozenset({SYSTEM, SECURITY, AUDIT})

ROLES = {
    SYSTEM: Text(zh="系统管理员", en="System administrator"),
    SECURITY: Text(zh="安全管理员", en="Security administrator"),
    AUDIT: Text(zh="审计管理员", en="Audit administrator"),
}


@functools.cache
def known_roles() -> dict[str, Text]:
    """Every role with its name. Raises ``ValueError`` when two slices declare the same."""
    found: dict[str, Text] = {}
    for part in (*kernel_parts(name="roles"), *slice_parts(name="roles")):
        for role, title in part.ROLES.items():
            if role in found:
                raise ValueError(f"the role {role} is declared twice")
            found[role] = title
    return found


def not_yours(*, role: str) -> NotYours:
    """The refusal that names the missing role in both languages."""
    title = known_roles()[role]
    refusal = NotYours(role=title.en)
    refusal.message = Text(zh=NotYours.text.zh.format(role=title.zh), en=refusal.message.en)
    return refusal
