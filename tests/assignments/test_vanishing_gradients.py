"""The answers to assignment 6 that no library function holds are what their definitions say."""

import numpy as np
import pytest

from rnnlab import gradcheck, initializers, rnn
from rnnlab.assignments.vanishing_gradients import checks as vanishing_gradients
from rnnlab.checks import find


@pytest.mark.parametrize(("n_steps", "n_hidden"), [(1, 1), (1, 3), (4, 1), (5, 3), (3, 3)])
def test_the_products_are_the_differences_of_the_last_state(n_steps, n_hidden):
    rng = np.random.default_rng(n_steps)
    params = rnn.init(rng, 2, n_hidden)
    x, start = rng.normal(size=(n_steps, 1, 2)), rng.normal(size=(1, n_hidden))
    h = rnn.forward(params, x, start).h
    products = vanishing_gradients.jacobian_products(h[:, 0], params.w_h)
    for t in range(n_steps):
        for i in range(n_hidden):
            report = gradcheck.check(
                lambda state, t=t, i=i: rnn.forward(params, x[t:], state).h_n[0, i], h[t], products[t, i][None]
            )
            assert report.ok, report


def test_the_products_carry_a_loss_back_as_the_library_does():
    rng = np.random.default_rng(0)
    params = rnn.init(rng, 2, 4)
    tape = rnn.forward(params, rng.normal(size=(7, 1, 2)), rng.normal(size=(1, 4)))
    dh_n = rng.normal(size=(1, 4))
    _, _, dh_0 = rnn.backward(tape, None, dh_n)
    products = vanishing_gradients.jacobian_products(tape.h[:, 0], params.w_h)
    np.testing.assert_allclose(dh_n @ products[0], dh_0, rtol=1e-12)


@pytest.mark.parametrize(("name", "slope"), [("tanh", 1.0), ("linear", 1.0), ("sigmoid", 0.25)])
def test_the_rate_is_that_of_a_rotation_times_the_slope(name, slope):
    turned = 0.7 * initializers.orthogonal(np.random.default_rng(0), 5)
    assert vanishing_gradients.decay_rate(turned, name) == pytest.approx(0.7 * slope, rel=1e-12)


def test_every_product_from_the_identity_and_orthogonal_weights_keeps_lengths():
    w_h = vanishing_gradients.orthogonal_init(6, 0)
    np.testing.assert_allclose(np.linalg.svd(np.linalg.matrix_power(w_h, 200))[1], 1, rtol=1e-12)
    w_x, still, b_h = vanishing_gradients.identity_init(3, 6, 0.01, 0)
    start = np.abs(np.random.default_rng(1).normal(size=(1, 6)))
    tape = rnn.forward(rnn.Params(w_x, still, b_h), np.zeros((200, 1, 3)), start, activation="relu")
    np.testing.assert_array_equal(tape.h_n, start)


def test_a_small_spread_in_the_eigenvalues_does_not_stop_a_product_from_growing_first():
    w_h = np.array([[0.9, 5.0], [0.0, 0.9]])
    norms = [np.linalg.norm(np.linalg.matrix_power(w_h, n), 2) for n in range(200)]
    nearest = min((0, 1, 10, 100), key=lambda n: abs(n - int(np.argmax(norms))))
    assert nearest == find("6.5").reference["predicted_peak"]()
