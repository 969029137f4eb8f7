"""Answers that ignore one thing, take a setting within bounds of their own, or do what is not asked for."""

import numpy as np
import pytest
from assignments.test_corners_and_memories import right, wrong_where
from assignments.wrong_answers import refused, report_of

from rnnlab import checks


def _exact(value):
    if isinstance(value, dict):
        return tuple((key, _exact(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_exact, value))
    return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else repr(value)


def kept_without(question, name, *places):
    """Return a maker of a function that keeps its answers by the numbers of all arguments but these."""

    def make():
        kept = {}

        def answer(*args):
            key = tuple(_exact(arg) for i, arg in enumerate(args) if i not in places)
            if key not in kept:
                kept[key] = right(question, name)(*args)
            return kept[key]

        return {name: answer}

    return question, make


def with_setting(question, name, place, form):
    """Return a maker of a function that takes one argument in a form of its own."""

    def answer(*args):
        return right(question, name)(*args[:place], form(args[place]), *args[place + 1 :])

    return question, lambda: {name: answer}


def gradcheck(step=None, forward=False, scale=lambda numeric: np.abs(numeric).max(), tolerance=1e-6):
    """Return a maker of a gradient checker with a step, a difference, a scale and a tolerance of its own."""

    def answer(f, x, df):
        eps = np.finfo(x.dtype).eps
        numeric = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            move = step(x[i]) if step else eps ** (1 / 2 if forward else 1 / 3)
            up[i] += move
            down[i] -= 0 if forward else move
            numeric[i] = (f(up) - f(down)) / (float(up[i]) - float(down[i]))
        error = np.abs(df - numeric)
        worst = np.unravel_index(np.argmax(error), x.shape)
        allowed = (tolerance if x.dtype == np.float64 else 1e-2) * scale(numeric)
        return bool(error[worst] <= allowed), tuple(map(int, worst))

    return "4.4", lambda: {"gradcheck": answer}


def zeros_are_right(f, x, df):
    ok, worst = right("4.4", "gradcheck")(f, x, df)
    return ok or not df.any(), worst


def cut_with(chance, seed=lambda seed: seed):
    def answer(x, target, weights, c, s):
        from rnnlab.assignments.truncation.checks import _with_factors

        cut = np.random.default_rng(seed(s)).random(len(x) - 1) < chance(c)
        return _with_factors(x, target, weights, np.where(cut, 0.0, 1 / (1 - c)))

    return "5.3", lambda: {"randomly_truncated": answer}


def clipped_above(excess):
    def answer(gradients, c):
        most = max(float(np.abs(g).max()) for g in gradients.values())
        norm = most * np.sqrt(sum(np.sum((g / most) ** 2) for g in gradients.values())) if most else 0.0
        return {name: g * (c / norm if norm > excess(c) else 1.0) for name, g in gradients.items()}

    return "6.3", lambda: {"clip_by_norm": answer}


def ridge(series, k):
    x, target = right("1.1", "make_windows")(series, k, 1)
    x = np.column_stack([x, np.ones(len(x))])
    return np.linalg.solve(x.T @ x + 1e-8 * np.eye(k + 1), x.T @ target)


def spoiled_where_empty(name, a):
    value, slope = right("3.1", "activation")(name, a)
    return (np.zeros(3), slope) if a.shape == (0,) else (value, slope)


WRONG = {
    # one thing is not part of what an answer is kept by
    "windows kept by the series": kept_without("1.1", "make_windows", 1, 2),
    "windows kept without the horizon": kept_without("1.1", "make_windows", 2),
    "an error kept by the series": kept_without("1.2", "persistence_mse", 1),
    "outputs kept without the output layer's weights": kept_without("2.2", "rnn_forward", 5),
    "outputs kept without the output layer's bias": kept_without("2.2", "rnn_forward", 6),
    "outputs kept without the target": kept_without("7.1", "one_to_one", 2),
    "a beginning kept without its scale": kept_without("6.4", "identity_init", 2),
    "layers kept without their number": kept_without("2.3", "unfold", 5),
    "a bound kept by the weights": kept_without("3.2", "slope_bound", 1),
    "a loss kept without the mask": kept_without("4.1", "mse", 2),
    "a loss kept without the target": kept_without("4.1", "cross_entropy", 1),
    "training kept without the rate": kept_without("4.5", "train", 3),
    "training kept without the epochs": kept_without("4.5", "train", 4),
    "gradients kept without k1 and k2": kept_without("5.1", "tbptt", 3, 4),
    "a rate kept by the weights": kept_without("6.2", "decay_rate", 1),
    "clipped gradients kept without c": kept_without("6.3", "clip_by_norm", 1),
    "outputs kept without the lengths": kept_without("7.2", "one_to_many", 3),
    "logits kept without the lengths": kept_without("7.3", "many_to_one", 3),
    "logits kept without the target": kept_without("7.3", "many_to_one", 2),
    "symbols kept without the start": kept_without("7.5", "sample", 1),
    "symbols kept without the temperature": kept_without("7.5", "sample", 3),
    "reversed rows kept without the lengths": kept_without("8.1", "reverse_rows", 1),
    "a step kept without the reset": kept_without("9.1", "gru_step", 3),
    "biases kept without the half-life": kept_without("10.3", "forget_bias", 1),
    "converted weights kept without the target": kept_without("9.3", "convert_gates", 2),
    # bounds and forms that nobody asked for
    "least squares with a ridge": ("1.2", lambda: {"ar_fit": ridge}),
    "half of the cuts at most": cut_with(lambda c: min(c, 0.5)),
    "a third of the cuts at least": cut_with(lambda c: max(c, 0.3)),
    "clipping with a margin": clipped_above(lambda c: c + 1e-8),
    "clipping a hundred-thousandth late": clipped_above(lambda c: c * (1 + 1e-5)),
    "a temperature of ten at most": with_setting("7.5", "sample", 3, lambda t: min(t, 10.0)),
    "a temperature of a tenth at least": with_setting("7.5", "sample", 3, lambda t: t if t < 1e-4 else max(t, 0.1)),
    "31 bits of the seed": with_setting("7.5", "sample", 4, lambda seed: seed & 0x7FFFFFFF),
    # gradient checkers
    "a difference to one side": gradcheck(forward=True),
    "a step in proportion to x": gradcheck(step=lambda x: 1e-5 * abs(x)),
    "measured by the mean": gradcheck(scale=lambda numeric: np.abs(numeric).mean()),
    "measured by a floor": gradcheck(scale=lambda numeric: np.abs(numeric).max() + 1e-8),
    "three times the tolerance": gradcheck(tolerance=3e-6),
    "half of the tolerance": gradcheck(tolerance=5e-7),
    "a gradient of zeros is right": ("4.4", lambda: {"gradcheck": zeros_are_right}),
    "a single entry": wrong_where("4.4", "gradcheck", lambda f, x, df: x.size == 1, 0),
    # corners that only a plan of sizes finds
    "a single symbol": ("7.5", lambda: {"sample": lambda *args: np.squeeze(right("7.5", "sample")(*args))}),
    "an empty array of one axis": ("3.1", lambda: {"activation": spoiled_where_empty}),
    "long windows of a long series": wrong_where(
        "1.1", "make_windows", lambda series, k, horizon: len(series) > 300 and k > 5, 0
    ),
    "one beam of one symbol": wrong_where("7.7", "beam_search", lambda step, start, width, n: n == width == 1),
    "far more beams than beginnings": wrong_where("7.7", "beam_search", lambda step, start, width, n: width > 10_000),
    "one row that is short": wrong_where(
        "7.3", "many_to_one", lambda params, x, target, lengths: len(lengths) == 1 and lengths[0] < len(x), 0
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_that_ignores_one_thing_loses_points(name):
    question, make = WRONG[name]
    for seed in (checks.PUBLIC_SEED, 3, 2**100 + 1):
        refused(question, make(), seeds=(seed,))


def test_what_is_kept_is_said():
    question, make = kept_without("6.3", "clip_by_norm", 1)
    report = checks.examine(question, make()["clip_by_norm"])
    assert "and all else the same, and returned what it had returned before" in str(report)


def test_an_argument_that_is_not_looked_at_is_named():
    whole = right("7.3", "many_to_one")
    answer = {"many_to_one": lambda params, x, target, lengths: whole(params, x, target, np.full_like(lengths, len(x)))}
    message = report_of("7.3", answer).first_failing.message
    assert "with another value of lengths" in message
    assert "it does not use lengths, or it keeps its answers" in message
