"""Numbers of thousands of digits, which Python refuses to write out, at every public door: a sentence says so."""

import inspect
from contextlib import suppress

import pytest

import alsmodels as als

HUGE = 10**5000
SPEC = "alsfrs_r ~ week + (1 | subject)"
# How much work is to be done: whoever asks for so much waits. `compile_kernels` takes some minutes of its own.
AMOUNTS = {"replicates", "draws", "workers", "rounds", "n_replicates", "scheduler"}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    cohort = als.load_example()
    fit = als.fit_lmm(SPEC, cohort)
    truth = als.truths.healey_like()
    return {
        "model": SPEC,
        "models": [SPEC],
        "spec": fit.spec,
        "data": cohort,
        "cohort": cohort,
        "frame": cohort.to_frame(),
        "fit": fit,
        "fits": fit,
        "design": fit.design,
        "asked": als.slope(),
        "truth": truth,
        "name": "alsfrs_r",
        "outcome": "alsfrs_r",
        "knots": (12, 24),
        "subject": "subject",
        "time": "week",
        "arm": "active",
        "reference": "placebo",
        "week": 24,
        "seed": 1,
        "folder": tmp_path_factory.mktemp("huge") / "folder",
        "path": tmp_path_factory.mktemp("huge") / "none",
        "progress": False,
    }


def doors():
    for name in sorted(set(als.__all__) - {"compile_kernels"}):
        with suppress(ValueError, TypeError):
            yield from (
                (name, one)
                for one, parameter in inspect.signature(getattr(als, name)).parameters.items()
                if one not in AMOUNTS and parameter.kind is not parameter.VAR_KEYWORD
            )


@pytest.mark.parametrize(("name", "parameter"), list(doors()))
def test_a_huge_number_is_refused_in_words(usual, name, parameter):
    call = getattr(als, name)
    known = inspect.signature(call).parameters.values()
    given = {one.name: usual[one.name] for one in known if one.default is one.empty and one.name in usual}
    first = [one.name for one in known if one.kind is one.POSITIONAL_ONLY]
    given[parameter] = HUGE
    if any(one.kind is one.VAR_POSITIONAL for one in known):
        first, given = ["huge"], {"huge": HUGE}
    # Whatever else Python says of a number in the place of a fit, a function or a list; no ValueError of its digits.
    with suppress(als.AlsModelsError, TypeError, AttributeError):
        call(*(given.pop(one, HUGE) for one in first), **given)


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (lambda frame: als.slope(at={"age": HUGE}), "a level or a finite number"),
        (lambda frame: als.read_wide(frame, columns={"y": {"week": HUGE}}, subject="subject"), "a number of weeks"),
        (
            lambda frame: als.Cohort.from_frame(frame, als.Roles("subject", "week", "arm"), missing=[HUGE]),
            "words and numbers",
        ),
    ],
)
def test_a_huge_number_inside_a_collection_is_refused_in_words(ask, refusal):
    with pytest.raises(als.AlsModelsError, match=refusal):
        ask(als.load_example().to_frame())
