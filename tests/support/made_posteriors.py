"""Posteriors made of draws that a test chooses, so that what follows from them is known."""

import numpy as np

from alsmodels.bayes.naming import draw_coords, pair_places
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.trees import as_dataset, build_tree
from alsmodels.model.priors import default_priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.status import Status, StatusKind

GAUSSIAN = ResponseModel()


def made_posterior(design, response=GAUSSIAN, *, size=400, seed=1, **given):
    """A posterior whose draws are those given, each broadcast over the draws, and else zeros and ones."""
    m, q = design.n_subjects, len(design.random_names)
    shapes = {"beta": (design.X.shape[1],), "sd": (q,), "b": (m, q), "sigma": (len(design.arms),) * response.sd_by_arm}
    values = {"beta": 0.0, "sd": 1.0, "b": 0.0, "sigma": 1.0}
    if pairs := len(pair_places(design.template)):
        shapes["correlation"], values["correlation"] = (pairs,), 0.0
    for name, holds in (
        ("df", response.tails == "student_t"),
        ("level_effect", response.sd_by_level),
        ("knot", response.knot is not None),
    ):
        if holds:
            shapes[name], values[name] = (), 1.0
    rng = np.random.default_rng(seed)
    draws = {}
    for name, shape in shapes.items():
        value = given.get(name, values[name])
        value = value(rng, (size, *shape)) if callable(value) else value
        draws[name] = np.array(np.broadcast_to(value, (size, *shape)))
    posterior = as_dataset(draws, chains=2, coords=draw_coords(design, response))
    return PosteriorFit(
        design=design,
        priors=default_priors(design),
        response=response,
        method="nuts",
        sampler="kernel",
        draws=build_tree({"posterior": posterior}, attrs={}),
        status=Status(StatusKind.SAMPLED, "made up", 0.0),
    )
