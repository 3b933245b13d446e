"""The Gaussian likelihood with the random effects integrated out, as an operation of PyTensor's graphs.

One call of the kernel gives the value and every slope, so the node of a likelihood and that of its gradient are the
same node. Under Numba (nutpie, and PyTensor's own Numba mode) the kernel is compiled into the graph.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, final

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

from alsmodels.kernels import conditional
from alsmodels.kernels.caching import fingerprint
from alsmodels.kernels.conditional import condition_point
from alsmodels.kernels.marginal import GroupedBlocks

__all__ = ["ConditionalLikelihood", "conditional_likelihood"]

Tensor: TypeAlias = Any


def conditional_likelihood(beta: Tensor, factor: Tensor, tau: Tensor, *, blocks: GroupedBlocks) -> Tensor:
    """Log p(y | beta, L, tau) in the engine's coordinates, differentiable once.

    Parameters
    ----------
    beta : Tensor
        Shape (p,).
    factor : Tensor
        Shape (q, q), lower triangular ``L``.
    tau : Tensor
        Shape (K,), residual precisions.
    blocks : GroupedBlocks
        The data.
    """
    data = (blocks.ztz, blocks.ztw, blocks.wtw, blocks.n_obs)
    outputs: Any = ConditionalLikelihood()(beta, factor, tau, *data, return_list=True)
    return outputs[0]


@final
class ConditionalLikelihood(Op):
    """Inputs as `condition_point`; outputs the value, and its slopes in beta (p,), L (q, q) and log tau (K,)."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply[Any]:
        """Lay out the node."""
        *numbers, n_obs = inputs
        held = [pt.as_tensor_variable(one, dtype="float64") for one in numbers]
        outputs = [pt.dscalar(), pt.dvector(), pt.dmatrix(), pt.dvector()]
        return Apply(self, [*held, pt.as_tensor_variable(n_obs, dtype="int64")], outputs)

    def perform(self, node: Apply[Any], inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Call the kernel."""
        value, *slopes = condition_point(*inputs)
        for storage, result in zip(output_storage, (np.asarray(value), *slopes), strict=True):
            storage[0] = result

    def pullback(self, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        """The slopes times what stands on the value; the slopes themselves have none."""
        if not all(isinstance(one.type, DisconnectedType) for one in cotangents[1:]):
            msg = "The marginal likelihood has first derivatives only."
            raise NotImplementedError(msg)
        weight, (_, beta_slope, factor_slope, tau_slope) = cotangents[0], outputs
        slopes = [weight * beta_slope, weight * factor_slope, weight * tau_slope / inputs[2]]
        return [*slopes, *(DisconnectedType()() for _ in inputs[3:])]

    def connection_pattern(self, node: Apply[Any]) -> list[list[bool]]:
        """Every output depends on the parameters; the data are constants."""
        return [[place < 3] * 4 for place in range(len(node.inputs))]

    L_op = pullback  # type: ignore[assignment]  # PyTensor 2 calls it by this name


@register_funcify_and_cache_key(ConditionalLikelihood)  # type: ignore[untyped-decorator]  # PyTensor is partly typed
def _compile(op: ConditionalLikelihood, **_: Any) -> tuple[Callable[..., Any], str]:
    """The kernel as a function of Numba, and the key of its cache on disk: the texts of all kernels."""

    @numba_njit
    def likelihood(beta, factor, tau, ztz, ztw, wtw, n_obs):  # type: ignore[no-untyped-def]  # numba infers the types
        value, beta_slope, factor_slope, tau_slope = condition_point(beta, factor, tau, ztz, ztw, wtw, n_obs)
        return np.asarray(value), beta_slope, factor_slope, tau_slope

    return likelihood, fingerprint(Path(conditional.__file__).parent)
