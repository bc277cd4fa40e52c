"""Checks one proof file without the product's database: ``python -m dajing.kernel.ledger.proof FILE [PUBLIC_KEY]``.

Needs the standard library alone; the signature is checked too where the ``cryptography`` package is present. Exit
code 0 means that the entry is in the signed tree, 1 that it is not. Give the public key of the centre, learnt
elsewhere, to be sure who signed: without it any signer's head is accepted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from dajing.kernel.ledger.merkle import leaf_hash, root_from_inclusion

FORMAT = "dajing-ledger-proof-1"


def canonical(value: dict[str, Any]) -> bytes:
    """The bytes that are hashed and signed: JSON with sorted keys, no spaces, UTF-8, no escapes beyond JSON's own."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def head_bytes(*, size: int, root: str, chain: str, at: str) -> bytes:
    """The bytes that a tree head's signature covers."""
    return canonical({"at": at, "chain": chain, "root": root, "size": size})


def faults(proof: dict[str, Any], *, key: str | None = None) -> list[str]:
    """Why ``proof`` does not prove its entry; empty when it does. ``key``: the public key that must have signed."""
    if proof.get("format") != FORMAT:
        return [f"this is no {FORMAT} file"]
    entry, head = proof["entry"], proof["head"]
    found = []
    body = proof.get("body")
    if body is not None and hashlib.sha256(base64.b64decode(body)).hexdigest() != entry["body"]:
        found.append("the body does not have the digest that the entry states")
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = root_from_inclusion(leaf=leaf_hash(canonical(entry)), index=proof["index"], size=head["size"], path=path)
    if root is None or root.hex() != head["root"]:
        found.append("the audit path does not lead from the entry to the head's root")
    if key is not None and head["key"] != key.lower():
        found.append("the head is signed with another key than the one expected")
    return found + signature_faults(head)


def signature_faults(head: dict[str, Any]) -> list[str]:
    """Why the signature of a tree head does not hold; empty also where it cannot be checked here."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return []
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["key"]))
    signed = head_bytes(size=head["size"], root=head["root"], chain=head["chain"], at=head["at"])
    try:
        key.verify(bytes.fromhex(head["signature"]), signed)
    except InvalidSignature:
        return ["the head's signature does not verify"]
    return []


def main(arguments: list[str]) -> int:
    """Check the file named in ``arguments`` and say what was found."""
    if len(arguments) not in {1, 2}:
        print("usage: python -m dajing.kernel.ledger.proof FILE [PUBLIC_KEY]", file=sys.stderr)
        return 2
    proof = json.loads(Path(arguments[0]).read_text())
    found = faults(proof, key=arguments[1] if len(arguments) == 2 else None)
    for fault in found:
        print(f"NOT PROVED: {fault}")
    if not found:
        entry, head = proof["entry"], proof["head"]
        print(
            f"proved: {entry['act']} at {entry['at']} is entry {proof['index']} of {head['size']}, root {head['root']}"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
