import shutil
from collections import namedtuple

import pytest

from dajing.kernel.settings import Settings
from dajing.kernel.supervisor.lock import AlreadyRunning, MixedData, Unfinished, held, hold, mark_kind
from dajing.kernel.supervisor.room import DiskFull, enough_disk

Usage = namedtuple("Usage", "total used free")


def test_a_directory_has_one_holder_until_it_lets_go(tmp_path):
    with hold(data=tmp_path):
        assert held(data=tmp_path)
        with pytest.raises(AlreadyRunning):
            hold(data=tmp_path)
    assert not held(data=tmp_path)


@pytest.mark.parametrize(("first", "second"), [("none", "small"), ("full", "none")])
def test_synthetic_and_real_data_never_share_a_directory(tmp_path, first, second):
    mark_kind(settings=Settings(data=tmp_path, demo=first))
    mark_kind(settings=Settings(data=tmp_path, demo=first))
    with pytest.raises(MixedData):
        mark_kind(settings=Settings(data=tmp_path, demo=second))


def test_both_sizes_of_the_demo_are_synthetic(tmp_path):
    mark_kind(settings=Settings(data=tmp_path, demo="small"))
    mark_kind(settings=Settings(data=tmp_path, demo="full"))


def test_a_directory_whose_restore_did_not_finish_is_not_started(tmp_path):
    (tmp_path / "restoring").write_text("city.tar.gz")
    with pytest.raises(Unfinished):
        mark_kind(settings=Settings(data=tmp_path))


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 1 << 40, 100 << 20))
    with pytest.raises(DiskFull) as refused:
        enough_disk(data=tmp_path)
    assert "Only 100 MiB are free" in refused.value.message.en
