"""Foreign posteriors: the JSON that tests/reference/bayes.R wrote with brms, as tables and summaries in our order."""

import json
from dataclasses import dataclass
from functools import cache

import foreign
import numpy as np

_MOMENTS = ("mean", "sd", "mcse_mean", "mcse_sd", "q5", "q50", "q95", "ess_bulk")


@dataclass(frozen=True)
class ForeignPosterior:
    """One fit by brms; `content` is its JSON. Names given to its methods are those of our columns."""

    source: str
    name: str
    content: dict

    def __getattr__(self, key):
        return self.content[key]

    def __str__(self):
        return f"{self.source}-{self.name}"

    def beta_of(self, names):
        """Arrays `mean`, `sd`, `mcse_mean` and so on, by our fixed columns."""
        return _picked(self.beta, foreign.matched(names, self.terms))

    def sd_of(self, names):
        """The same of the random SDs, by our random columns."""
        return _picked(self.sd, foreign.matched(names, self.re_terms))

    def cor_of(self, names):
        """The same of the correlations, by the rows of the lower triangle of our random columns."""
        terms = [self.re_terms[i] for i in foreign.matched(names, self.re_terms)]
        theirs = [frozenset(pair) for pair in self.cor["pairs"]]
        rows, columns = np.tril_indices(len(terms), -1)
        return _picked(self.cor, [theirs.index({terms[i], terms[j]}) for i, j in zip(rows, columns, strict=True)])

    def fixed_priors(self, names):
        """Means and SDs of the normal priors, by our fixed columns."""
        priors = [self.priors["fixed"][self.terms[i]] for i in foreign.matched(names, self.terms)]
        return np.array(priors, dtype=float).T

    def sd_scales(self, names):
        """Scales of the half-t(3) priors of the random SDs, by our random columns."""
        return np.array([self.priors["sd"][self.re_terms[i]][1] for i in foreign.matched(names, self.re_terms)])


@cache
def read_posterior(source):
    return json.loads((foreign.FOLDER / f"{source}.json").read_text())


def posterior_table(source):
    """The data of a source, its own or those of the file that it names, factors in R's order of levels."""
    return foreign.table(read_posterior(source).get("source", source))


def posterior_fits(*sources):
    """Every fit of the sources."""
    return [ForeignPosterior(s, name, content) for s in sources for name, content in read_posterior(s)["fits"].items()]


def _picked(block, places):
    return {key: np.array(block[key], dtype=float)[places] for key in _MOMENTS}
