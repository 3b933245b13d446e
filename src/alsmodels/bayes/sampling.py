"""NUTS over a compiled kernel: nutpie moves, the kernel says how high it is, and nothing else is compiled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.seam import as_tree
from alsmodels.errors import SpecError, shown
from alsmodels.model.progress import is_shown, progress_bar

__all__ = ["NutsOptions", "name_statistics", "sample_kernel"]

Array = NDArray[np.float64]
Density = Callable[[Array], tuple[float, Array]]
Sampler = Literal["kernel", "nutpie", "pymc"]

_STATS = {"depth": "tree_depth", "logp": "lp", "diverging": "diverging", "energy": "energy", "n_steps": "n_steps"}


@final
@dataclass(frozen=True, slots=True)
class NutsOptions:
    """How NUTS samples.

    Parameters
    ----------
    sampler : {"kernel", "nutpie", "pymc"}, default "kernel"
        The program that samples. ``"kernel"`` is nutpie over the package's own kernels, which compiles nothing for a
        model; ``"nutpie"`` and ``"pymc"`` sample the graph of `build_model`, which is compiled first.
    chains : int, default 4
        The number of independent chains.
    tune : int, optional
        The number of steps of each chain that adapt and are thrown away; by default the model decides.
    target_accept : float, default 0.9
        The acceptance probability that step sizes are adapted to.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.
    """

    sampler: Sampler = "kernel"
    chains: int = 4
    tune: int | None = None
    target_accept: float = 0.9
    progress: bool | None = None

    def __post_init__(self) -> None:
        if self.sampler not in ("kernel", "nutpie", "pymc"):
            msg = f"sampler is 'kernel', 'nutpie' or 'pymc'; not {shown(self.sampler)}."
            raise SpecError(msg)
        if self.chains < 1 or (self.tune is not None and self.tune < 1) or not 0 < self.target_accept < 1:
            msg = "NUTS needs at least one chain, one step of tuning, and a target_accept between 0 and 1."
            raise SpecError(msg)


def sample_kernel(
    density: Density,
    *,
    centre: Array,
    factor: Array,
    draws: int,
    tune: int,
    options: NutsOptions,
    seed: int,
) -> tuple[Array, xr.Dataset]:
    """Sample a log density with gradient.

    Parameters
    ----------
    density : Density
        The log density of x, shape (d,).
    centre : ndarray of shape (d,)
    factor : ndarray of shape (k, k)
        k <= d; chains move in u with ``x = centre + factor u`` in the first k and ``x = centre + u`` in the other
        coordinates, so that a good guess of mode and covariance leaves little to adapt.
    draws : int
        The number of draws of each chain.
    tune : int
        Steps of each chain before them.
    options : NutsOptions
        The options of the sampler.
    seed : int
        The same seed gives the same draws.

    Returns
    -------
    The draws of x, shape (chains, draws, d), and the sampler's statistics by chain and draw.
    """
    import nutpie  # noqa: PLC0415 - three seconds that importance sampling does not need
    from nutpie.compiled_pyfunc import from_pyfunc  # noqa: PLC0415 - as above

    d = len(centre)
    with progress_bar("Sampling", total=options.chains * (tune + draws), shown=is_shown(options.progress)) as advance:
        model = from_pyfunc(
            ndim=d,
            make_logp_fn=lambda: _whitened(density, centre, factor),
            make_expand_fn=lambda *_: _kept(advance),
            expanded_dtypes=[np.dtype("float64")],
            expanded_shapes=[(d,)],
            expanded_names=["u"],
            make_initial_point_fn=lambda number: 0.5 * np.random.default_rng(number).standard_normal(d),
        )
        found = nutpie.sample(
            model,
            draws=draws,
            tune=tune,
            chains=options.chains,
            cores=1,  # the kernel is called through Python, which takes one caller at a time
            seed=seed,
            save_warmup=False,
            progress_bar=False,
            target_accept=options.target_accept,
        )
    tree = as_tree(found)
    u = tree["posterior"]["u"].to_numpy()
    u[..., : len(factor)] = u[..., : len(factor)] @ factor.T
    return centre + u, name_statistics(tree["sample_stats"].to_dataset())


def _whitened(density: Density, centre: Array, factor: Array) -> Callable[..., tuple[float, Array]]:
    k = len(factor)

    def moved(u: Array, **_: Any) -> tuple[float, Array]:
        x = centre + u
        x[:k] = centre[:k] + factor @ u[:k]
        value, slope = density(x)
        slope[:k] = slope[:k] @ factor
        return value, slope

    return moved


def _kept(advance: Callable[[], None]) -> Callable[..., dict[str, Array]]:
    """What is kept of a draw."""

    def expand(u: Array, **_: Any) -> dict[str, Array]:
        advance()
        return {"u": np.asarray(u, dtype=np.float64)}

    return expand


def name_statistics(found: xr.Dataset) -> xr.Dataset:
    """What samplers call their statistics, in ArviZ's names; others are left out."""
    kept = {new: found[old] for old, new in _STATS.items() if old in found}
    return xr.Dataset(kept)[["chain", "draw", *kept]]
