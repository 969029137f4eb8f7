import numpy as np
import pytest
from cells import CELLS
from cells import draw as draw_cell
from networks import NETWORKS, arrays, draw
from record_torch import DATA, network
from saying import says

from rnnlab import convert, gru, lstm, rnn
from rnnlab.bidirectional import Bidirectional
from rnnlab.stack import Stack

every_network = pytest.mark.parametrize("name", NETWORKS)


def agree(name, theirs):
    """Read PyTorch's weights; hold outputs and gradients to PyTorch's."""

    def part(prefix):
        return {key.removeprefix(prefix): value for key, value in theirs.items() if key.startswith(prefix)}

    ours = NETWORKS[name].network
    tape = ours.forward(convert.from_torch(ours, part("weights_")), theirs["x"])
    dparams, dx, _ = ours.backward(tape, theirs["dh"])
    found = {"h": tape.h[1:], "dx": dx} | convert.to_torch(dparams, gradient=True)
    expected = {"h": theirs["h"], "dx": theirs["dx"]} | part("gradient_")
    assert set(found) == set(expected)
    for key, want in expected.items():
        np.testing.assert_allclose(found[key], want, rtol=1e-12, atol=1e-14 * np.abs(want).max(), err_msg=key)


@every_network
def test_weights_of_pytorch_give_the_outputs_and_gradients_that_it_recorded(name):
    with np.load(DATA / f"torch_{name}.npz") as file:
        agree(name, dict(file))


@every_network
def test_weights_of_pytorch_give_its_outputs_and_gradients(name):
    pytest.importorskip("torch")
    agree(name, network(name, seed=1, n_steps=30, n_batch=3, n_input=4, n_hidden=12))


@every_network
def test_weights_of_ours_give_pytorch_our_outputs(name):
    torch = pytest.importorskip("torch")
    drawn = draw(name, padded=False)
    about = drawn.about
    theirs = getattr(torch.nn, about.kind)(
        3, 5, num_layers=about.n_layers, bidirectional=about.both, dtype=torch.float64
    )
    theirs.load_state_dict({key: torch.tensor(value) for key, value in convert.to_torch(drawn.params).items()})
    h, _ = theirs(torch.tensor(drawn.x))
    np.testing.assert_allclose(h.detach().numpy(), drawn.forward(state=None).h[1:], rtol=1e-12, atol=1e-14)


@every_network
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_there_and_back_nothing_changes(name, dtype):
    drawn = draw(name, dtype=dtype)
    again = convert.from_torch(drawn.about.network, convert.to_torch(drawn.params))
    assert type(again) is type(drawn.params)
    for got, want in zip(arrays(again), arrays(drawn.params), strict=True):
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, want)


def test_what_is_returned_shares_no_memory_with_the_weights():
    drawn = draw_cell("gru-after")
    weights = convert.to_torch(drawn.params)
    assert not any(np.shares_memory(a, b) for a in weights.values() for b in drawn.params)


@pytest.mark.parametrize("name", ["rnn-tanh", "gru-after", "lstm"])
def test_without_any_bias_it_is_zero(name):
    params = draw_cell(name).params
    weights = {key: value for key, value in convert.to_torch(params).items() if not key.startswith("bias")}
    read = convert.from_torch(CELLS[name].module, weights)
    for got, want in zip(read, params, strict=True):
        np.testing.assert_array_equal(got, want if want.ndim == 2 else np.zeros_like(want))


