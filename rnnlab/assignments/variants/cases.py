"""Assignment 7's cases: what is drawn, and how the student's functions are probed with it."""

import numpy as np

from rnnlab import data
from rnnlab.assignments.variants.symbol_law import judge_symbols
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong


def network(draw: CaseGenerator, n_input: int, n_hidden: int, n_output: int) -> dict[str, np.ndarray]:
    return {
        "w_x": draw.array(n_hidden, n_input, scale=0.7),
        "w_h": draw.array(n_hidden, n_hidden, scale=0.7),
        "b_h": draw.array(n_hidden, scale=0.7),
        "w_y": draw.array(n_output, n_hidden),
        "b_y": draw.array(n_output),
    }


def _sizes(draw: CaseGenerator) -> tuple[int, int, int, int]:
    """Return B, D, H and O, all of D, H and O equal in half the cases: a missing .T then goes unnoticed."""
    n_batch, n_input, n_hidden, n_output = draw.size(), draw.size(), draw.size(), draw.size(2)
    if draw.case % 2:
        n_input = n_hidden = n_output
    return n_batch, n_input, n_hidden, n_output


def uneven_lengths(draw: CaseGenerator, n_batch: int) -> tuple[int, np.ndarray]:
    """Return T and lengths, of which one is T and at least two are shorter."""
    n_steps = draw.size(2, 9)
    short = draw.rng.integers(1, n_steps, 2)
    lengths = np.concatenate([[n_steps], short, draw.rng.integers(1, n_steps + 1, n_batch - 3)])
    return n_steps, draw.rng.permutation(lengths)


def _fill(draw: CaseGenerator, array: np.ndarray, lengths: np.ndarray, value: float) -> np.ndarray:
    """Put numbers that look like data in the padding, and in every other case `value` in that of one row."""
    filled = array.copy()
    filled[~data.length_mask(lengths, len(array))] = 3.0
    if draw.case % 4 > 1:
        row = int(np.argmin(lengths))
        filled[lengths[row] :, row] = value
    return filled


def single(ask: StudentProxy, draw: CaseGenerator):
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    params = network(draw, n_input, n_hidden, n_output)
    return ask("one_to_one", params, draw.array(n_batch, n_input), draw.array(n_batch, n_output))


def generated(padded: bool):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, _ = _sizes(draw)
        n_batch += 2 * padded
        n_steps, lengths = uneven_lengths(draw, n_batch) if padded else (draw.size(1, 8), None)
        params, x = network(draw, n_input, n_hidden, n_input), draw.array(n_batch, n_input)
        target = draw.array(n_steps, n_batch, n_input)
        if lengths is None:
            return ask("one_to_many", params, x, target, np.full(n_batch, n_steps))
        # Infinity, so that leaving the padding in and multiplying it by 0 give different numbers.
        return ask("one_to_many", params, x, _fill(draw, target, lengths, np.inf), lengths)

    return probe


def reading(function: str, padded: bool, logits: float = 1.0):
    def probe(ask: StudentProxy, draw: CaseGenerator):
        n_batch, n_input, n_hidden, n_output = _sizes(draw)
        n_batch += 2 * padded
        n_steps, lengths = uneven_lengths(draw, n_batch) if padded else (draw.size(1, 8), None)
        params = network(draw, n_input, n_hidden, n_output)
        params["w_y"] = logits * params["w_y"]
        x = draw.array(n_steps, n_batch, n_input)
        target = draw.rng.integers(0, n_output, (n_steps, n_batch) if function == "many_to_many" else n_batch)
        if lengths is None:
            return ask(function, params, x, target, np.full(n_batch, n_steps))
        if function == "many_to_many":
            target[~data.length_mask(lengths, n_steps)] = -1
        return ask(function, params, _fill(draw, x, lengths, np.nan), target, lengths)

    return probe


def take(i: int, probe):
    """Probe for the i-th of two answers; anything but a pair is shown as it is."""

    def one(ask: StudentProxy, draw: CaseGenerator):
        answer = probe(ask, draw)
        return answer[i] if isinstance(answer, tuple) and len(answer) == 2 else answer

    return one


