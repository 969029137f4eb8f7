"""Assignment 8, bidirectional networks: reversing rows of different lengths, forward and backward through both ways.

`params` is {"forward": layer, "backward": layer}, each layer a dict with w_x (H, D), w_h (H, H) and b_h (H,).
"""

import numpy as np

from rnnlab import bidirectional, data, rnn
from rnnlab.assignments._networks import NETWORKS
from rnnlab.assignments._series import fill, lasting, loud, magnitude, steps, uneven_lengths
from rnnlab.assignments.bidirectional.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy
from rnnlab.checks.student import wrong

ALLOWS = ("data", "losses", "optimizers")


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


def _layer(draw: CaseGenerator, n_input: int, n_hidden: int, n_steps: int) -> dict[str, np.ndarray]:
    weights = (
        draw.array(n_hidden, n_input, scale=0.7),
        draw.array(n_hidden, n_hidden, scale=0.7),
        draw.array(n_hidden, scale=0.7),
    )
    return dict(zip(("w_x", "w_h", "b_h"), lasting(*weights) if n_steps > 12 else weights, strict=True))


def _case(draw: CaseGenerator, padded: bool):
    n_input, n_hidden, n_batch = draw.size(), draw.size(), draw.size()
    n_steps = steps(draw, 2 if padded else 1)
    if draw.case % 3 == 2 and draw.square:
        n_input = n_hidden  # square by turns: a missing .T then goes unnoticed
    if padded and draw.case % 5 == 3 and n_batch > 1 and n_steps > 2:
        n_batch = n_steps = max(n_batch, 3)  # no shape tells the two apart
    params = {name: _layer(draw, n_input, n_hidden, n_steps) for name in ("forward", "backward")}
    lengths = uneven_lengths(draw, n_steps, n_batch) if padded else np.full(n_batch, n_steps)
    return params, loud(draw, n_steps) * draw.array(n_steps, n_batch, n_input), lengths


def _reversed(ask: StudentProxy, draw: CaseGenerator):
    """Ask for rows turned round; where padding of 1e200 comes back, it counts as 1, or all else would be next to 0."""
    _, x, lengths = _case(draw, padded=draw.case > 0)
    turned = ask("reverse_rows", fill(draw, x, lengths), lengths)
    floats = isinstance(turned, np.ndarray) and turned.dtype == np.float64
    return np.where(np.abs(turned) == 1e200, np.sign(turned), turned) if floats else turned


def _half(which: int):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        params, x, lengths = _case(draw, padded=False)
        h, n_hidden = _first_of(ask("bidirectional_forward", params, x, lengths)), len(params["forward"]["b_h"])
        fits = isinstance(h, np.ndarray) and h.shape == (*x.shape[:2], 2 * n_hidden)
        return np.split(h, 2, axis=2)[which] if fits else h

    return probe


def _padded(ask: StudentProxy, draw: CaseGenerator):
    params, x, lengths = _case(draw, padded=True)
    return _first_of(ask("bidirectional_forward", params, fill(draw, x, lengths), lengths))


def _symmetric(ask: StudentProxy, draw: CaseGenerator):
    """Let time run the other way and the two layers change places: return by how much that changes the outcome."""
    params, x, lengths = _case(draw, padded=draw.case % 2 == 1)
    swapped = {"forward": params["backward"], "backward": params["forward"]}
    h = _first_of(ask("bidirectional_forward", params, x, lengths))
    other = _first_of(ask("bidirectional_forward", swapped, reverse_rows(x, lengths), lengths))
    fits = all(isinstance(a, np.ndarray) and a.ndim == 3 and a.shape[:2] == x.shape[:2] for a in (h, other))
    if not fits or h.shape != other.shape:
        return other
    if draw.ordinary and not h.any():
        raise wrong("h is 0 everywhere")
    return np.roll(reverse_rows(other, lengths), h.shape[2] // 2, axis=2) - h


def _is_pair(answer) -> bool:
    return isinstance(answer, tuple | list) and len(answer) == 2


def _first_of(answer):
    return answer[0] if _is_pair(answer) else answer


def _gradient(pick, padded: bool):
    """Probe for what `pick` takes from (dparams, dx).

    In every other case another batch goes forward before the first one goes back: each tape has to stand for itself.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        params, x, lengths = _case(draw, padded)
        dh = magnitude(draw) * draw.array(*x.shape[:2], 2 * len(params["forward"]["b_h"]))
        if padded:
            x, dh = fill(draw, x, lengths), fill(draw, dh, lengths)
        answer = ask("bidirectional_forward", params, x, lengths)
        if not _is_pair(answer):
            return answer
        if draw.case % 2:
            again = {name: {key: 0.5 * w for key, w in layer.items()} for name, layer in params.items()}
            ask("bidirectional_forward", again, draw.array(*x.shape), len(x) + 1 - lengths)
        gradients = ask("bidirectional_backward", dh, answer[1])
        if not (_is_pair(gradients) and isinstance(gradients[0], dict)):
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
