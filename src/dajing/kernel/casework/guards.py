"""Who may open what is attached to a case: whoever may read the case."""

from __future__ import annotations

from dajing.kernel.casework.reading import may_read
from dajing.kernel.identity.actor import Actor


def reads_case(case: str, by: Actor) -> bool:
    """Whether the actor may read ``case``."""
    return may_read(case=case, by=by)


READERS = {"case": reads_case}
