"""Files that name data outside of themselves, or claim more than they hold, are refused before values are read."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from deaths import deaths

import alsmodels as als
from alsmodels.errors import ReadError
from alsmodels.files.limits import most_bytes

FORMULA = "alsfrs_r ~ week + (1 | subject)"
GROUPS = ("posterior", "sample_stats", "log_likelihood", "observed_data", "rows_of_data")


@pytest.fixture(scope="module")
def posteriors():
    """Two of one model, told apart by their seeds."""
    cohort = als.load_example()
    return [als.sample_lmm(FORMULA, cohort, method="importance", draws=400, seed=seed) for seed in (1, 2)]


@pytest.fixture
def saved(posteriors, tmp_path):
    als.save_posterior(posteriors[0], tmp_path / "fit.nc")
    return tmp_path / "fit.nc"


@pytest.fixture
def store(posteriors, tmp_path):
    als.save_posterior(posteriors[0], tmp_path / "fit.zarr")
    return tmp_path / "fit.zarr"


def refused(path, words):
    with pytest.raises(ReadError, match=words) as caught:
        als.load_posterior(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).count("\n") == 0


def secret(folder):
    """Another file with numbers in it."""
    with h5py.File(folder / "secret.h5", "w") as file:
        file["values"] = np.full((4, 100), 7.25)
    (folder / "secret.bin").write_bytes(np.full(400, 7.25).tobytes())
    return folder / "secret.h5"


def external_link(group, folder):
    group["extra"] = h5py.ExternalLink(secret(folder), "/values")


def soft_link(group, _):
    group["extra"] = h5py.SoftLink("/posterior/beta")


def dangling_link(group, _):
    group["extra"] = h5py.SoftLink("/nowhere")


def second_name(group, _):
    group["extra"] = group.file["posterior/beta"]


def cycle(group, _):
    group["extra"] = group.file["/"]


def external_storage(group, folder):
    secret(folder)
    group.create_dataset("extra", (4, 100), "f8", external=[(str(folder / "secret.bin"), 0, 3200)])


def virtual(group, folder):
    layout = h5py.VirtualLayout((4, 100), "f8")
    layout[:] = h5py.VirtualSource(secret(folder), "values", (4, 100))
    group.create_virtual_dataset("extra", layout)


def object_references(group, _):
    group.create_dataset("extra", (2,), h5py.ref_dtype)[0] = group.ref


def region_references(group, _):
    group.create_dataset("extra", (2,), h5py.regionref_dtype)


def reference_attribute(group, _):
    group.attrs["extra"] = group.ref


def compound(group, _):
    group.create_dataset("extra", (2,), [("a", "f8"), ("b", "i4")])


def ragged(group, _):
    group.create_dataset("extra", (2,), h5py.vlen_dtype(np.float64))


def opaque(group, _):
    group.create_dataset("extra", (2,), "V16")


def committed(group, _):
    group["extra"] = np.dtype("f8")


def nothing(group, _):
    group["extra"] = h5py.Empty("f8")


def never_written(group, _):
    group.create_dataset("extra", (10**12,), "f8")


def compressed(group, _):
    group.create_dataset("extra", (10**9,), "f8", chunks=(10**6,), compression="gzip", fillvalue=0.0)


def large_pieces(group, _):
    group.create_dataset("extra", (1,), "f8", chunks=(400_000_000,), maxshape=(None,))


def scaled(group, _):
    group.create_dataset("extra", (100,), "i8", chunks=(100,), scaleoffset=0)


OUTSIDE = [external_link, soft_link, dangling_link, second_name, cycle, external_storage, virtual]
OTHER = [object_references, region_references, reference_attribute, compound, ragged, opaque, committed, nothing]
LARGE = [never_written, compressed, large_pieces, scaled]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("spoil", OUTSIDE)
def test_data_outside_of_the_file_is_refused_in_every_group(saved, spoil, group):
    with h5py.File(saved, "r+") as file:
        spoil(file[group], saved.parent)
    refused(saved, "elsewhere|another file|under two names")


@pytest.mark.parametrize("where", ["/", "/posterior", "/another/deep"])
@pytest.mark.parametrize("spoil", OTHER)
def test_what_is_no_number_and_no_text_is_refused(saved, spoil, where):
    with h5py.File(saved, "r+") as file:
        spoil(file.require_group(where), saved.parent)
    refused(saved, r"neither|no values")


@pytest.mark.parametrize("spoil", LARGE)
def test_claims_beyond_the_file_are_refused(saved, spoil):
    with h5py.File(saved, "r+") as file:
        spoil(file["posterior"], saved.parent)
    refused(saved, "larger than|would fill|not this package's")


def test_the_values_of_an_array_may_not_be_moved_to_another_file(saved):
    """Not one more array, but one of ours."""
    with h5py.File(saved, "r+") as file:
        del file["observed_data/y"]
        external_storage(file["observed_data"], saved.parent)
        file.move("observed_data/extra", "observed_data/y")
    refused(saved, "'/observed_data/y' are in another file")


def test_a_file_that_was_compressed_without_loss_is_still_read(posteriors, tmp_path, saved):
    with xr.open_datatree(saved, engine="h5netcdf") as opened:
        tree = opened.load()
    packed = {
        f"/{name}": {one: {"zlib": True} for one in group.data_vars if group[one].dtype.kind == "f"}
        for name, group in tree.children.items()
    }
    tree.to_netcdf(tmp_path / "packed.nc", engine="h5netcdf", encoding=packed)
    found = als.load_posterior(tmp_path / "packed.nc")
    np.testing.assert_array_equal(found.stacked("beta"), posteriors[0].stacked("beta"))


def edit(path, **changes):
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | changes))


def link_in(name):
    def spoil(store):
        outside = store.parent / "outside"
        (store / name).rename(outside)
        (store / name).symlink_to(outside)

    return spoil


def bomb(store):
    """A chunk of twelve bytes whose frame says that it unpacks to 2**62."""
    (store / "posterior" / "beta" / "c" / "0" / "0" / "0").write_bytes(
        b"\x28\xb5\x2f\xfd\xe0" + (2**62).to_bytes(8, "little")
    )


def meta(name, **changes):
    return lambda store: edit(store / name / "zarr.json", **changes)


def grid(*chunks):
    return {"name": "regular", "configuration": {"chunk_shape": list(chunks)}}


STORES = [
    (link_in("posterior/beta/c/0/0/0"), "a link"),
    (link_in("posterior/beta/zarr.json"), "a link"),
    (link_in("observed_data"), "a link"),
    (lambda store: os.mkfifo(store / "posterior" / "pipe"), "a link to data elsewhere, or no file"),
    (lambda store: (store / "notes.txt").write_text("x"), "'notes.txt' is not a part"),
    (bomb, "would fill"),
    (lambda store: (store / "posterior/beta/c/0/0/0").write_bytes(b"plain"), "not packed as it was written"),
    (meta("posterior/beta", shape=[4, 10**15, 2]), "would fill"),
    (meta("posterior/beta", shape=[4, -1, 2]), "no array has"),
    (meta("posterior/beta", shape=[4, 1.5, 2]), "no array has"),
    (meta("posterior/beta", shape="all"), "no array has"),
    (meta("posterior/beta", chunk_grid=grid(4, 10**15, 2)), "larger than it is"),
    (meta("posterior/beta", chunk_grid=grid(4, 0, 2)), "larger than it is"),
    (meta("posterior/beta", chunk_grid=grid(4)), "no array has"),
    (meta("posterior/beta", storage_transformers=[{"name": "x"}]), "not this package's"),
    (meta("posterior/beta", codecs=[{"name": "sharding_indexed"}]), "not this package's"),
    (meta("posterior/beta", more={"must_understand": False}), "not this package's"),
    (meta("", consolidated_metadata={"metadata": {}}), "not this package's"),
    (meta("posterior", node_type="link"), "not this package's"),
    (lambda store: (store / "posterior" / "zarr.json").write_text("[1]"), "not this package's"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "words"), STORES)
def test_stores_with_anything_but_our_arrays_are_refused(store, spoil, words):
    spoil(store)
    refused(store, words)


def test_a_chunk_that_is_lost_is_not_read_as_missing_values(store):
    (store / "log_likelihood" / "y" / "c" / "0" / "0" / "0").unlink()
    refused(store, "'log_likelihood' are not those that were saved")


def test_a_mixture_of_two_posteriors_is_refused(posteriors, store, tmp_path):
    als.save_posterior(posteriors[1], tmp_path / "two.zarr")
    chunk = Path("posterior/b/c/0/0/0/0")
    (store / chunk).write_bytes((tmp_path / "two.zarr" / chunk).read_bytes())
    refused(store, "'posterior' are not those that were saved")


def test_files_of_before_have_no_hashes_and_load(saved):
    with h5py.File(saved, "r+") as file:
        record = json.loads(file.attrs["alsmodels_record"])
        del record["hashes"]
        file.attrs["alsmodels_record"] = json.dumps(record)
    assert seed_of(saved) == 1


def test_draws_that_are_all_the_same_are_kept_in_both_formats(posteriors, tmp_path):
    """They pack to nearly nothing, and are no bomb."""
    post = posteriors[0]
    still = post.with_groups(posterior=post.posterior.map(lambda one: one * 0.0 + 1.0, keep_attrs=True))
    for name in ("a.nc", "a.zarr"):
        als.save_posterior(still, tmp_path / name)
        assert (als.load_posterior(tmp_path / name).stacked("b") == 1.0).all()
    assert most_bytes(10) == 2**30
    assert most_bytes(2**30) == 20 * 2**30


def test_refusing_takes_no_memory(saved):
    """In a process that may have no more than it needs to open the file."""
    with h5py.File(saved, "r+") as file:
        compressed(file["posterior"], saved.parent)
    code = (
        "import sys, resource; import alsmodels as als, xarray, h5netcdf, h5py, alsmodels.bayes.storage\n"
        "now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (now + 2**29, now + 2**29))\n"
        "try:\n    als.load_posterior(sys.argv[1])\nexcept als.ReadError as reason:\n    print(reason)"
    )
    done = subprocess.run([sys.executable, "-c", code, saved], capture_output=True, text=True, check=True)
    assert "would fill" in done.stdout


# What is written, whatever the moment of a death.


def seed_of(path):
    return als.load_posterior(path).draws.attrs["seed"]


def test_a_death_at_any_step_leaves_the_old_or_the_new(posteriors, saved, tmp_path, monkeypatch):
    """Folders in Zarr are replaced by what `tests/files/test_exchange.py` tests."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    before = saved.read_bytes()
    path = tmp_path / "there.nc"
    found = [
        seed_of(path) for _ in deaths(lambda: als.save_posterior(posteriors[1], path), lambda: path.write_bytes(before))
    ]
    assert found == sorted(found)
    assert set(found) == {1, 2}


