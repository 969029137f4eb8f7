"""Cases of question 7.5: sampling is judged by what the symbols do, since there are many right ways to draw one."""

import numpy as np

from rnnlab.assignments._series import settled
from rnnlab.assignments.variants.cases import network
from rnnlab.assignments.variants.symbol_law import judge_first, judge_pair, judge_symbols
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong

N_SYMBOLS = 1200


def _seed(draw: CaseGenerator) -> int:
    """Return a seed of any size up to 32 bits, which is what every generator of NumPy takes."""
    return int(draw.rng.integers(2 ** int(draw.rng.choice([8, 16, 24, 32]))))


def _temperature(draw: CaseGenerator) -> float:
    """Return by turns a temperature well below and well above 1, where no known wrong law is the right one."""
    return float(draw.rng.uniform(0.4, 0.65) if draw.case % 2 == 0 else draw.rng.uniform(1.6, 2.5))


def _memoryless(draw: CaseGenerator, n_symbols: int, scale: float = 1.0) -> dict[str, np.ndarray]:
    """Return a network whose symbols all have the same chances: at the temperature `scale` one likely, one rare."""
    params = {name: 0 * value for name, value in network(draw, n_symbols, draw.size(), n_symbols).items()}
    logits = np.linspace(-1.2, 1.2, n_symbols) + draw.rng.uniform(-0.1, 0.1, n_symbols)
    params["b_y"] = scale * (draw.rng.permutation(logits) + draw.rng.uniform(-3, 3))
    return params


def _symbols(ask: StudentProxy, params, start: int, n: int, temperature: float, seed: int) -> np.ndarray:
    symbols = ask("sample", params, start, n, temperature, seed)
    fits = isinstance(symbols, np.ndarray) and symbols.shape == (n,) and symbols.dtype.kind in "iu"
    if not fits or symbols.min() < 0 or symbols.max() >= len(params["b_y"]):
        raise wrong(f"what comes back is not {n} whole numbers from 0 to O - 1 in an array")
    return symbols.astype(np.int64)


def independent(ask: StudentProxy, draw: CaseGenerator):
    """Draw from a network that has no memory, so that all symbols have the same chances.

    In the third case there are many symbols and the temperature is high, in the fourth there are two and it is low; the
    logits are as large or as small. In the first the same is asked at another temperature before.
    """
    n_symbols = (int(draw.rng.integers(3, 8)), int(draw.rng.integers(3, 8)), 120, 2)[draw.case]
    scale = float(10 ** (0.0, 0.0, draw.rng.uniform(2.5, 3.5), draw.rng.uniform(-3.9, -3.5))[draw.case])
    params = _memoryless(draw, n_symbols, scale)
    start, temperature = int(draw.rng.integers(n_symbols)), _temperature(draw) if draw.case < 2 else scale
    seed = _seed(draw)
    if draw.case == 0:
        ask("sample", params, start, 2 * N_SYMBOLS, 3.0, seed)
    symbols = _symbols(ask, params, start, 2 * N_SYMBOLS, temperature, seed)
    return judge_symbols(symbols, params, start, temperature)


def dependent(ask: StudentProxy, draw: CaseGenerator):
    """Draw from a network whose logits depend on the last symbol and on those before it.

    Its states settle: where they did not, the judge's chances would part from the student's by rounding alone.
    """
    n_symbols, n_hidden = int(draw.rng.integers(4, 7)), 8
    params = network(draw, n_symbols, n_hidden, n_symbols)
    params["w_x"], params["w_h"], params["w_y"] = 2 * params["w_x"], settled(params["w_h"], 0.95), 0.8 * params["w_y"]
    params["b_y"] = 0 * params["b_y"]
    start = int(draw.rng.integers(n_symbols))
    temperature = 1.0 if draw.case == 2 else _temperature(draw)
    symbols = _symbols(ask, params, start, N_SYMBOLS, temperature, _seed(draw))
    return judge_symbols(symbols, params, start, temperature)


