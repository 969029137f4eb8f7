"""What the cases of networks over sequences are drawn with: steps, lengths, padding, magnitudes, weights that last."""

import numpy as np

from rnnlab import data
from rnnlab.checks.draw import FULL
from rnnlab.checks.question import CaseGenerator

_LONG = {False: 4, True: 10}  # the case with a long sequence, of a part's twelve: where no length is given, and where


def steps(draw: CaseGenerator, low: int = 1, high: int = 9, longest: int | None = None) -> int:
    """Return a number of steps by the plan of sizes; in one case of a part it is as long as those of the notebooks.

    That is `longest`, or from 33 to 48 where it is not given.
    """
    large = {} if longest is None else {"large": longest}
    n_steps = draw.size(low, high, steps=True, **large)
    if draw.case != _LONG[longest is not None]:
        return n_steps
    return int(draw.rng.integers(33, 49)) if longest is None else longest


def loud(draw: CaseGenerator, n_steps: int = 1) -> float:
    """Return by what to multiply a network's inputs: in one case by so much that every unit is saturated.

    Where the plan of sizes comes twice, so does this one: with either option.
    """
    return 1e4 if draw.case % (FULL - 1) == 8 and n_steps <= 12 else 1.0


def magnitude(draw: CaseGenerator) -> float:
    """Return by what to multiply a gradient: 1 in the first cases, later also what some would clip or take for 0.

    Answers are compared in units of it: z - z² and z (1 - z), both right, differ by a large part of themselves where z
    is nearly 1, which a large gradient would make visible.
    """
    size = (1.0, 1.0, 1e7, 1e-7)[draw.case % 4]
    draw.unit = max(1.0, size)
    return size


def uneven_lengths(draw: CaseGenerator, n_steps: int, n_batch: int) -> np.ndarray:
    """Return a length for each row. Of three rows or more at least two are shorter than `n_steps`.

    In every third case no row has all of the steps.
    """
    longest = n_steps - 1 if draw.case % 3 == 2 else n_steps
    short = draw.rng.integers(1, n_steps, min(2, n_batch))
    rest = np.full(min(1, n_batch - len(short)), longest)
    others = draw.rng.integers(1, longest + 1, n_batch - len(short) - len(rest))
    return draw.rng.permutation(np.concatenate([short, rest, others]))


def fill(draw: CaseGenerator, array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Put numbers drawn like data in the padding, and by turns NaN, ±infinity or 1e200 in that of one short row."""
    filled = array.copy()
    padding = ~data.length_mask(lengths, len(array))
    filled[padding] = draw.array(*filled[padding].shape)
    row = int(np.argmin(lengths))
    special = (None, np.nan, np.inf, 1e200)[draw.case % 4]
    if special is not None:
        signs = draw.rng.choice([-1.0, 1.0], filled[lengths[row] :, row].shape)
        filled[lengths[row] :, row] = special * signs
    return filled


def steady(draw: CaseGenerator, n_hidden: int, length: float) -> np.ndarray:
    """Return recurrent weights that shorten every vector to `length` times its own.

    Where sequences are long, a network of such weights does not magnify rounding, however the sums are ordered.
    """
    return length * np.linalg.qr(draw.array(n_hidden, n_hidden))[0]


def settled(w_h: np.ndarray, most: float = 0.9) -> np.ndarray:
    """Return `w_h` scaled down to a norm of at most `most`: along many steps rounding then stays rounding."""
    return w_h * min(1.0, most / max(float(np.linalg.norm(w_h, 2)), 1e-300))


def lasting(w_x: np.ndarray, w_h: np.ndarray, b_h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights of a tanh layer through which gradients reach back some 40 steps and rounding stays small.

    The recurrence is a rotation that shrinks a little, and its units are hardly saturated.
    """
    rotation, _ = np.linalg.qr(w_h)
    return 0.3 * w_x / max(1.0, float(np.linalg.norm(w_x, 2))), 0.97 * rotation, 0.1 * b_h
