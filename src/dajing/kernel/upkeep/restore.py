"""``dajing restore``: a backup into an empty directory, every byte checked, then the ledger."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from dajing.kernel.upkeep.backup import MANIFEST
from dajing.kernel.upkeep.contents import Manifest, digest
from dajing.kernel.upkeep.refusals import UnableToRestore

MARK = "restoring"  # while this file is there the directory is not complete, and ``up`` refuses it


def restore(*, source: Path, data: Path, seen: Callable[[str], None] = lambda _: None) -> Manifest:
    """Unpack ``source`` into ``data``, which must be absent or empty; returns the backup's manifest.

    Digests are checked before the directory gets its name; then history is moved to its new place and the ledger is
    verified. Raises ``UnableToRestore``; a directory that failed late keeps the mark that stops ``up``.
    """
    if data.exists() and any(data.iterdir()):
        raise UnableToRestore(why=f"{data} 不是空目录", why_en=f"{data} is not empty")
    partial = data.with_name(data.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        manifest = unpack(source=source, target=partial, seen=seen)
    except UnableToRestore:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    (partial / MARK).write_text(str(source))
    if data.exists():
        data.rmdir()
    os.replace(partial, data)
    _settle(data=data, was=Path(manifest.data))
    (data / MARK).unlink()
    return manifest


def unpack(*, source: Path, target: Path, seen: Callable[[str], None] = lambda _: None) -> Manifest:
    """Extract a backup into the new directory ``target`` and compare every file with the manifest."""
    target.mkdir(parents=True, mode=0o700)
    try:
        with tarfile.open(source, "r:gz") as tar:
            tar.extractall(target, filter="data")
        manifest = msgspec.json.decode((target / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, EOFError, tarfile.TarError, msgspec.DecodeError) as error:
        why = f"{source}: {error}"
        raise UnableToRestore(why=f"备份文件不完整或已损坏（{why}）", why_en=f"the file is damaged ({why})") from error
    (target / MANIFEST).unlink()
    _compare(manifest=manifest, target=target, seen=seen)
    return manifest


def _compare(*, manifest: Manifest, target: Path, seen: Callable[[str], None]) -> None:
    present = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    if odd := sorted(present ^ manifest.files.keys()):
        names = ", ".join(odd[:5])
        raise UnableToRestore(why=f"文件与清单不符：{names}", why_en=f"files and manifest differ: {names}")
    for name, wanted in manifest.files.items():
        if digest(path=target / name) != wanted:
            raise UnableToRestore(why=f"{name} 的校验和不符", why_en=f"the digest of {name} differs")
        seen(name)


def _settle(*, data: Path, was: Path) -> None:
    try:
        if was != data:
            from dajing.kernel.upkeep.relocation import relocate

            relocate(data=data, was=was)
        verify_ledger(data=data)
    except Exception as error:
        why = f"{data}: {error}"
        raise UnableToRestore(
            why=f"数据已解包但未通过检查（{why}）", why_en=f"unpacked, but not sound ({why})"
        ) from error


def verify_ledger(*, data: Path) -> None:
    """Verify the whole ledger of ``data`` in a process of its own; raises ``ValueError`` with what it says."""
    kind = data / "kind"
    demo = "none" if kind.exists() and kind.read_text().strip() == "real" else "small"
    done = subprocess.run(
        [sys.executable, "-m", "dajing", "ledger", "verify"],
        env={**os.environ, "DAJING_DATA": str(data), "DAJING_DEMO": demo},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError((done.stderr or done.stdout).strip()[-500:])
