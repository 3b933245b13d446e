"""A posterior comes back from a file as it was, and broken or hostile files are refused in sentences."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import alsmodels as als
from alsmodels.bayes.lmm import sample_lmm
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.records import FORMAT, hash_design
from alsmodels.bayes.storage import load_posterior, save_posterior
from alsmodels.data.lookup import Lookup
from alsmodels.errors import ReadError
from alsmodels.model.distributions import Normal
from alsmodels.model.response import ResponseModel
from alsmodels.model.status import Status, StatusKind

SUFFIXES = (".nc", ".zarr")
RECORD = "alsmodels_record"


def sample(design, **options):
    return sample_lmm(design, method="importance", draws=400, seed=1, on_failure="return", **options)


@pytest.fixture(scope="module")
def post():
    return sample(als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example()))


def biomarker_table():
    """A bare table: whole numbers for subjects, an unusual order of arms, a censored logarithm, missing rows."""
    rng = np.random.default_rng(3)
    subject = np.repeat(np.arange(20, 32), 5)
    table = pd.DataFrame({"subject": subject, "week": np.tile([0.0, 8, 16, 32, 48], 12)})
    table["arm"] = pd.Categorical(np.array(["zero", "active"])[subject % 2], categories=["zero", "spare", "active"])
    table["age"] = (50 + subject % 7).astype("int32")
    table["il6"] = np.exp(1 + 0.3 * rng.normal(size=12)[subject - 20] + 0.2 * rng.normal(size=60))
    table["il6_censored"] = np.where(table["il6"] < 2.2, "left", "none")
    table.loc[[3, 17], "il6"] = np.nan
    return table.sample(frac=1, random_state=1)


def assert_same(found, given):
    for field in ("priors", "response", "method", "sampler", "effective"):
        assert getattr(found, field) == getattr(given, field)
    assert str(found.status) == str(given.status)
    np.testing.assert_equal(found.status.score, given.status.score)
    assert list(found.draws.children) == list(given.draws.children)
    for name, group in given.draws.children.items():
        xr.testing.assert_identical(found.draws[name].to_dataset(), group.to_dataset())
    assert found.draws.attrs == given.draws.attrs
    ours, theirs = found.design, given.design
    for name in ("y", "X", "Z", "starts"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    for name in ("spec", "fixed_names", "random_names", "outcome", "notes", "arms", "last_week"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.subjects.equals(theirs.subjects)
    pd.testing.assert_frame_equal(ours.left_out, theirs.left_out)
    for name in ("lower", "upper"):
        np.testing.assert_array_equal(getattr(ours.limits, name), getattr(theirs.limits, name))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_posterior_comes_back_as_it_was(post, tmp_path, suffix):
    save_posterior(post, tmp_path / f"fit{suffix}")
    found = load_posterior(str(tmp_path / f"fit{suffix}"))
    assert_same(found, post)
    pd.testing.assert_frame_equal(found.design.rows, post.design.rows)
    asked = als.slope_difference("anakinra", "control", phase=1)
    value = [asked.contrast(one.design).value(one.stacked("beta")) for one in (found, post)]
    np.testing.assert_array_equal(*value)
    assert str(found) == str(post)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_bare_tables_come_back_with_their_categories_and_limits(tmp_path, suffix):
    given = sample("log(il6) ~ arm * week + age + (week || subject)", data=biomarker_table())
    assert given.design.limits.is_censored.any()
    assert given.design.left_out["rows"].sum() == 2
    save_posterior(given, tmp_path / f"fit{suffix}")
    found = load_posterior(tmp_path / f"fit{suffix}")
    assert_same(found, given)
    assert list(found.design.rows["arm"].cat.categories) == ["zero", "spare", "active"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_numbers_that_json_lacks_and_a_seed_of_many_digits(post, tmp_path, suffix):
    odd = dataclasses.replace(
        post, status=Status(StatusKind.UNRELIABLE, "no draw counts.", float("nan")), effective=np.inf
    )
    odd = dataclasses.replace(odd, draws=post.draws.copy())
    odd.draws.attrs |= {"seed": 2**80 + 1, "k_hat": float("inf"), "log_evidence": float("-inf")}
    save_posterior(odd, tmp_path / f"fit{suffix}")
    assert_same(load_posterior(tmp_path / f"fit{suffix}"), odd)


def test_the_response_model_and_added_groups_come_back(post, tmp_path):
    response = ResponseModel(tails="student_t", knot=Normal(24, 4, "a guess"))
    more = dataclasses.replace(post, response=response, method="nuts", effective=None)
    more = more.with_groups(prior=more.posterior[["beta"]].isel(draw=slice(3)))
    save_posterior(more, tmp_path / "fit.nc")
    found = load_posterior(tmp_path / "fit.nc")
    assert_same(found, more)
    assert found.response.knot.source == "a guess"


def test_what_was_loaded_can_be_saved_in_the_other_format(post, tmp_path):
    save_posterior(post, tmp_path / "a.zarr")
    save_posterior(load_posterior(tmp_path / "a.zarr"), tmp_path / "b.nc")
    save_posterior(load_posterior(tmp_path / "b.nc"), tmp_path / "a.zarr")
    assert_same(load_posterior(tmp_path / "a.zarr"), post)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zarr", "b.nc"]


def test_the_file_is_a_tree_for_arviz_and_says_what_it_is(post, tmp_path):
    save_posterior(post, tmp_path / "fit.nc")
    with xr.open_datatree(tmp_path / "fit.nc", engine="h5netcdf") as tree:
        assert set(tree.children) == {*post.draws.children, "rows_of_data"}
        assert tree.attrs["format"] == FORMAT
        assert tree.attrs["formula"] == post.spec.formula
        record = json.loads(tree.attrs[RECORD])
    assert record["data_hash"] == hash_design(post.design)
    assert record["versions"]["alsmodels"]
    assert record["seed"] == 1


def test_every_field_of_a_posterior_is_kept():
    kept = {"design", "priors", "response", "method", "sampler", "draws", "status", "effective"}
    assert {field.name for field in dataclasses.fields(PosteriorFit)} == kept


def rewrite(path, *, drop=(), attrs=None, record=None, table=None):
    """Change a saved NetCDF file."""
    with xr.open_datatree(path, engine="h5netcdf") as opened:
        tree = opened.load()
    groups = {name: child.to_dataset() for name, child in tree.children.items() if name not in drop}
    if table is not None:
        groups["rows_of_data"] = table(groups["rows_of_data"])
    kept = tree.attrs | (attrs or {})
    if record is not None:
        content = json.loads(kept[RECORD])
        record(content)
        kept[RECORD] = json.dumps(content)
    made = xr.DataTree.from_dict(groups)
    made.attrs.update(kept)
    made.to_netcdf(path, engine="h5netcdf")


def set_to(name, value):
    return lambda record: record.update({name: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"attrs": {"format": "alsmodels-posterior-9"}}, "no posterior of alsmodels"),
        ({"attrs": {RECORD: "{"}}, "not a posterior as it was saved"),
        ({"attrs": {RECORD: "[" * 100_000}}, "not a posterior as it was saved"),
        ({"attrs": {RECORD: "[]"}}, "its format is not"),
        ({"record": set_to("format", "other")}, "its format is not"),
        ({"drop": ("posterior",)}, "the group 'posterior' is missing"),
        ({"drop": ("rows_of_data",)}, "the group 'rows_of_data' is missing"),
        ({"record": lambda record: record.pop("priors")}, "'priors' is missing"),
        (
            {"record": set_to("formula", "alsfrs_r ~ __import__('os').system('true') + (week | subject)")},
            "as it was saved",
        ),
        ({"record": set_to("formula", 7)}, "A formula is a text"),
        (
            {"record": set_to("formula", "alsfrs_r ~ week + (week | subject)")},
            "the table or the formula has been changed",
        ),
        ({"record": set_to("data_hash", "0")}, "the table or the formula has been changed"),
        ({"record": set_to("method", "guess")}, "its method is 'guess'"),
        ({"record": set_to("status", {"kind": "fine", "message": "", "score": 0})}, "'fine' is not a valid StatusKind"),
        ({"record": set_to("status", None)}, "as it was saved"),
        ({"record": set_to("columns", [{"name": "y", "kind": "object"}])}, "unknown kind"),
        ({"record": set_to("columns", [1])}, "as it was saved"),
        ({"record": set_to("effective", "many")}, "as it was saved"),
        (
            {"table": lambda table: table.assign(column_2=table["column_0"])},
            "'arm' has values outside of its categories",
        ),
        ({"table": lambda table: table.drop_vars("column_3")}, "as it was saved"),
        ({"table": lambda table: table.assign(column_1=table["column_1"] + 1e-4)}, "the formula has been changed"),
    ],
)
def test_changed_files_are_refused_in_a_sentence(post, tmp_path, change, said):
    path = tmp_path / "fit.nc"
    save_posterior(post, path)
    rewrite(path, **change)
    with pytest.raises(ReadError, match=said) as caught:
        load_posterior(path)
    assert str(path) in str(caught.value)


def test_draws_of_another_design_are_refused(post, tmp_path):
    other = post.posterior.assign_coords(term=[*post.design.fixed_names[:-1], "another"])
    save_posterior(post.with_groups(posterior=other), tmp_path / "fit.nc")
    with pytest.raises(ReadError, match="draws of 'beta' are not of the coefficients"):
        load_posterior(tmp_path / "fit.nc")


def test_truncated_empty_and_foreign_files_are_refused(post, tmp_path):
    path = tmp_path / "fit.nc"
    save_posterior(post, path)
    whole = path.read_bytes()
    for content in (b"", b"not a file of NetCDF", whole[: len(whole) // 2], whole[:-100]):
        path.write_bytes(content)
        with pytest.raises(ReadError, match=r"cannot be read|no posterior"):
            load_posterior(path)
    post.draws.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ReadError, match="no posterior of alsmodels"):
        load_posterior(path)


def test_zarr_stores_in_another_format_or_codec_are_refused(post, tmp_path):
    path = tmp_path / "fit.zarr"
    save_posterior(post, path)
    array = path / "posterior" / "beta" / "zarr.json"
    content = json.loads(array.read_text())
    for name, value in (("codecs", [{"name": "pickle"}]), ("data_type", "object"), ("codecs", 3)):
        array.write_text(json.dumps(content | {name: value}))
        with pytest.raises(ReadError, match="cannot be read"):
            load_posterior(path)
    array.unlink()
    (array.parent / ".zarray").write_text(json.dumps({"zarr_format": 2, "filters": [{"id": "pickle"}]}))
    with pytest.raises(ReadError, match="Zarr's format 2"):
        load_posterior(path)


def test_names_and_places_are_checked_first(post, tmp_path):
    for path in (tmp_path / "fit.pkl", tmp_path / "fit"):
        for work in (lambda path: save_posterior(post, path), load_posterior):
            with pytest.raises(ReadError, match=r"ends in \.nc"):
                work(path)
    with pytest.raises(ReadError, match="is not there"):
        load_posterior(tmp_path / "fit.nc")
    with pytest.raises(ReadError, match="cannot be written"):
        save_posterior(post, tmp_path / "no folder" / "fit.nc")


def test_other_peoples_folders_are_never_replaced(post, tmp_path):
    theirs = tmp_path / "mine.zarr"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years")
    with pytest.raises(ReadError, match="is no posterior"):
        save_posterior(post, theirs)
    assert (theirs / "thesis.txt").read_text() == "years"


def test_columns_that_cannot_be_kept_are_named(post, tmp_path):
    rows = post.design.rows.assign(arm=[{}] * post.design.n_obs)
    odd = dataclasses.replace(post, design=dataclasses.replace(post.design, cells=Lookup.of(rows)))
    with pytest.raises(ReadError, match="'arm'"):
        save_posterior(odd, tmp_path / "fit.nc")
