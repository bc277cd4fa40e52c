from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger import api, proof, verification
from dajing.kernel.ledger.models import Entry, Head, Leaf, Node

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]

AT = datetime(2018, 6, 30, 8, tzinfo=UTC)
OFFICER = Actor(id="person:7", name="李四")


def record(count=1, **values):
    given = {"act": "plan.slot.filled", "subject": "plan:zjk-135/slot:p1", "detail": {"版本": 1}} | values
    with transaction.atomic():
        return [api.record(by=OFFICER, at=AT + timedelta(seconds=n), **given) for n in range(count)]


def test_recorded_acts_are_sealed_in_order_without_a_gap_and_verify():
    record(13)
    assert api.seal(at=AT) == 13
    record(4)
    assert api.seal(at=AT) == 4
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(17))
    result = api.verify()
    assert (result.size, result.heads, result.unsealed, result.findings) == (17, 2, 0, ())


def test_an_act_that_is_rolled_back_leaves_no_entry():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        api.record(act="a.b", by=OFFICER, at=AT, subject="x", detail={})
        raise ZeroDivisionError
    assert Entry.objects.count() == 0


def test_recording_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="transaction"):
        api.record(act="a.b", by=OFFICER, at=AT, subject="x", detail={})


def test_a_proof_is_checked_by_the_stand_alone_command_and_a_forged_one_is_not(tmp_path):
    entries = record(9)
    api.seal(at=AT)
    file = tmp_path / "proof.json"
    good = api.prove(entry=entries[4])
    for forge, expected in (
        (None, 0),
        (("entry", "act", "plan.slot.emptied"), 1),
        (("head", "size", 8), 1),
        (("head", "root", "00" * 32), 1),
        (("body", None, "e30="), 1),
    ):
        forged = json.loads(json.dumps(good))
        if forge is not None:
            part, key, value = forge
            if key is None:
                forged[part] = value
            else:
                forged[part][key] = value
        file.write_text(json.dumps(forged))
        run = subprocess.run([sys.executable, "-m", "dajing.kernel.ledger.proof", str(file)], capture_output=True)
        assert run.returncode == expected, (forge, run.stdout)


def test_the_stand_alone_check_needs_neither_django_nor_the_database(tmp_path):
    record(3)
    api.seal(at=AT)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(api.prove(entry=Entry.objects.first().pk)))
    code = (
        "import sys\nfor name in ('django', 'pysqlite3', 'cryptography'): sys.modules[name] = None\n"
        f"from dajing.kernel.ledger import proof\nsys.exit(proof.main([{str(file)!r}]))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_entry_that_waits_for_the_sealer_cannot_be_proved_yet():
    entry = record()[0]
    with pytest.raises(api.UnableToProve, match="尚未封存"):
        api.prove(entry=entry)


def raw(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: Entry.objects.filter(pk=Leaf.objects.get(index=5).entry_id).update(act="plan.slot.emptied"),
        lambda: Entry.objects.filter(pk=Leaf.objects.get(index=5).entry_id).update(body=b"{}"),
        lambda: Leaf.objects.filter(index=5).delete(),
        lambda: Leaf.objects.filter(index__gte=7).delete(),
        lambda: Node.objects.filter(level=1, position=2).update(hash=bytes(32)),
        lambda: Node.objects.filter(level=2).delete(),
        lambda: Head.objects.filter(size=10).update(root="00" * 32),
        lambda: Head.objects.filter(size=10).update(at="2018-06-30T09:00:00.000000+00:00"),
        lambda: Head.objects.filter(size=10).delete(),
        lambda: Entry.objects.filter(pk=Leaf.objects.get(index=5).entry_id).update(sealed=False),
    ],
    ids=["act", "body", "leaf", "tail", "node", "level", "root", "time", "head", "unsealed"],
)
def test_every_kind_of_tampering_is_found(tamper):
    record(10)
    api.seal(at=AT)
    assert not api.verify().findings
    tamper()
    assert api.verify().findings


def test_two_entries_that_changed_places_are_found():
    record(6)
    api.seal(at=AT)
    two, three = Leaf.objects.get(index=2), Leaf.objects.get(index=3)
    a, b = two.entry_id, three.entry_id
    Leaf.objects.filter(index__in=[2, 3]).delete()
    Leaf.objects.create(index=2, entry_id=b, hash=two.hash, chain=two.chain)
    Leaf.objects.create(index=3, entry_id=a, hash=three.hash, chain=three.chain)
    assert {f.index for f in api.verify().findings} >= {2, 3}


