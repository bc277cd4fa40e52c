"""The tree against the published RFC 6962 reference roots and an independent recursion of its definition."""

from __future__ import annotations

import hashlib

import pytest

from dajing.kernel.ledger import merkle

# The eight reference leaves and roots of the Certificate Transparency project's merkle tree tests.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive(leaves):
    """RFC 6962 §2.1 word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def subtree_of(leaves):
    return lambda level, position: naive(leaves[position << level : (position + 1) << level])


def many(count):
    return [bytes([n % 256, n // 256]) for n in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_the_published_one(size):
    root = merkle.range_hash(start=0, end=size, subtree=subtree_of(LEAVES[:size]))
    assert root.hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing():
    assert merkle.range_hash(start=0, end=0, subtree=subtree_of([])) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 13, 31, 64, 100])
def test_every_leaf_is_proved_and_no_other_leaf_is(size):
    leaves = many(size)
    for index in range(size):
        path = merkle.inclusion(index=index, size=size, subtree=subtree_of(leaves))
        digest = merkle.leaf_hash(leaves[index])
        assert merkle.root_from_inclusion(leaf=digest, index=index, size=size, path=path) == naive(leaves)
        wrong = merkle.leaf_hash(b"something else")
        assert merkle.root_from_inclusion(leaf=wrong, index=index, size=size, path=path) != naive(leaves)
        if size > 1:
            assert merkle.root_from_inclusion(leaf=digest, index=index, size=size, path=path[1:]) != naive(leaves)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 20, 33])
def test_every_earlier_tree_is_proved_a_prefix_and_a_forked_one_is_not(size):
    leaves = many(size)
    for old in range(1, size + 1):
        path = merkle.consistency(old=old, size=size, subtree=subtree_of(leaves))
        given = {"old": old, "size": size, "root": naive(leaves), "path": path}
        assert merkle.consistent(old_root=naive(leaves[:old]), **given)
        assert not merkle.consistent(old_root=naive([*leaves[: old - 1], b"forged"]), **given)
