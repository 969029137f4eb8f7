"""Question 4.4: its reference answer, and what it asks: functions with gradients right, and wrong in every known way.

A function stays with the judge, so that every call of it is a message there and back: small sizes, few cases.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong

Function = Callable[[np.ndarray], float]


def gradcheck(f, x, df):
    step = np.finfo(x.dtype).eps ** (1 / 3)
    numeric = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        numeric[i] = (f(up) - f(down)) / (float(up[i]) - float(down[i]))
    error = np.abs(df - numeric)
    allowed = (1e-6 if x.dtype == np.float64 else 1e-2) * np.abs(numeric).max()
    worst = np.unravel_index(np.argmax(error), x.shape)  # which takes the first NaN where there is one
    return bool(error[worst] <= allowed), tuple(int(i) for i in worst)


def _shape(draw: CaseGenerator) -> tuple[int, ...]:
    """Return a shape of one, two or three axes by turns."""
    sizes = draw.size(1, 4), draw.size(2, 4), draw.size(1, 2)
    return (sizes[1:2], sizes[:2], sizes)[draw.case % 3]


def _function(draw: CaseGenerator, scale: float = 1.0, dtype: DTypeLike = np.float64):
    """Return a function of an array, a place x, its gradient there and one without tanh's slope.

    The gradient is not small beside the function's terms, or its differences would be mostly rounding.
    """
    shape = _shape(draw)
    n = int(np.prod(shape))

    def attempt():
        a, b, x = (array.astype(dtype) for array in (draw.array(n + 1, n), draw.array(n + 1), draw.array(*shape)))
        slope = 1 - np.tanh(a @ x.ravel()) ** 2
        return (a, b, x, slope) if np.abs(a.T @ (b * slope)).max() > 0.2 * np.abs(b).sum() else None

    a, b, x, slope = draw.until(attempt)
    b = b * b.dtype.type(scale)

    def f(x):
        return float(np.sum(b * np.tanh(a @ np.ravel(x))))

    return f, x, (a.T @ (b * slope)).reshape(shape), (a.T @ b).reshape(shape)


def _ok(answer, x: np.ndarray):
    """Return the verdict. Where a gradient is right any entry may be the worst, but an entry it is."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        return answer
    ok, worst = answer
    place = list(worst) if isinstance(worst, tuple | list) else [worst]
    fits = len(place) == x.ndim and all(type(i) is int for i in place)
    if not fits or not all(-n <= i < n for i, n in zip(place, x.shape, strict=True)):
        raise wrong(f"worst is {worst!r:.80}, expected an index of x, which has the shape {x.shape}, whatever ok is")
    return ok


def _verdicts(ask: StudentProxy, f: Function, x: np.ndarray, gradients: dict[str, np.ndarray]):
    """Return by name whether each gradient was called right."""
    return {name: _ok(ask("gradcheck", f, x, df), x) for name, df in gradients.items()}


def _findings(ask: StudentProxy, f: Function, x: np.ndarray, gradients: dict[str, np.ndarray]):
    """Return by name what was said of each gradient: whether it is right, and which entry is the worst."""
    return {name: ask("gradcheck", f, x, df) for name, df in gradients.items()}


def _with(df: np.ndarray, **errors: float) -> np.ndarray:
    """Return a gradient with errors added, as multiples of its largest entry, at flat places `_3=0.01`."""
    spoiled = df.copy()
    for place, error in errors.items():
        spoiled.flat[int(place[1:])] += error * np.abs(df).max()
    return spoiled


def wrong_everywhere(ask: StudentProxy, draw: CaseGenerator):
    f, x, df, slopeless = _function(draw)
    other_order = df.ravel()[::-1].reshape(df.shape)
    wrong_ones = {"negative": -df, "twice": 2 * df, "averaged": df / (df.size + 1), "in another order": other_order}
    wrong_ones["zero everywhere"] = np.zeros_like(df)
    return _verdicts(ask, f, x, {"right": df, **wrong_ones, "without tanh's slope": slopeless})


def wrong_in_some_entries(ask: StudentProxy, draw: CaseGenerator):
    """Spoil an entry, two of them, or one beside a row and a column of smaller errors: the verdict, and where."""
    f, x, df, _ = _function(draw)
    places = draw.rng.permutation(df.size)
    one, two = (f"_{place}" for place in places[:2])
    gone = df.copy()
    gone.flat[np.argmax(np.abs(df))] = 0
    spoiled = {
        "an entry too large": _with(df, **{one: 0.01}),
        "an entry too small": _with(df, **{two: -0.01}),
        "two entries off": _with(df, **{one: 0.01, two: -0.03}),
        "two others off": _with(df, **{one: -0.02, two: 0.01}),
        "the largest entry lost": gone,
    }
    right = _ok(ask("gradcheck", f, x, df), x)
    found = _findings(ask, f, x, spoiled)
    return right, found, ask("gradcheck", *_many(draw, (4, 5))[:2], _many_off(draw))


