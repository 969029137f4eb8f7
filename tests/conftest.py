"""One thread for BLAS: two of them, waiting for each other on a busy machine, make a product of 1 ms take 200."""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
