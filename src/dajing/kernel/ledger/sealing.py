"""The one sealer: gives recorded entries their index, chain hash and place in the tree, and signs the head."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from dajing.kernel.ledger import merkle
from dajing.kernel.ledger.keys import signing_key
from dajing.kernel.ledger.models import Entry, Head, Leaf, Node, Seal
from dajing.kernel.ledger.proof import canonical, head_bytes

BATCH = 5_000


def content(*, entry: Entry) -> bytes:
    """The bytes of one leaf: what was done, by whom, when, on what, and the digest of the stored body."""
    body = hashlib.sha256(bytes(entry.body)).hexdigest()
    return canonical({"act": entry.act, "at": entry.at, "body": body, "by": entry.by, "subject": entry.subject})


def stored(level: int, position: int) -> bytes:
    """The hash of a complete subtree, by one indexed read."""
    if level == 0:
        return bytes(Leaf.objects.values_list("hash", flat=True).get(index=position))
    return bytes(Node.objects.values_list("hash", flat=True).get(level=level, position=position))


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
        Leaf.objects.bulk_create(leaves)
        Node.objects.bulk_create(_nodes(leaves))
        Entry.objects.filter(sealed=False, id__in=[e.pk for e in entries]).update(sealed=True)
        _sign(size=first + len(leaves), chain=bytes(leaves[-1].chain), at=at)
        return len(leaves)


def _leaves(entries: Sequence[Entry], first: int, chain: bytes) -> list[Leaf]:
    leaves = []
    for offset, entry in enumerate(entries):
        digest = merkle.leaf_hash(content(entry=entry))
        chain = hashlib.sha256(chain + digest).digest()
        leaves.append(Leaf(index=first + offset, entry=entry, hash=digest, chain=chain))
    return leaves


def _nodes(leaves: Sequence[Leaf]) -> list[Node]:
    """The subtrees that these leaves complete; a left sibling made earlier is read from the store."""
    made: list[Node] = []
    level = 0
    fresh = {leaf.index: bytes(leaf.hash) for leaf in leaves}
    while fresh:
        upper: dict[int, bytes] = {}
        for position in fresh:
            if position % 2:
                left = fresh[position - 1] if position - 1 in fresh else stored(level, position - 1)
                upper[position // 2] = merkle.node_hash(left, fresh[position])
        level += 1
        made += [Node(level=level, position=position, hash=digest) for position, digest in upper.items()]
        fresh = upper
    return made


def _sign(*, size: int, chain: bytes, at: datetime) -> None:
    root = merkle.range_hash(start=0, end=size, subtree=stored).hex()
    moment = stamp(at)
    key = signing_key()
    signature = key.sign(head_bytes(size=size, root=root, chain=chain.hex(), at=moment)).hex()
    public = key.public_key().public_bytes_raw().hex()
    Head.objects.create(size=size, root=root, chain=chain.hex(), at=moment, key=public, signature=signature)


def stamp(at: datetime) -> str:
    """``at`` as the ledger writes it: ISO 8601, UTC, microseconds."""
    if at.utcoffset() is None:
        raise ValueError("the ledger needs a time with its zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
