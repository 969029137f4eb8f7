"""What a pass freed is kept for the next, unless somebody has decided about it."""

import os
import subprocess
import sys

import pytest

from rnnlab.kernels import tiers

CODE = """
import resource
import numpy as np
from rnnlab import lstm
params = lstm.init(np.random.default_rng(0), 32, 64, dtype=np.float32)
x = np.zeros((100, 32, 32), np.float32)
def passes():
    tapes = [lstm.forward(params, x) for _ in range(4)]
passes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    passes()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**more):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    run = subprocess.run([sys.executable, "-c", CODE], env=plain | more, capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(sys.platform != "linux" or tiers.INSTRUCTIONS is None, reason="the engine, on Linux")
def test_pages_are_fetched_once_unless_the_environment_says_otherwise():
    assert 4 * faults() < faults(MALLOC_TRIM_THRESHOLD_="131072")
