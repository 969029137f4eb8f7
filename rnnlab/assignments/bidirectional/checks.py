"""Assignment 8, bidirectional networks: reversing rows of different lengths, forward and backward through both ways.

`params` is {"forward": layer, "backward": layer}, each layer a dict with w_x (H, D), w_h (H, H) and b_h (H,).
"""

import numpy as np

from rnnlab import bidirectional, data, rnn
from rnnlab.assignments._networks import NETWORKS
from rnnlab.assignments.bidirectional.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong


def reverse_rows(x, lengths):
    return bidirectional.reverse(x, lengths)


def _params(params):
    return bidirectional.Params(rnn.Params(**params["forward"]), rnn.Params(**params["backward"]))


def bidirectional_forward(params, x, lengths):
    tape = bidirectional.Bidirectional(rnn).forward(_params(params), x, lengths=lengths)
    mask = data.length_mask(lengths, len(x))[..., None]
    return np.where(mask, tape.h[1:], 0.0), (params, tape.x, lengths, tape.ahead.h, tape.reverse.h)


def bidirectional_backward(dh, tape):
    params, x, lengths, _, _ = tape
    both = bidirectional.Bidirectional(rnn)
    dparams, dx, _ = both.backward(both.forward(_params(params), x, lengths=lengths), dh)
    return {"forward": dparams.ahead._asdict(), "backward": dparams.reverse._asdict()}, dx


# Drawing


def _layer(draw: CaseGenerator, n_input: int, n_hidden: int) -> dict[str, np.ndarray]:
    return {
        "w_x": draw.array(n_hidden, n_input, scale=0.7),
        "w_h": draw.array(n_hidden, n_hidden, scale=0.7),
        "b_h": draw.array(n_hidden, scale=0.7),
    }


def _case(draw: CaseGenerator, padded: bool):
    n_input, n_hidden = draw.size(), draw.size()
    if draw.case % 2:
        n_input = n_hidden  # square half the time: a missing .T then goes unnoticed
    params = {"forward": _layer(draw, n_input, n_hidden), "backward": _layer(draw, n_input, n_hidden)}
    n_batch, n_steps = (2 + draw.size(), draw.size(2, 9)) if padded else (draw.size(), draw.size(1, 9))
    return params, draw.array(n_steps, n_batch, n_input), _lengths(draw, n_steps, n_batch, padded)


def _lengths(draw: CaseGenerator, n_steps: int, n_batch: int, padded: bool) -> np.ndarray:
    """Return T for every row, or lengths of which one is T and two at least are shorter."""
    if not padded:
        return np.full(n_batch, n_steps)
    short, others = draw.rng.integers(1, n_steps, 2), draw.rng.integers(1, n_steps + 1, n_batch - 3)
    return draw.rng.permutation(np.concatenate([[n_steps], short, others]))


def _fill(draw: CaseGenerator, array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Put numbers that look like data in the padding, and in every other case NaN in that of one row."""
    filled = array.copy()
    filled[~data.length_mask(lengths, len(array))] = 3.0
    if draw.case % 4 > 1:
        row = int(np.argmin(lengths))
        filled[lengths[row] :, row] = np.nan
    return filled


def _reversed(ask: StudentProxy, draw: CaseGenerator):
    _, x, lengths = _case(draw, padded=draw.case > 0)
    return ask("reverse_rows", x, lengths)


def _half(which: int):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        params, x, lengths = _case(draw, padded=False)
        h, n_hidden = _first_of(ask("bidirectional_forward", params, x, lengths)), len(params["forward"]["b_h"])
        fits = isinstance(h, np.ndarray) and h.shape == (*x.shape[:2], 2 * n_hidden)
        return np.split(h, 2, axis=2)[which] if fits else h

    return probe


def _padded(ask: StudentProxy, draw: CaseGenerator):
    params, x, lengths = _case(draw, padded=True)
    return _first_of(ask("bidirectional_forward", params, _fill(draw, x, lengths), lengths))


def _symmetric(ask: StudentProxy, draw: CaseGenerator):
    """Let time run the other way and the two layers change places: return by how much that changes the outcome."""
    params, x, lengths = _case(draw, padded=draw.case % 2 == 1)
    swapped = {"forward": params["backward"], "backward": params["forward"]}
    h = _first_of(ask("bidirectional_forward", params, x, lengths))
    other = _first_of(ask("bidirectional_forward", swapped, reverse_rows(x, lengths), lengths))
    fits = all(isinstance(a, np.ndarray) and a.ndim == 3 and a.shape[:2] == x.shape[:2] for a in (h, other))
    if not fits or h.shape != other.shape:
        return other
    if not h.any():
        raise wrong("h is 0 everywhere")
    return np.roll(reverse_rows(other, lengths), h.shape[2] // 2, axis=2) - h


def _first_of(answer):
    return answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer


def _gradient(pick, padded: bool):
    """Probe for what `pick` takes from (dparams, dx)."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        params, x, lengths = _case(draw, padded)
        dh = draw.array(*x.shape[:2], 2 * len(params["forward"]["b_h"]))
        if padded:
            x, dh = _fill(draw, x, lengths), _fill(draw, dh, lengths)
        answer = ask("bidirectional_forward", params, x, lengths)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            return answer
        gradients = ask("bidirectional_backward", dh, answer[1])
        if not (isinstance(gradients, tuple) and len(gradients) == 2 and isinstance(gradients[0], dict)):
            return gradients
        return pick(*gradients)

    return probe


QUESTIONS = (
    Question(
        "8.1",
        "Both ways",
        ("reverse_rows", "bidirectional_forward", "bidirectional_backward"),
        {
            "reverse_rows": reverse_rows,
            "bidirectional_forward": bidirectional_forward,
            "bidirectional_backward": bidirectional_backward,
        },
        (
            Part("each row reversed, its padding left in place", 1, _reversed, answer="the reversed x"),
            Part("h of the layer that reads forward", 0.75, _half(0), answer="h[:, :, :H]"),
            Part("h of the layer that reads backward", 1, _half(1), answer="h[:, :, H:]"),
            Part("rows of different lengths", 1.25, _padded, n_cases=8, answer="h"),
            Part("time reversed and layers swapped: the same", 0.75, _symmetric, answer="change of h"),
            Part(
                "gradients of the layer that reads forward",
                0.75,
                _gradient(lambda dparams, dx: dparams.get("forward"), padded=False),
                answer="dparams['forward']",
            ),
            Part(
                "gradients of the layer that reads backward",
                1,
                _gradient(lambda dparams, dx: dparams.get("backward"), padded=False),
                answer="dparams['backward']",
            ),
            Part("gradient of the input", 1, _gradient(lambda dparams, dx: dx, padded=False), answer="dx"),
            Part(
                "gradients with rows of different lengths",
                1,
                _gradient(lambda dparams, dx: (dparams, dx), padded=True),
                n_cases=8,
                answer=("dparams", "dx"),
            ),
        ),
        MISTAKES["8.1"],
        shape_points=0.25,
        untouched_points=0.25,
        keeps=("x",),
        hides=NETWORKS,
    ),
    Question(
        "8.2",
        "A prediction",
        ("predicted_accuracy",),
        {"predicted_accuracy": lambda: 0.75},
        (Part("the best accuracy", 1, lambda ask, draw: ask("predicted_accuracy"), n_cases=1),),
        MISTAKES["8.2"],
        hides=NETWORKS,
    ),
)
