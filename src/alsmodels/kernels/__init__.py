"""The mathematics: arrays in, arrays out, nothing imported but NumPy, SciPy and Numba.

    y_i = X_i beta + Z_i b_i + e_i,   b_i ~ N(0, sigma^2 Lambda Lambda'),   e_i ~ N(0, sigma^2 I)

Notation follows Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1).
"""

from pathlib import Path

from alsmodels.kernels.caching import keep_fresh

# Before any kernel is loaded: Numba asks where a function is kept when it is decorated.
keep_fresh(Path(__file__).parent)
