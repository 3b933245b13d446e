"""All the chance in a cohort: independent draws of fixed shapes, from one generator in one order.

What is drawn depends on how many subjects, visits, traits and markers there are, and on no other number of the truth.
So two truths that differ in an effect, a hazard or a limit give, from one seed, the same patients under other
circumstances; and cohorts drawn apart can be stacked and calculated together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import final

import numpy as np

from alsmodels.data.alsfrsr import DOMAINS, MAXIMUM
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.truth import Truth

__all__ = ["Variates", "draw_variates", "stack_variates"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Variates:
    """Draws for n subjects on a grid of j visits.

    Attributes
    ----------
    traits : ndarray of shape (n, traits but those of markers)
        Normal.
    groups : ndarray of shape (n, groups)
        Uniform.
    jitter, held : ndarray of shape (n, j)
        Uniform: when a visit is, and whether it is.
    serial, nugget : ndarray of shape (n, j)
        Normal.
    death, withdrawal : ndarray of shape (n,)
        Exponential.
    kind : ndarray of shape (n,)
        Uniform: what a death is told as.
    antibodies : ndarray of shape (n, 2)
        Uniform: whether and when.
    levels : ndarray of shape (n, markers)
        Normal.
    within : ndarray of shape (n, j, markers)
        Normal.
    absent : ndarray of shape (n, j, markers)
        Uniform.
    points : ndarray of shape (n, 48)
        Exponential; domains : shape (n, 4), normal: the order of losses; (n, 0) without items.
    """

    traits: Float
    groups: Float
    jitter: Float
    held: Float
    serial: Float
    nugget: Float
    death: Float
    withdrawal: Float
    kind: Float
    antibodies: Float
    levels: Float
    within: Float
    absent: Float
    points: Float
    domains: Float


def draw_variates(truth: Truth, n: int, n_visits: int, rng: np.random.Generator) -> Variates:
    """Draw everything for n subjects; markers and items come last, so that they do not move what comes before."""
    markers, visits = len(truth.markers), (n, n_visits)
    own = len(truth.traits) - markers
    items = (MAXIMUM, len(DOMAINS)) if truth.items is not None else (0, 0)
    return Variates(
        traits=rng.standard_normal((own, n)).T,
        groups=rng.random((len(truth.groups), n)).T,
        jitter=rng.random(visits),
        held=rng.random(visits),
        serial=rng.standard_normal(visits),
        nugget=rng.standard_normal(visits),
        death=rng.standard_exponential(n),
        withdrawal=rng.standard_exponential(n),
        kind=rng.random(n),
        antibodies=rng.random((n, 2)),
        levels=rng.standard_normal((markers, n)).T,
        within=np.moveaxis(rng.standard_normal((markers, *visits)), 0, -1),
        absent=np.moveaxis(rng.random((markers, *visits)), 0, -1),
        points=rng.standard_exponential((n, items[0])),
        domains=rng.standard_normal((n, items[1])),
    )


def stack_variates(drawn: Sequence[Variates]) -> Variates:
    """Put the subjects of several draws one after another."""
    if len(drawn) == 1:
        return drawn[0]
    return Variates(
        **{one.name: np.concatenate([getattr(each, one.name) for each in drawn]) for one in fields(Variates)}
    )
