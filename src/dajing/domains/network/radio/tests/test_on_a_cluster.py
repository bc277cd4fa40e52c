"""The same function per site, mapped by a cluster engine over Spark Connect (Sail from its wheel, local cluster)."""

from __future__ import annotations

import pytest

from dajing.domains.network.ground.files import keep_terrain
from dajing.domains.network.propagation.area import Site
from dajing.domains.network.radio import work
from dajing.domains.network.radio.cluster import over
from dajing.domains.network.radio.tests.test_store import hills, named, the_tasks

pytestmark = pytest.mark.sail


@pytest.fixture(scope="module")
def session():
    patch = pytest.MonkeyPatch()
    patch.setenv("SAIL_MODE", "local-cluster")
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    yield session
    session.stop()
    server.stop()
    patch.undo()


def test_a_cluster_computes_the_same_losses_into_the_same_store(session, tmp_path):
    keep_terrain(terrain=hills(), folder=tmp_path / "terrain", provenance="synthetic")
    sites = [*named(), ("far", Site(longitude=118.0, latitude=40.6, height=30.0, frequency_ghz=0.9))]
    there = work.run(work=the_tasks(tmp_path, sites), mapper=over(session=session, parts=2))
    assert there.computed == 3 and set(there.refused) == {"far"}
    here = work.run(work=the_tasks(tmp_path, sites))
    assert (here.computed, here.kept, here.keys) == (0, 3, there.keys)
    assert work.run(work=[], mapper=over(session=session)).keys == {}
