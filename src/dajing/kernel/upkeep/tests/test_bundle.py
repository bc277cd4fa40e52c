import subprocess
import sys

import pytest

from dajing.kernel.upkeep import bundle
from dajing.kernel.upkeep.refusals import UnableToBundle

TINY = """\
atpublic==7.0.0 --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000
"""


def test_a_bundle_never_mixes_with_other_files(tmp_path):
    (tmp_path / "x").write_text("x")
    with pytest.raises(UnableToBundle, match="不是空目录"):
        bundle.make(target=tmp_path)


@pytest.mark.long
def test_a_package_with_another_hash_is_not_bundled(tmp_path):
    lock = tmp_path / "tiny.lock"
    lock.write_text(TINY)
    with pytest.raises(UnableToBundle):
        bundle.download(lock=lock, folder=tmp_path / "wheels")


@pytest.mark.long
def test_everything_that_is_locked_installs_without_network(tmp_path):
    made = bundle.make(target=tmp_path / "bundle")
    assert made.wheels > 50
    environment = {"PATH": "/usr/bin:/bin", "DAJING_PYTHON": sys.executable, "HOME": str(tmp_path)}
    done = subprocess.run(
        [tmp_path / "bundle" / "dajing", "--version"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("dajing, version")
