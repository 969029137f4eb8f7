"""Assignment 13, the paper scoreboard: two published claims, repeated over five seeds.

random guessing    a single tanh unit latches one bit: its three free numbers are guessed until 100 sequences are right
forget bias        a bias of 1 at the forget gate closes the gap between LSTM and GRU, on the adding problem

The experiments are exact functions of a seed, so that runs with seeds of the judge's own are compared number by number
where they are short. The full runs are handed in as numbers. Those of guessing are counts; those of training depend on
rounding (updates multiply a difference in the last digit, and after 300 of them one of the fifteen losses was 0.056
with compiled loops and 0.037 with NumPy's), so that they are held to a factor of two.
"""

import numpy as np

from rnnlab import batches, data, gru, losses, lstm, optimizers, training, variants
from rnnlab.assignments.scoreboard.mistakes import MISTAKES
from rnnlab.checks.compare import kind_of
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong

N_SEQUENCES = 100

# Five means over 40 simulations each, of 500 to 600 steps, and the losses after 300 updates on the adding problem of 30
# steps; test_question_scoreboard.py runs both again.
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


def _latched(ask: StudentProxy, draw: CaseGenerator):
    """Weights of about 1 leave the states between -1 and 1, where every step counts; 3⁸ roundings are 1e-12."""
    n_steps, n_sequences = draw.size(1, 8), 2 * draw.size(1, 4)
    noise, lengths = draw.array(n_steps, n_sequences), draw.rng.integers(1, n_steps + 1, n_sequences)
    return ask("latch", draw.array(3), noise, lengths)


def _guessed(ask: StudentProxy, draw: CaseGenerator):
    """From a narrow range many guesses hold the bit for some sequences only, so that noise and lengths matter."""
    n_steps, width = int(draw.rng.integers(5, 20)), float(draw.rng.integers(4, 8))
    return ask("guess", n_steps, width, int(draw.rng.integers(2**31)))


def _fifty_guesses(ask: StudentProxy, draw: CaseGenerator):
    """Look at the mean over 60 simulations: 1/8 of all guesses have the right three signs.

    A few of these are too small to hold the bit: 12,000 simulations of 10 steps took 8.2 trials on average. The
    sum of 60 such counts has a negative binomial distribution, which gives 3e-12 for a mean under 3.2 and
    4e-10 for one over 16.
    """
    counts = []
    for _ in range(60):
        answer = ask("guess", 10, 100.0, int(draw.rng.integers(2**31)))
        if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[0], int | float):
            raise wrong(f"guess returned {kind_of(answer)}, expected the number of trials and the weights")
        counts.append(answer[0])
        if counts[-1] > 150:  # a chance of 3e-9
            raise wrong("a simulation took more than 150 trials, expected about 8 or 9 on average")
    if not 3.2 < np.mean(counts) < 16:
        raise wrong(f"60 simulations took {np.mean(counts):.3g} trials on average, expected about 8 or 9")
    return "about 8 or 9"


def _interval(ask: StudentProxy, draw: CaseGenerator):
    return ask("t_interval", draw.array(5) + draw.rng.normal(0, 3))


def _trials(ask: StudentProxy, draw: CaseGenerator):
    return ask("guessing_row")


def _run(*cells: str):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        bias = float(draw.rng.choice([-1.0, 0.0, 2.0]))
        cell, n_steps, n_updates = cells[draw.case % len(cells)], draw.size(2, 8), 3 + 20 * (draw.case % 2)
        return ask("forget_bias_run", cell, bias, n_steps, n_updates, int(draw.rng.integers(2**31)))

    return probe


def _closed(ask: StudentProxy, draw: CaseGenerator):
    gru, gap, rest = draw.rng.uniform(0.01, 0.05, 5), draw.rng.uniform(0.05, 0.1, 5), draw.rng.uniform(-0.04, 0.2, 5)
    return ask("gap_closed", gru, gru + gap, gru + rest)


def _losses(ask: StudentProxy, draw: CaseGenerator):
    row = ask("forget_bias_row")
    if type(row) is not dict or sorted(row) != sorted(LOSSES):
        raise wrong(f"the row is {kind_of(row)}, expected a dict with the keys {', '.join(LOSSES)}")
    for arm, expected in LOSSES.items():
        got = row[arm]
        if type(got) is not list or len(got) != 5 or not all(type(number) is float for number in got):
            raise wrong(f"the row of {arm} is {kind_of(got)}, expected a list of five floats")
        for seed, pair in enumerate(zip(got, expected, strict=True)):
            if not 0.5 < pair[0] / pair[1] < 2:
                raise wrong(f"{arm}, seed {seed}: the loss is {pair[0]:.3g}, expected about {pair[1]:.2g}")
    return "fifteen losses"


QUESTIONS = (
    Question(
        "13.1",
        "Random guessing: latch, guess, t_interval and guessing_row",
        ("latch", "guess", "t_interval", "guessing_row"),
        {"latch": latch, "guess": guess, "t_interval": t_interval, "guessing_row": lambda: list(TRIALS)},
        (
            Part("the states at the end", 1, _latched, n_cases=10, answer="h"),
            Part("trials and weights for seeds of ours", 1, _guessed, n_cases=20, answer=("n_trials", "weights")),
            Part("the mean of many simulations", 0.5, _fifty_guesses, n_cases=1),
            Part("the interval of five numbers", 0.5, _interval, answer=("mean", "low", "high")),
            # One digit after the point is enough: 0.01 of the largest number.
            Part("your five means", 1, _trials, n_cases=1, tolerance=0.01, answer="the row"),
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
            Part("the GRU, short runs", 1, _run("gru"), n_cases=4, tolerance=1e-7, answer="the loss"),
            Part("the LSTM, short runs", 2, _run("lstm"), n_cases=6, tolerance=1e-7, answer="the loss"),
            Part("the share of the gap that is closed", 1, _closed, answer="the shares"),
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
