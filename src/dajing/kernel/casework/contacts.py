"""How to reach whoever reported a case: encrypted per case, opened only for a stated purpose, each opening recorded.

A case's log names its parties by role and reference alone; the words behind ``contact:<id>`` are here and are gone for
good once the case's retention has ended.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from django.db import transaction

from dajing.kernel.casework import rules, store
from dajing.kernel.casework.events import Party
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Contact
from dajing.kernel.casework.privacy import CONTACT
from dajing.kernel.casework.reading import may_read
from dajing.kernel.casework.refusals import CaseUnknown, unable
from dajing.kernel.casework.service import doer
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger import keys
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Text

REFERENCE = "contact:"
LONGEST = 120  # characters of each part
PURPOSE = Text(zh="请说明查看联系方式的用途。", en="Say what the contact is needed for.")
NOT_YOURS = Text(
    zh="只有经办人、登记单位和有权交办的人可以查看联系方式。",
    en="Only who holds the case, who opened it and who may assign it see the contact.",
)
TOO_LONG = Text(
    zh=f"姓名、电话、住址各不超过 {LONGEST} 字。", en=f"Name, telephone and address: at most {LONGEST} characters each."
)
GONE = Text(zh="没有联系方式，或已依规删除。", en="There is no contact, or it was erased under the retention rule.")
NO_TELEPHONE = Text(
    zh="电话只能由数字、空格、+、- 和括号组成。", en="A telephone number is digits, blanks, +, - and brackets."
)


class Reporter(msgspec.Struct, frozen=True, kw_only=True):
    """Who reported, as far as told."""

    name: str = ""
    telephone: str = ""
    address: str = ""


def subject_of(*, case: str) -> str:
    """The key under which the contacts of a case are encrypted."""
    return f"{CONTACT}{case}"


def faults(*, given: Reporter) -> list[Text]:
    """What is wrong with what was typed."""
    parts = (given.name, given.telephone, given.address)
    found = [TOO_LONG] if any(len(part) > LONGEST for part in parts) else []
    return found if set(given.telephone) <= set("0123456789 +-()（）") else [*found, NO_TELEPHONE]


def keep(*, case: str, given: Reporter) -> tuple[Party, ...]:
    """Keep the contact inside the caller's transaction; the party that the case's log names, none where nothing is
    told. The same case again keeps what is there."""
    if found := faults(given=given):
        raise unable(reasons=found)
    if given == Reporter():
        return ()
    id = hashlib.sha256(f"{case}/reporter".encode()).hexdigest()[:32]
    if not Contact.objects.filter(pk=id).exists():
        sealed = keys.conceal(subject=subject_of(case=case), body=msgspec.json.encode(given))
        Contact.objects.create(id=id, case=case, sealed=sealed)
    return (Party(role="reporter", reference=f"{REFERENCE}{id}"),)


def may_open(*, kind: CaseKind, state: CaseState, by: Actor) -> bool:
    """Whether the actor's work needs the contact: holder, opener's department, or one who may assign it."""
    who = doer(by=by)
    at_work = rules.holds(doer=who, assignment=state.assignment) or bool(by.roles.intersection(kind.assigners))
    return at_work or (by.department is not None and by.department == state.opened_from)


def reveal(*, case: str, purpose: str, by: Actor, at: datetime) -> Reporter | None:
    """The contact, with a ledger entry of who opened it and what for; None once erased or where there is none.

    Raises ``CaseUnknown``, or ``UnableToAct`` for one who has no need of it or gives no purpose.
    """
    if not may_read(case=case, by=by):
        raise CaseUnknown(case=case)
    kind, state = store.read(case=case)
    reasons = [] if may_open(kind=kind, state=state, by=by) else [NOT_YOURS]
    if not purpose.strip() or len(purpose) > LONGEST:
        reasons.append(PURPOSE)
    if reasons:
        raise unable(reasons=reasons)
    row = Contact.objects.filter(case=case).first()
    if row is None:
        return None
    with transaction.atomic():
        detail = {"purpose": purpose.strip()}
        record(act="casework.contact.opened", by=by, at=at, subject=f"case:{case}", detail=detail)
    clear = keys.reveal(subject=subject_of(case=case), body=bytes(row.sealed))
    return None if clear is None else msgspec.json.decode(clear, type=Reporter)
