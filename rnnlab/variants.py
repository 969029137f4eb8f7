"""The four shapes of a recurrent network, for any cell::

    one to one       x → y                                 a single step
    one to many      x → y_1 … y_T                         nothing is read after the first step
    many to one      x_1 … x_T → y                         only each row's last state answers
    many to many     x_1 … x_T → y_1 … y_T                 every state answers
                     x_1 … x_S → state → y_1 … y_T         an encoder's last state is the decoder's first

Everywhere y_t = w_y h_t + b_y: the readout is linear, and a loss that needs probabilities takes them from y itself.

A cell is a module, such as `rnnlab.lstm`, or what wraps one: a `bidirectional.Bidirectional`, a `stack.Stack`. Its
`forward` takes the `options`. Each shape returns a tape whose ``y`` holds the outputs, and `backward` takes any tape.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _encoder_decoder, _recurrence, readout
from rnnlab._cell import DRAWN, Buildable, Network, Portable, directions, reduced, require_options
from rnnlab._encoder_decoder import EncoderDecoder, EncoderDecoderTape, encoder_decoder, init_encoder_decoder
from rnnlab._settings import require_rng
from rnnlab.data.batch import counting, inputs_for

__all__ = [
    "EncoderDecoder",
    "EncoderDecoderTape",
    "Objective",
    "Params",
    "Tape",
    "backward",
    "encoder_decoder",
    "init",
    "init_encoder_decoder",
    "many_to_many",
    "many_to_one",
    "one_to_many",
    "one_to_one",
]

Loss = Callable[..., tuple[float, np.ndarray]]


class Params(NamedTuple):
    """The weights of a cell and of its readout, or their gradients."""

    cell: Any
    readout: readout.Params


class Tape(NamedTuple):
    """What `backward` needs from any shape but the encoder-decoder."""

    cell: Network
    steps: Any  # the cell's tape
    output: readout.Tape
    lengths: np.ndarray | None
    reads_once: bool

    @property
    def y(self) -> np.ndarray:
        """The outputs: (B, O), or (T, B, O) where every step answers."""
        return self.output.y

    def __reduce__(self) -> Any:
        return reduced(self)


def init(
    cell: Buildable,
    rng: np.random.Generator,
    n_input: int,
    n_hidden: int | Sequence[int],
    n_output: int,
    *,
    dtype: DTypeLike = np.float64,
    **options: Any,
) -> Params:
    """Draw first weights of a cell and its readout.

    Parameters
    ----------
    cell : module or wrapper
        Such as `rnnlab.lstm`, or `stack.Stack(rnnlab.lstm, 2)`.
    rng : numpy.random.Generator
        Source of randomness.
    n_input, n_output : int
        D and O.
    n_hidden : int or sequence of int
        H (in each direction); of a stack it may be one width for each layer, the lowest first.
    dtype : dtype, default float64
        float64 or float32.
    **options
        What else the cell's ``init`` takes.

    Returns
    -------
    params : Params

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> params.cell.w_x.shape, params.readout.w_y.shape
    ((3, 2), (1, 3))
    """
    rng = require_rng(rng)
    require_options("init", cell, options, "init")
    weights = cell.init(rng, n_input, n_hidden, dtype=dtype, **options)
    top: Any = n_hidden[-1] if isinstance(n_hidden, tuple | list) else n_hidden
    return Params(weights, readout.init(rng, directions(cell) * top, n_output, dtype=dtype))


def one_to_one(cell: Network, params: Params, x: ArrayLike, **options: Any) -> Tape:
    """Read one input and answer.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : Params
        Weights.
    x : (B, D) array
        Input.
    **options
        What the cell's ``forward`` takes, such as ``state``.

    Returns
    -------
    tape : Tape
        ``tape.y`` is (B, O).

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> one_to_one(rnn, params, np.ones((4, 2))).y.shape
    (4, 1)
    """
    _checked("one_to_one", cell, params, options)
    steps = cell.forward(params.cell, _once(x, 1), **options)
    return Tape(cell, steps, readout.forward(params.readout, steps.h[1]), None, True)


def one_to_many(cell: Network, params: Params, x: ArrayLike, n_steps: int, **options: Any) -> Tape:
    """Read one input, then go on for `n_steps` steps in all, reading zeros, and answer at each.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : Params
        Weights.
    x : (B, D) array
        The only input.
    n_steps : int
        T.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    tape : Tape
        ``tape.y`` is (T, B, O).

    Raises
    ------
    ValueError
        If `n_steps` is not a whole number of at least 1.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> one_to_many(rnn, params, np.ones((4, 2)), n_steps=5).y.shape
    (5, 4, 1)
    """
    _checked("one_to_many", cell, params, options)
    steps = cell.forward(params.cell, _once(x, _arrays.require_count("n_steps", n_steps)), **options)
    return Tape(cell, steps, readout.forward(params.readout, steps.h[1:]), None, True)


def many_to_one(
    cell: Network, params: Params, x: ArrayLike, *, lengths: ArrayLike | None = None, **options: Any
) -> Tape:
    """Read a sequence and answer after each row's last step.

    A bidirectional cell answers from the last state of each direction: the one that reads backward ends at the first
    step.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : Params
        Weights.
    x : (T, B, D) array
        Inputs.
    lengths : (B,) array of int, optional
        Steps of each row; T by default.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    tape : Tape
        ``tape.y`` is (B, O).

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> many_to_one(rnn, params, np.ones((5, 4, 2)), lengths=[5, 1, 3, 2]).y.shape
    (4, 1)
    """
    _checked("many_to_one", cell, params, options)
    steps = cell.forward(params.cell, x, lengths=lengths, **options)
    output = readout.forward(params.readout, _last_states(cell, steps.h, steps.lengths))
    return Tape(cell, steps, output, steps.lengths, False)


def many_to_many(
    cell: Network, params: Params, x: ArrayLike, *, lengths: ArrayLike | None = None, **options: Any
) -> Tape:
    """Read a sequence and answer at every step.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : Params
        Weights.
    x : (T, B, D) array
        Inputs.
    lengths : (B,) array of int, optional
        Steps of each row; T by default. What ``tape.y`` holds after them is for a mask to leave out.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    tape : Tape
        ``tape.y`` is (T, B, O).

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> many_to_many(rnn, params, np.ones((5, 4, 2))).y.shape
    (5, 4, 1)
    """
    _checked("many_to_many", cell, params, options)
    steps = cell.forward(params.cell, x, lengths=lengths, **options)
    return Tape(cell, steps, readout.forward(params.readout, steps.h[1:]), None, False)


def backward(tape: Tape | EncoderDecoderTape, dy: ArrayLike) -> tuple[Any, Any, Any]:
    """Propagate a loss's gradient back through any of the shapes.

    Parameters
    ----------
    tape : Tape or EncoderDecoderTape
        What the shape's function returned.
    dy : array
        ∂loss/∂(tape.y), of its shape.

    Returns
    -------
    dparams : Params or EncoderDecoder
        Gradient of the weights.
    dx : array
        Gradient of the input, or of the source.
    dh_0 : array or tuple
        Gradient of the initial state, as the cell's ``backward`` returns it. For an encoder-decoder the gradient of the
        decoder's input.

    Examples
    --------
    >>> from rnnlab import losses, rnn
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> tape = many_to_one(rnn, params, np.ones((5, 4, 2)))
    >>> loss, dy = losses.mse(tape.y, np.zeros((4, 1)))
    >>> backward(tape, dy)[0].readout.w_y.shape
    (1, 3)
    """
    _recurrence.require_kind("tape", tape, Tape, EncoderDecoderTape)
    dreadout, dh = readout.backward(tape.output, dy)
    if isinstance(tape, EncoderDecoderTape):
        return _encoder_decoder.backward(tape, dh, dreadout)
    dcell, dx, dh_0 = tape.cell.backward(tape.steps, _at_every_step(tape, dh))
    return Params(dcell, dreadout), dx[0] if tape.reads_once else dx, dh_0


@dataclass(frozen=True)
class Objective(Portable):
    """The loss of a network on a batch, as a function of its weights.

    Parameters
    ----------
    variant : function
        `many_to_one`, `many_to_many` or `encoder_decoder`.
    cell : module
        Such as `rnnlab.lstm`.
    loss : function
        Of `rnnlab.losses`.
    options : mapping, optional
        What the cell's ``forward`` takes. ``dropout``, ``recurrent_dropout`` and their ``rng`` are left out by `value`.

    Examples
    --------
    >>> from rnnlab import data, losses, rnn
    >>> objective = Objective(many_to_one, rnn, losses.mse)
    >>> params = init(rnn, np.random.default_rng(0), n_input=2, n_hidden=3, n_output=1)
    >>> loss, gradient = objective(params, data.adding(np.random.default_rng(0), n_batch=4, n_steps=5))
    >>> loss > 0, gradient.cell.w_x.shape
    (True, (3, 2))
    """

    variant: Callable[..., Any]
    cell: Network
    loss: Loss
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.options, Mapping):
            raise TypeError(f"options is {self.options!r:.60}, expected a mapping from names, such as {{}}")
        options = dict(self.options)  # a later change to the mapping changes nothing here
        if options.get("rng") is not None:
            options["rng"] = require_rng(options["rng"])  # a seed would begin anew at every batch
        object.__setattr__(self, "options", options)
        require_options("Objective", self.cell, options)
        for name, value, home in (("variant", self.variant, "variants"), ("loss", self.loss, "losses")):
            if not callable(value):
                raise TypeError(f"{name} is {value!r:.60}, expected a function of rnnlab.{home}")

    def __call__(self, params: Any, batch: Any) -> tuple[float, Any]:
        """Return the loss and the gradient of the weights.

        `batch` is a `data.Batch`, or a `data.PairBatch` for an encoder-decoder. Where every step answers, neither steps
        that the mask leaves out nor steps after a row's length count.
        """
        tape, loss, dy = self._run(params, batch)
        return loss, backward(tape, dy)[0]

    def value(self, params: Any, batch: Any) -> float:
        """Return the loss alone, as in validation: without dropout, so that nothing is drawn."""
        return self._run(params, batch, training=False)[1]

    def _run(self, params: Any, batch: Any, training: bool = True) -> tuple[Any, float, np.ndarray]:
        inputs = inputs_for(self.variant, batch)
        options = {k: v for k, v in self.options.items() if training or k not in DRAWN}
        tape = self.variant(self.cell, params, *inputs, lengths=batch.lengths, **options)
        per_step = tape.y.ndim == 3
        if getattr(batch, "per_step", None) not in (None, per_step):
            given = "step" if batch.per_step else "sequence"
            raise ValueError(
                f"batch has a target per {given}, and {getattr(self.variant, '__name__', 'the variant')} answers "
                f"{'at every step' if per_step else 'once'}"
            )
        mask = counting(batch, len(tape.y), per_step)
        loss, dy = self.loss(tape.y, batch.target, mask)
        return tape, loss, dy


def _checked(caller: str, cell: Network, params: Params, options: Mapping[str, Any]) -> None:
    _recurrence.require_kind("params", params, Params)
    require_options(caller, cell, {name: value for name, value in options.items() if name != "state"})


def _once(x: ArrayLike, n_steps: int) -> np.ndarray:
    x = _arrays.as_array("x", x)
    if x.ndim != 2:
        raise ValueError(f"x has shape {x.shape}, expected (B, D)")
    inputs = np.zeros((n_steps, *x.shape), x.dtype)
    inputs[0] = x
    return inputs


def _last_states(cell: Network, h: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    last = h[lengths, np.arange(h.shape[1])]
    if directions(cell) == 2:
        ahead = h.shape[2] // 2
        last[:, ahead:] = h[1, :, ahead:]
    return last


def _at_every_step(tape: Tape, dh: np.ndarray) -> np.ndarray:
    """Return dh (T, B, H) with the gradient of `_last_states` where they were taken."""
    if dh.ndim == 3:
        return dh
    n_steps, n_batch, width = len(tape.steps.h) - 1, *dh.shape
    lengths = np.full(n_batch, n_steps) if tape.lengths is None else tape.lengths
    ahead = width // directions(tape.cell)
    spread = np.zeros((n_steps, n_batch, width), dh.dtype)
    spread[lengths - 1, np.arange(n_batch), :ahead] = dh[:, :ahead]
    spread[0, :, ahead:] += dh[:, ahead:]
    return spread
