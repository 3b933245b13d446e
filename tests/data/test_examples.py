"""The bundled example: what its program writes is what is committed, and it looks as it says."""

from pathlib import Path

import pandas as pd
import pytest

from alsmodels.data import examples
from alsmodels.data.examples import EXAMPLES, anakinra_like, load_example
from alsmodels.errors import DataError

FOLDER = Path(examples.__file__).parent


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    return pd.read_csv(FOLDER / anakinra_like.VISITS_FILE, dtype={"il6": str})


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return pd.read_csv(FOLDER / anakinra_like.EVENTS_FILE)


def test_the_committed_tables_are_what_the_program_writes(tmp_path: Path) -> None:
    anakinra_like.write(tmp_path)
    for name in (anakinra_like.VISITS_FILE, anakinra_like.EVENTS_FILE):
        assert (tmp_path / name).read_bytes().replace(b"\r\n", b"\n") == (FOLDER / name).read_bytes().replace(
            b"\r\n", b"\n"
        )


def test_another_seed_gives_another_cohort(visits: pd.DataFrame) -> None:
    other, _ = anakinra_like.simulate(seed=1)
    assert not other["alsfrs_r"].head(50).equals(visits["alsfrs_r"].head(50))


def test_arms_and_visits(visits: pd.DataFrame) -> None:
    people = visits.drop_duplicates("id")
    assert people["arm"].value_counts().to_dict() == {"control": 47, "anakinra": 17}
    assert people["id"].str.startswith("SYN-").all()
    assert (visits.groupby("id")["week"].first() == 0).all()
    assert not visits.duplicated(["id", "week"]).any()
    assert visits["week"].max() <= 53


def test_scores_are_whole_and_in_range_and_never_rise_by_more_than_six(visits: pd.DataFrame) -> None:
    assert visits["alsfrs_r"].dtype == "int64"
    assert visits["alsfrs_r"].between(0, 48).all()
    assert visits.groupby("id")["alsfrs_r"].diff().max() <= 6


def test_il6_is_partly_below_its_limit(visits: pd.DataFrame) -> None:
    measured = visits["il6"].dropna()
    below = measured == "<1.5"
    assert 0.2 < below.mean() < 0.6
    assert (measured[~below].astype(float) >= 1.5).all()


def test_fibrinogen_falls_on_anakinra_and_comes_back(visits: pd.DataFrame) -> None:
    treated = visits[visits["arm"] == "anakinra"]
    start, middle, end = (
        treated.loc[treated["week"].between(*span), "fibrinogen"].mean() for span in ((0, 0), (19, 29), (47, 53))
    )
    assert middle < start - 0.3
    assert end > middle + 0.3


def test_events_fit_the_visits(visits: pd.DataFrame, events: pd.DataFrame) -> None:
    antibodies = events[events["event"] == "antibody-positive"]
    assert antibodies["id"].nunique() == len(antibodies) == 16
    assert antibodies["id"].str.startswith("SYN-A").all()
    left = events[events["event"].isin(["death", "withdrawal"])].set_index("id")["week"]
    assert left.index.is_unique
    assert (visits.groupby("id")["week"].max().loc[left.index] < left).all()
    assert set(events["event"]) == {"antibody-positive", "death", "withdrawal"}


def test_the_example_is_read_and_checked() -> None:
    cohort = load_example()
    assert len(cohort.subjects) == 64
    assert {"alsfrs_r", "fibrinogen", "il6"} <= set(cohort.visits.columns)
    assert (cohort.visits["il6"].dropna() >= 1.5).all()


def test_an_unknown_example_is_refused_with_the_list() -> None:
    with pytest.raises(DataError, match=EXAMPLES[0]):
        load_example("nothing")
