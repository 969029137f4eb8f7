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


@pytest.mark.parametrize("cell", [rnn, gru, lstm])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("n_batch", "n_input"), [(1, 3), (7, 2), (12, 3), (20, 1), (33, 4), (20, 5)])
def test_threads_that_share_a_batch_come_to_the_same_bits(cell, dtype, n_batch, n_input):
    rng = np.random.default_rng(n_batch)
    params = cell.init(rng, n_input, 37, dtype=dtype)
    x = rng.standard_normal((30, n_batch, n_input)).astype(dtype)
    dh = rng.standard_normal((30, n_batch, 37)).astype(dtype)
    for lengths in (None, rng.integers(1, 31, n_batch)):
        tape = cell.forward(params, x, lengths=lengths)
        alone = arrays((tape.h, cell.backward(tape, dh)))
        for n_threads in (2, 3, 8):
            shared = cell.forward(params, x, lengths=lengths, n_threads=n_threads)
            together = arrays((shared.h, cell.backward(shared, dh, n_threads=n_threads)))
            for got, want in zip(together, alone, strict=True):
                np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("cell", [rnn, gru, lstm])
def test_threads_find_what_is_not_finite_and_their_number_is_checked(cell):
    params, x = cell.init(np.random.default_rng(0), 3, 37), np.ones((30, 24, 3))
    x[29, 23, 2] = np.nan
    with pytest.raises(ValueError, match=r"^x\[29, 23, 2\] is nan, expected finite numbers$"):
        cell.forward(params, x, n_threads=2)
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match=r"^n_threads is .*, expected a whole number of at least 1$"):
            cell.forward(params, np.ones((30, 24, 3)), n_threads=wrong)
