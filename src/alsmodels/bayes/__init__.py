"""Posteriors of mixed models: by importance, by NUTS over the same kernels, and by PyMC for what is not Gaussian."""
