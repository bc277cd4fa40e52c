"""Who may open what is attached to a case: whoever may read the case."""

from __future__ import annotations

from dajing.kernel.casework.reading import visible
from dajing.kernel.identity.actor import Actor


def reads_case(case: str, by: Actor) -> bool:
    """Whether the actor may read ``case``."""
    return visible(by=by).filter(pk=case).exists()


READERS = {"case": reads_case}
