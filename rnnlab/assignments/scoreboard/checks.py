"""Assignment 13, the paper scoreboard: two published claims, repeated over five seeds.

random guessing    a single tanh unit latches one bit: its three free numbers are guessed until 100 sequences are right
forget bias        a bias of 1 at the forget gate closes the gap between LSTM and GRU, on the adding problem

The experiments are exact functions of a seed, so that runs with seeds of the judge's own are compared number by number
where they are short. The full runs are handed in as numbers. Those of guessing are counts; those of training depend on
rounding (updates multiply a difference in the last digit, and after 300 of them one of the fifteen losses was 0.056
with compiled loops and 0.037 with NumPy's), so that ten of them are compared to 5 % and all to a factor of two.
"""

import contextlib
from typing import Any

import numpy as np

from rnnlab import batches, data, gru, losses, lstm, optimizers, training, variants
from rnnlab.assignments._drawing import seed_of
from rnnlab.assignments.scoreboard.mistakes import MISTAKES
from rnnlab.checks.compare import kind_of
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong
from rnnlab.checks.values import conform

ALLOWS = ("batches", "data", "gru", "losses", "lstm", "optimizers", "readout", "training", "variants")
N_SEQUENCES = 100
T_QUANTILE = 2.7764451  # of Student's t with four degrees of freedom, of which the text gives four digits

# Five means over 40 simulations each, of 500 to 600 steps, and the losses after 300 updates on the adding problem of 30
# steps; tests/assignments/test_scoreboard.py runs both again.
TRIALS = [8.075, 9.7, 9.05, 9.25, 8.675]
LOSSES = {
    "gru": [0.003767, 0.002463, 0.004255, 0.005262, 0.003168],
    "plain": [0.07594, 0.09994, 0.1474, 0.03545, 0.1477],
    "biased": [0.01825, 0.01276, 0.05619, 0.02459, 0.01112],
}


