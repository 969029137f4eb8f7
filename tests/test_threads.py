"""Kernels run without the interpreter's lock: many at once must not disturb each other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from networks import arrays

from rnnlab import _pytree, gru, lstm, readout, rnn


def train(cell, seed):
    """A few steps of gradient descent on a task of this seed's own."""
    rng = np.random.default_rng(seed)
    network, head = cell.init(rng, 3, 24), readout.init(rng, 24, 2)
    x, target = rng.standard_normal((15, 8, 3)), rng.standard_normal((15, 8, 2))
    for _ in range(10):
        tape = cell.forward(network, x, lengths=rng.integers(1, 16, 8))
        out = readout.forward(head, tape.h[1:])
        dhead, dh = readout.backward(out, out.y - target)
        dnetwork, _, _ = cell.backward(tape, dh)
        network, head = _pytree.map(lambda p, dp: p - 0.001 * dp, (network, head), (dnetwork, dhead))
    return arrays((network, head))


@pytest.mark.parametrize("cell", [rnn, gru, lstm])
def test_twenty_models_trained_at_once_are_bitwise_those_trained_one_after_another(cell):
    alone = [train(cell, seed) for seed in range(20)]
    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(lambda seed: train(cell, seed), range(20)))
    for one, other in zip(alone, together, strict=True):
        for got, want in zip(other, one, strict=True):
            np.testing.assert_array_equal(got, want)
    assert np.any(alone[0][0] != alone[1][0])


@pytest.mark.parametrize("cell", [rnn, gru, lstm])
def test_the_same_run_gives_the_same_bits(cell):
    for got, want in zip(train(cell, 5), train(cell, 5), strict=True):
        np.testing.assert_array_equal(got, want)