SAVE = (
    "import sys; import alsmodels as als\n"
    "posts = [als.load_posterior(name) for name in sys.argv[2:4]]\n"
    "for turn in range(10**6):\n"
    "    als.save_posterior(posts[turn % 2], sys.argv[1])\n"
    "    print('saved', flush=True)\n"
)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@pytest.mark.parametrize("tries", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments_a_posterior_is_there(posteriors, tmp_path, suffix, tries):
    chance = np.random.default_rng(5)
    for number, post in enumerate(posteriors):
        als.save_posterior(post, tmp_path / f"{number}.nc")
    command = [sys.executable, "-c", SAVE, tmp_path / f"fit{suffix}", tmp_path / "0.nc", tmp_path / "1.nc"]
    for _ in range(tries):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.5))
            process.send_signal(signal.SIGKILL)
        assert seed_of(tmp_path / f"fit{suffix}") in (1, 2)
    als.save_posterior(posteriors[0], tmp_path / f"fit{suffix}")
    assert seed_of(tmp_path / f"fit{suffix}") == 1


def test_nothing_is_written_through_links(posteriors, tmp_path):
    outside = tmp_path / "outside.nc"
    outside.write_bytes(b"theirs")
    (tmp_path / "fit.nc").symlink_to(outside)
    als.save_posterior(posteriors[0], tmp_path / "fit.nc")
    assert outside.read_bytes() == b"theirs"
    assert seed_of(tmp_path / "fit.nc") == 1


def test_a_store_with_something_else_in_it_is_not_replaced(posteriors, store):
    (store / "posterior" / "notes.txt").write_text("mine")
    with pytest.raises(ReadError, match="would be lost"):
        als.save_posterior(posteriors[1], store)
    assert (store / "posterior" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["x" * 300 + ".nc", "file/fit.nc", "no/fit.zarr", "half \ud800.nc", "x" * 300 + ".zarr"]
)
def test_places_that_cannot_be_written_are_a_sentence(posteriors, tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReadError, match=r"\.$"):
        als.save_posterior(posteriors[0], tmp_path / name)
