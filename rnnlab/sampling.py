"""Generate from a network: sample tokens or notes, or search for a likely sequence.

With scores y and temperature τ a token is drawn from softmax(y / τ): below 1 the likely gets likelier, and at 0 the
best is always taken. `top_k` leaves only the k best to chance, `top_p` the fewest best whose chances add up to p. Beam
search draws nothing: of all ways to go on from the best `width` beginnings it keeps the best `width`, by the sum of the
log-probabilities.

A `Step` takes a state and one token for each row and returns scores (B, V) and the next state.
"""

import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _fitting, _pytree, activations, readout
from rnnlab._beam_search import Hypothesis, Step, beam_search, require_scores
from rnnlab._cell import Network, Portable, require_ahead, require_options
from rnnlab._settings import require_rng
from rnnlab.data.batch import one_hot
from rnnlab.kernels import products, registry

__all__ = ["Hypothesis", "Stepper", "beam_search", "draw", "generate", "generate_notes", "stepper"]


def draw(
    rng: np.random.Generator,
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> np.ndarray:
    """Draw one token for each row of scores.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    logits : (..., V) array
        Scores.
    temperature : float, default 1
        0 takes the best, 1 the distribution as it is, more makes it flatter.
    top_k : int, optional
        Draw only among the `top_k` best; of equal ones the first.
    top_p : float, optional
        Draw only among the best whose chances, at this temperature, add up to `top_p`: as few as reach it.

    Returns
    -------
    tokens : (...) array of int

    Raises
    ------
    ValueError
        If the temperature is negative, a row's best score is not finite, `top_k` is not from 1 to V, or `top_p` not
        above 0 and at most 1.

    References
    ----------
    `top_p`: Holtzman et al. 2020, section 3.1.

    Examples
    --------
    >>> draw(np.random.default_rng(0), [[0.0, 3.0, 1.0]], temperature=0.0)
    array([1])
    """
    rng, logits = require_rng(rng), require_scores(logits)
    best = logits.max(axis=-1, keepdims=True)
    temperature = _require_temperature(temperature)
    n_tokens = logits.shape[-1]
    if top_k is not None:
        _arrays.require_count("top_k", top_k, at_most=n_tokens)
        rank = np.argsort(np.argsort(-logits, axis=-1, kind="stable"), axis=-1, kind="stable")
        logits = np.where(rank < top_k, logits, -np.inf)
    if temperature == 0:
        return logits.argmax(axis=-1)
    with np.errstate(over="ignore"):  # a temperature near 0 makes -inf, whose exponential is 0 as it should be
        chances = np.exp((logits - best) / temperature)
    if top_p is not None:
        chances = _nucleus(chances, top_p)
    edges = chances.cumsum(axis=-1)
    # the last edge is exceeded by no draw, and a token of chance 0 has no room between its edges
    return (edges <= rng.random((*logits.shape[:-1], 1)) * edges[..., -1:]).sum(axis=-1)


def _require_temperature(temperature: float) -> float:
    if not isinstance(temperature, numbers.Real) or isinstance(temperature, bool) or not 0 <= temperature < np.inf:
        raise ValueError(f"temperature is {temperature!r}, expected 0 or more")
    return float(temperature)


def _nucleus(chances: np.ndarray, top_p: float) -> np.ndarray:
    """Return chances with 0 for all but the fewest best that add up to the share `top_p`."""
    if not isinstance(top_p, numbers.Real) or isinstance(top_p, bool) or not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p!r:.60}, expected more than 0 and at most 1")
    order = np.argsort(-chances, axis=-1, kind="stable")
    ranked = np.take_along_axis(chances, order, axis=-1)
    before = ranked.cumsum(axis=-1) - ranked
    kept = before < top_p * ranked.sum(axis=-1, keepdims=True)
    out = np.zeros_like(chances)
    np.put_along_axis(out, order, np.where(kept, ranked, 0), axis=-1)
    return out


def stepper(cell: Network, params: Any, **options: Any) -> "Stepper":
    """Return a network that reads one-hot tokens as a function from state and tokens to scores and next state.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.lstm`.
    params : variants.Params or variants.EncoderDecoder
        Weights; of an encoder-decoder the decoder's are used.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    step : Stepper
        ``step(state, tokens) -> (scores, state)``; the state None is the cell's zeros.

    Raises
    ------
    TypeError
        If `params` is of another kind, or an option is none of the cell's.
    ValueError
        If the cell reads in both directions, `params` has an embedding, or does not score as many tokens as it reads.

    Examples
    --------
    >>> from rnnlab import rnn, variants
    >>> params = variants.init(rnn, np.random.default_rng(0), n_input=4, n_hidden=3, n_output=4)
    >>> scores, state = stepper(rnn, params)(None, np.array([0, 3]))
    >>> scores.shape, state.shape
    ((2, 4), (2, 3))
    """
    require_ahead("stepper", cell)
    require_options("stepper", cell, options)
    _require_no_embedding("stepper", params)
    weights = params.decoder if hasattr(params, "decoder") else getattr(params, "cell", None)
    if weights is None or not hasattr(params, "readout"):
        raise TypeError(f"params is {type(params).__name__}, expected variants.Params or variants.EncoderDecoder")
    _require_token_for_token(weights, len(params.readout.b_y))
    return Stepper(cell, weights, params.readout, options)


