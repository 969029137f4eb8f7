"""The references of assignment 4 are right: by central differences, closed forms and the definition."""

import numpy as np
import pytest

from rnnlab import checks, gradcheck
from rnnlab.assignments.backpropagation import checks as asked
from rnnlab.checks.student import LocalStudent

SIZES = [(1, 1, 1, 1, 1), (2, 1, 3, 2, 1), (5, 3, 2, 4, 2), (6, 2, 4, 4, 4)]  # T, B, D, H, O


def network(rng, n_input, n_hidden, n_output):
    shapes = [(n_hidden, n_input), (n_hidden, n_hidden), (n_hidden,), (n_output, n_hidden), (n_output,)]
    return tuple(rng.normal(size=shape) * 0.7 for shape in shapes)


def read(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    return np.stack(h), np.stack(h[1:]) @ w_y.T + b_y


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("loss", [asked.mse, asked.cross_entropy])
def test_the_gradient_of_a_loss_is_its_central_difference(loss, sizes):
    n_steps, n_batch, _, _, n_output = sizes
    rng = np.random.default_rng(0)
    y, mask = rng.normal(size=(n_steps, n_batch, n_output)), rng.random((n_steps, n_batch)) < 0.6
    mask[0, 0] = True
    target = rng.normal(size=y.shape) if loss is asked.mse else rng.integers(0, n_output, mask.shape)
    assert gradcheck.check(lambda y: loss(y, target, mask)[0], y, loss(y, target, mask)[1]).ok


@pytest.mark.parametrize("sizes", SIZES)
def test_every_gradient_of_a_step_is_its_central_difference(sizes):
    _, n_batch, n_input, n_hidden, _ = sizes
    rng = np.random.default_rng(1)
    w_x, w_h, b_h, *_ = network(rng, n_input, n_hidden, 1)
    x, h, dh = (rng.normal(size=(n_batch, n)) for n in (n_input, n_hidden, n_hidden))
    after = np.tanh(x @ w_x.T + h @ w_h.T + b_h)
    values = (x, h, w_x, w_h, b_h)
    gradients = asked.rnn_step_backward(dh, x, h, after, w_x, w_h)
    report = gradcheck.check(
        lambda v: float(np.sum(dh * np.tanh(v[0] @ v[2].T + v[1] @ v[3].T + v[4]))), values, gradients
    )
    assert report.ok, str(report)


@pytest.mark.parametrize("sizes", SIZES)
def test_every_gradient_of_a_sequence_is_its_central_difference(sizes):
    n_steps, n_batch, n_input, n_hidden, n_output = sizes
    rng = np.random.default_rng(2)
    weights = network(rng, n_input, n_hidden, n_output)
    x, h_0 = rng.normal(size=(n_steps, n_batch, n_input)), rng.normal(size=(n_batch, n_hidden))
    dy = rng.normal(size=(n_steps, n_batch, n_output))
    h, _ = read(x, h_0, *weights)
    gradients = asked.rnn_backward(dy, x, h, weights[0], weights[1], weights[3])
    report = gradcheck.check(lambda v: float(np.sum(dy * read(v[5], v[6], *v[:5])[1])), (*weights, x, h_0), gradients)
    assert report.ok, str(report)


def test_at_rest_the_first_states_gradient_is_a_power_of_w_h():
    rng = np.random.default_rng(3)
    w_x, w_h, _, w_y, _ = network(rng, 2, 4, 3)
    dy = np.zeros((6, 2, 3))
    dy[-1] = rng.normal(size=(2, 3))
    *_, dh_0 = asked.rnn_backward(dy, np.zeros((6, 2, 2)), np.zeros((7, 2, 4)), w_x, w_h, w_y)
    np.testing.assert_allclose(dh_0, dy[-1] @ w_y @ np.linalg.matrix_power(w_h, 6), rtol=1e-12)


def test_an_update_of_the_loop_goes_against_the_numeric_gradient_of_the_windows_loss():
    rng = np.random.default_rng(4)
    weights, k, lr = network(rng, 2, 3, 2), 3, 0.05
    x, target = rng.normal(size=(k, 2, 2)), rng.normal(size=(k, 2, 2))

    def loss(weights):
        return float(np.sum((read(x, np.zeros((2, 3)), *weights)[1][-1] - target[-1]) ** 2)) / 2

    after, losses = asked.train(x, target, k, lr, 1, weights)
    taken = tuple((w - new) / lr for w, new in zip(weights, after, strict=True))
    assert gradcheck.check(loss, weights, taken).ok
    assert losses.shape == (1,)
    assert losses[0] == pytest.approx(loss(weights), rel=1e-12)


def test_the_loop_moves_on_by_one_step_with_the_state_after_its_first_input():
    rng = np.random.default_rng(5)
    weights, k = network(rng, 1, 3, 1), 2
    x, target = rng.normal(size=(3, 1, 1)), rng.normal(size=(3, 1, 1))
    first, early = asked.train(x[:2], target[:2], k, 0.05, 1, weights)
    # The second window of a longer run, by hand: from the state after x[0], as the weights were then.
    h, _ = read(x[:1], np.zeros((1, 3)), *weights)
    states, y = read(x[1:], h[1], *first)
    error = y[-1] - target[2]
    gradients = asked.rnn_backward(np.stack([0 * error, error]), x[1:], states, first[0], first[1], first[3])
    both, losses = asked.train(x, target, k, 0.05, 1, weights)
    for got, w, d in zip(both, first, gradients, strict=False):
        np.testing.assert_allclose(got, w - 0.05 * d, rtol=1e-12)
    assert losses[0] == pytest.approx((early[0] + float(error[0, 0] ** 2) / 2) / 2, rel=1e-12)


@pytest.mark.parametrize("answer", [(True, (0, 0)), (False, (0, 0))])
def test_a_verdict_that_is_always_the_same_earns_nothing(answer):
    report = checks.find("4.4").examine(LocalStudent({"gradcheck": lambda f, x, df: answer}))
    assert report.points == 0
