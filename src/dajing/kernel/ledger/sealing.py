"""The one sealer: gives recorded entries their index, chain hash and place in the tree, and signs the head."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import transaction

from dajing.kernel.ledger import mark, merkle
from dajing.kernel.ledger.keys import signing_key
from dajing.kernel.ledger.models import Entry, Head, Leaf, Node, Seal
from dajing.kernel.ledger.proof import canonical, head_bytes
from dajing.kernel.rows.bulk import by_pairs, insert

BATCH = 5_000


def content(*, entry: Entry) -> bytes:
    """The bytes of one leaf: what was done, by whom, when, on what, and the digest of the stored body."""
    body = hashlib.sha256(bytes(entry.body)).hexdigest()
    return canonical({"act": entry.act, "at": entry.at, "body": body, "by": entry.by, "subject": entry.subject})


def from_store[T](compute: Callable[[merkle.Subtree], T]) -> T:
    """What ``compute`` makes of the stored subtrees. It runs twice: first to learn which it needs, which are then read
    together, then with them. Raises ``KeyError`` for a subtree that is not there."""
    wanted: set[tuple[int, int]] = set()

    def note(level: int, position: int) -> bytes:
        wanted.add((level, position))
        return bytes(32)

    compute(note)
    found = by_pairs(of=Node, key=("level", "position"), value="hash", pairs=[key for key in wanted if key[0]])
    leaves = [position for level, position in wanted if level == 0]
    if leaves:
        rows = Leaf.objects.filter(index__in=leaves).values_list("index", "hash")
        found |= {(0, index): bytes(digest) for index, digest in rows}
    return compute(lambda level, position: found[level, position])


def seal_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Seal up to ``limit`` recorded entries in one transaction; how many were sealed."""
    with transaction.atomic():
        Seal.objects.get_or_create(id=1)
        Seal.objects.select_for_update().get(id=1)
        entries = list(Entry.objects.filter(sealed=False).order_by("id")[:limit])
        if not entries:
            return 0
        last = Leaf.objects.order_by("-index").first()
        first = 0 if last is None else last.index + 1
        leaves = _leaves(entries, first, bytes(32) if last is None else bytes(last.chain))
        insert(into=Leaf, columns=("index", "entry_id", "hash", "chain"), rows=leaves)
        insert(into=Node, columns=("level", "position", "hash"), rows=_nodes(leaves))
        Entry.objects.filter(sealed=False, id__in=[e.pk for e in entries]).update(sealed=True)
        _sign(size=first + len(leaves), chain=leaves[-1].chain, at=at)
        return len(leaves)


class _Leaf(NamedTuple):
    place: int
    entry: int
    hash: bytes
    chain: bytes


def _leaves(entries: Sequence[Entry], first: int, chain: bytes) -> list[_Leaf]:
    leaves = []
    for offset, entry in enumerate(entries):
        digest = merkle.leaf_hash(content(entry=entry))
        chain = hashlib.sha256(chain + digest).digest()
        leaves.append(_Leaf(first + offset, entry.pk, digest, chain))
    return leaves


def _nodes(leaves: Sequence[_Leaf]) -> list[tuple[int, int, bytes]]:
    """The subtrees (level, position, hash) that these leaves complete, with left siblings made earlier."""
    return from_store(lambda subtree: _completed(leaves, subtree))


def _completed(leaves: Sequence[_Leaf], subtree: merkle.Subtree) -> list[tuple[int, int, bytes]]:
    made: list[tuple[int, int, bytes]] = []
    level = 0
    fresh = {leaf.place: leaf.hash for leaf in leaves}
    while fresh:
        upper: dict[int, bytes] = {}
        for position in fresh:
            if position % 2:
                left = fresh[position - 1] if position - 1 in fresh else subtree(level, position - 1)
                upper[position // 2] = merkle.node_hash(left, fresh[position])
        level += 1
        made += [(level, position, digest) for position, digest in upper.items()]
        fresh = upper
    return made


def _sign(*, size: int, chain: bytes, at: datetime) -> None:
    root = from_store(lambda subtree: merkle.range_hash(start=0, end=size, subtree=subtree)).hex()
    moment = stamp(at)
    key = signing_key()
    signature = key.sign(head_bytes(size=size, root=root, chain=chain.hex(), at=moment)).hex()
    public = key.public_key().public_bytes_raw().hex()
    transaction.on_commit(lambda: mark.keep(mark.Mark(size=size, root=root)))
    Head.objects.create(size=size, root=root, chain=chain.hex(), at=moment, key=public, signature=signature)


def stamp(at: datetime) -> str:
    """``at`` as the ledger writes it: ISO 8601, UTC, microseconds."""
    if at.utcoffset() is None:
        raise ValueError("the ledger needs a time with its zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
