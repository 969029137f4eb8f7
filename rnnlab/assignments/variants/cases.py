"""Assignment 7's cases: what is drawn for the four shapes and for encoder and decoder, and what is asked of it."""

import numpy as np

from rnnlab import data
from rnnlab.assignments._series import fill, lasting, loud, magnitude, settled, steps, uneven_lengths
from rnnlab.checks.question import CaseGenerator, StudentProxy


def network(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int) -> dict[str, np.ndarray]:
    return {
        "w_x": draw.array(n_hidden, n_input, scale=0.7),
        "w_h": draw.array(n_hidden, n_hidden, scale=0.7),
        "b_h": draw.array(n_hidden, scale=0.7),
        "w_y": draw.array(n_output, n_hidden),
        "b_y": draw.array(n_output),
    }


def _for_steps(params: dict[str, np.ndarray], n_steps: int, reads_output: bool = False) -> dict[str, np.ndarray]:
    """Return weights with which rounding does not grow along a long sequence, nor along one that reads its output."""
    if n_steps <= 12:
        return params
    if not reads_output:
        names = ("w_x", "w_h", "b_h")
        return params | dict(zip(names, lasting(*(params[name] for name in names)), strict=True))
    loop = float(np.linalg.norm(params["w_x"], 2) * np.linalg.norm(params["w_y"], 2))
    return {**params, "w_h": settled(params["w_h"], 0.45), "w_x": params["w_x"] * min(1.0, 0.45 / max(loop, 1e-300))}


def _sizes(draw: CaseGenerator, fewest_outputs: int = 1) -> tuple[int, int, int, int]:
    """Return B, D, H and O, all of D, H and O equal in every third case: a missing .T then goes unnoticed."""
    n_batch, n_input, n_hidden, n_output = draw.size(), draw.size(), draw.size(), draw.size(fewest_outputs)
    if draw.case % 3 == 2 and draw.square:
        n_input = n_hidden = n_output
    return n_batch, n_input, n_hidden, n_output


def _steps_and_lengths(draw: CaseGenerator, n_batch: int, padded: bool) -> tuple[int, int, np.ndarray]:
    """Return T, B and lengths. In one padded case T is B, so that no shape tells the two apart."""
    if not padded:
        n_steps = steps(draw)
        return n_steps, n_batch, np.full(n_batch, n_steps)
    n_steps = steps(draw, 2)
    if draw.case % 5 == 3 and n_batch > 1:
        n_batch = n_steps = max(n_batch, 3)
    return n_steps, n_batch, uneven_lengths(draw, n_steps, n_batch)


def single(ask: StudentProxy, draw: CaseGenerator):
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    params = network(draw, n_input, n_hidden, n_output)
    target = magnitude(draw) * draw.array(n_batch, n_output)
    return ask("one_to_one", params, loud(draw) * draw.array(n_batch, n_input), target)


def generated(padded: bool):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, _ = _sizes(draw)
        n_steps, n_batch, lengths = _steps_and_lengths(draw, n_batch, padded)
        params = _for_steps(network(draw, n_input, n_hidden, n_input), n_steps, reads_output=True)
        x, target = loud(draw) * draw.array(n_batch, n_input), magnitude(draw) * draw.array(n_steps, n_batch, n_input)
        return ask("one_to_many", params, x, fill(draw, target, lengths) if padded else target, lengths)

    return probe


def reading(function: str, padded: bool, huge: bool = False):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, n_output = _sizes(draw, 2 if huge else 1)
        n_steps, n_batch, lengths = _steps_and_lengths(draw, n_batch, padded)
        params = _for_steps(network(draw, n_input, n_hidden, n_output), n_steps)
        if huge:
            params["w_y"] = 10 ** draw.rng.uniform(3, 5) * params["w_y"]
            params["b_y"] = params["b_y"] + draw.rng.choice([-1e4, 1e4])  # all very large, or all very small
        x = loud(draw, n_steps) * draw.array(n_steps, n_batch, n_input)
        target = draw.rng.integers(0, n_output, (n_steps, n_batch) if function == "many_to_many" else n_batch)
        if function == "many_to_many":
            target[~data.length_mask(lengths, n_steps)] = -1
        return ask(function, params, fill(draw, x, lengths) if padded else x, target, lengths)

    return probe


def _is_pair(answer) -> bool:
    return isinstance(answer, tuple | list) and len(answer) == 2


def take(i: int, probe):
    """Probe for the i-th of two answers; anything but a pair is shown as it is."""

    def one(ask: StudentProxy, draw: CaseGenerator):
        answer = probe(ask, draw)
        return answer[i] if _is_pair(answer) else answer

    return one


# 7.6


def pair_of_networks(draw: CaseGenerator):
    """Return weights, inputs and targets, as many steps in as out in every third case."""
    n_batch, n_input, n_hidden, n_output = _sizes(draw, 2)
    t_in, t_out = steps(draw, 1, 6), steps(draw, 1, 6)
    if draw.case % 3 == 1:
        t_in = t_out
    elif t_in == t_out:
        t_in, t_out = (t_in + 1, t_out) if draw.case % 2 else (t_in, t_out + 1)
    encoder = _for_steps(network(draw, n_input, n_hidden, 1), t_in)
    decoder = _for_steps(network(draw, n_output, n_hidden, n_output), t_out)
    names = ("w_x", "w_h", "b_h")
    params = {
        "encoder": {name: encoder[name] for name in names},
        "decoder": {name: decoder[name] for name in names},
        "readout": {name: decoder[name] for name in ("w_y", "b_y")},
    }
    target = data.one_hot(draw.rng.integers(0, n_output, (t_out, n_batch)), n_output)
    return params, loud(draw, t_in) * draw.array(t_in, n_batch, n_input), target


def translated(ask: StudentProxy, draw: CaseGenerator):
    return _first_of(ask("encoder_decoder_forward", *pair_of_networks(draw)))


def forced(ask: StudentProxy, draw: CaseGenerator):
    """Change the target of one step and return by how much each output changes: not until the step after it."""
    params, x, target = pair_of_networks(draw)
    other = np.concatenate([target, target[-1:]])
    t = int(draw.rng.integers(0, len(target)))
    before = _first_of(ask("encoder_decoder_forward", params, x, other))
    changed = other.copy()
    changed[t] = np.roll(other[t], 1, axis=-1)
    after = _first_of(ask("encoder_decoder_forward", params, x, changed))
    alike = isinstance(before, np.ndarray) and isinstance(after, np.ndarray) and before.shape == after.shape
    return after - before if alike else after


def _first_of(answer):
    return answer[0] if _is_pair(answer) else answer


def gradients(*path: str):
    """Probe for the gradients of one of the three layers, or for dx where no layer is named.

    In every other case another batch goes forward before the first one goes back: each tape has to stand for itself.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        params, x, target = pair_of_networks(draw)
        dy = magnitude(draw) * draw.array(*target.shape)
        answer = ask("encoder_decoder_forward", params, x, target)
        if not _is_pair(answer):
            return answer
        if draw.case % 2:
            again = {name: {key: 0.5 * w for key, w in layer.items()} for name, layer in params.items()}
            ask("encoder_decoder_forward", again, x[::-1].copy(), target[::-1].copy())
        dparams_dx = ask("encoder_decoder_backward", dy, answer[1])
        if not (_is_pair(dparams_dx) and isinstance(dparams_dx[0], dict)):
            return dparams_dx
        return dparams_dx[0].get(path[0]) if path else dparams_dx[1]

    return probe
