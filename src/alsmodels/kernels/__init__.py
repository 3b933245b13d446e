"""The mathematics: arrays in, arrays out, nothing imported but NumPy, SciPy and Numba.

    y_i = X_i beta + Z_i b_i + e_i,   b_i ~ N(0, sigma^2 Lambda Lambda'),   e_i ~ N(0, sigma^2 I)

Notation follows Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1).
"""