def latch(weights, noise, lengths):
    w_h, plus, minus = weights
    h = np.tanh(np.repeat([plus, minus], noise.shape[1] // 2))
    for t in range(1, len(noise)):
        h = np.where(t < lengths, np.tanh(w_h * h + noise[t]), h)
    return h


def guess(n_steps, width, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, N_SEQUENCES)
    noise = rng.normal(0, np.sqrt(0.2), (lengths.max(), N_SEQUENCES))
    first_class = np.arange(N_SEQUENCES) < N_SEQUENCES // 2
    for n_trials in range(1, 1000):
        weights = rng.uniform(-width, width, 3)
        if ((latch(weights, noise, lengths) > 0) == first_class).all():
            return n_trials, weights
    raise RuntimeError("no guess succeeded")


def t_interval(numbers):
    mean = float(np.mean(numbers))
    half = 2.776 * float(np.std(numbers, ddof=1)) / np.sqrt(5)
    return mean, mean - half, mean + half


def forget_bias_run(cell, forget_bias, n_steps, n_updates, seed):
    layer, options = (gru, {}) if cell == "gru" else (lstm, {"forget_bias": forget_bias})
    objective = variants.Objective(variants.many_to_one, layer, losses.mse)
    params = variants.init(layer, np.random.default_rng(seed), 2, 16, 1, **options)
    source = batches.endless(lambda rng: data.adding(rng, 32, n_steps))
    fitted = training.fit(objective, params, source, optimizers.Adam(0.01), n_updates, seed=seed, clip=1.0)
    return float(np.mean(fitted.history.loss[-20:]))


def gap_closed(gru, plain, biased):
    return (plain - biased) / (plain - gru)


# Drawing


def _latched(ask: StudentProxy, draw: CaseGenerator):
    """Weights of about 1 leave the states between -1 and 1, where every step counts; 3⁸ roundings are 1e-12.

    By turns the weights are as large as those that are guessed, which saturates the unit, or the sequences are long and
    the unit forgets. Once w_h is large and the start values are small, so that the first noise decides.
    """
    n_steps, n_sequences = draw.size(1, 8, large=60), 2 * draw.size(1, 4)
    weights = draw.array(3)
    if draw.case % 4 == 3:
        weights = draw.rng.uniform(-100, 100, 3)
        if draw.case == 7:
            weights = draw.rng.choice([-1, 1], 3) * draw.rng.uniform((40, 0.01, 0.01), (100, 0.03, 0.03))
    elif draw.case % 4 == 2 or n_steps > 8:
        n_steps, weights[0] = n_steps + 50, draw.rng.uniform(-0.9, 0.9)
    noise, lengths = draw.array(n_steps, n_sequences), draw.rng.integers(1, n_steps + 1, n_sequences)
    return ask("latch", weights, noise, lengths)


def _guessed(ask: StudentProxy, draw: CaseGenerator):
    """From a narrow range many guesses hold the bit for some sequences only, so that noise and lengths matter.

    By turns the setting is that of the experiment and no sequence is as long as it could be: noise for the longest is
    not noise for the longest possible. Once the range is so narrow that it takes more than 500 trials, and once a state
    ends near 0, where it still has the right sign. Before some, the same is asked with another width or length.
    """
    turn = draw.case % 4
    if draw.case == 4:
        return ask("guess", *_narrowly_right(draw))
    n_steps, width = int(draw.rng.integers(5, 20)), float(draw.rng.uniform(4, 8))
    if draw.case == 5:
        n_steps, width = int(draw.rng.integers(8, 12)), float(draw.rng.uniform(1.9, 2.2))
        return ask("guess", n_steps, width, _long_search(draw, n_steps, width))
    if turn == 2:
        widths = (150, 300) if draw.case == 2 else (8, 150)
        n_steps, width = int(draw.rng.integers(20, 120)), float(draw.rng.uniform(*widths))
    if turn == 3:
        return ask("guess", 500, 100.0, _none_of_full_length(draw, 500))
    seed = seed_of(draw)
    if draw.case < 2:
        ask("guess", *((n_steps, width + 1), (n_steps + 1, width))[draw.case], seed)
    return ask("guess", n_steps, width, seed)


def _sequences(rng: np.random.Generator, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lengths and the noise that `guess` draws."""
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, N_SEQUENCES)
    return lengths, rng.normal(0, np.sqrt(0.2), (lengths.max(), N_SEQUENCES))


def _none_of_full_length(draw: CaseGenerator, n_steps: int) -> int:
    """Return a seed with which no sequence has the greatest length that is possible."""

    def attempt() -> int | None:
        seed = int(draw.rng.integers(2**31))
        lengths, _ = _sequences(np.random.default_rng(seed), n_steps)
        return seed if lengths.max() < n_steps + n_steps // 5 else None

    return draw.until(attempt)


def _long_search(draw: CaseGenerator, n_steps: int, width: float) -> int:
    """Return a seed with which guessing takes more than 500 trials, but fewer than recursion can go deep."""

    def attempt() -> int | None:
        seed = int(draw.rng.integers(2**31))
        rng = np.random.default_rng(seed)
        lengths, noise = _sequences(rng, n_steps)
        weights, left = rng.uniform(-width, width, (700, 3)), np.arange(700)
        for some in (np.array([0, 1, 50, 51]), np.arange(N_SEQUENCES)):  # most guesses fail at the first sequences
            left = left[_right(weights[left], noise[:, some], lengths[some], some < N_SEQUENCES // 2)]
        return seed if len(left) and left[0] >= 500 else None

    return draw.until(attempt)


def _right(weights, noise, lengths, first_class):
    """Return which of many guesses, (n, 3), end every sequence with the sign of its class."""
    w_h, plus, minus = weights.T[:, :, None]
    h = np.tanh(np.where(first_class, plus, minus))
    for t in range(1, len(noise)):
        h = np.where(t < lengths, np.tanh(w_h * h + noise[t]), h)
    return ((h > 0) == first_class).all(axis=1)


def _narrowly_right(draw: CaseGenerator) -> tuple[int, float, int]:
    """Return a setting in which the guess that is right leaves some state within 0.03 of 0."""

    def attempt() -> tuple[int, float, int] | None:
        n_steps, width, seed = 3, float(draw.rng.uniform(2.0, 2.2)), int(draw.rng.integers(2**31))
        lengths, noise = _sequences(np.random.default_rng(seed), n_steps)
        with contextlib.suppress(RuntimeError):
            if 1e-3 < np.abs(latch(guess(n_steps, width, seed)[1], noise, lengths)).min() < 0.03:
                return n_steps, width, seed
        return None

    return draw.until(attempt)


def _many_guesses(ask: StudentProxy, draw: CaseGenerator):
    """Return the mean of 40 simulations of a length and with seeds that are drawn."""
    n_steps, first = int(draw.rng.integers(30, 100)), int(draw.rng.integers(2**31))
    counts = []
    for seed in range(first, first + 40):
        answer = ask("guess", n_steps, 100.0, seed)
        if not isinstance(answer, tuple | list) or len(answer) != 2 or not isinstance(answer[0], int | float):
            raise wrong(f"guess returned {kind_of(answer)}, expected the number of trials and the weights")
        counts.append(answer[0])
    return float(np.mean(counts))


def _interval(ask: StudentProxy, draw: CaseGenerator):
    """Ask for an interval. The quantile may have more digits than the text's 2.776: it is put back to three."""
    numbers = 10 ** draw.rng.uniform(-3, 3) * (draw.array(5) + draw.rng.normal(0, 3))
    answer = ask("t_interval", numbers)
    if not isinstance(answer, tuple | list) or len(answer) != 3 or not all(type(a) in (int, float) for a in answer):
        return answer
    mean, low, high = answer
    error = float(np.std(numbers, ddof=1)) / 5**0.5
    quantile, around = (high - low) / error / 2, (high + low) / 2 - mean
    if abs(quantile - T_QUANTILE) < 5e-4 and abs(around) < 1e-10 * max(1.0, abs(mean)):
        low, high = mean - 2.776 * error, mean + 2.776 * error
    return mean, low, high


def _trials(ask: StudentProxy, draw: CaseGenerator):
    """Compare with what the simulations gave, to one digit after the point; what they gave is not told."""
    row = _row(ask("guessing_row"), "the row")
    for group, (got, expected) in enumerate(zip(row, TRIALS, strict=True)):
        if abs(got - expected) > 0.1:
            raise wrong(f"the mean of group {group} is {got:g}, and the 40 simulations of that group give another one")
    return "five means"


def _row(row: Any, name: str) -> list[float]:
    numbers = conform(row, 5 * [0.0])
    if isinstance(numbers, list | tuple):  # numbers count by their value, to fewer digits than single precision has
        numbers = [n.item() if isinstance(n, np.ndarray) and n.shape == () else n for n in numbers]
    if not isinstance(numbers, list | tuple) or [type(n) in (int, float) for n in numbers] != 5 * [True]:
        raise wrong(f"{name} is {kind_of(row)}, expected a list of five floats")
    return [float(number) for number in numbers]


def _run(cell: str):
    """Probe for short runs: the first has few updates, the second as many steps as the experiment or more.

    The third has two steps and many updates, the LSTM's more than the experiment. By turns the bias is large, of either
    sign, or it is 0 or 1. Before the others, the same is asked with another cell, bias, number of steps or of updates.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        bias = (float(draw.rng.uniform(2.5, 5)) * (1 - draw.case % 4), float(draw.case % 4 == 3))[draw.case % 2]
        n_steps, n_updates, seed = draw.size(2, 8), int(draw.rng.integers(3, 40)), seed_of(draw)
        if draw.case == 0:
            n_updates = int(draw.rng.integers(1, 5))
        elif draw.case == 1:
            n_steps, n_updates = int(draw.rng.integers(30, 60)), min(n_updates, 8)
        elif draw.case == 2:
            n_steps, n_updates = 2, int(draw.rng.integers(*((301, 320) if cell == "lstm" else (60, 90))))
        other = {"gru": "lstm", "lstm": "gru"}[cell]
        others = {0: (cell, bias, n_steps + 1, n_updates), 1: (cell, bias, n_steps, n_updates + 1)}
        others |= {3: (cell, bias - 1, n_steps, n_updates), 4: (other, bias, n_steps, n_updates)}
        if draw.case in others:
            ask("forget_bias_run", *others[draw.case], seed)
        return ask("forget_bias_run", cell, bias, n_steps, n_updates, seed)

    return probe


def _closed(ask: StudentProxy, draw: CaseGenerator):
    """Draw losses of any size; the bias may close more than the gap, or open it further.

    For some seeds the GRU is the one that is behind. By turns there is hardly a gap for one seed, and all losses are
    tiny.
    """
    gru, gap, rest = draw.rng.uniform(0.01, 0.05, 5), draw.rng.uniform(0.05, 0.1, 5), draw.rng.uniform(-0.04, 0.2, 5)
    size, behind = 10 ** draw.rng.uniform(-5, 3), np.arange(5) == draw.rng.integers(5)
    if draw.case % 2:
        gap[draw.rng.integers(5)] *= 0.01
    if draw.case == 2:
        size *= 1e-5
    gru, gap = np.where(behind, gru + gap, gru), np.where(behind, -gap, gap)
    return ask("gap_closed", size * gru, size * (gru + gap), size * (gru + rest))


def _losses(ask: StudentProxy, draw: CaseGenerator):
    """Compare with the runs: ten of fifteen within 5 %; the others depend on rounding: within a factor of 2."""
    row = ask("forget_bias_row")
    if not isinstance(row, dict) or sorted(row) != sorted(LOSSES):
        raise wrong(f"the row is {kind_of(row)}, expected a dict with the keys {', '.join(LOSSES)}")
    near = 0
    for arm, expected in LOSSES.items():
        for seed, (got, loss) in enumerate(zip(_row(row[arm], f"the row of {arm}"), expected, strict=True)):
            if not 0.5 < got / loss < 2:
                raise wrong(f"{arm}, seed {seed}: the loss is {got:.3g}, which is not what that run gives")
            near += 0.95 < got / loss < 1.05
    if near < 10:
        raise wrong(f"{15 - near} of the fifteen losses are more than 5 % off what the runs give")
    return "fifteen losses"


QUESTIONS = (
    Question(
        "13.1",
        "Random guessing: latch, guess, t_interval and guessing_row",
        ("latch", "guess", "t_interval", "guessing_row"),
        {"latch": latch, "guess": guess, "t_interval": t_interval, "guessing_row": lambda: list(TRIALS)},
        (
            Part("the states at the end", 1, _latched, n_cases=10, answer="h"),
            Part("trials and weights for seeds of ours", 1, _guessed, n_cases=8, answer=("n_trials", "weights")),
            Part("the mean of many simulations", 0.5, _many_guesses, n_cases=1, answer="the mean"),
            Part("the interval of five numbers", 0.5, _interval, answer=("mean", "low", "high")),
            Part("your five means", 1, _trials, n_cases=1),
        ),
        MISTAKES["13.1"],
        shape_points=0.5,
        untouched_points=0.5,
        seconds=60.0,
    ),
    Question(
        "13.2",
        "Forget bias: forget_bias_run, gap_closed and forget_bias_row",
        ("forget_bias_run", "gap_closed", "forget_bias_row"),
        {
            "forget_bias_run": forget_bias_run,
            "gap_closed": gap_closed,
            "forget_bias_row": lambda: {arm: list(numbers) for arm, numbers in LOSSES.items()},
        },
        (
            # Adam divides a gradient by its own size, rounding included: a few digits less than a single pass leaves.
            Part("the GRU, short runs", 1, _run("gru"), n_cases=3, tolerance=1e-7, answer="the loss"),
            Part("the LSTM, short runs", 2, _run("lstm"), n_cases=6, tolerance=1e-7, answer="the loss"),
            Part("the share of the gap that is closed", 1, _closed, answer="shares"),
            Part("your fifteen losses", 1, _losses, n_cases=1),
        ),
        MISTAKES["13.2"],
        shape_points=0.5,
        untouched_points=0.5,
        seconds=60.0,
    ),
    Question(
        "13.3",
        "A prediction",
        ("predicted_trials",),
        {"predicted_trials": lambda: 4},
        (Part("trials where all sequences are equally long", 1, lambda a, draw: a("predicted_trials"), n_cases=1),),
        MISTAKES["13.3"],
    ),
)
