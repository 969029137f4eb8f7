"""The answers that stand on the page of questions: their numbers come out, and PyTorch does what they say."""

import csv
import json
import math
import re

import numpy as np
import pytest
from rnnbook.lists import BOOK
from scipy import stats

from rnnlab import bptt, data, readout, rnn

with (BOOK / "also_asked.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def half_life(kept):
    return math.log(0.5) / math.log(kept)


def sigmoid(a):
    return 1 / (1 + math.exp(-a))


def softmax(*scores):
    chances = np.exp(scores)
    return chances / chances.sum()


def padded(lengths, size=32):
    """Return the share of padding in batches of rows in this order."""
    batches = lengths.reshape(-1, size)
    return 1 - batches.sum() / (size * batches.max(axis=1)).sum()


SPOTS = data.sunspots().value
SLOPE, CONSTANT = np.linalg.lstsq(
    np.column_stack([[2, 4, 3, 5, 4, 6, 5], np.ones(7)]), np.array([4.0, 3, 5, 4, 6, 5, 7]), rcond=None
)[0]
FIVE = np.array([7, 9, 8, 12, 9])
LUCK = np.random.default_rng(0).normal(size=(400_000, 10))
LENGTHS = np.random.default_rng(0).integers(1, 101, 3200)


def gru(inputs, units, biases=2):
    return 3 * (units * inputs + units * units + biases * units)


def stored(name):
    return json.loads((BOOK / "results" / f"{name}.json").read_text(encoding="utf-8"))


def n_groups(said, right, size):
    """Return how many groups of so many words occur in the right sentence too, of how many."""
    [found, wanted] = (
        [tuple(s[i : i + size]) for i in range(len(s) - size + 1)] for s in (said.split(), right.split())
    )
    return f"{sum(group in wanted for group in found)}/{len(found)}"


SERIES = np.array([2, 4, 3, 5, 4, 6, 5, 7])
BLEU = [n_groups("the film was good", "the film was not good", size) for size in (1, 2, 3, 4)]
SPELLED, MOVED = stored("variants_letters"), stored("app_music")
SPOKEN, PARITY = SPELLED["speak"]["valid"], stored("parity_labels")
UP = np.array([2, 4, 6])


# By some words of the question: what its answer must contain.
NUMBERS = {
    "one-dimensional convolution": [f"= {1 + 2 * (1 + 2 + 4 + 8)}$"],
    "standardised?": [f"between 0 and {9 / 1000}"],
    "hour, the weekday": [
        f"namely {math.dist((math.sin(2 * math.pi * 23 / 24), math.cos(2 * math.pi / 24)), (0, 1)):.2f}"
    ],
    "flat line": [f"${SLOPE:.4f}\\,s + {CONSTANT:.4f}$", f"= {CONSTANT / (1 - SLOPE):.3f}$", f"only {SLOPE**5:.1%}"],
    "MSE, RMSE": [f"{SPOTS.mean():.1f} and {np.median(SPOTS):.0f} for", f"({(SPOTS == 0).sum()} years"],
    "layers stacked": [
        f"= {64 * (10 + 64 + 1):,}".replace(",", "{,}"),
        f"= {64 * (64 + 64 + 1):,}".replace(",", "{,}"),
    ],
    "one of 128 units": [
        f"= {128 * (10 + 128 + 1):,}$".replace(",", "{,}"),
        f"= {64 * (10 + 64 + 1) + 64 * (64 + 64 + 1):,}$".replace(",", "{,}"),
    ],
    "do not change over time": [f"keeps {0.8**20:.0%} after"],
    "Softmax or sigmoid": ["become {:.2f} and {:.2f}".format(*softmax(2, 1)), f"{sigmoid(2):.2f} and {sigmoid(1):.2f}"],
    "old Keras file": [f"so {0.2 + 0.5:.3f}", f"gives {1 / 6 + 0.5:.3f}", f"gives {sigmoid(1):.3f}"],
    "softsign": [f"at 3 is {1 / (1 + 3) ** 2}", f"tanh {1 - math.tanh(3) ** 2:.4f}"],
    "5% of my data": [
        f"costs {-0.05 * math.log(0.05) - 0.95 * math.log(0.95):.3f} nats",
        f"{0.95 / 0.05:.0f}-fold",
        f"= {math.log(19):.2f}$",
    ],
    "float32 only": [f"slope {(1e-6 + 1e-5) / 2e-5:.2f}", f"= {float(np.finfo(np.float32).eps) ** (1 / 3):.3f}$"],
    "one long text": [f"rows of {1_000_000 // 50:,}", f"make {1_000_000 // 50 // 100} batches"],
    "weight decay": [f"half-life of {half_life(0.97):.0f} steps"],
    "Adam rescales": [
        f"are {math.sqrt(0.999 + 0.001 * 1000**2):.0f} times",
        f"after {round(-math.log(1000) / math.log(0.999), -2):,.0f} of them",
    ],
    "size of about 1/√H": [
        f"= {1 / math.sqrt(3):.2f}$",
        f"1% is left after {math.ceil(math.log(0.01) / math.log(3**-0.5))} steps",
    ],
    "nats, bits": [f"{2 * math.log(2):.3f} nats are 2 bits"],
    "top-k and nucleus": [f"makes {0.6 / 0.9:.2f} and {0.3 / 0.9:.2f}"],
    "What does attention add": ["{:.2f}, {:.2f}, {:.2f}".format(*softmax(2, 1, 0))],
    "waste less on padding": [f"about {padded(LENGTHS):.0%}", f"and {padded(np.sort(LENGTHS)):.0%} when"],
    "Letters, pieces of words": [f"one word or {len('siebenundachtzig')} letters"],
    "second bidirectional": [f"= {2 * 16 * (10 + 16 + 1)}$", f"= {2 * 16 * (32 + 16 + 1):,}$".replace(",", "{,}")],
    "twice as expensive": [f"= {32 * (8 + 32 + 1):,}$".replace(",", "{,}"), f"= {2 * 16 * (8 + 16 + 1)}$"],
    "9,600 parameters": [f"= {2 * gru(16, 32):,}$".replace(",", "{,}"), f"it is {2 * gru(16, 32, 1):,}"],
    "vocabulary of 10,000": [
        f"= {3 * 100 * 10_000:,}$".replace(",", "{,}"),
        f"${10_000 * 50:,} + {3 * 100 * 50:,}$".replace(",", "{,}"),
    ],
    "200 steps back": [f"after {half_life(sigmoid(1)):.0f} steps", f"after {half_life(sigmoid(5)):.0f}."],
    "dropout in a": [f"0.8²⁰ = {0.8**20:.0%}"],
    "still rises": [f"costs {-math.log(0.001):.1f} nats", f"{-math.log(0.001) / math.log(2):.0f} answers at ½"],
    "half precision": [
        f"ends at {float(np.finfo(np.float16).max):,.0f},",
        f"about {np.finfo(np.float16).eps:.3f} near 1",
        f"about {float(np.finfo(np.float16).smallest_subnormal):.8f},",
    ],
    "runs out of memory": [f"is {4 * 1000 * 64 * 512 / 1e6:.0f} MB"],
    "parallel over time": [f"1,000 steps take {math.ceil(math.log2(1000))} rounds"],
    "How many seeds": [f"about ${2 * (1.96 + 0.84) ** 2:.0f}\\,s^2", f"about ${(1.96 + 0.84) ** 2:.0f}\\,s^2"],
    "Standard deviation, standard error": [
        f"the deviation {FIVE.std(ddof=1):.2f} tells",
        f"= {FIVE.std(ddof=1) / math.sqrt(5):.2f}$",
        f"is {stats.t.ppf(0.975, 4):.2f} of those, ± {stats.t.ppf(0.975, 4) * FIVE.std(ddof=1) / math.sqrt(5):.2f}.",
    ],
    "best run of ten": [f"average {np.sort(LUCK, axis=1)[:, -1].mean():.2f} standard"],
    "MASE and sMAPE": [
        f"${abs(np.diff(SERIES)).sum()}/7 = {abs(np.diff(SERIES)).mean():.3f}$",
        f"cost {abs(10 - 5) / ((10 + 5) / 2):.0%} and {abs(10 - 15) / ((10 + 15) / 2):.0%}",
    ],
    "an output for each horizon": [f"{1.01**50 - 1:.0%} too high", f"= {1.01**50:.2f}$"],
    "0.95 from the first epoch": [f"19/20 = {19 / 20}", f"then has {1 / 20}"],
    "echo state network": [
        f"at {stored('echo_truncation')['readout_only']['median']:.3f} nats",
        f"below the {data.echo_baselines()['lag 3']:.3f} of",
    ],
    "teacher_forcing_ratio": [
        f"{SPELLED['mixed']['whole']['low']:.0%} to {SPELLED['mixed']['whole']['high']:.0%} of the numbers",
        f"against {SPELLED['forced']['whole']['low']:.0%} to {SPELLED['forced']['whole']['high']:.0%} with",
    ],
    "perplexity is 100": [f"= {math.log(100):.3f}$"],
    "How many parameters has an LSTM": [
        f"is {4 * (64 * 10 + 64 * 64 + 64):,} for",
        f"so {4 * (64 * 10 + 64 * 64 + 128):,}.",
    ],
    "one key": [
        "from {:.2f}–{:.2f} to {:.2f}–{:.2f}".format(
            *(MOVED[k][e] for k in ("plain", "moved") for e in ("low", "high"))
        )
    ],
    "BLEU": ["has {}, {}, {} and {}:".format(*BLEU)],
    "microcontroller": [
        f"= {gru(8, 32):,}$".replace(",", "{,}"),
        f"{4 * gru(8, 32) / 1000:.0f} KB in float32 and {gru(8, 32) / 1000:.0f} KB in 8 bits",
    ],
    "Data cardinality": [f"${100} - {10} = {100 - 10}$ pairs"],
    "only the direction": [
        f"costs {-0.54 * math.log(0.54) - 0.46 * math.log(0.46):.3f} nats, against {math.log(2):.3f} for",
    ],
    "R² is negative": [f"$1 - {((UP - UP[::-1]) ** 2).sum():.0f}/{((UP - UP.mean()) ** 2).sum():.0f} = -3$"],
    "hourly or daily": [f"14 days are {14 * 24} hourly"],
    "row by row": [f"it is {28 * 28} steps"],
    "XOR or parity": [
        f"at the end {PARITY['last']['low']:.0%} to {PARITY['last']['high']:.0%} right",
        f"every bit {PARITY['every']['low']:.1%} to {PARITY['every']['high']:.0%};",
        f"grow from 2 to {PARITY['n_bits']}, all right",
        f"{PARITY['n_hidden']} tanh units, {PARITY['n_updates']:,} updates",
    ],
    "accuracy does not move": [f"falls from {-math.log(0.3):.2f} to {-math.log(0.45):.2f} and"],
    "hardly anybody use it": [
        f"{100**2 * 102:,} for $H = 100$",
        f"and {100**3 * 102:,} products a step",
        f"takes {100 * 101:,}.",
    ],
    "sequences of one time step": [
        f"at {stored('echo_truncation')['carried']['k1']['median']:.3f} nats",
        f"drawn, {stored('echo_truncation')['readout_only']['median']:.3f}.",
    ],
    "vanish or explode, intuitively": [f"0.9^{{50}} = {0.9**50:.3f}$", f"1.1^{{50}} = {1.1**50:.0f}$"],
    "Where does clipping go": [f"it is {math.sqrt(3) * 100:.1f},"],
    "masked in the attention": [
        "{:.2f}, {:.2f} and {:.2f}, so".format(*softmax(2, 1, 0)),
        f"so {softmax(2, 1, 0)[2]:.0%} of",
        "are {:.2f} and {:.2f}".format(*softmax(2, 1)),
    ],
    "Which temperature": [
        f"at least {SPOKEN['t5']['low']:.1%} of the samples are numbers at ½",
        f"{SPOKEN['t10']['low']:.0%} to {SPOKEN['t10']['high']:.0%} at 1",
        f"{SPOKEN['t30']['low']:.0%} to {SPOKEN['t30']['high']:.0%} at 3",
    ],
    "How much data": [f"has {9 + 1} numbers for the {1905 - 1699} training", f"readout {gru(1, 8, 1) + 8 + 8 + 1}"],
}


def test_equal_chances_cost_what_the_question_says():
    [question] = [row["question"] for row in ROWS if "stays at 0.693" in row["question"]]
    for number in (2, 3, 10):
        assert f"{math.log(number):.3f}" in question


@pytest.mark.parametrize("words", NUMBERS)
def test_the_answer_has_the_numbers_that_come_out(words):
    [answer] = [row["answer"] for row in ROWS if words in row["question"]]
    for number in NUMBERS[words]:
        assert number in answer


def gradients(cell, output):
    """Return the gradients of a network of three tanh units on a random batch, by name."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(6, 5, 2)), rng.normal(size=(6, 5, 2))
    tape = rnn.forward(cell, x)
    outputs = readout.forward(output, tape.h[1:])
    doutput, dh = readout.backward(outputs, outputs.y - target)
    dcell, _, _ = rnn.backward(tape, dh)
    return {**dcell._asdict(), **doutput._asdict()}


def test_with_all_weights_0_only_the_last_bias_moves():
    found = gradients(
        rnn.Params(np.zeros((3, 2)), np.zeros((3, 3)), np.zeros(3)), readout.Params(np.zeros((2, 3)), np.zeros(2))
    )
    assert [name for name, gradient in found.items() if gradient.any()] == ["b_y"]


def test_units_with_equal_weights_get_equal_gradients():
    rng = np.random.default_rng(1)
    cell = rnn.Params(np.tile(rng.normal(size=(1, 2)), (3, 1)), np.full((3, 3), 0.3), np.zeros(3))
    found = gradients(cell, readout.Params(np.tile(rng.normal(size=(2, 1)), (1, 3)), np.zeros(2)))
    assert found["w_x"].any()
    for name, axis in (("w_x", 0), ("w_h", 0), ("b_h", 0), ("w_y", 1)):
        np.testing.assert_allclose(np.ptp(found[name], axis=axis), 0, atol=1e-12)


def test_k1_below_k2_by_running_the_last_k2_steps_again():
    rng = np.random.default_rng(2)
    cell, x, dh = rnn.init(rng, 3, 4), rng.normal(size=(40, 1, 3)), rng.normal(size=(40, 1, 4))
    states, total = rnn.forward(cell, x).h, 0
    for end in range(5, 41, 5):
        begin = max(0, end - 15)
        last_five = np.where(np.arange(begin, end)[:, None, None] < end - 5, 0, dh[begin:end])
        total = total + rnn.backward(rnn.forward(cell, x[begin:end], states[begin]), last_five)[0].w_h
    right = bptt.truncated(rnn, cell, x, lambda start, h: dh[start : start + len(h)], k1=5, k2=15).dparams.w_h
    np.testing.assert_allclose(total, right, rtol=1e-12)


@pytest.mark.parametrize(
    ("draw", "radius"),
    [(lambda rng: rng.normal(size=(200, 200)), 1), (lambda rng: rng.uniform(-1, 1, (200, 200)), 3**-0.5)],
    ids=["normal", "uniform"],
)
def test_first_weights_of_size_one_by_root_h(draw, radius):
    found = [draw(np.random.default_rng(seed)) / 200**0.5 for seed in range(10)]
    assert np.median([abs(np.linalg.eigvals(w_h)).max() for w_h in found]) == pytest.approx(radius, rel=0.1)


def test_every_tanh_run_of_the_echo_ends_below_every_sigmoid_run():
    found = json.loads((BOOK / "results" / "echo_activations.json").read_text(encoding="utf-8"))["test_loss"]
    assert max(found["tanh"]["losses"]) < min(found["sigmoid"]["losses"])


def test_parity_of_growing_lengths_is_learned_without_an_error():
    assert PARITY["longer"]["low"] == 1


def test_gru_solves_the_adding_problem_without_its_reset_gate_only():
    found = stored("gru_parts")
    assert [found[gate]["solved"] for gate in ("reset_open", "update_shut")] == [8, 0]
    assert found["n_seeds"] == 8


def test_reshape_mixes_sequences_where_an_exchange_of_axes_does_not():
    x = np.arange(8).reshape(2, 4)
    assert x.reshape(4, 2).tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert x.swapaxes(0, 1)[3, 1] == x[1, 3]


@pytest.mark.parametrize("unknown", [lambda x: np.einsum("ij->i", x), lambda x: np.mean(x, axis=0)])
def test_numba_does_not_know_some_functions_and_arguments_of_numpy(unknown):
    numba = pytest.importorskip("numba")
    with pytest.raises(numba.core.errors.TypingError, match="Failed in nopython mode pipeline"):
        numba.njit(unknown)(np.ones((2, 3)))


class TestPyTorchDoesWhatTheAnswersSay:
    @pytest.fixture
    def torch(self):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        return torch

    def test_without_batch_first_a_row_moves_the_later_ones(self, torch):
        layer, x = torch.nn.RNN(8, 4), torch.randn(32, 50, 8)
        output, h_n = layer(x)
        assert (tuple(output.shape), tuple(h_n.shape)) == ((32, 50, 4), (1, 50, 4))
        x[0] += 1
        moved = (layer(x)[0] - output).abs().amax(dim=(1, 2)) > 0
        assert moved[:10].all()

    def test_two_axes_are_one_sequence(self, torch):
        layer, x = torch.nn.RNN(8, 4), torch.randn(32, 8)
        torch.testing.assert_close(layer(x)[0], layer(x[:, None])[0][:, 0])

    def test_the_cell_in_a_loop_gives_the_layers_numbers(self, torch):
        layer, cell, x = torch.nn.RNN(8, 4), torch.nn.RNNCell(8, 4), torch.randn(7, 3, 8)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
        h, states = torch.zeros(3, 4), []
        for x_t in x:
            h = cell(x_t, h)
            states.append(h)
        torch.testing.assert_close(torch.stack(states), layer(x)[0])

    def test_scores_of_a_square_shape_pass_with_the_axes_exchanged(self, torch):
        loss, right = torch.nn.CrossEntropyLoss(), torch.randint(0, 3, (2, 3))
        scores = torch.randn(2, 3, 3)  # (B, T, O), where (B, O, T) is wanted
        assert loss(scores, right) != loss(scores.mT, right)
        with pytest.raises(RuntimeError):
            loss(scores, right.float())
        chances = torch.nn.functional.one_hot(right, 3).float().mT
        torch.testing.assert_close(loss(scores, chances), loss(scores, right))

    def test_targets_without_the_last_axis_are_compared_with_every_output(self, torch):
        output, target = torch.randn(4, 1), torch.randn(4)
        with pytest.warns(UserWarning, match="target size"):
            found = torch.nn.MSELoss()(output, target)
        torch.testing.assert_close(found, ((output - target) ** 2).mean())
        assert ((output - target) ** 2).shape == (4, 4)

    def test_the_outputs_own_gradient_shows_the_last_step_only(self, torch):
        output, _ = torch.nn.RNN(4, 8)(torch.randn(10, 1, 4))
        output.retain_grad()
        output[-1].sum().backward()
        assert output.grad.abs().sum(dim=(1, 2)).nonzero().tolist() == [[9]]
        cell, h, states = torch.nn.RNNCell(4, 8), torch.zeros(1, 8), []
        for x_t in torch.randn(10, 1, 4):
            h = cell(x_t, h)
            h.retain_grad()
            states.append(h)
        h.sum().backward()
        assert all(state.grad.any() for state in states)

    def test_an_attached_state_makes_the_graph_grow(self, torch):
        layer, h, sizes = torch.nn.RNN(4, 8), None, []
        for _ in range(4):
            output, h = layer(torch.randn(50, 2, 4), h)
            seen, waiting = set(), [output.grad_fn]
            while waiting:
                node = waiting.pop()
                if node is not None and node not in seen:
                    seen.add(node)
                    waiting += [before for before, _ in node.next_functions]
            sizes.append(len(seen))
        assert sizes[3] / sizes[0] == pytest.approx(4, rel=0.1)

    def test_the_order_of_layers_and_directions(self, torch):
        layer = torch.nn.RNN(3, 5, num_layers=2, bidirectional=True)
        output, h_n = layer(torch.randn(6, 2, 3))
        assert h_n.shape == (4, 2, 5)
        torch.testing.assert_close(h_n[-2], output[-1, :, :5])
        torch.testing.assert_close(h_n[-1], output[0, :, 5:])

    def test_the_last_step_of_the_backward_half_has_read_one_input(self, torch):
        layer, x = torch.nn.LSTM(3, 5, bidirectional=True, batch_first=True), torch.randn(4, 6, 3)
        output, (h_n, _) = layer(x)
        x[:, :-1] += 1
        moved = (layer(x)[0] - output)[:, -1].abs().amax(dim=0) > 0
        assert moved.tolist() == [True] * 5 + [False] * 5
        torch.testing.assert_close(h_n[-1], output[:, 0, 5:])

    def test_squeeze_takes_the_batch_of_one_too(self, torch):
        x = torch.zeros(1, 1, 5)
        assert (x.squeeze().shape, x.squeeze(0).shape) == ((5,), (1, 5))

    def test_gradients_that_are_missing(self, torch):
        with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad"):
            torch.zeros(3).sum().backward()
        output, _ = torch.nn.RNN(3, 5)(torch.randn(6, 2, 3))
        output.sum().backward()
        with pytest.warns(UserWarning, match="not a leaf"):
            assert output.grad is None

        class Layers(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.found, self.missed = torch.nn.ModuleList([torch.nn.Linear(2, 1)]), [torch.nn.Linear(2, 1)]

        assert len(list(Layers().parameters())) == 2

    def test_backward_adds_to_the_gradients_that_are_there(self, torch):
        weight = torch.nn.Parameter(torch.ones(3))
        for _ in range(2):
            (100 * weight).sum().backward()
        assert weight.grad.tolist() == [200] * 3

    def test_clipping_returns_the_norm_before_it(self, torch):
        weight = torch.nn.Parameter(torch.ones(3))
        (100 * weight).sum().backward()
        assert torch.nn.utils.clip_grad_norm_([weight], 1.0).item() == pytest.approx(173.2, abs=0.01)
        assert weight.grad.norm().item() == pytest.approx(1, abs=1e-5)

    def test_an_attached_state_stops_the_second_window(self, torch):
        layer = torch.nn.RNN(3, 5)
        output, h = layer(torch.randn(6, 2, 3))
        output.sum().backward()
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
            layer(torch.randn(6, 2, 3), h)[0].sum().backward()
        layer(torch.randn(6, 2, 3), h.detach())[0].sum().backward()

    def test_ignored_targets_do_not_count(self, torch):
        loss, scores, right = (
            torch.nn.CrossEntropyLoss(ignore_index=-1),
            torch.randn(4, 3),
            torch.tensor([0, 2, -1, -1]),
        )
        torch.testing.assert_close(loss(scores, right), torch.nn.CrossEntropyLoss()(scores[:2], right[:2]))
        assert torch.nn.CrossEntropyLoss().ignore_index == -100

    def test_an_embedding_of_zeros_still_takes_a_step(self, torch):
        words, layer = torch.nn.Embedding(9, 3, padding_idx=0), torch.nn.RNN(3, 5)
        assert not words(torch.tensor([0])).any()
        states = layer(words(torch.tensor([[4], [0]])))[0]
        assert not torch.equal(states[0], states[1])

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda nn, ones: nn.Linear(5, 1)(ones(3, 4)), RuntimeError, "mat1 and mat2 shapes cannot be multiplied"),
            (lambda nn, ones: nn.LSTM(3, 5)(ones(2, 1, 4)), RuntimeError, "input.size(-1) must be equal to input_size"),
            (lambda nn, ones: nn.Embedding(10, 3)(10 * ones(1).long()), IndexError, "index out of range in self"),
            (
                lambda nn, ones: nn.BCEWithLogitsLoss()(ones(3, 1), ones(3)),
                ValueError,
                "must be the same as input size",
            ),
        ],
        ids=["units", "inputs", "vocabulary", "targets"],
    )
    def test_messages_about_sizes(self, torch, call, error, message):
        with pytest.raises(error, match=re.escape(message)):
            call(torch.nn, torch.ones)

    def test_a_layer_wants_data_of_its_own_precision(self, torch):
        with pytest.raises(ValueError, match=re.escape("RNN input dtype (torch.float64) does not match weight dtype")):
            torch.nn.LSTM(3, 5)(torch.randn(2, 1, 3).double())

    def test_states_that_are_not_a_pair(self, torch):
        x = torch.randn(5, 3, 8)
        with pytest.raises(IndexError):
            torch.nn.LSTM(8, 4)(x, torch.zeros(1, 3, 4))
        with pytest.raises(RuntimeError, match="hx and cx should also be 3-D"):
            torch.nn.LSTM(8, 4, num_layers=2)(x, torch.zeros(2, 3, 4))
        _, (first, second) = torch.nn.GRU(8, 4, num_layers=2)(x)
        assert first.shape == second.shape == (3, 4)

    def test_a_state_for_more_rows_than_the_batch_has(self, torch):
        with pytest.raises(RuntimeError, match=re.escape("Expected hidden[0] size (1, 17, 64), got [1, 32, 64]")):
            torch.nn.LSTM(8, 64)(torch.randn(5, 17, 8), (torch.zeros(1, 32, 64), torch.zeros(1, 32, 64)))

    def test_states_written_into_one_tensor_stop_the_backward_pass(self, torch):
        cell, x, h, listed = torch.nn.RNNCell(4, 8), torch.randn(6, 2, 4), torch.zeros(7, 2, 8), [torch.zeros(2, 8)]
        for t in range(6):
            h[t + 1] = cell(x[t], h[t])
            listed.append(cell(x[t], listed[-1]))
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            h.sum().backward()
        torch.stack(listed).sum().backward()
        assert cell.weight_hh.grad.any()

    def test_weights_of_classes_divide_the_loss_by_their_sum(self, torch):
        scores, right, weight = torch.randn(5, 2), torch.tensor([0, 0, 0, 0, 1]), torch.tensor([1.0, 19.0])
        each = torch.nn.functional.cross_entropy(scores, right, reduction="none") * weight[right]
        torch.testing.assert_close(torch.nn.CrossEntropyLoss(weight)(scores, right), each.sum() / weight[right].sum())

    def test_unpacked_rows_are_as_long_as_the_longest_of_them(self, torch):
        rows = torch.nn.utils.rnn
        output, _ = torch.nn.RNN(8, 4)(rows.pack_padded_sequence(torch.randn(10, 3, 8), torch.tensor([7, 5, 2])))
        assert len(rows.pad_packed_sequence(output)[0]) == 7
        whole, lengths = rows.pad_packed_sequence(output, total_length=10)
        assert len(whole) == 10
        assert not whole[lengths[2] :, 2].any()

    def test_one_layer_has_no_place_for_dropout(self, torch):
        with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1"):
            layer = torch.nn.LSTM(8, 4, dropout=0.5)
        x = torch.randn(5, 2, 8)
        assert torch.equal(layer(x)[0], layer(x)[0])

    @pytest.mark.parametrize(("dtype", "most"), [("float32", 1e-6), ("float64", 1e-15)])
    def test_a_row_alone_differs_by_rounding(self, torch, dtype, most):
        layer, x = torch.nn.LSTM(16, 64), torch.randn(100, 32, 16)
        layer, x = layer.to(getattr(torch, dtype)), x.to(getattr(torch, dtype))
        assert (layer(x)[0][:, :1] - layer(x[:, :1])[0]).abs().max() < most

    def test_frames_go_through_a_convolution_together(self, torch):
        frames, convolution = torch.randn(5, 2, 3, 8, 8), torch.nn.Conv2d(3, 4, 3)
        together = convolution(frames.flatten(0, 1)).flatten(1).unflatten(0, (5, 2))
        torch.testing.assert_close(together[4, 1], convolution(frames[4, 1]).flatten())

    @pytest.mark.filterwarnings("ignore:LSTM with projections")
    def test_sizes_of_layers(self, torch):
        def size(layer):
            return sum(part.numel() for part in layer.parameters())

        projected = torch.nn.LSTM(10, 64, proj_size=16)
        output, (h_n, c_n) = projected(torch.randn(5, 2, 10))
        assert (output.shape[-1], h_n.shape[-1], c_n.shape[-1]) == (16, 16, 64)
        assert projected.weight_hh_l0.shape == (256, 16)
        assert (size(projected), size(torch.nn.LSTM(10, 64))) == (8192, 19456)
        assert size(torch.nn.GRU(16, 32, bidirectional=True)) == 9600

    @pytest.mark.parametrize("gradient", [1e-6, 1.0, 1000.0])
    def test_adams_first_step_has_the_learning_rates_size(self, torch, gradient):
        weight = torch.nn.Parameter(torch.zeros(1))
        weight.grad = torch.tensor([gradient])
        torch.optim.Adam([weight], lr=0.01).step()
        assert weight.item() == pytest.approx(-0.01, rel=0.02)
