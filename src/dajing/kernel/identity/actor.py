"""Who acts: the value that domain code takes as ``by``."""

from __future__ import annotations

import msgspec


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a post, an API client, or the system itself, as the author of an act.

    ``id`` is ``person:<pk>``, ``client:<id>`` or ``system:<job>``; ``roles`` are those of the posts held at that time.
    """

    id: str
    name: str
    department: str | None = None
    post: str | None = None
    areas: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def may(self, role: str) -> bool:
        """Whether one of the posts held carries ``role``."""
        return role in self.roles


def system(job: str) -> Actor:
    """The system as author, named by the job that acts."""
    return Actor(id=f"system:{job}", name=f"system:{job}", roles=frozenset({"system"}))
