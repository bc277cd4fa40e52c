"""Reads the whole ledger once, in bounded memory, and says every place where it was tampered with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from dajing.kernel.ledger import mark, merkle
from dajing.kernel.ledger.keys import public_key
from dajing.kernel.ledger.models import Entry, Head, Leaf, Node
from dajing.kernel.ledger.proof import signature_faults
from dajing.kernel.ledger.sealing import content
from dajing.kernel.text import Text

CHUNK = 2_000
Say = Callable[[int | None, str, str], None]
MOST = 50


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the ledger is not what it was; ``index`` is the entry's, or None for the whole."""

    index: int | None
    message: Text


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What was read and found; ``unsealed`` entries wait for the sealer."""

    size: int
    root: str
    heads: int
    unsealed: int
    findings: tuple[Finding, ...]


class _Frontier:
    """The complete subtrees of a growing tree, largest first, as one hash each."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, digest: bytes) -> list[tuple[int, int, bytes]]:
        """Append a leaf hash; the subtrees (level, position, hash) that it completes."""
        completed = []
        level, value = 0, digest
        while self.parts and self.parts[-1][0] == level:
            value = merkle.node_hash(self.parts.pop()[1], value)
            level += 1
            completed.append((level, self.size >> level, value))
        self.parts.append((level, value))
        self.size += 1
        return completed

    def root(self) -> str:
        if not self.parts:
            return merkle.EMPTY.hex()
        value = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            value = merkle.node_hash(left, value)
        return value.hex()


def _rows(size: int) -> Iterator[Leaf]:
    """The first ``size`` leaves: what is sealed while the ledger is read is left to the next check."""
    position = -1
    read = Leaf.objects.filter(index__lt=size).select_related("entry").order_by("index")
    while chunk := list(read.filter(index__gt=position)[:CHUNK]):
        yield from chunk
        position = chunk[-1].index


def verify() -> Verification:
    """Recompute every leaf, the chain, the tree, every stored subtree and every signed head."""
    findings: list[Finding] = []

    def say(index: int | None, zh: str, en: str) -> None:
        if len(findings) < MOST:
            findings.append(Finding(index=index, message=Text(zh=zh, en=en)))

    frontier, chain = _Frontier(), bytes(32)
    marked = _mark(say)  # read before the heads, so that a sealing in between is not taken for a loss
    heads = {head.size: head for head in Head.objects.all()}
    newest = max(heads, default=0)
    nodes = _NodeCheck()
    for row in _rows(newest):
        if row.index != frontier.size:
            say(row.index, f"缺少条目 {frontier.size}", f"entry {frontier.size} is missing")
            break
        digest = merkle.leaf_hash(content(entry=row.entry))
        chain = hashlib.sha256(chain + digest).digest()
        if digest != bytes(row.hash) or not row.entry.sealed:
            say(row.index, f"条目 {row.index} 的内容被改动", f"the content of entry {row.index} was changed")
        if chain != bytes(row.chain):
            say(row.index, f"条目 {row.index} 的链被改动", f"the chain at entry {row.index} was changed")
        if not nodes.agrees(frontier.add(digest)):
            say(row.index, f"条目 {row.index} 处的树被改动", f"the tree at entry {row.index} was changed")
        head = heads.get(frontier.size)
        if head is not None and not _head_holds(head, frontier.root(), chain.hex()):
            say(row.index, f"第 {head.size} 条处的签名不符", f"the signed head at {head.size} does not hold")
    if newest != frontier.size:
        say(
            None,
            f"签名至 {newest} 条，实有 {frontier.size} 条",
            f"heads sign {newest} entries, {frontier.size} are there",
        )
    if marked is not None:
        _compare(marked, heads, say)
    _nothing_beside(nodes.count, newest, say)
    return Verification(
        size=frontier.size,
        root=frontier.root(),
        heads=len(heads),
        unsealed=Entry.objects.filter(sealed=False).count(),
        findings=tuple(findings),
    )


def _mark(say: Say) -> mark.Mark | None:
    try:
        return mark.read()
    except ValueError:
        say(None, f"{mark.NAME} 无法读取", f"{mark.NAME} cannot be read")
        return None


def _nothing_beside(counted: int, newest: int, say: Say) -> None:
    """No leaf, subtree or sealed entry stands outside what heads sign."""
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    signed = Head.objects.order_by("-size").values_list("size", flat=True).first() or 0
    if last is not None and last >= signed:
        say(last, f"条目 {signed} 起没有签名", f"no head signs the entries from {signed} on")
    stored = sum(
        Node.objects.filter(level=level, position__lt=newest >> level).count()
        for level in range(1, newest.bit_length() + 1)
    )
    beyond = 0 if signed > newest else Node.objects.count() - stored
    if stored + beyond != counted:
        say(None, f"树节点数不符：{stored + beyond}", f"the tree has {stored + beyond} nodes, {counted} belong to it")
    loose = Entry.objects.filter(sealed=True, leaf=None).count()
    if loose:
        say(None, f"{loose} 个已封条目不在树中", f"{loose} entries are marked sealed and are not in the tree")


def _compare(kept: mark.Mark, heads: dict[int, Head], say: Say) -> None:
    """What was sealed last according to the file beside the key must still be there."""
    newest = max(heads, default=0)
    if kept.size > newest:
        say(
            None,
            f"末尾被截去：曾封存 {kept.size} 条，现只有 {newest} 条",
            f"the end was cut off: {kept.size} entries had been sealed, {newest} are there",
        )
    elif kept.size not in heads or heads[kept.size].root != kept.root:
        say(None, f"曾封存的第 {kept.size} 条处的树根不符", f"the root sealed at {kept.size} is another one now")


class _NodeCheck:
    """Compares completed subtrees with the stored ones, a chunk at a time."""

    def __init__(self) -> None:
        self.count = 0
        self.held: dict[tuple[int, int], bytes] = {}

    def agrees(self, completed: list[tuple[int, int, bytes]]) -> bool:
        self.count += len(completed)
        good = True
        for level, position, digest in completed:
            key = (level, position)
            if key not in self.held:
                self._load(level, position)
            good &= self.held.pop(key, None) == digest
        return good

    def _load(self, level: int, position: int) -> None:
        rows = Node.objects.filter(level=level, position__gte=position).order_by("position")[:CHUNK]
        self.held.update({(level, row.position): bytes(row.hash) for row in rows})


def _head_holds(head: Head, root: str, chain: str) -> bool:
    if head.root != root or head.chain != chain or head.key != public_key():
        return False
    fields = {name: getattr(head, name) for name in ("size", "root", "chain", "at", "key", "signature")}
    return not signature_faults(fields)
