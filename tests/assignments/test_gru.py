"""The references of assignment 9 are true: gradients against differences, step and conversion against PyTorch."""

import numpy as np
import pytest

from rnnlab import gradcheck
from rnnlab.assignments.gru import checks as gru

RNG = np.random.default_rng
SHAPES = {"w_x": (12, 3), "w_h": (12, 4), "b_h": (12,), "b_hn": (4,)}


def drawn(seed):
    rng = RNG(seed)
    params = {name: rng.normal(0, 0.7, shape) for name, shape in SHAPES.items()}
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 4)), params, rng.normal(size=(5, 4))


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize("seed", range(3))
def test_the_gradients_are_the_central_differences(reset, seed):
    x, h, params, dh = drawn(seed)

    def loss(values):
        return float(np.sum(dh * gru.gru_step(values["x"], values["h"], values["params"], reset)[0]))

    _, r, z, n = gru.gru_step(x, h, params, reset)
    dx, dh_before, dparams = gru.gru_step_backward(dh, x, h, r, z, n, params, reset)
    report = gradcheck.check(
        loss, {"x": x, "h": h, "params": params}, {"x": dx, "h": dh_before, "params": dparams}, tolerance=1e-7
    )
    assert report.ok, str(report)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_the_step_is_the_equations_one_number_at_a_time(reset):
    x, h, params, _ = drawn(4)
    new, r, z, n = gru.gru_step(x, h, params, reset)

    def row(gate, i, b, state):
        k = 4 * gate + i
        into = sum(params["w_x"][k, d] * x[b, d] for d in range(3)) + params["b_h"][k]
        return into, sum(params["w_h"][k, j] * state[j] for j in range(4))

    for b in range(5):
        gate = [[1 / (1 + np.exp(-sum(row(g, i, b, h[b])))) for i in range(4)] for g in (0, 1)]
        np.testing.assert_allclose(r[b], gate[0], rtol=1e-12)
        np.testing.assert_allclose(z[b], gate[1], rtol=1e-12)
        for i in range(4):
            if reset == "after":
                into, product = row(2, i, b, h[b])
                want = np.tanh(into + gate[0][i] * (product + params["b_hn"][i]))
            else:
                into, product = row(2, i, b, [gate[0][j] * h[b, j] for j in range(4)])
                want = np.tanh(into + product + params["b_hn"][i])
            np.testing.assert_allclose(n[b, i], want, rtol=1e-12)
            np.testing.assert_allclose(new[b, i], (1 - gate[1][i]) * want + gate[1][i] * h[b, i], rtol=1e-12)


def test_converted_weights_give_the_states_and_gradients_of_pytorch():
    torch = pytest.importorskip("torch")
    x, h, params, dh = drawn(5)
    layer = torch.nn.GRU(3, 4).double()
    named = {name: torch.tensor(a) for name, a in gru.convert_gates(params, "rnnlab", "torch").items()}
    layer.load_state_dict(named)
    inputs, start = torch.tensor(x[None], requires_grad=True), torch.tensor(h[None], requires_grad=True)
    _, last = layer(inputs, start)
    last[0].backward(torch.tensor(dh))
    new, r, z, n = gru.gru_step(x, h, params, "after")
    dx, dh_before, dparams = gru.gru_step_backward(dh, x, h, r, z, n, params, "after")
    np.testing.assert_allclose(new, last[0].detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(dx, inputs.grad[0].numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dh_before, start.grad[0].numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dparams["w_x"], layer.weight_ih_l0.grad.numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dparams["w_h"], layer.weight_hh_l0.grad.numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dparams["b_h"], layer.bias_ih_l0.grad.numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dparams["b_hn"], layer.bias_hh_l0.grad.numpy()[8:], rtol=1e-12, atol=1e-14)


def test_keras_weights_act_as_the_manual_of_keras_says():
    x, h, params, _ = drawn(6)
    theirs = gru.convert_gates(params, "rnnlab", "keras")
    x_z, x_r, x_h = np.split(x @ theirs["kernel"] + theirs["bias"][0], 3, axis=1)
    h_z, h_r, h_h = np.split(h @ theirs["recurrent_kernel"] + theirs["bias"][1], 3, axis=1)
    z, r = 1 / (1 + np.exp(-x_z - h_z)), 1 / (1 + np.exp(-x_r - h_r))
    want = z * h + (1 - z) * np.tanh(x_h + r * h_h)
    np.testing.assert_allclose(gru.gru_step(x, h, params, "after")[0], want, rtol=1e-12)


@pytest.mark.parametrize("source", gru.FORMS)
@pytest.mark.parametrize("target", gru.FORMS)
def test_converting_there_and_back_changes_nothing(source, target):
    _, _, params, _ = drawn(7)
    start = gru.convert_gates(params, "rnnlab", source)
    back = gru.convert_gates(gru.convert_gates(start, source, target), target, source)
    assert sorted(back) == sorted(start)
    for name, array in start.items():
        np.testing.assert_array_equal(back[name], array)
