import os
import re
import subprocess
import sys

import pytest

from dajing.kernel.settings import REPOSITORY
from dajing.kernel.upkeep import bundle
from dajing.kernel.upkeep.refusals import UnableToBundle


def test_a_bundle_never_mixes_with_other_files(tmp_path):
    (tmp_path / "x").write_text("x")
    with pytest.raises(UnableToBundle, match="不是空目录"):
        bundle.make(target=tmp_path)


def tiny(*, digest=None):
    """The entry of one small package in the real lock, with its hashes or with a wrong one."""
    text = (REPOSITORY / "requirements.lock").read_text()
    entry = re.search(r"^click==\S+ \\\n(?:    --hash=\S+(?: \\)?\n)+", text, flags=re.MULTILINE).group()
    return re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{digest}", entry) if digest else entry


@pytest.mark.fault
def test_a_bundle_holds_the_program_the_launcher_and_the_locked_wheels(tmp_path):
    lock = tmp_path / "tiny.lock"
    lock.write_text(tiny())
    target = tmp_path / "bundle"
    made = bundle.make(target=target, lock=lock)
    assert made.wheels == 1
    assert [path.name.split("-")[0] for path in (target / "wheels").iterdir()] == ["click"]
    assert (target / "requirements.lock").read_text() == lock.read_text()
    assert os.access(target / "dajing", os.X_OK)
    assert (target / "src/dajing/kernel/ui/static/vendor/echarts.mjs").exists()
    fresh = tmp_path / "python"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", str(target / "wheels")]
    subprocess.run([*command, "--require-hashes", "-r", str(lock), "--target", str(fresh)], check=True)
    assert (fresh / "click").is_dir()


@pytest.mark.fault
def test_a_package_with_another_hash_is_not_bundled(tmp_path):
    lock = tmp_path / "tiny.lock"
    lock.write_text(tiny(digest="0" * 64))
    with pytest.raises(UnableToBundle, match="hash"):
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
