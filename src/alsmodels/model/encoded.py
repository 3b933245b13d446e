"""What designs have in common, whether of one data set or of many, with their rows or without."""

from abc import ABC
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.columns import as_pandas
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.model.encoding import Encoding, template_of
from alsmodels.model.terms import Term
from alsmodels.model.timetable import with_units

__all__ = ["Encoded", "EncodedSet", "NewRows"]

Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """New data in the encoding of a design.

    Attributes
    ----------
    X : ndarray of shape (n, p)
    Z : ndarray of shape (n, q)
    """

    X: Matrix
    Z: Matrix


class Encoded(ABC):
    """Data whose encoding has been learnt.

    Attributes
    ----------
    encoding : Encoding
        How rows become X and Z.
    """

    encoding: Encoding

    @property
    def fixed_names(self) -> tuple[str, ...]:
        """Names of the columns of X."""
        return self.encoding.fixed_names

    @property
    def random_names(self) -> tuple[str, ...]:
        """Names of the columns of Z."""
        return self.encoding.random_names

    @property
    def fixed_terms(self) -> tuple[Term, ...]:
        """What the columns of X are."""
        return self.encoding.fixed_terms

    @property
    def random_terms(self) -> tuple[Term, ...]:
        """What the columns of Z are."""
        return self.encoding.random_terms

    @cached_property
    def template(self) -> CovarianceTemplate:
        """How the covariance of the random effects is laid out."""
        return template_of(self.encoding.block_sizes)


class EncodedSet(Encoded):
    """One data set whose encoding has been learnt.

    Attributes
    ----------
    subjects : pandas.Index
        The m subjects, in order.
    """

    subjects: "pd.Index[Any]"

    @property
    def n_subjects(self) -> int:
        """Subjects, m."""
        return len(self.subjects)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """First subject of the one data set, then m, as a stack of data sets has them."""
        return np.array([0, self.n_subjects])

    def by_subject(self, effects: Matrix, spread: Matrix | None = None) -> pd.DataFrame:
        """Random effects as a table: a row a subject; or, with their SDs, a row a subject and effect.

        Parameters
        ----------
        effects, spread : ndarray, ndarray or None of shape (m, q)
        """
        index, names = self.subjects.rename("subject"), list(self.random_names)
        if spread is None:
            return pd.DataFrame(effects, index=index, columns=names)
        return pd.DataFrame(
            {
                "subject": index.repeat(len(names)),
                "effect": names * len(index),
                "estimate": effects.ravel(),
                "std_error": spread.ravel(),
            }
        )

    def at(self, table: object) -> NewRows:
        """Encode new data as these were; unknown levels and missing values are refused."""
        new = table if isinstance(table, pd.DataFrame) else as_pandas(table, "The new data")
        new = with_units(new, self.encoding.columns)
        return NewRows(X=self.encoding.fixed_matrix(new), Z=self.encoding.random_matrix(new))
