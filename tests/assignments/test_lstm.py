"""The references of assignment 10 are true: gradients against differences, everything against PyTorch."""

import numpy as np
import pytest

from rnnlab import gradcheck
from rnnlab.assignments.lstm import checks as lstm

SHAPES = {"w_x": (16, 3), "w_h": (16, 4), "b_h": (16,)}


def drawn(seed, n_steps=6):
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(0, 0.7, shape) for name, shape in SHAPES.items()}
    start = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    return rng.normal(size=(n_steps, 5, 3)), *start, params, rng.normal(size=(n_steps, 5, 4)), rng.normal(size=(5, 4))


@pytest.mark.parametrize("seed", range(3))
def test_the_gradients_are_the_central_differences(seed):
    x, h_0, c_0, params, dh, dc_last = drawn(seed)

    def loss(values):
        h, c, _ = lstm.lstm_forward(*values)
        return float(np.sum(dh * h[1:]) + np.sum(dc_last * c[-1]))

    values = (x, h_0, c_0, params)
    report = gradcheck.check(loss, values, lstm.lstm_backward(dh, dc_last, x, *lstm.lstm_forward(*values), params))
    assert report.ok, str(report)


def test_states_and_gradients_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    x, h_0, c_0, params, dh, dc_last = drawn(5)
    layer = torch.nn.LSTM(3, 4).double()
    zero = torch.zeros(16, dtype=torch.float64)
    layer.load_state_dict(
        {
            "weight_ih_l0": torch.tensor(params["w_x"]),
            "weight_hh_l0": torch.tensor(params["w_h"]),
            "bias_ih_l0": torch.tensor(params["b_h"]),
            "bias_hh_l0": zero,
        }
    )
    given = [torch.tensor(a, requires_grad=True) for a in (x, h_0[None], c_0[None])]
    outputs, (_, c_last) = layer(given[0], (given[1], given[2]))
    torch.autograd.backward([outputs, c_last], [torch.tensor(dh), torch.tensor(dc_last[None])])
    h, c, gates = lstm.lstm_forward(x, h_0, c_0, params)
    dx, dh_0, dc_0, dparams = lstm.lstm_backward(dh, dc_last, x, h, c, gates, params)
    for ours, theirs in (
        (h[1:], outputs),
        (c[-1], c_last[0]),
        (dx, given[0].grad),
        (dh_0, given[1].grad[0]),
        (dc_0, given[2].grad[0]),
        (dparams["w_x"], layer.weight_ih_l0.grad),
        (dparams["w_h"], layer.weight_hh_l0.grad),
        (dparams["b_h"], layer.bias_ih_l0.grad),
    ):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-11, atol=1e-13)


def test_with_the_forget_gate_open_and_the_input_gate_shut_the_last_cell_state_is_the_first():
    x, h_0, c_0, params, _, dc_last = drawn(6)
    params["b_h"][:4], params["b_h"][4:8] = -1000, 1000
    h, c, gates = lstm.lstm_forward(x, h_0, c_0, params)
    np.testing.assert_array_equal(c[-1], c_0)
    _, _, dc_0, _ = lstm.lstm_backward(np.zeros_like(h[1:]), dc_last, x, h, c, gates, params)
    np.testing.assert_array_equal(dc_0, dc_last)


@pytest.mark.parametrize("half_life", [0.5, 1.0, 3.7, 1000.0])
def test_the_forget_gate_has_the_half_life_that_was_asked_for(half_life):
    b_h = lstm.forget_bias(np.arange(12.0), half_life)
    np.testing.assert_allclose((1 / (1 + np.exp(-b_h[3:6]))) ** half_life, 0.5, rtol=1e-12)
    np.testing.assert_array_equal(np.delete(b_h, slice(3, 6)), np.delete(np.arange(12.0), slice(3, 6)))
