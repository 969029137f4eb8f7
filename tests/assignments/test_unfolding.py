"""What is right for small and ordinary sizes alone loses in assignment 2."""

import numpy as np
import pytest
from assignments.wrong_answers import always_lose, never_lose

from rnnlab.assignments.unfolding import checks as asked


def _step(x, h, w_x, w_h, b_h):
    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)


def _bias_as_a_column(x, h, w_x, w_h, b_h):
    a = x @ w_x.T + h @ w_h.T
    return np.tanh(a + (b_h[:, None] if len(x) == len(b_h) else b_h))


def _small_terms_dropped(x, h, w_x, w_h, b_h):
    a = x @ w_x.T + h @ w_h.T + b_h
    return np.tanh(np.where(np.abs(a) < 1e-6, 0.0, a))


def _tanh_by_exponentials(x, h, w_x, w_h, b_h):
    a = x @ w_x.T + h @ w_h.T + b_h
    return (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))


@pytest.mark.parametrize(
    "answer",
    [lambda *args: np.squeeze(_step(*args)), _bias_as_a_column, _small_terms_dropped, _tanh_by_exponentials],
    ids=["squeezed", "bias as a column", "small terms dropped", "exponentials"],
)
def test_a_step_that_is_right_for_ordinary_sizes_and_numbers_loses(answer):
    assert always_lose("2.1", rnn_step=answer)


def _forward(x, h_0, w_x, w_h, b_h, w_y, b_y, squeeze=lambda a: a, most=10**9):
    h = np.zeros((len(x) + 1, *h_0.shape))
    h[0] = h_0
    for t in range(min(len(x), most)):
        h[t + 1] = np.tanh(squeeze(x[t]) @ w_x.T + h[t] @ w_h.T + b_h)
    return h, h[1:] @ w_y.T + b_y


def test_a_forward_pass_that_stops_after_forty_steps_or_loses_an_axis_of_one_loses():
    assert never_lose("2.2", rnn_forward=_forward)
    assert always_lose("2.2", rnn_forward=lambda *args: _forward(*args, most=40))
    assert always_lose("2.2", rnn_forward=lambda *args: _forward(*args, squeeze=np.squeeze))


def test_an_unfolded_network_of_at_most_forty_layers_loses():
    assert always_lose("2.3", unfold=lambda *args: asked.unfold(*args[:-1], min(args[-1], 40)))
    assert always_lose("2.3", feedforward=lambda x, layers: asked.feedforward(x[-40:], layers[-41:]))


def test_results_may_be_lists_or_tuples():
    assert never_lose("2.2", rnn_forward=lambda *args: list(asked.rnn_forward(*args)))
    assert never_lose("2.3", unfold=lambda *args: tuple(list(layer) for layer in asked.unfold(*args)))


@pytest.mark.parametrize(
    "wrong", [lambda n: n % 2**15, lambda n: float(np.float16(n)), lambda n: n + 0.5], ids=["int16", "float16", "half"]
)
def test_a_count_that_is_right_for_small_networks_loses(wrong):
    assert always_lose("2.4", count_parameters=lambda *args: wrong(asked.count_parameters(*args)))


@pytest.mark.parametrize("form", [float, np.int32, np.array, np.float64])
def test_a_count_is_taken_by_its_value(form):
    assert never_lose("2.4", count_parameters=lambda *args: form(asked.count_parameters(*args)))
