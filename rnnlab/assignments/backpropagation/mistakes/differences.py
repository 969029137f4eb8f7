"""Assignment 4: the wrong ways that students take in 4.4, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 4.4: gradcheck(f, x, df)


def _tolerance(x):
    return 1e-6 if x.dtype == np.float64 else 1e-2


def _step_size(x):
    return np.finfo(x.dtype).eps ** (1 / 3)


def _differences(f, x, step, *, back=1.0, over=2.0, every=slice(None)):
    numeric = np.zeros(x.shape)
    for i in list(np.ndindex(x.shape))[every]:
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= back * step
        numeric[i] = (f(up) - f(down)) / (over * step)
    return numeric


def _place(error):
    return tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))


def _verdict(numeric, df, tolerance):
    error = np.abs(df - numeric)
    return bool(error.max() <= tolerance * np.abs(numeric).max()), _place(error)


def _check(f, x, df, **differences):
    return _verdict(_differences(f, x, _step_size(x), **differences), df, _tolerance(x))


def _absolute(f, x, df):
    error = np.abs(df - _differences(f, x, _step_size(x)))
    return bool(error.max() <= _tolerance(x)), _place(error)


def _quotient_of_zeros(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric) / np.abs(numeric).max()
    return bool(error.max() <= _tolerance(x)), _place(error)


def _signed(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = df - numeric
    return bool(error.max() <= _tolerance(x) * np.abs(numeric).max()), _place(error)


def _nan_passes(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric)
    return not (error > _tolerance(x) * np.abs(numeric).max()).any(), _place(error)


def _lengths_only(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    longer, shorter = np.linalg.norm(numeric), np.linalg.norm(df)
    return bool(abs(longer - shorter) <= _tolerance(x) * longer), _place(np.abs(df - numeric))


def _first_entry_only(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric)
    return bool(error.flat[0] <= _tolerance(x) * np.abs(numeric).max()), _place(error)


def _relative_above_one(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric)
    return bool(error.max() <= _tolerance(x) * max(1.0, np.abs(numeric).max())), _place(error)


def _one_array(f, x, df):
    return _verdict(np.zeros(x.shape), df, _tolerance(x))


def _first_off(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    off = ~(np.abs(df - numeric) <= _tolerance(x) * np.abs(numeric).max())
    return not off.any(), _place(off)


def _nan_overlooked(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric)
    worst = np.nanargmax(error) if np.isfinite(error).any() else 0
    ok = bool(error.max() <= _tolerance(x) * np.abs(numeric).max())
    return ok, tuple(int(i) for i in np.unravel_index(worst, error.shape))


def _each_by_itself(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    return bool(np.allclose(df, numeric, rtol=_tolerance(x), atol=0)), _place(np.abs(df - numeric))


def _by_norms(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = df - numeric
    return bool(np.linalg.norm(error) <= _tolerance(x) * np.linalg.norm(numeric)), _place(np.abs(error))


def _moved_and_back(f, x, df):
    numeric = np.zeros(x.shape)
    step = _step_size(x)
    for i in np.ndindex(x.shape):
        x[i] += step
        up = f(x)
        x[i] -= 2 * step
        numeric[i] = (up - f(x)) / (2 * step)
        x[i] += step
    return _verdict(numeric, df, _tolerance(x))


_GRADCHECK_MISTAKES = (
    Mistake(
        "forward differences",
        "your numeric gradient is a one-sided difference: its error is proportional to the step and too large for the "
        "tolerance. Step to both sides.",
        {"gradcheck": lambda f, x, df: _check(f, x, df, back=0.0, over=1.0)},
    ),
    Mistake(
        "divided by one step",
        "your numeric gradient is twice too large. From x - step to x + step it is two steps.",
        {"gradcheck": lambda f, x, df: _check(f, x, df, over=1.0)},
    ),
    Mistake(
        "absolute error",
        "your verdict depends on how large the function is: an error of 1e-6 is nothing in a gradient of 1e6 and "
        "everything in one of 1e-8. Divide by the size of the gradient.",
        {"gradcheck": _absolute},
    ),
    Mistake(
        "zero by zero",
        "your check divides zero by zero where the gradient is zero, and a right one is called wrong.",
        {"gradcheck": _quotient_of_zeros},
    ),
    Mistake(
        "differences of either sign",
        "your check misses entries that are too small: take the magnitude of the difference.",
        {"gradcheck": _signed},
    ),
    Mistake(
        "NaN passes",
        "your check lets NaN pass: every comparison with NaN is False, so ask whether the error is small, not whether "
        "it is large.",
        {"gradcheck": _nan_passes},
    ),
    Mistake(
        "lengths compared",
        "your check compares the lengths of two vectors. Vectors of one length may point anywhere: take the length of "
        "their difference.",
        {"gradcheck": _lengths_only},
    ),
    Mistake(
        "only the first entry",
        "your verdict looks at the first entry only.",
        {"gradcheck": _first_entry_only},
    ),
    Mistake(
        "one tolerance for both precisions",
        "your check calls right gradients wrong in single precision, where differences have only two or three digits. "
        "Step and tolerance depend on x.dtype.",
        {"gradcheck": lambda f, x, df: _verdict(_differences(f, x, _step_size(x)), df, 1e-6)},
    ),
    Mistake(
        "the least wrong entry",
        "your verdict is right, but the entry that you name is the one with the smallest error.",
        {"gradcheck": lambda f, x, df: (_check(f, x, df)[0], _place(-np.abs(df - _differences(f, x, 1e-5))))},
    ),
    Mistake(
        "the first entry that is off",
        "your worst entry is the first that is off by more than the tolerance. The worst is the one that is off most.",
        {"gradcheck": _first_off},
    ),
    Mistake(
        "NaN overlooked",
        "your verdict is right, but your worst entry passes NaN over. NaN is further off than any number: np.argmax "
        "finds it, np.nanargmax does not.",
        {"gradcheck": _nan_overlooked},
    ),
    Mistake(
        "each entry by itself",
        "your check compares each entry with the tolerance times that entry. Small entries of a right gradient are off "
        "by more than that: rounding is as large as it is for the large ones. Compare with the largest.",
        {"gradcheck": _each_by_itself},
    ),
    Mistake(
        "norms of all entries",
        "your check compares the norm of all errors with the norm of all entries. Among many entries a single wrong "
        "one is lost: the largest error decides.",
        {"gradcheck": _by_norms},
    ),
    Mistake(
        "relative above 1 only",
        "your tolerance does not shrink with a gradient below 1, so that a small gradient passes whatever it is. The "
        "size of the gradient is its largest entry, with no least value such as 1.",
        {"gradcheck": _relative_above_one},
    ),
    Mistake(
        "every second entry",
        "your numeric gradient is zero in every second entry: the loop skips them. An iterator that is moved on in the "
        "loop's head must not be moved on in its body, too.",
        {"gradcheck": lambda f, x, df: _check(f, x, df, every=slice(1, None, 2))},
    ),
    Mistake(
        "one array for both sides",
        "your numeric gradient is zero everywhere. Are up and down two names of one array? Then the step up is taken "
        "back: make a copy for each.",
        {"gradcheck": _one_array},
    ),
    Mistake(
        "x moved and moved back",
        "your check adds the step to x and takes it away again, which leaves x rounded to other digits. Work on "
        "copies, or keep the number and put it back.",
        {"gradcheck": _moved_and_back},
    ),
)

MISTAKES = {"4.4": _GRADCHECK_MISTAKES}
