"""Studies on a Dask cluster of this machine: the same bits, also where a worker is lost on the way."""

import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import xarray as xr
from studies import MeanScore, small_study

from alsmodels.data import clusters
from alsmodels.errors import SpecError
from alsmodels.simulation import runners
from alsmodels.simulation.runs import run_study

SUPPORT = str(Path(__file__).parents[1] / "support")

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")  # what Dask says of its own parts is not ours


@dataclass(frozen=True)
class Fatal(MeanScore):
    """Ends its worker the first time that it is run, as a machine that is switched off would."""

    marker: str = ""

    def run(self, replicates, *, seed):
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return super().run(replicates, seed=seed)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def assert_same(first, second):
    for name in first.datasets:
        xr.testing.assert_identical(first.datasets[name], second.datasets[name])


def test_a_cluster_gives_the_same_bits_by_client_and_by_address(tmp_path):
    study = small_study()
    expected = run_study(study)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            assert_same(run_study(study, tmp_path / "s", scheduler=client), expected)
        assert_same(run_study(study, scheduler=cluster.scheduler_address), expected)


@pytest.mark.slow
def test_a_worker_that_is_lost_loses_no_replicate(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([SUPPORT, *sys.path]))
    study = small_study()
    marker = tmp_path / "marker"
    fatal = replace(study, analyses=(Fatal(marker=str(marker)), study.analyses[1]))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert_same(run_study(fatal, tmp_path / "s", scheduler=client), run_study(study))
    assert marker.exists()


def test_no_scheduler_at_the_address_is_a_sentence(monkeypatch):
    monkeypatch.setattr(clusters, "_SECONDS", 0.5)
    with pytest.raises(SpecError, match="No Dask scheduler answers at 'tcp:"):
        run_study(small_study(n_replicates=1), scheduler="tcp://127.0.0.1:9")


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SpecError, match=r"pip install 'alsmodels\[dask\]'"):
        list(runners.run_on_cluster([], scheduler="tcp://127.0.0.1:9"))
