import shutil
from datetime import UTC, datetime, timedelta

import pytest

from dajing.kernel.areas.api import area, units
from dajing.kernel.areas.models import AreaVersion
from dajing.kernel.areas.versions import AreasBackdated, load
from dajing.kernel.identity.actor import system
from dajing.kernel.settings import settings

AT = datetime(2020, 1, 1, tzinfo=UTC)
BY = system("test")


@pytest.mark.django_db
def test_loading_the_same_pack_twice_appends_nothing():
    assert load(pack=settings().city_dir, at=AT, by=BY) == 46
    assert load(pack=settings().city_dir, at=AT + timedelta(days=1), by=BY) == 0
    assert AreaVersion.objects.count() == 46


@pytest.mark.django_db
def test_a_correction_of_the_pack_is_known_only_from_its_load(tmp_path):
    pack = tmp_path / "city"
    shutil.copytree(settings().city_dir, pack)
    load(pack=pack, at=AT, by=BY)
    table = pack / "areas" / "regions.csv"
    table.write_text(table.read_text().replace("130726,蔚县,Yuxian County", "130726,蔚县,Yu County"))
    assert load(pack=pack, at=AT + timedelta(days=10), by=BY) == 1
    assert area("130726", as_of=AT + timedelta(days=9)).name.en == "Yuxian County"
    assert area("130726", as_of=AT + timedelta(days=11)).name.en == "Yu County"
    assert len(units(hierarchy="reporting", as_of=AT)) == 19


@pytest.mark.django_db
def test_a_clock_that_jumped_back_cannot_rewrite_what_was_known(tmp_path):
    pack = tmp_path / "city"
    shutil.copytree(settings().city_dir, pack)
    load(pack=pack, at=AT, by=BY)
    table = pack / "areas" / "regions.csv"
    table.write_text(table.read_text().replace("130726,蔚县,Yuxian County", "130726,蔚县,Yu County"))
    with pytest.raises(AreasBackdated):
        load(pack=pack, at=AT - timedelta(days=1), by=BY)
    assert AreaVersion.objects.count() == 46