# 7.5: judged by what the symbols do, since there are many right ways to draw one


N_SYMBOLS = 400


def _spread_logits(draw: CaseGenerator, n: int) -> np.ndarray:
    """Return logits of one likely, some middling and one rare symbol, in any order."""
    return draw.rng.permutation(np.linspace(-1.0, 1.0, n)) + draw.rng.uniform(-0.1, 0.1, n)


def _symbols(ask: StudentProxy, params, start: int, n: int, temperature: float, seed: int) -> np.ndarray:
    symbols = ask("sample", params, start, n, temperature, seed)
    fits = isinstance(symbols, np.ndarray) and symbols.shape == (n,) and symbols.dtype.kind in "iu"
    if not fits or symbols.min() < 0 or symbols.max() >= len(params["b_y"]):
        raise wrong(f"what comes back is not {n} whole numbers from 0 to O - 1 in an array")
    return symbols


def independent(ask: StudentProxy, draw: CaseGenerator):
    """Draw from a network that has no memory, so that all symbols have the same chances."""
    n_symbols, n_hidden = 3 + draw.case, draw.size(2)
    params = {name: 0 * value for name, value in network(draw, n_symbols, n_hidden, n_symbols).items()}
    params["b_y"] = _spread_logits(draw, n_symbols)
    temperature = (0.5, 2.0)[draw.case % 2]
    symbols = _symbols(ask, params, 0, N_SYMBOLS, temperature, int(draw.rng.integers(2**31)))
    return judge_symbols(symbols, params, 0, temperature)


def dependent(ask: StudentProxy, draw: CaseGenerator):
    """Draw from a network whose logits depend on the last symbol and on those before it."""
    n_symbols, n_hidden = 4, 8
    params = network(draw, n_symbols, n_hidden, n_symbols)
    params["w_x"], params["w_y"] = 2 * params["w_x"], 1.2 * params["w_y"]
    params["b_y"] = 0 * params["b_y"]
    temperature = (0.7, 1.5, 1.0)[draw.case % 3]
    symbols = _symbols(ask, params, 0, N_SYMBOLS, temperature, int(draw.rng.integers(2**31)))
    return judge_symbols(symbols, params, 0, temperature)


def greedy(ask: StudentProxy, draw: CaseGenerator):
    """Draw at a temperature so low that only the likeliest symbol is left."""
    n_symbols, n = draw.size(2, 5), 4 + 3 * draw.case
    while True:
        params = network(draw, n_symbols, draw.size(2), n_symbols)
        params["w_x"] = 3 * params["w_x"]
        path, gap = _greedy_path(params, 0, n)
        started_at_one, _ = _greedy_path(params, 0, n, before=1.0)
        # at 1e-5 the second likeliest has a chance below exp(-1000)
        if gap > 0.01 and len(set(path)) > 1 and path != started_at_one:
            return ask("sample", params, 0, n, 1e-5, int(draw.rng.integers(2**31)))


def _greedy_path(params, symbol: int, n: int, before: float = 0.0) -> tuple[list[int], float]:
    h, path, gap = np.full(len(params["b_h"]), before), [], np.inf
    for _ in range(n):
        h = np.tanh(params["w_x"][:, symbol] + params["w_h"] @ h + params["b_h"])
        logits = params["w_y"] @ h + params["b_y"]
        symbol = int(np.argmax(logits))
        second, first = np.sort(logits)[-2:]
        gap = min(gap, first - second)
        path.append(symbol)
    return path, gap


def seeded(ask: StudentProxy, draw: CaseGenerator):
    """Ask twice with one seed and once with another: 60 symbols from these chances agree with probability < 1e-20."""
    params = {name: 0 * value for name, value in network(draw, 4, 2, 4).items()}
    params["b_y"] = _spread_logits(draw, 4)
    seed = int(draw.rng.integers(2**31))
    first, again, other = (_symbols(ask, params, 1, 60, 1.0, s) for s in (seed, seed, seed + 1))
    return {
        "the same symbols for the same seed": bool(np.array_equal(first, again)),
        "other symbols for another seed": not np.array_equal(first, other),
        "more than one symbol": len(set(first)) > 1,
    }