def _many(draw: CaseGenerator, shape: tuple[int, ...], dtype: DTypeLike = np.float64):
    """Return a function, a place and a gradient whose entries differ in size, two of them tiny."""
    rng = np.random.default_rng([draw.case, len(shape), int(np.prod(shape))])
    c = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.4, 1.0, shape)
    c.flat[:2] = 1e-7, -1e-7
    x = rng.uniform(0.7, 0.8, shape).astype(dtype)

    def f(x):
        return float(np.sum(c * np.sin(np.asarray(x, float))))

    return f, x, (c * np.cos(x.astype(float))).astype(dtype)


def _curved(draw: CaseGenerator, dtype: DTypeLike):
    """Return a parabola away from its bottom, at 0 or beside it: a difference to one side alone misses its slope."""
    shape = ((1,), (1, 2))[draw.case % 2]
    c, curvature = draw.rng.uniform(0.5, 1.0, shape), 1e6 if dtype == np.float64 else 1e3
    x = np.zeros(shape, dtype)
    x.flat[1:] = 0.75

    def f(moved):
        step = np.asarray(moved, float) - x
        return float(np.sum(c * step + curvature * step**2))

    return f, x, c.astype(dtype)


def _many_off(draw: CaseGenerator) -> np.ndarray:
    """Return a gradient of 4 by 5 whose worst entry is neither in the worst row nor in the worst column."""
    _, _, df = _many(draw, (4, 5))
    row, column = int(draw.rng.integers(0, 2)), int(draw.rng.integers(0, 2))
    error = np.zeros(df.shape)
    error[row], error[:, column] = 0.02, 0.02
    error[3, 4] = 0.03
    return df + error


def near_the_tolerance(ask: StudentProxy, draw: CaseGenerator):
    """Spoil one of 25 entries by nine tenths of the tolerance, and by eleven tenths.

    What rounding and the step leave of a central difference is a hundredth of the tolerance. The norm of the larger
    error is less than the tolerance times the norm of the gradient.
    """
    found = {}
    for precision, dtype, tolerance in (("double", np.float64, 1e-6), ("single", np.float32, 1e-2)):
        f, x, df = _many(draw, (25,) if draw.case % 2 else (5, 5), dtype)
        one = f"_{draw.rng.integers(2, 25)}"
        found[precision] = _verdicts(
            ask,
            f,
            x,
            {
                "right, with some tiny entries": df,
                "off by 0.9 times the tolerance": _with(df, **{one: 0.9 * tolerance}),
                "off by 1.1 times the tolerance": _with(df, **{one: 1.1 * tolerance}),
            },
        )
        f, x, df = _curved(draw, dtype)
        found[precision]["right, of a function whose slope changes fast"] = _ok(ask("gradcheck", f, x, df), x)
    return found["double"], found["single"]


def scaled(ask: StudentProxy, draw: CaseGenerator):
    exponent = draw.rng.uniform(7.5, 30)
    f, x, df, _ = _function(draw, scale=10.0 ** (exponent if draw.case % 2 else -exponent))
    return _verdicts(
        ask, f, x, {"right": df, "one entry 1 % off": _with(df, **{f"_{draw.rng.integers(df.size)}": 0.01})}
    )


def zero_and_nan(ask: StudentProxy, draw: CaseGenerator):
    """Ask about gradients of a constant, about NaN and infinity in a gradient, and about a function that is NaN."""
    f, x, df, _ = _function(draw)
    zero, almost = np.zeros_like(x), np.zeros_like(x)
    almost.flat[-1] = 1e-3
    level, places = float(draw.rng.normal()), [int(i) for i in draw.rng.permutation(df.size)[:2]]
    constant = _verdicts(ask, lambda _: level, x, {"right: zeros, of a constant": zero, "one entry not zero": almost})
    nan, infinite = df.copy(), df.copy()
    nan.flat[places[0]] = np.nan
    infinite.flat[places[1]] = draw.rng.choice([-np.inf, np.inf])
    found = _findings(ask, f, x, {"NaN in one entry": nan, "infinity in one entry": infinite})
    found |= _verdicts(ask, f, x, {"NaN and infinity": np.where(np.isnan(nan), nan, infinite)})

    def hole(moved):
        return np.nan if np.ravel(moved)[places[0]] > x.flat[places[0]] else f(moved)

    return constant, found, _findings(ask, hole, x, {"the function is NaN on one side": df})


def single_precision(ask: StudentProxy, draw: CaseGenerator):
    """Ask about functions whose values are large beside their slopes, so that their rounding drowns a step too small.

    What it leaves of the difference over a step of ε^(1/3) is a tenth of the tolerance.
    """
    f_alone, x, df, slopeless = _function(draw, dtype=np.float32)
    level = np.float32(draw.rng.choice([-60.0, 60.0]) * np.abs(df).max())

    def f(moved):
        return float(level + np.asarray(f_alone(moved), np.asarray(moved).dtype))  # as exact as what it is asked with

    found = _verdicts(ask, f, x, {"right": df, "twice": 2 * df, "without tanh's slope": slopeless})
    return found, ask("gradcheck", f, x, _with(df, **{f"_{draw.rng.integers(df.size)}": 0.1}))
