"""The twelve items of the ALSFRS-R that sum to a total: which function each subject loses first.

Each item has four points to lose. A subject loses the 48 points in an order of their own, and a total of T means that
the first 48 - T of them are gone. So the items sum to the total, and an item falls only when the total does. The order
is a race: point p of an item in domain d is lost at the time

    E_p / (w_d exp(s_d v_id)),   E_p ~ Exp(1),   v_id ~ N(0, 1)

w_d says how early the domain is lost in general, s_d how much subjects differ in that.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.alsfrsr import DOMAINS, ITEMS, MAXIMUM
from alsmodels.data.number_checks import check_above, check_not_negative
from alsmodels.errors import SpecError
from alsmodels.kernels.arrays import Float

__all__ = ["ITEM_COLUMNS", "Items", "item_scores", "loss_order"]

ITEM_COLUMNS: Final = tuple(ITEMS[number] for numbers in DOMAINS.values() for number in numbers)
"""The columns of the items, in order."""

_POINTS = 4
# The domain of each of the 48 points, and its item.
_DOMAIN_OF = np.repeat(np.arange(len(DOMAINS)), MAXIMUM // len(DOMAINS))


@final
@dataclass(frozen=True, slots=True)
class Items:
    """How totals are made up of items.

    Parameters
    ----------
    weights : tuple of float
        The weights of the domains bulbar, fine motor, gross motor and respiratory, above 0; a domain with a larger
        weight is lost earlier.
    spreads : tuple of float
        The standard deviations among subjects of the logarithms of these weights.
    bulbar_group : str or None
        The name of a `Group`, such as "onset", those inside of which lose bulbar function before all others; None if
        bulbar function goes with no group.
    """

    weights: tuple[float, ...]
    spreads: tuple[float, ...]
    bulbar_group: str | None = None

    def __post_init__(self) -> None:
        for name, check in (("weights", check_above), ("spreads", check_not_negative)):
            value = tuple(getattr(self, name))
            object.__setattr__(self, name, value)
            if len(value) != len(DOMAINS):
                raise SpecError(f"Items: {name} has a number for each of {', '.join(DOMAINS)}; not {len(value)}.")
            check("Items", **{f"{name}[{at}]": one for at, one in enumerate(value)})


def loss_order(items: Items, exponentials: Float, normals: Float) -> NDArray[np.int8]:
    """The place of each point in the order in which a subject loses them, shape (n, 48).

    Parameters
    ----------
    items : Items
        The model of the items in the truth.
    exponentials : ndarray of shape (n, 48)
        Standard.
    normals : ndarray of shape (n, 4)
        The normal scores of the domains.
    """
    speed = np.array(items.weights, dtype=float) * np.exp(np.array(items.spreads, dtype=float) * normals)
    keys = exponentials / speed[:, _DOMAIN_OF]
    order = np.argsort(keys, axis=1, kind="stable")
    places = np.empty(order.shape, dtype=np.int8)
    np.put_along_axis(places, order, np.arange(MAXIMUM, dtype=np.int8)[None, :], axis=1)
    return places


def item_scores(places: NDArray[np.int8], subject: NDArray[np.int64], totals: Float) -> NDArray[np.int8]:
    """Items of rows of visits, shape (r, 12), in the order of `ITEM_COLUMNS`.

    Parameters
    ----------
    places : ndarray of int of shape (n, 48)
        From `loss_order`.
    subject, totals : ndarray of int, ndarray of shape (r,)
        The rows' subjects and their whole totals.
    """
    lost = (MAXIMUM - totals).astype(np.int8)
    gone = places[subject] < lost[:, None]
    losses = gone.reshape(len(gone), len(ITEM_COLUMNS), _POINTS).sum(axis=2, dtype=np.int8)
    return np.asarray(_POINTS - losses, dtype=np.int8)