def _require_token_for_token(weights: Any, n_tokens: int) -> None:
    """Raise where a network scores another number of tokens than it reads, as far as its weights say what it reads."""
    n_read = next((np.shape(leaf)[-1] for name, leaf in _pytree.leaves(weights) if name.endswith("w_x")), n_tokens)
    if n_read != n_tokens:
        raise ValueError(f"params read {n_read} numbers and score {n_tokens} tokens, expected as many: one-hot tokens")


def _require_no_embedding(caller: str, params: Any) -> None:
    """Raise where weights read vectors of tokens: one-hot vectors in their place would be another network."""
    if getattr(params, "embedding", None) is not None:
        raise ValueError(f"params has an embedding, which {caller} does not read: Model.generate does")


@dataclass(frozen=True)
class Stepper(Portable):
    """What `stepper` returns: a `Step`, of which `generate` knows the network.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.lstm`.
    params : Params of the cell
        Its weights.
    readout : readout.Params
        Weights of the readout, one score for each token.
    options : mapping
        What the cell's ``forward`` takes.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> rng = np.random.default_rng(0)
    >>> step = Stepper(rnn, rnn.init(rng, 5, 4), readout.init(rng, 4, 5), {})
    >>> scores, state = step(None, np.array([0, 3]))
    >>> scores.shape, state.shape
    ((2, 5), (2, 4))
    """

    cell: Network
    params: Any
    readout: readout.Params
    options: Mapping[str, Any]

    def __call__(self, state: Any, tokens: np.ndarray) -> tuple[np.ndarray, Any]:
        """Return scores (B, V) and the next state."""
        x = one_hot(tokens, len(self.readout.b_y))[None]
        tape = self.cell.forward(self.params, x, state, **self.options)
        return readout.forward(self.readout, tape.h[-1]).y, tape.h_n