def test_mistakes_are_named():
    weights = convert.to_torch(draw_cell("lstm").params)
    found = "found weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0"
    with says(ValueError, f"weight_ih_l1 is missing, {found}"):
        convert.from_torch(Stack(lstm, 2), weights)
    with says(ValueError, "weight_hr_l0 is a projection (proj_size), which is not supported"):
        convert.from_torch(lstm, {**weights, "weight_hr_l0": np.ones((2, 5))})
    with says(ValueError, "head.weight is not understood, expected the weights of this network alone"):
        convert.from_torch(lstm, {**weights, "head.weight": np.ones(2)})
    inside = {f"lstm.{key}": value for key, value in weights.items()}
    names = found.replace("weight", "lstm.weight").replace("bias", "lstm.bias")
    with says(ValueError, f"weight_ih_l0 is missing, {names}; prefix='lstm.' would find it"):
        convert.from_torch(lstm, inside)
    with says(ValueError, f"rnn.weight_ih_l0 is missing, {names}; prefix='lstm.' would find it"):
        convert.from_torch(lstm, inside, prefix="rnn.")
    with says(TypeError, "weights is int, expected names and arrays, such as network.state_dict()"):
        convert.from_torch(lstm, 3)
    with says(ValueError, f"bias_hh_l0 is missing, {found.rpartition(',')[0]}"):
        convert.from_torch(lstm, {key: weights[key] for key in list(weights)[:3]})
    with says(ValueError, "bias_hh_l0 has shape (19,), expected (as bias_ih=20)"):
        convert.from_torch(lstm, {**weights, "bias_hh_l0": np.ones(19)})
    with says(ValueError, "weight_hh_l0 has 20 rows for 5 units, as of an LSTM, expected those of a GRU"):
        convert.from_torch(gru, weights)
    with says(ValueError, "weight_hh_l0 has 20 rows for 5 units, as of an LSTM, expected those of an RNN"):
        convert.from_torch(rnn, weights)


@pytest.mark.parametrize("network", [Bidirectional(Stack(lstm, 2)), Stack(Stack(lstm, 2), 2)])
def test_a_network_that_pytorch_has_not_is_named(network):
    with pytest.raises(ValueError, match="that PyTorch has no names for"):
        convert.from_torch(network, {})


def test_several_layers_in_each_direction_have_no_names_there():
    params = Bidirectional(Stack(lstm, 2)).init(0, 2, 3)
    with says(ValueError, "params is of several layers in each direction, expected both directions in each layer"):
        convert.to_torch(params)


def test_training_the_one_network_leaves_the_other_as_it_is():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential()
    theirs.add_module("gru", torch.nn.GRU(2, 3))
    theirs.add_module("head", torch.nn.Linear(3, 1))
    ways = {
        "state_dict": theirs.state_dict(),
        "named_parameters": theirs.named_parameters(),
        "module": theirs,
        "arrays": {name: value.numpy() for name, value in theirs.state_dict().items()},
    }
    for name, weights in ways.items():
        params = convert.from_torch(gru, weights, prefix="gru.")
        before = [part.copy() for part in params]
        with torch.no_grad():
            for weight in theirs.parameters():
                weight += 1
        for got, want in zip(params, before, strict=True):
            np.testing.assert_array_equal(got, want, err_msg=name)


def test_a_network_is_not_read_for_another():
    torch = pytest.importorskip("torch")
    with says(
        ValueError,
        "weights is a network with 'relu', which its arrays do not say, expected 'tanh'; "
        "for rnn with activation='relu' give its state_dict()",
    ):
        convert.from_torch(rnn, torch.nn.RNN(2, 3, nonlinearity="relu"))
    larger = torch.nn.Sequential()
    larger.add_module("read", torch.nn.RNN(2, 3, nonlinearity="relu"))
    with pytest.raises(ValueError, match="a network with 'relu'"):
        convert.from_torch(rnn, larger, prefix="read.")
    network = torch.nn.RNN(2, 3, nonlinearity="relu").double()
    x = np.random.default_rng(0).normal(size=(4, 2, 2))
    states = rnn.forward(convert.from_torch(rnn, network.state_dict()), x, activation="relu").h[1:]
    np.testing.assert_allclose(states, network(torch.tensor(x))[0].detach().numpy(), rtol=1e-12)
    with says(ValueError, "weight_hh_l0 has 9 rows for 3 units, as of a GRU, expected those of an LSTM"):
        convert.from_torch(lstm, torch.nn.GRU(2, 3))
    with says(ValueError, "weight_hh_l0 has 12 rows for 3 units, as of an LSTM, expected those of an RNN"):
        convert.from_torch(rnn, torch.nn.LSTM(2, 3))


def test_the_cell_of_pytorch_is_read_as_a_layer():
    torch = pytest.importorskip("torch")
    cell = torch.nn.LSTMCell(2, 3).double()
    x = np.random.default_rng(0).normal(size=(1, 4, 2))
    tape = lstm.forward(convert.from_torch(lstm, cell), x)
    for ours, theirs in zip(tape.h_n, cell(torch.tensor(x[0])), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12)
