"""A network that reads a whole sequence and then answers with another: the fifth shape, which `variants` offers."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _recurrence, readout
from rnnlab._cell import Buildable, Network, directions, reduced, require_options
from rnnlab._settings import require_rng


class EncoderDecoder(NamedTuple):
    """The weights of two cells and of the second one's readout, or their gradients."""

    encoder: Any
    decoder: Any
    readout: readout.Params


class EncoderDecoderTape(NamedTuple):
    """What `backward` needs from `encoder_decoder`."""

    cell: Network
    encoder: Any
    decoder: Any
    output: readout.Tape

    @property
    def y(self) -> np.ndarray:
        """The outputs (T, B, O)."""
        return self.output.y

    def __reduce__(self) -> Any:
        return reduced(self)


def init_encoder_decoder(
    cell: Buildable,
    rng: np.random.Generator,
    n_source: int,
    n_target: int,
    n_hidden: int,
    n_output: int,
    *,
    dtype: DTypeLike = np.float64,
    **options: Any,
) -> EncoderDecoder:
    """Draw first weights of an encoder, a decoder and its readout.

    Parameters
    ----------
    cell : module
        Both are such cells.
    rng : numpy.random.Generator
        Source of randomness.
    n_source, n_target, n_hidden, n_output : int
        Size of the encoder's and the decoder's inputs, of both states, and of the outputs.
    dtype : dtype, default float64
        float64 or float32.
    **options
        What else the cell's ``init`` takes.

    Returns
    -------
    params : EncoderDecoder

    Examples
    --------
    >>> from rnnlab import gru
    >>> rng = np.random.default_rng(0)
    >>> params = init_encoder_decoder(gru, rng, n_source=3, n_target=2, n_hidden=4, n_output=2)
    >>> params.readout.w_y.shape
    (2, 4)
    """
    rng = require_rng(rng)
    require_options("init_encoder_decoder", cell, options, "init")
    encoder = cell.init(rng, n_source, n_hidden, dtype=dtype, **options)
    decoder = cell.init(rng, n_target, n_hidden, dtype=dtype, **options)
    return EncoderDecoder(encoder, decoder, readout.init(rng, n_hidden, n_output, dtype=dtype))


def encoder_decoder(
    cell: Network,
    params: EncoderDecoder,
    source: ArrayLike,
    target_input: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    **options: Any,
) -> EncoderDecoderTape:
    """Read a source, then answer step by step while reading what should have been answered so far.

    That is teacher forcing: the decoder reads the right answers, shifted by one step, whatever it answered itself.

    Parameters
    ----------
    cell : module
        Such as `rnnlab.rnn`.
    params : EncoderDecoder
        Weights.
    source : (S, B, D) array
        The encoder's inputs.
    target_input : (T, B, E) array
        The decoder's inputs: a start sign, then every right answer but the last. T need not be S.
    lengths : (B,) array of int, optional
        Steps of each row of the source; S by default.
    **options
        What the cell's ``forward`` takes.

    Returns
    -------
    tape : EncoderDecoderTape
        ``tape.y`` is (T, B, O).

    Raises
    ------
    ValueError
        If the cell is bidirectional: a decoder that reads ahead would be told the answers.

    References
    ----------
    Sutskever, Vinyals and Le 2014, section 2; Cho et al. 2014, section 2.2.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> params = init_encoder_decoder(rnn, np.random.default_rng(0), 2, 1, n_hidden=3, n_output=1)
    >>> encoder_decoder(rnn, params, np.ones((2, 4, 2)), np.ones((3, 4, 1))).y.shape
    (3, 4, 1)
    """
    if directions(cell) != 1:
        raise ValueError("cell reads in both directions, expected one that cannot read the answers ahead")
    _recurrence.require_kind("params", params, EncoderDecoder)
    encoder = cell.forward(params.encoder, source, lengths=lengths, **options)
    decoder = cell.forward(params.decoder, target_input, encoder.h_n, **options)
    return EncoderDecoderTape(cell, encoder, decoder, readout.forward(params.readout, decoder.h[1:]))


def backward(tape: EncoderDecoderTape, dh: np.ndarray, dreadout: readout.Params) -> tuple[EncoderDecoder, Any, Any]:
    """Return the gradient of the weights, the source and the decoder's input, from that of the decoder's states."""
    ddecoder, dtarget_input, dh_0 = tape.cell.backward(tape.decoder, dh)
    dencoder, dsource, _ = tape.cell.backward(tape.encoder, None, dh_0)
    return EncoderDecoder(dencoder, ddecoder, dreadout), dsource, dtarget_input
