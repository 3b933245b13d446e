"""One cohort from a truth."""

from collections.abc import Mapping

from alsmodels.data.cohort import Cohort
from alsmodels.errors import SpecError
from alsmodels.model.seeds import Seed, generator_of
from alsmodels.simulation.plan import make_plan
from alsmodels.simulation.records import realise
from alsmodels.simulation.tables import make_cohort
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.variates import draw_variates

__all__ = ["simulate_cohort"]


def simulate_cohort(truth: Truth, *, arms: Mapping[str, int] | None = None, seed: Seed) -> Cohort:
    """Simulate a cohort.

    Parameters
    ----------
    truth : Truth
        The generating model; ready ones are in `alsmodels.truths`.
    arms : mapping of str to int, optional
        The numbers of subjects by arm, if they differ from those of the truth; arms that are not named are left out.
    seed : int, numpy.random.SeedSequence or numpy.random.Generator
        The seed of the random numbers; a generator is moved on. The same seed gives the same cohort, in every process.
        Truths that differ in numbers alone, such as an effect, give the same patients from the same seed.

    Returns
    -------
    Cohort
        The simulated cohort, checked like any other. Subjects are called S1, S2, ...; deaths, withdrawals and
        antibodies are its events.

    Raises
    ------
    SpecError
        If an arm is not in the truth, a number of subjects is no whole number of 1 or more, or the seed is none.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> cohort = simulate_cohort(truths.anakinra_like(), seed=1)
    >>> cohort.n_subjects, cohort.arms
    (64, ('control', 'anakinra'))
    """
    if not isinstance(truth, Truth):
        raise SpecError(f"simulate_cohort takes a Truth, such as truths.realistic(); not {type(truth).__name__}.")
    plan = make_plan(truth, arms)
    drawn = draw_variates(truth, plan.n_subjects, plan.n_visits, generator_of(seed))
    people, visits = realise(truth, plan, drawn)
    return make_cohort(truth, plan, people, visits)
