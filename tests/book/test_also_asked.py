"""The answers that stand on the page of questions: their numbers come out."""

import csv
import json
import math

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
    assert PARITY["last"]["high"] < 0.6
    assert PARITY["n_seeds"] == 5


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
