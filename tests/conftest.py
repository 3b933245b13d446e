"""What holds for all tests."""

import os

# Tests are of compiled kernels, however empty the cache is, and start no process that compiles on its own; those of
# the other ways (``test_first_answer.py``, ``test_lmm_both_ways.py``) ask for them.
os.environ.setdefault("ALSMODELS_KERNELS", "compiled")
