"""Where compiled functions are kept: under the digest of all the sources that they may have been compiled from.

numba keeps a function while its own file is unchanged, also when a function that it calls from another file has
changed; a correction would then not reach whoever has run the old code once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numba

HERE = Path(__file__).resolve().parent
LIBRARIES = (HERE, HERE.parent / "radio", HERE.parent / "ground")


def keep_by_content() -> None:
    """Point numba's cache to a folder of this version of the sources, and drop what older versions left beside them.

    An operator's ``NUMBA_CACHE_DIR`` is used with the digest appended and never cleared: others may share it. Without a
    place to write beside the sources the user's own cache folder serves, and else what numba chooses.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    name = f"compiled-{_digest()}"
    for base in (given or str(HERE / "__pycache__"), "~/.cache/dajing"):
        place = Path(os.path.expanduser(base)) / name
        if not place.is_absolute():  # nobody's home is known
            continue
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        numba.config.CACHE_DIR = str(place)  # type: ignore[attr-defined]
        break
    if not given:
        for other in (HERE / "__pycache__").glob("compiled-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)


def _digest() -> str:
    content = hashlib.blake2b(digest_size=8)
    for folder in LIBRARIES:
        for path in sorted(folder.glob("*.py")):
            content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()
