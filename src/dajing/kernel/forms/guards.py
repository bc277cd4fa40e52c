"""Who may open what is attached to drafts and to forms that were sent."""

from __future__ import annotations

from dajing.kernel.forms.models import Draft, Submission
from dajing.kernel.forms.service import holders_of, may_read
from dajing.kernel.identity.actor import Actor


def reads_draft(draft: str, by: Actor) -> bool:
    """The person or post that may go on with the draft."""
    return Draft.objects.filter(pk=draft, holder__in=holders_of(by=by)).exists()


def reads_submission(submission: str, by: Actor) -> bool:
    """Those who may read the form that was sent."""
    row = Submission.objects.filter(pk=submission).first()
    return row is not None and may_read(submission=row, by=by)


READERS = {"draft": reads_draft, "submission": reads_submission}