def test_a_private_body_can_be_forgotten_and_every_proof_still_holds():
    entry = record(private=True, detail={"name": "王某", "phone": "138"}, subject="person:9")[0]
    record(3)
    api.seal(at=AT)
    assert api.detail_of(entry=entry) == {"name": "王某", "phone": "138"}
    assert "王某".encode() not in bytes(Entry.objects.get(pk=entry).body)
    assert api.erase(subject="person:9", by=OFFICER, at=AT)
    assert api.detail_of(entry=entry) is None
    api.seal(at=AT)
    assert not api.verify().findings
    assert not proof.faults(api.prove(entry=entry))


def test_two_sealers_and_two_writers_at_once_leave_no_gap_and_no_double():
    failures = []

    def work(task):
        try:
            for _ in range(5):
                task()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    tasks = [lambda: record(10), lambda: record(10), lambda: api.seal(at=AT), lambda: api.seal(at=AT)]
    threads = [threading.Thread(target=work, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    api.seal(at=AT)
    assert not failures
    result = api.verify()
    assert (result.size, result.unsealed, result.findings) == (100, 0, ())


def test_batches_of_any_size_give_the_same_root():
    with transaction.atomic():
        acts = [api.Act(act="a.b", subject=f"s{n}") for n in range(37)]
        assert api.record_many(acts=acts, by=OFFICER, at=AT) == 37
    from dajing.kernel.ledger import sealing

    sizes = iter([1, 2, 7, 1, 9, 17])
    while sealing.seal_batch(at=AT, limit=next(sizes, 100)):
        pass
    result = api.verify()
    assert result.size == 37
    assert not result.findings


def test_entries_cut_off_the_end_with_their_heads_are_missed():
    record(5)
    api.seal(at=AT)
    record(3)
    api.seal(at=AT)
    Head.objects.filter(size=8).delete()
    Node.objects.filter(level=1, position__gte=2).delete()
    Node.objects.filter(level=2, position=1).delete()
    Node.objects.filter(level=3).delete()
    Leaf.objects.filter(index__gte=5).delete()
    Entry.objects.filter(leaf=None).delete()
    assert [f.message.en for f in api.verify().findings] == [
        "the end was cut off: 8 entries had been sealed, 5 are there"
    ]


def test_a_leaf_a_subtree_or_a_sealed_entry_beside_the_tree_is_found():
    record(4)
    api.seal(at=AT)
    record(1)
    Entry.objects.filter(sealed=False).update(sealed=True)
    assert "not in the tree" in api.verify().findings[0].message.en
    loose = Entry.objects.get(leaf=None)
    Leaf.objects.create(index=4, entry=loose, hash=b"x" * 32, chain=b"x" * 32)
    assert "no head signs" in api.verify().findings[0].message.en
    Leaf.objects.filter(index=4).delete()
    loose.delete()
    Node.objects.create(level=2, position=5, hash=b"x" * 32)
    assert "nodes" in api.verify().findings[0].message.en


def test_a_check_during_sealing_finds_nothing_wrong(monkeypatch):
    record(3)
    api.seal(at=AT)
    record(4)
    load = verification._NodeCheck._load

    def sealing_meanwhile(self, level, position):
        api.seal(at=AT)
        load(self, level, position)

    monkeypatch.setattr(verification._NodeCheck, "_load", sealing_meanwhile)
    assert api.verify().findings == ()
    assert Head.objects.count() == 2


def test_a_ledger_sealed_anew_with_another_key_is_found():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from dajing.kernel.ledger.proof import head_bytes

    record(4)
    api.seal(at=AT)
    head = Head.objects.get()
    forger = Ed25519PrivateKey.generate()
    signed = head_bytes(size=head.size, root=head.root, chain=head.chain, at=head.at)
    key = forger.public_key().public_bytes_raw().hex()
    Head.objects.update(key=key, signature=forger.sign(signed).hex())
    assert api.verify().findings
    forged = api.prove(entry=Entry.objects.first().pk)
    assert not proof.faults(forged)
    assert proof.faults(forged, key="00" * 32)


def test_a_body_concealed_before_an_erasure_stays_unreadable_after_a_new_one():
    first = record(private=True, detail={"n": 1}, subject="person:9")[0]
    api.erase(subject="person:9", by=OFFICER, at=AT)
    second = record(private=True, detail={"n": 2}, subject="person:9")[0]
    assert api.detail_of(entry=first) is None
    assert api.detail_of(entry=second) == {"n": 2}