def generate(
    step: Step,
    state: Any,
    start: ArrayLike,
    n: int,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> np.ndarray:
    """Return tokens drawn one after the other, each read before the next is drawn.

    Of an `rnn`, `lstm` or `gru` all tokens are drawn in one compiled call, the same ones as step by step.

    Parameters
    ----------
    step : callable
        Of `stepper`, or any other of its form.
    state : array or tuple
        The state before the start.
    start : (B,) array of int
        The token that each row reads first; it is not part of the result.
    n : int
        How many tokens.
    rng : numpy.random.Generator
        Source of randomness.
    temperature, top_k, top_p
        As in `draw`.

    Returns
    -------
    tokens : (n, B) array of int

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> def count(state, tokens):  # a "network" that is sure of the next number
    ...     return 1e9 * one_hot((tokens + 1) % 5, 5), state
    >>> generate(count, None, [3], 4, np.random.default_rng(0)).T
    array([[4, 0, 1, 2]])
    """
    _arrays.require_count("n", n)
    rng = require_rng(rng)
    tokens = _arrays.require("start", _arrays.require_index("start", start), int, B=None)
    temperature = _require_temperature(temperature)
    if isinstance(step, Stepper) and top_k is None and top_p is None:
        compiled = _generate_compiled(step, state, tokens, n, rng, temperature)
        if compiled is not None:
            return compiled
    if not callable(step):
        raise TypeError(f"step is {step!r:.60}, expected a function such as sampling.stepper(cell, params)")
    drawn = []
    for _ in range(n):
        found = step(state, tokens)
        if not isinstance(found, tuple) or len(found) != 2:
            raise TypeError(f"step returned {type(found).__name__}, expected a pair: scores (B, V) and the next state")
        scores, state = found
        tokens = draw(rng, scores, temperature=temperature, top_k=top_k, top_p=top_p)
        drawn.append(tokens)
    return np.array(drawn)


def generate_notes(
    cell: Network, params: Any, start: ArrayLike, n: int, rng: np.random.Generator, *, state: Any = None, **options: Any
) -> np.ndarray:
    """Return a piano roll drawn one step after the other, each key on its own with the chance σ(y).

    Parameters
    ----------
    cell : module
        Such as `rnnlab.lstm`.
    params : variants.Params
        Weights of a network whose outputs are as many as its inputs.
    start : (B, K) array of 0 and 1
        The keys that sound first; not part of the result.
    n : int
        How many steps.
    rng : numpy.random.Generator
        Source of randomness.
    state : array or tuple, optional
        The state before the start; zeros by default.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    roll : (n, B, K) array of 0 and 1

    Raises
    ------
    TypeError
        If an option is none of the cell's.
    ValueError
        If the cell reads in both directions, `start` holds anything but 0 and 1, or the network's scores are NaN.

    Examples
    --------
    >>> from rnnlab import rnn, variants
    >>> params = variants.init(rnn, np.random.default_rng(0), n_input=5, n_hidden=3, n_output=5)
    >>> generate_notes(rnn, params, np.eye(5)[:2], 7, np.random.default_rng(0)).shape
    (7, 2, 5)
    """
    _arrays.require_count("n", n)
    require_ahead("generate_notes", cell)
    require_options("generate_notes", cell, options)
    _require_no_embedding("generate_notes", params)
    rng = require_rng(rng)
    keys = _arrays.require_flags("start", start, np.shape(start)).astype(float)
    if not hasattr(params, "readout"):
        raise TypeError(f"params is {type(params).__name__}, expected variants.Params")
    n_keys = len(params.readout.b_y)
    if keys.ndim != 2 or keys.shape[1] != n_keys:
        raise ValueError(f"start has shape {keys.shape}, expected (B, K={n_keys}), as many keys as params has outputs")
    roll = []
    for _ in range(n):
        tape = cell.forward(params.cell, keys[None], state, **options)
        scores, state = readout.forward(params.readout, tape.h[-1]).y, tape.h_n
        if np.isnan(scores).any():  # a comparison with NaN is false: the rest would be silence
            raise ValueError("scores has nan, expected numbers")
        decay = np.exp(-np.abs(scores))
        keys = (rng.random(scores.shape) < np.where(scores >= 0, 1, decay) / (1 + decay)).astype(float)
        roll.append(keys)
    return np.array(roll)


def _generate_compiled(
    step: Stepper, state: Any, start: np.ndarray, n: int, rng: np.random.Generator, temperature: float
) -> np.ndarray | None:
    """Return the tokens of `generate`, or None where the network is none of those that have a kernel."""
    kernels, options = registry.of(step.cell), dict(step.options)
    activation, reset = options.pop("activation", "tanh"), options.pop("reset", "after")
    if kernels is None or options or reset != "after" or not (0 <= start.min() <= start.max() < len(step.readout.b_y)):
        return None
    states = _first_states(step, kernels.kind, state, start)
    w_x, w_h, b_h, *b_hn = (np.asarray(weights, states[0].dtype) for weights in step.params)
    w_y, b_y = (np.asarray(weights, states[0].dtype) for weights in step.readout)
    tokens = np.empty((n + 1, len(start)), np.intp)
    tokens[0] = start
    settings = *states, float(temperature), rng.random((n, len(start))), tokens
    engine = registry.engine_sample(kernels, n * len(start), w_h, w_y) if activation == "tanh" else None
    if engine is not None:
        w_x_t, w_h, w_y = (np.ascontiguousarray(w) for w in (w_x.T, w_h, w_y))
        engine(w_x_t, w_h, b_h, *b_hn, w_y, b_y, *settings)
    else:
        kind = (activations.kind(activation),) if kernels.takes_activation else ()
        w_x_t, w_h_t, w_y_t = (np.ascontiguousarray(w.T) for w in (w_x, w_h, w_y))
        kernels.sample(*kind, w_x_t, w_h_t, b_h, *b_hn, w_y_t, b_y, *settings)
    if tokens.min() < 0:
        raise ValueError("logits has the best score nan in a row, expected a finite one")
    return tokens[1:]


def _first_states(step: Stepper, kind: str, state: Any, start: np.ndarray) -> list[np.ndarray]:
    """Return copies of the states before the start, after a look at the weights.

    Zeros, where all weights are arrays that fit; otherwise the cell reads the start once, and says what does not fit.
    """
    (w_y, b_y), n_batch = step.readout, len(start)
    x = np.zeros((1, n_batch, len(b_y)), getattr(b_y, "dtype", float))
    cell: Any = step.cell  # one with kernels, which has gates
    given = _fitting.given(step.params, x, len(cell.GATES)) if state is None else None
    shape = (len(b_y), 0 if given is None else given[2].shape[1])
    fits = _fitting.array(w_y, shape, x.dtype) and _fitting.array(b_y, shape[:1], x.dtype)
    if given is not None and fits and products.finite(*given):
        return [np.zeros((n_batch, w_y.shape[1]), x.dtype) for _ in range(2 if kind == "lstm" else 1)]
    tape = step.cell.forward(step.params, one_hot(start, len(b_y))[None], state, **step.options)
    readout.forward(step.readout, tape.h[-1])
    return [np.array(part, order="C") for part in ((tape.h[0], tape.c[0]) if kind == "lstm" else (tape.h[0],))]
