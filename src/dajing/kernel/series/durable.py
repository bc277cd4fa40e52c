"""Iceberg's file access with every written local file forced to disk before the catalogue names it."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from pyarrow.fs import LocalFileSystem
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO


class SyncedFile(io.FileIO):
    """A local file whose closing returns only when its bytes and its name are on disk."""

    def close(self) -> None:
        """Force the file, then its folder, to disk."""
        if self.closed:
            return
        os.fsync(self.fileno())
        super().close()
        folder = os.open(Path(os.fsdecode(self.name)).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class _Output(PyArrowFile):
    def create(self, overwrite: bool = False) -> Any:
        if not isinstance(self._filesystem, LocalFileSystem):
            return super().create(overwrite=overwrite)  # an object store acknowledges what it has stored
        path = Path(self._path)
        path.parent.mkdir(parents=True, exist_ok=True)
        return io.BufferedWriter(SyncedFile(path, "wb" if overwrite else "xb"), buffer_size=1 << 20)


class DurableFileIO(PyArrowFileIO):
    """Named in the catalogue's properties as ``py-io-impl``."""

    def new_output(self, location: str) -> PyArrowFile:
        """A file to be written durably."""
        plain = super().new_output(location)
        return _Output(location=location, path=plain._path, fs=plain._filesystem)