def greedy(ask: StudentProxy, draw: CaseGenerator):
    """Draw at a temperature so low that only the likeliest symbol is left.

    The path differs for each way of getting the beginning wrong: symbol 0 or no symbol for `start`, a state of 1. The
    same network reads another start after it.
    """
    n_symbols, n_hidden, n = draw.size(2, 5), draw.size(2), 4 + 3 * (draw.case % 6)
    start, seed = int(draw.rng.integers(1, n_symbols)), _seed(draw)
    # the second likeliest has a chance below exp(-1000), also where the temperature is kept above 1e-8; small logits
    # tell of whoever keeps it above a thousandth
    scale = 1e-3 if draw.case % 2 else 1.0
    temperature = scale * float(10 ** draw.rng.uniform(-9, -5))
    other = (start + 1) % n_symbols

    def attempt():
        params = network(draw, n_symbols, n_hidden, n_symbols)
        params["w_x"] = 3 * params["w_x"]
        params |= {name: scale * params[name] for name in ("w_y", "b_y")}
        path, gap = _greedy_path(params, start, n)
        others = [_greedy_path(params, start, n, before=1.0)[0], _greedy_path(params, 0, n)[0]]
        others.append(_greedy_path(params, None, n)[0])
        other_path, other_gap = _greedy_path(params, other, n)
        fits = min(gap, other_gap) > 0.01 * scale and len(set(path)) > 1 and path not in (*others, other_path)
        return params if fits else None

    params = draw.until(attempt)
    return tuple(ask("sample", params, first, n, temperature, seed) for first in (start, other))


def _greedy_path(params, symbol: int | None, n: int, before: float = 0.0) -> tuple[list[int], float]:
    h, path, gap = np.full(len(params["b_h"]), before), [], np.inf
    for _ in range(n):
        read = 0.0 if symbol is None else params["w_x"][:, symbol]
        h = np.tanh(read + params["w_h"] @ h + params["b_h"])
        logits = params["w_y"] @ h + params["b_y"]
        symbol = int(np.argmax(logits))
        second, first = np.sort(logits)[-2:]
        gap = min(gap, first - second)
        path.append(symbol)
    return path, gap


def seeded(ask: StudentProxy, draw: CaseGenerator):
    """Ask twice with one seed and once each with seeds that differ from it in their first or their last digits.

    300 symbols from these chances agree with probability below 1e-80; that two of them do not look independent has a
    probability of 1e-4. Of the next seed each symbol is also compared with the first seed's one before and after, and
    in one case the first symbols of many seeds with their chances: the eight judgements are wrong in 8e-4 of the
    drawings, and with the second one in 7e-7.
    """
    params = _memoryless(draw, 4)
    p = np.exp(params["b_y"] - params["b_y"].max())
    seed = _seed(draw)
    seed = min(seed - seed % 2, 2**31 - 2) if draw.case == 0 else 0  # even, so that the next differs in one bit; and 0
    others = (seed + 1, seed + 1000 * int(draw.rng.integers(1, 1000)), seed ^ (1 << 20), seed ^ (1 << 30), seed + 2**31)
    _symbols(ask, params, seed % 4, 1, 1.0, seed)
    n_first = 40 if draw.case == 0 else 0
    begun = [_symbols(ask, params, 1, 1, 1.0, s)[0] for s in range(seed + 2, seed + 2 + n_first)]
    first, again, *different = (_symbols(ask, params, 1, 300, 1.0, s) for s in (seed, seed, *others))
    several = len(set(first)) > 1
    pairs = [(first, symbols) for symbols in different]
    pairs += [(first[1:], different[0][:-1]), (first[:-1], different[0][1:])]
    independent_of_first = all(judge_pair(one, other, p / p.sum()) for one, other in pairs)
    return {
        "the same symbols for the same seed": bool(np.array_equal(first, again)),
        "how many other seeds give the same symbols": sum(np.array_equal(first, symbols) for symbols in different),
        "seeds that do not tell of each other": independent_of_first or not several,
        "more than one symbol": several,
        "first symbols as often as they should come": not begun or judge_first(np.array(begun), p / p.sum()),
    }
