"""The Merkle tree of RFC 6962 §2.1 (the same as RFC 9162 §2.1): hashes, roots, inclusion and consistency proofs.

Pure and of the standard library alone, so that a proof can be checked without the product. ``subtree(level, position)``
returns the stored hash of the complete subtree of 2**level leaves that starts at leaf ``position << level``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Subtree = Callable[[int, int], bytes]
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """Largest power of two smaller than ``count`` (at least 2)."""
    return 1 << (count - 1).bit_length() - 1


def range_hash(*, start: int, end: int, subtree: Subtree) -> bytes:
    """Hash of the leaves ``start`` to ``end`` (exclusive) of a tree, ``start`` being aligned as RFC 6962 splits."""
    count = end - start
    if count == 0:
        return EMPTY
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(count)
    return node_hash(
        range_hash(start=start, end=middle, subtree=subtree), range_hash(start=middle, end=end, subtree=subtree)
    )


def inclusion(*, index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves, from the leaf up; O(log size) reads."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_hash(start=middle, end=end, subtree=subtree))
            end = middle
        else:
            path.append(range_hash(start=start, end=middle, subtree=subtree))
            start = middle
    return path[::-1]


def consistency(*, old: int, size: int, subtree: Subtree) -> list[bytes]:
    """Proof that the tree of ``old`` leaves is a prefix of the tree of ``size`` leaves; RFC 6962 §2.1.2."""
    if not 0 < old <= size:
        raise ValueError(f"no consistency proof from {old} to {size}")
    path: list[bytes] = []
    start, end, whole = 0, size, True
    while end - start != old - start:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_hash(start=middle, end=end, subtree=subtree))
            end = middle
        else:
            path.append(range_hash(start=start, end=middle, subtree=subtree))
            start, whole = middle, False
    if not whole:
        path.append(range_hash(start=start, end=end, subtree=subtree))
    return path[::-1]


def root_from_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an audit path leads to, or None for a path of the wrong length; RFC 9162 §2.1.3.2."""
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return result if last == 0 else None


def consistent(*, old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` proves the tree with ``old_root`` to be a prefix of that with ``root``; RFC 9162 §2.1.4.2."""
    if old == size:
        return not path and old_root == root
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == root
