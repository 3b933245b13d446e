"""Reading in parts: what is taken as data, how parts are run, and what is said where nothing can be read."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data import clusters
from alsmodels.data import parts as module
from alsmodels.data.parts import open_parts, opened_runner

dask = pytest.importorskip("dask")
frames = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

# What Dask says of its own parts, and has to hear from pandas, is not ours.
pytestmark = pytest.mark.filterwarnings("default")

MODEL = "y ~ arm * week + (week | subject)"


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(4)
    subject, week = np.repeat(np.arange(60), 7), np.tile(np.arange(0.0, 56.0, 8.0), 60) + rng.uniform(0, 3, 420)
    b = rng.normal(size=(60, 2)) * [4, 0.1]
    y = 38 + b[subject, 0] + (b[subject, 1] - 0.2) * week + rng.normal(size=420)
    return pd.DataFrame(
        {"subject": np.char.mod("S%03d", subject), "week": week, "arm": np.array(["a", "b"])[subject % 2], "y": y}
    )


@pytest.fixture(scope="module")
def path(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("registry") / "r.parquet"
    table.to_parquet(path, index=False, row_group_size=45)
    return path


@pytest.fixture
def many_parts(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 1)


def assert_same_digits(fit, expected):
    for name in ("beta", "beta_cov", "sigma", "factor", "loglik"):
        np.testing.assert_array_equal(getattr(fit, name), getattr(expected, name), strict=False)
    np.testing.assert_array_equal(fit.random_effects(), expected.random_effects())
    assert fit.random_effects().index.tolist() == expected.random_effects().index.tolist()


@pytest.mark.usefixtures("many_parts")
@pytest.mark.parametrize("workers", [None, 1, 3, 50])
def test_threads_give_the_same_digits(path, workers):
    assert_same_digits(als.fit_parts(MODEL, path, scheduler="threads", workers=workers), als.fit_parts(MODEL, path))


@pytest.mark.usefixtures("many_parts")
def test_a_cluster_gives_the_same_digits_by_client_and_by_address(path):
    expected = als.fit_parts(MODEL, path)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            assert_same_digits(als.fit_parts(MODEL, path, scheduler=client), expected)
        assert_same_digits(als.fit_parts(MODEL, path, scheduler=cluster.scheduler_address), expected)


@pytest.mark.slow
@pytest.mark.usefixtures("many_parts")
def test_processes_give_the_same_digits_and_the_same_words(path, table, tmp_path):
    assert_same_digits(als.fit_parts(MODEL, path, scheduler="processes", workers=2), als.fit_parts(MODEL, path))
    table.assign(y=table["y"].where(table.index != 200, np.inf)).to_parquet(tmp_path / "bad.parquet", row_group_size=45)
    with pytest.raises(als.DesignError) as refusal:
        als.fit_parts(MODEL, tmp_path / "bad.parquet", scheduler="processes", workers=2)
    assert str(refusal.value).startswith("In part 5 of the data: y is not a finite number")
    assert "Traceback" not in str(refusal.value)


@pytest.mark.parametrize(("scheduler", "workers"), [(None, 1), ("threads", 3)])
@pytest.mark.usefixtures("many_parts")
def test_no_more_parts_are_held_than_are_in_flight(path, scheduler, workers):
    """Tables that are alive at once, counted by what each part is called with."""
    import gc
    import weakref

    alive, most = weakref.WeakSet(), []

    class Token:
        pass

    def work(number, table):
        token = Token()
        table.attrs["token"] = token  # lives as long as the table
        alive.add(token)
        del token
        gc.collect()
        most.append(len(alive))
        return len(table)

    parts = open_parts(path)
    assert parts.number == 10
    with opened_runner(scheduler, workers) as run:
        assert sum(run(work, parts)) == 420
    assert 1 <= max(most) <= workers


@pytest.mark.usefixtures("many_parts")
def test_only_the_columns_of_the_model_are_read(table, tmp_path, monkeypatch):
    table.assign(**{f"c{n}": 1.0 for n in range(9)}).to_parquet(tmp_path / "wide.parquet", row_group_size=100)
    seen = []
    real = module._work_on
    monkeypatch.setattr(
        module, "_work_on", lambda work, n, part, **kw: seen.append(list(part.columns)) or real(work, n, part, **kw)
    )
    als.fit_parts("y ~ week + (1 | subject)", tmp_path / "wide.parquet")
    assert {tuple(names) for names in seen} == {("subject", "week", "arm", "y")}
    assert len(seen) == 10


def test_what_is_no_data(table, tmp_path):
    with pytest.raises(als.DataError, match=r"not DataFrame\. A table in memory is fitted by fit_lmm"):
        als.fit_parts(MODEL, table)
    with pytest.raises(als.DataError, match="not int"):
        als.fit_parts(MODEL, 3)
    with pytest.raises(als.ReadError, match=re.escape(f"There is nothing at '{tmp_path / 'none.parquet'}'.")):
        als.fit_parts(MODEL, tmp_path / "none.parquet")
    (tmp_path / "t.csv").write_text("subject,week\n")
    with pytest.raises(als.ReadError, match=r"cannot be read as Parquet\. Open files of other kinds by dask"):
        als.fit_parts(MODEL, tmp_path / "t.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(als.ReadError, match="cannot be read as Parquet"):
        als.fit_parts(MODEL, tmp_path / "empty")


@pytest.mark.usefixtures("many_parts")
def test_a_damaged_part_is_a_sentence(path, tmp_path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    (tmp_path / "damaged.parquet").write_bytes(content)
    with pytest.raises(als.ReadError, match=r"Part \d+ of the data, or one soon after, cannot be read"):
        als.fit_parts(MODEL, tmp_path / "damaged.parquet")


def test_a_scheduler_that_is_none_is_a_sentence(path, monkeypatch):
    monkeypatch.setattr(clusters, "_SECONDS", 0.5)
    with pytest.raises(als.SpecError, match="No Dask scheduler answers at 'tcp:"):
        als.fit_parts(MODEL, path, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(als.SpecError, match="A scheduler is 'threads', 'processes', the address of a Dask cluster"):
        als.fit_parts(MODEL, path, scheduler="thread")
    with pytest.raises(als.SpecError, match="A scheduler is"):
        als.fit_parts(MODEL, path, scheduler=4)


def test_without_dask_the_extra_is_named(path, monkeypatch):
    for name in [name for name in sys.modules if name == "dask" or name.startswith("dask.")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(als.SpecError, match=r"pip install 'alsmodels\[dask\]'"):
        als.fit_parts(MODEL, path)


@pytest.mark.parametrize("first", [True, False], ids=["first file", "second file"])
def test_a_file_without_a_column_is_refused_by_name(first, table, tmp_path):
    """A wave of a registry may have been written before a covariate was collected."""
    half = table["subject"].isin(table["subject"].unique()[::2])
    lacking = table.drop(columns="y")
    (lacking if first else table)[half].to_parquet(tmp_path / "wave-1.parquet", index=False)
    (table if first else lacking)[~half].to_parquet(tmp_path / "wave-2.parquet", index=False)
    file = "wave-1.parquet, file 1" if first else "wave-2.parquet, file 2"
    with pytest.raises(als.DataError, match=rf"{file} of 2, has no column 'y', which others have"):
        als.fit_parts("y ~ week + (week | subject)", tmp_path)


def test_a_part_of_dask_without_a_column_is_a_sentence(table):
    import dask.dataframe

    half = table["subject"].isin(table["subject"].unique()[::2])
    parts = [table[half], table[~half].drop(columns="y")]
    frame = dask.dataframe.from_map(lambda place: parts[place], [0, 1], meta=table.iloc[:0])
    with pytest.raises(als.AlsModelsError, match=r"[Pp]art 2 of the data.*'y'"):
        als.fit_parts("y ~ week + (week | subject)", frame)


def test_files_may_differ_in_what_does_not_matter(table, tmp_path):
    """The order of columns, columns beside the model, whole numbers, no rows, and columns without any value."""
    half = table["subject"].isin(table["subject"].unique()[::2])
    table, model = table.assign(week=table["week"].round()), "y ~ week + (week | subject)"
    expected = als.fit_lmm(model, table)
    other = table[~half][table.columns[::-1]].assign(week=lambda rows: rows["week"].astype("int64"), more=1)
    table[half].to_parquet(tmp_path / "part-1.parquet", index=False)
    other.to_parquet(tmp_path / "part-2.parquet", index=False)
    table.iloc[:0].to_parquet(tmp_path / "part-3.parquet", index=False)
    stranger = table.iloc[:1].assign(subject="stranger", y=None)
    stranger.to_parquet(tmp_path / "part-4.parquet", index=False)
    fit = als.fit_parts(model, tmp_path)
    assert fit.criterion == pytest.approx(expected.criterion, rel=1e-12)


def test_a_word_among_numbers_makes_no_levels_in_parts(table, tmp_path):
    """An age that is text because one subject has ND must not be a coefficient for each age."""
    model = "y ~ age + week + (week | subject)"
    subjects = table["subject"].unique()
    ages = dict(zip(subjects, np.random.default_rng(8).integers(40, 70, len(subjects)), strict=True))
    numbers = table.assign(age=table["subject"].map(ages).astype("float64"))
    numbers.loc[numbers["subject"] == subjects[0], "age"] = np.nan
    texts = table.assign(age=table["subject"].map(ages).astype("str"))
    texts.loc[texts["subject"] == subjects[0], "age"] = "ND"
    half = table["subject"].isin(subjects[:30])
    texts[half].to_parquet(tmp_path / "part-1.parquet", index=False)
    texts[~half].to_parquet(tmp_path / "part-2.parquet", index=False)
    with pytest.raises(als.DesignError, match=r"In part 1 .*Column 'age' holds words among numbers: 'ND' \(7\)"):
        als.fit_parts(model, tmp_path)
    expected = als.fit_lmm(model, numbers)
    for missing in (["ND"], {"age": ["ND"]}):
        fit = als.fit_parts(model, tmp_path, missing=missing)
        assert fit.params.index.tolist() == expected.params.index.tolist()
        np.testing.assert_allclose(fit.params, expected.params, rtol=1e-8)
        assert fit.loglik == pytest.approx(expected.loglik, rel=1e-10)


def test_codes_for_missing_are_emptied_in_parts(table, tmp_path):
    coded = table.assign(y=table["y"].mask(table["week"] > 40, -99.0))
    coded.to_parquet(tmp_path / "coded.parquet", index=False)
    fit = als.fit_parts("y ~ week + (week | subject)", tmp_path / "coded.parquet", missing=[-99])
    expected = als.fit_lmm("y ~ week + (week | subject)", table[table["week"] <= 40])
    np.testing.assert_allclose(fit.params, expected.params, rtol=1e-8)
    with pytest.raises(als.AlsModelsError, match="missing is a list"):
        als.fit_parts("y ~ week + (week | subject)", tmp_path / "coded.parquet", missing=3.5j)
