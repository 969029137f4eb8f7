"""Weights in PyTorch's names, both ways, as plain dicts of arrays.

    weight_ih = w_x,   weight_hh = w_h,   bias_ih + bias_hh = b_h

in every block of rows, except that a GRU's bias_hh for the candidate n stands inside the reset gate and is its own
b_hn. Gates stand in the same order in both (i, f, g, o and r, z, n). The name ends in ``_l`` and the number of the
layer, and in ``_reverse`` for the direction that reads backward. A GRU so converted needs ``reset="after"``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _recurrence, bidirectional
from rnnlab.stack import Stack


def to_torch(params: Any, *, gradient: bool = False) -> dict[str, np.ndarray]:
    """Name weights as PyTorch does.

    Parameters
    ----------
    params : Params, bidirectional.Params or tuple of these
        Weights of a cell, of both directions, or of a stack.
    gradient : bool, default=False
        Whether they are gradients: then both of PyTorch's biases get the gradient of their sum. Of weights, the
        second bias is 0.

    Returns
    -------
    weights : dict of arrays
        What ``load_state_dict`` takes, once made tensors; or what is in the ``grad`` of each parameter.

    Examples
    --------
    >>> from rnnlab import rnn
    >>> list(to_torch(rnn.init(np.random.default_rng(0), 2, 3)))
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """
    named: dict[str, np.ndarray] = {}
    for suffix, cell_params in _cells(params):
        second = cell_params.b_h.copy() if gradient else np.zeros_like(cell_params.b_h)
        if "b_hn" in cell_params._fields:
            second[-len(cell_params.b_hn) :] = cell_params.b_hn
        values = cell_params.w_x, cell_params.w_h, cell_params.b_h, second
        named |= {f"{name}_{suffix}": value.copy() for name, value in zip(_NAMES, values, strict=True)}
    return named


def from_torch(cell: Any, weights: Mapping[str, ArrayLike]) -> Any:
    """Read weights that PyTorch has named.

    Parameters
    ----------
    cell : module, Bidirectional or Stack
        What the weights are for.
    weights : mapping of str to array
        Such as ``{name: tensor.numpy() for name, tensor in network.state_dict().items()}``. Where there is no bias at
        all it is 0.

    Returns
    -------
    params : Params, bidirectional.Params or tuple of these
        The weights, as `cell` takes them.

    Raises
    ------
    ValueError
        If a name is missing or not understood, or a shape does not fit.

    Examples
    --------
    >>> from rnnlab import gru
    >>> params = gru.init(np.random.default_rng(0), 2, 3, scheme="torch")
    >>> again = from_torch(gru, to_torch(params))
    >>> all(np.array_equal(old, new) for old, new in zip(params, again))
    True
    """
    left = {name: np.asarray(value) for name, value in weights.items()}
    if not any(name.startswith("bias") for name in left):
        for name, w_h in [item for item in left.items() if item[0].startswith("weight_hh")]:
            left |= {name.replace("weight_hh", bias): np.zeros_like(w_h[:, 0]) for bias in ("bias_ih", "bias_hh")}
    params = _read(cell, "l0", left)
    if left:
        raise ValueError(f"{min(left)} is not understood, expected the weights of this network alone")
    return params


_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _cells(params: Any, layer: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield each cell's weights with the end of their names."""
    if isinstance(params, bidirectional.Params):
        yield f"l{layer}", params.ahead
        yield f"l{layer}_reverse", params.reverse
    elif hasattr(params, "_fields"):
        yield f"l{layer}", params
    else:
        for number, layer_params in enumerate(params):
            yield from _cells(layer_params, number)


def _read(cell: Any, suffix: str, left: dict[str, np.ndarray]) -> Any:
    """Take from `left` the weights of a cell, of both directions or of all layers."""
    if isinstance(cell, Stack):
        return tuple(_read(cell.cell, f"l{layer}", left) for layer in range(cell.n_layers))
    if isinstance(cell, bidirectional.Bidirectional):
        return bidirectional.Params(_read(cell.cell, suffix, left), _read(cell.cell, f"{suffix}_reverse", left))
    w_x, w_h, first, second = (_take(f"{name}_{suffix}", left) for name in _NAMES)
    second = _arrays.require_axes(f"bias_hh_{suffix}", second, first.dtype, ("as bias_ih", len(first)))
    b_h, n = first + second, w_h.shape[-1]
    if "b_hn" not in cell.Params._fields:
        return _recurrence.require_params(cell.Params(w_x, w_h, b_h), len(cell.GATES))
    b_h[2 * n :] = first[2 * n :]
    return _recurrence.require_params(cell.Params(w_x, w_h, b_h, second[2 * n :]), len(cell.GATES))


def _take(name: str, left: dict[str, np.ndarray]) -> np.ndarray:
    if name in left:
        return left.pop(name)
    raise ValueError(f"{name} is missing")
