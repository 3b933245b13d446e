"""The array types that the kernels' signatures are written in."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Float", "Int"]

Float: TypeAlias = NDArray[np.float64]
Int: TypeAlias = NDArray[np.int64]
