"""``dajing backup``: one file with everything, consistent while the centre runs."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from dajing import __version__
from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.contents import FileDigest, Manifest, copy_database, databases, digest, plain_files
from dajing.kernel.upkeep.refusals import UnableToBackUp

MANIFEST = "manifest.json"
PATIENCE = 120.0  # seconds to wait for a flush that is under way


def back_up(
    *, settings: Settings, target: Path, at: datetime, seen: Callable[[str], None] = lambda _: None
) -> Manifest:
    """Write ``target`` (tar.gz, readable by its owner alone, because it holds the keys); returns its manifest.

    The file appears under its name only when complete and on disk. ``seen`` is told each file. Raises
    ``UnableToBackUp``.
    """
    data = settings.data_dir
    if settings.rows or settings.live:
        raise UnableToBackUp(
            why="业务或感知数据在 PostgreSQL 上，请用 pg_dump 备份",
            why_en="rows or live city are on PostgreSQL: use pg_dump",
        )
    if not (data / "rows.db").exists():
        raise UnableToBackUp(why=f"{data} 中没有 rows.db", why_en=f"there is no rows.db in {data}")
    if target.exists():
        raise UnableToBackUp(why=f"{target} 已存在，请换一个文件名", why_en=f"{target} exists, choose another name")
    partial = target.with_name(target.name + ".partial")
    try:
        files = _write(data=data, partial=partial, seen=seen, at=at, kind=_kind(data))
        os.replace(partial, target)
    except OSError as error:
        raise UnableToBackUp(why=str(error), why_en=str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return files


def _kind(data: Path) -> str:
    path = data / "kind"
    return path.read_text().strip() if path.exists() else "unknown"


def _write(*, data: Path, partial: Path, seen: Callable[[str], None], at: datetime, kind: str) -> Manifest:
    digests: dict[str, FileDigest] = {}
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(handle, "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as tar,
        history_at_rest(data=data),
        tempfile.TemporaryDirectory(prefix="dajing-backup-", dir=partial.parent) as folder,
    ):
        # rows.db first and catalog.db after it, both while no flush runs: so every fact is in exactly one of them
        for source in sorted(databases(data=data), key=lambda path: path.name != "rows.db"):
            copy = Path(folder) / source.name
            copy_database(source=source, target=copy)
            _add(tar, copy, source.name, digests, seen)
            copy.unlink()
        for path in plain_files(data=data):
            _add(tar, path, str(path.relative_to(data)), digests, seen)
        manifest = Manifest(version=__version__, kind=kind, data=str(data), created_at=at.isoformat(), files=digests)
        body = msgspec.json.format(msgspec.json.encode(manifest))
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(body)
        tar.addfile(member, io.BytesIO(body))
        tar.close()
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _add(
    tar: tarfile.TarFile, path: Path, name: str, digests: dict[str, FileDigest], seen: Callable[[str], None]
) -> None:
    digests[name] = digest(path=path)
    tar.add(path, arcname=name, recursive=False)
    seen(name)


@contextmanager
def history_at_rest(*, data: Path) -> Iterator[None]:
    """Hold every stream's flush lock, so that no fact moves between the copies; waits for a flush under way."""
    from dajing.kernel.series.declarations import streams
    from dajing.kernel.series.flushing import alone
    from dajing.kernel.series.refusals import FlushRunning

    until = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        for stream in sorted(stream.name for stream in streams()):
            while True:
                try:
                    stack.enter_context(alone(stream=stream))
                    break
                except FlushRunning as error:
                    if time.monotonic() > until:
                        raise UnableToBackUp(why=error.message.zh, why_en=error.message.en) from error
                    time.sleep(0.5)
        yield
