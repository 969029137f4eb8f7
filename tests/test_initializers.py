import numpy as np
import pytest

from rnnlab import gru, initializers, lstm, rnn


def recurrent(scheme, n_gates=4, n_input=30, n_hidden=20):
    return initializers.recurrent(np.random.default_rng(0), n_gates, n_input, n_hidden, scheme)


def test_orthogonal_blocks_keep_every_length_over_200_steps():
    weights = recurrent("orthogonal")
    for block in np.split(weights.w_h, 4):
        np.testing.assert_allclose(block @ block.T, np.eye(20), atol=1e-13)
        v = np.ones(20)
        for _ in range(200):
            v = block @ v
        assert np.linalg.norm(v) == pytest.approx(np.sqrt(20), rel=1e-12)
    first, second = np.split(weights.w_h, 4)[:2]
    assert np.abs(first - second).max() > 0.1


def test_orthogonal_matrices_prefer_no_sign():
    # Without the correction of QR's signs every diagonal of R is negative, and this mean far from 0.
    rng = np.random.default_rng(0)
    corners = [initializers.orthogonal(rng, 3)[0, 0] for _ in range(4000)]
    assert abs(np.mean(corners)) < 4 * np.sqrt(1 / 3 / 4000)  # four standard errors: one false alarm in 16,000


def test_glorot_weights_fill_their_bounds_evenly():
    weights = recurrent("glorot", n_hidden=40)
    for matrix, n_in in ((weights.w_x, 30), (weights.w_h, 40)):
        bound = np.sqrt(6 / (n_in + 40))
        assert 0.99 * bound < np.abs(matrix).max() <= bound
        assert matrix.var() == pytest.approx(bound**2 / 3, rel=0.05)


def test_identity_weights_are_identities():
    weights = recurrent("identity")
    np.testing.assert_array_equal(weights.w_h, np.tile(np.eye(20), (4, 1)))
    assert 0.0008 < weights.w_x.std() < 0.0012


def test_torch_weights_and_both_biases_fill_their_bounds():
    for array in recurrent("torch", n_hidden=100):
        assert 0.095 < np.abs(array).max() <= 0.1
    assert np.abs(rnn.init(np.random.default_rng(0), 3, 100, scheme="torch").b_h).max() > 0.1  # a sum of two


def test_only_the_gru_keeps_the_second_bias_apart_and_only_for_its_candidate():
    weights = initializers.recurrent(np.random.default_rng(0), 3, 2, 4, "torch")
    params = gru.init(np.random.default_rng(0), 2, 4, scheme="torch")
    np.testing.assert_array_equal(params.b_hn, weights.b_recurrent[8:])
    np.testing.assert_array_equal(params.b_h[8:], weights.b_input[8:])
    np.testing.assert_array_equal(params.b_h[:8], (weights.b_input + weights.b_recurrent)[:8])
    four = initializers.recurrent(np.random.default_rng(0), 4, 2, 4, "torch")
    b_h = lstm.init(np.random.default_rng(0), 2, 4, scheme="torch", forget_bias=0.0).b_h
    np.testing.assert_array_equal(b_h, four.b_input + four.b_recurrent)


@pytest.mark.parametrize("scheme", ["orthogonal", "glorot", "identity"])
def test_biases_begin_at_zero(scheme):
    weights = recurrent(scheme)
    assert not weights.b_input.any()
    assert not weights.b_recurrent.any()
