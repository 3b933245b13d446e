"""Maximum likelihood: the package's own engine, and statsmodels as the second road to the same numbers."""