# 7.6


def pair_of_networks(draw: CaseGenerator):
    n_batch, n_input, n_hidden, n_output = _sizes(draw)
    encoder, decoder = network(draw, n_input, n_hidden, 1), network(draw, n_output, n_hidden, n_output)
    names = ("w_x", "w_h", "b_h")
    params = {
        "encoder": {name: encoder[name] for name in names},
        "decoder": {name: decoder[name] for name in names},
        "readout": {name: decoder[name] for name in ("w_y", "b_y")},
    }
    t_in, t_out = draw.size(1, 6), draw.size(1, 6)
    if t_in == t_out:
        t_in, t_out = (t_in + 1, t_out) if draw.case % 2 else (t_in, t_out + 1)
    target = data.one_hot(draw.rng.integers(0, n_output, (t_out, n_batch)), n_output)
    return params, draw.array(t_in, n_batch, n_input), target


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
    return answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer


def gradients(*path: str):
    """Probe for the gradients of one of the three layers, or for dx where no layer is named."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        params, x, target = pair_of_networks(draw)
        answer = ask("encoder_decoder_forward", params, x, target)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            return answer
        dparams_dx = ask("encoder_decoder_backward", draw.array(*target.shape), answer[1])
        if not (isinstance(dparams_dx, tuple) and len(dparams_dx) == 2 and isinstance(dparams_dx[0], dict)):
            return dparams_dx
        return dparams_dx[0].get(path[0]) if path else dparams_dx[1]

    return probe


# 7.7: a model of sequences in which every beginning has chances of its own for what follows


class Tree:
    """Log-probabilities of the next of `n_symbols`, drawn for every beginning of up to `n` symbols."""

    def __init__(self, draw: CaseGenerator, n_symbols: int, n: int):
        logits = draw.array((n_symbols ** (n + 1) - 1) // (n_symbols - 1), n_symbols, scale=1.5)
        self.n_symbols, self.n = n_symbols, n
        self.log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        self.start = (np.array([0]), n_symbols)  # no symbol yet: the number after the last

    def step(self, state, symbol):
        """Return the state after `symbol`, which is the number of the beginning so far, and what may follow it."""
        node = int(state[0])
        node = node * self.n_symbols + symbol + 1 if symbol < self.n_symbols else node
        return np.array([node]), self.log_p[node % len(self.log_p)]

    def search(self, width: int) -> int:
        """Return the number of the sequence that beam search finds."""
        node, score = np.zeros(1, int), np.zeros(1)
        for _ in range(self.n):
            longer = (score[:, None] + self.log_p[node]).ravel()
            best = np.argsort(-longer)[:width]
            beam, symbol = np.divmod(best, self.n_symbols)
            node, score = node[beam] * self.n_symbols + symbol + 1, longer[best]
        return int(node[0])

    def best(self) -> int:
        """Return the number of the likeliest of all sequences."""
        return self.search(self.n_symbols**self.n)


def narrowest(ask: StudentProxy, draw: CaseGenerator):
    while True:
        tree = Tree(draw, draw.size(2, 4), 2 + draw.case % 3)
        if tree.search(1) != tree.best():
            return ask("beam_search", tree.step, tree.start, 1, tree.n)


def between(ask: StudentProxy, draw: CaseGenerator):
    """Search with a width that finds something else than a single beam, or than an exhaustive search, by turns.

    In the first case it is something else than what one beam more finds, and neither is the best.
    """
    width = 2 + draw.case // 4
    while True:
        tree = Tree(draw, 4, 5)
        found = tree.search(width)
        if draw.case == 0:
            fits = found != tree.search(width + 1) != tree.best() != found
        else:
            fits = found != (tree.search(1) if draw.case % 2 else tree.best())
        if fits:
            return ask("beam_search", tree.step, tree.start, width, tree.n)


def widest(ask: StudentProxy, draw: CaseGenerator):
    while True:
        tree = Tree(draw, draw.size(2, 3), 2 + draw.case % 3)
        if tree.search(1) != tree.best():
            return ask("beam_search", tree.step, tree.start, tree.n_symbols**tree.n, tree.n)
