"""Weights in PyTorch's names and in the order of Keras, both ways, as plain arrays: neither library is needed.

PyTorch names them, in a dict::

    weight_ih = w_x,   weight_hh = w_h,   bias_ih + bias_hh = b_h

in every block of rows, except that a GRU's bias_hh for the candidate n stands inside the reset gate and is its own
b_hn. Gates stand in the same order in both (i, f, g, o and r, z, n). The name ends in ``_l`` and the number of the
layer, and in ``_reverse`` for the direction that reads backward. A GRU so converted needs ``reset="after"``.

Keras lists them, as a layer's ``get_weights`` returns them::

    kernel = w_xᵀ (D, G·H),   recurrent_kernel = w_hᵀ (H, G·H),   bias = b_h

with the gates in the same order for an LSTM, and z, r, n for a GRU. The bias of a GRU is (2, 3H) with the reset after
the product (``reset_after=True``, the default there), its second row being PyTorch's bias_hh. With the reset before it,
it is (3H,). Both directions stand one after the other, and so do layers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rnnlab import _arrays, _recurrence, bidirectional
from rnnlab._settings import require_flag
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
    gradient = require_flag("gradient", gradient)
    for suffix, cell_params in _cells(params):
        second = cell_params.b_h.copy() if gradient else np.zeros_like(cell_params.b_h)
        if "b_hn" in cell_params._fields:
            second[-len(cell_params.b_hn) :] = cell_params.b_hn
        values = cell_params.w_x, cell_params.w_h, cell_params.b_h, second
        named |= {f"{name}_{suffix}": value.copy() for name, value in zip(_NAMES, values, strict=True)}
    return named


def from_torch(cell: Any, weights: Any, *, prefix: str = "") -> Any:
    """Read weights that PyTorch has named. They are copied: training the one network leaves the other as it is.

    Parameters
    ----------
    cell : module, Bidirectional or Stack
        What the weights are for.
    weights : mapping of str to array or tensor, pairs of these, or torch module
        Such as ``network.state_dict()`` or ``network.named_parameters()``, of layers or of a cell. Where there is no
        bias at all it is 0. A network with ``nonlinearity="relu"`` is refused: the option is not among the weights.
    prefix : str, optional
        What the names begin with, such as ``"lstm."`` for the layer of that name in a larger network, whose other
        weights are then left out.

    Returns
    -------
    params : Params, bidirectional.Params or tuple of these
        The weights, as `cell` takes them.

    Raises
    ------
    TypeError, ValueError
        If a name is missing or not understood, a shape does not fit, or PyTorch has no such network: the message says
        what was found.

    Examples
    --------
    >>> from rnnlab import gru
    >>> params = gru.init(np.random.default_rng(0), 2, 3, scheme="torch")
    >>> again = from_torch(gru, to_torch(params))
    >>> all(np.array_equal(old, new) for old, new in zip(params, again))
    True
    """
    _require_counterpart(cell)
    inner = dict(weights.named_modules()).get(prefix.rstrip(".")) if hasattr(weights, "named_modules") else None
    _require_activation(weights, getattr(inner, "nonlinearity", "tanh"))
    named = _named(weights)
    if not isinstance(prefix, str):
        raise TypeError(f"prefix is {prefix!r:.60}, expected how the names begin, such as 'rnn.'")
    left = {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}
    if "weight_ih" in left:  # of an RNNCell, GRUCell or LSTMCell
        left = {f"{name}_l0" if name in _NAMES else name: value for name, value in left.items()}
    if not any(name.startswith("bias") for name in left):
        for name, w_h in [item for item in left.items() if item[0].startswith("weight_hh")]:
            left |= {name.replace("weight_hh", bias): np.zeros_like(w_h[:, 0]) for bias in ("bias_ih", "bias_hh")}
    _require_names(left, named, [f"{name}_{suffix}" for suffix in _suffixes(cell) for name in _NAMES], prefix)
    return _read(cell, "l0", left)


def to_keras(params: Any, *, reset: str = "after") -> list[np.ndarray]:
    """List weights in the order in which Keras does.

    Parameters
    ----------
    params : Params, bidirectional.Params or tuple of these
        Weights of a cell, of both directions, or of a stack.
    reset : {"after", "before"}, default="after"
        Where the GRU's reset gate stands: the form of its bias depends on it. Other cells have no such choice.

    Returns
    -------
    weights : list of arrays
        What ``set_weights`` of a SimpleRNN, GRU, LSTM or Bidirectional layer takes; of a stack, those of a model that
        has these layers and no others.

    Raises
    ------
    ValueError
        If `reset` is another word.

    References
    ----------
    The layers of Keras 3 as its documentation describes them.

    Examples
    --------
    >>> from rnnlab import gru
    >>> [part.shape for part in to_keras(gru.init(np.random.default_rng(0), n_input=2, n_hidden=3))]
    [(2, 9), (3, 9), (2, 9)]
    """
    if reset not in ("after", "before"):
        raise ValueError(f"reset is {reset!r}, expected 'after' or 'before'")
    listed: list[np.ndarray] = []
    for _, part in _cells(params):
        bias = part.b_h
        if "b_hn" in part._fields:
            recalled = np.concatenate([np.zeros_like(bias[: -len(part.b_hn)]), part.b_hn])
            bias = np.stack([bias, recalled], axis=1) if reset == "after" else bias + recalled
            listed += [_swapped(value).T.copy() for value in (part.w_x, part.w_h, bias)]
        else:
            listed += [value.T.copy() for value in (part.w_x, part.w_h, bias)]
    return listed


def from_keras(cell: Any, weights: Any) -> Any:
    """Read weights in the order of Keras. They are copied.

    Parameters
    ----------
    cell : module, Bidirectional or Stack
        What the weights are for.
    weights : list of arrays, or layer
        What ``get_weights`` of a layer returned, or the layer. Where there is no bias at all it is 0. A layer with
        other activations than tanh and sigmoid, or that reads backward, is refused: its weights do not say so.

    Returns
    -------
    params : Params, bidirectional.Params or tuple of these
        The weights, as `cell` takes them. A GRU's whose bias is (3H,) need ``reset="before"`` in ``forward``.

    Raises
    ------
    TypeError, ValueError
        If there are too few or too many arrays, or a shape does not fit: the message names the array.

    Examples
    --------
    >>> from rnnlab import lstm
    >>> params = lstm.init(np.random.default_rng(0), 2, 3)
    >>> again = from_keras(lstm, to_keras(params))
    >>> all(np.array_equal(old, new) for old, new in zip(params, again))
    True
    """
    _require_counterpart(cell)
    _require_plain_keras(weights)
    given = weights.get_weights() if hasattr(weights, "get_weights") else weights
    if not isinstance(given, list | tuple):
        raise TypeError(f"weights is {type(given).__name__}, expected a list of arrays, such as layer.get_weights()")
    listed = [np.array(part) for part in given]
    suffixes = _suffixes(cell)
    if len(listed) not in (2 * len(suffixes), 3 * len(suffixes)):
        shapes = ", ".join(str(part.shape) for part in listed) or "nothing"
        raise ValueError(f"weights has {len(listed)} arrays, expected {3 * len(suffixes)} for this network: {shapes}")
    each = len(listed) // len(suffixes)
    inner: Any = cell
    while isinstance(inner, Stack | bidirectional.Bidirectional):
        inner = inner.cell
    cells = [_of_keras(inner, listed[at : at + each], at) for at in range(0, len(listed), each)]
    if isinstance(cell, bidirectional.Bidirectional):
        return bidirectional.Params(*cells)
    if not isinstance(cell, Stack):
        return cells[0]
    if len(cells) == cell.n_layers:
        return tuple(cells)
    return tuple(bidirectional.Params(*both) for both in zip(cells[::2], cells[1::2], strict=True))


def _swapped(rows: np.ndarray) -> np.ndarray:
    """Return a GRU's blocks of rows with the first two, r and z, in each other's place."""
    r, z, n = np.split(rows, 3)
    return np.concatenate([z, r, n])


def _of_keras(cell: Any, listed: list[np.ndarray], at: int) -> Any:
    """Return one cell's weights from its kernel, recurrent kernel and bias; the first is number `at` of all."""
    for number, part in enumerate(listed):
        if part.dtype.kind != "f" or part.ndim not in ((1, 2) if number == 2 else (2,)):
            raise ValueError(
                f"weights[{at + number}] is {part.dtype} of shape {part.shape}, expected a matrix of floats"
            )
    w_x, w_h = (np.ascontiguousarray(part.T) for part in listed[:2])
    n_gates, n_hidden = len(cell.GATES), w_h.shape[-1]
    if w_h.shape[0] != n_gates * n_hidden or w_x.shape[0] != n_gates * n_hidden:
        raise ValueError(
            f"weights[{at}] and [{at + 1}] have shapes {listed[0].shape} and {listed[1].shape}, "
            f"expected (D, {n_gates}H) and (H, {n_gates}H)"
        )
    is_gru = "b_hn" in cell.Params._fields
    bias = listed[2] if len(listed) == 3 else np.zeros(len(w_x), w_x.dtype)
    if bias.shape not in ((len(w_x),), *([(2, len(w_x))] if is_gru else [])):
        two = f" or (2, {len(w_x)})" if is_gru else ""
        raise ValueError(f"weights[{at + 2}] has shape {bias.shape}, expected ({len(w_x)},){two}")
    if not is_gru:
        return _recurrence.require_params(cell.Params(w_x, w_h, bias), n_gates)
    first, second = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    w_x, w_h, first, second = (_swapped(part) for part in (w_x, w_h, first, second))
    b_h = first + second
    b_h[2 * n_hidden :] = first[2 * n_hidden :]
    return _recurrence.require_params(cell.Params(w_x, w_h, b_h, second[2 * n_hidden :]), n_gates)


def _named(weights: Any) -> dict[str, np.ndarray]:
    """Return names and copies of arrays, whatever holds them."""
    if hasattr(weights, "state_dict"):
        weights = weights.state_dict()
    try:
        pairs = dict(weights).items()
    except (TypeError, ValueError):
        raise TypeError(
            f"weights is {type(weights).__name__}, expected names and arrays, such as network.state_dict()"
        ) from None
    return {name: _copied(name, value) for name, value in pairs}


def _copied(name: str, value: Any) -> np.ndarray:
    try:
        return np.array(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
    except TypeError:
        raise TypeError(
            f"{name} has dtype {value.dtype}, expected float64 or float32: network.float() has it"
        ) from None


def _suffixes(cell: Any) -> list[str]:
    """Return the ends of the names of every cell in a network."""
    n_layers, inner = (cell.n_layers, cell.cell) if isinstance(cell, Stack) else (1, cell)
    ends = ("", "_reverse") if isinstance(inner, bidirectional.Bidirectional) else ("",)
    return [f"l{layer}{end}" for layer in range(n_layers) for end in ends]


def _require_activation(weights: Any, found: Any) -> None:
    """Raise where a network of another library bends its states by another function than tanh."""
    if found == "tanh":
        return
    given = "get_weights()" if hasattr(weights, "get_weights") else "state_dict()"
    hint = f"; for rnn with activation={found!r} give its {given}" if found in ("relu", "sigmoid", "linear") else ""
    raise ValueError(f"weights is a network with {found!r}, which its arrays do not say, expected 'tanh'{hint}")


def _require_plain_keras(layer: Any) -> None:
    """Raise where layers of Keras do something that their weights do not say."""
    for about in _recurrent_configs(getattr(layer, "get_config", dict)()):
        _require_activation(layer, about.get("activation", "tanh"))
        for name, plain in (("recurrent_activation", "sigmoid"), ("go_backwards", False), ("merge_mode", "concat")):
            if about.get(name, plain) != plain:
                raise ValueError(f"weights is a layer with {name}={about[name]!r}, expected {plain!r}")


def _recurrent_configs(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the settings of a layer, of the layer within it, and of the recurrent layers of a model."""
    if "layers" not in config:
        yield config
    inner = [config["layer"]] if isinstance(config.get("layer"), Mapping) else config.get("layers", [])
    for each in inner:
        if each.get("class_name") in ("SimpleRNN", "GRU", "LSTM", "Bidirectional"):
            yield from _recurrent_configs(each["config"])


def _require_counterpart(cell: Any) -> None:
    """Raise if PyTorch has no such network: it stacks layers of two directions, and not the reverse."""
    inner = cell.cell if isinstance(cell, Stack) else cell
    if isinstance(inner, bidirectional.Bidirectional):
        inner = inner.cell
    if not isinstance(inner, Stack | bidirectional.Bidirectional) and not hasattr(inner, "GATES"):
        raise TypeError(f"cell is {inner!r:.60}, expected rnnlab.rnn, rnnlab.gru or rnnlab.lstm, or layers of one")
    if isinstance(inner, Stack | bidirectional.Bidirectional):
        raise ValueError(
            "cell is a network that PyTorch has no names for, expected a cell, Bidirectional(cell), Stack(cell, n) or "
            "Stack(Bidirectional(cell), n)"
        )


def _require_names(left: dict[str, Any], named: dict[str, Any], wanted: list[str], prefix: str) -> None:
    """Raise unless the names are those that are wanted: they say more than shapes."""
    projection = next((name for name in left if name.startswith("weight_hr")), None)
    if projection is not None:
        raise ValueError(f"{prefix}{projection} is a projection (proj_size), which is not supported")
    missing = next((name for name in wanted if name not in left), None)
    if missing is not None:
        found = ", ".join(named) if len(named) <= 8 else ", ".join([*list(named)[:8], "…"])
        inside = next((name for name in named if name.endswith(f".{missing}")), None)
        hint = "" if inside is None else f"; prefix={inside.removesuffix(missing)!r} would find it"
        raise ValueError(f"{prefix}{missing} is missing, found {found or 'nothing'}{hint}")
    surplus = min((name for name in left if name not in wanted), default=None)
    if surplus is not None:
        raise ValueError(f"{prefix}{surplus} is not understood, expected the weights of this network alone")


_KINDS = {1: "an RNN", 3: "a GRU", 4: "an LSTM"}
_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _cells(params: Any, layer: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield each cell's weights with the end of their names."""
    if isinstance(params, bidirectional.Params):
        if not hasattr(params.ahead, "b_h"):
            raise ValueError("params is of several layers in each direction, expected both directions in each layer")
        yield f"l{layer}", params.ahead
        yield f"l{layer}_reverse", params.reverse
    elif hasattr(params, "b_h"):
        yield f"l{layer}", params
    elif not isinstance(params, tuple | list) or hasattr(params, "_fields"):
        hint = ": its cell alone, params.cell" if hasattr(params, "cell") else ""
        raise TypeError(f"params is {type(params).__module__}.{type(params).__name__}, expected weights of cells{hint}")
    else:
        for number, layer_params in enumerate(params):
            yield from _cells(layer_params, number)


def _read(cell: Any, suffix: str, left: dict[str, np.ndarray]) -> Any:
    """Return from `left` the weights of a cell, of both directions or of all layers."""
    if isinstance(cell, Stack):
        return tuple(_read(cell.cell, f"l{layer}", left) for layer in range(cell.n_layers))
    if isinstance(cell, bidirectional.Bidirectional):
        return bidirectional.Params(_read(cell.cell, suffix, left), _read(cell.cell, f"{suffix}_reverse", left))
    w_x, w_h, first, second = (left[f"{name}_{suffix}"] for name in _NAMES)
    found, n_gates = len(w_h) / max(np.shape(w_h)[-1], 1), len(cell.GATES)
    if found != n_gates and found in _KINDS and n_gates in _KINDS:
        raise ValueError(
            f"weight_hh_{suffix} has {len(w_h)} rows for {np.shape(w_h)[-1]} units, as of {_KINDS[found]}, "
            f"expected those of {_KINDS[n_gates]}"
        )
    second = _arrays.require_axes(f"bias_hh_{suffix}", second, first.dtype, ("as bias_ih", len(first)))
    b_h, n = first + second, w_h.shape[-1]
    if "b_hn" not in cell.Params._fields:
        return _recurrence.require_params(cell.Params(w_x, w_h, b_h), len(cell.GATES))
    b_h[2 * n :] = first[2 * n :]
    return _recurrence.require_params(cell.Params(w_x, w_h, b_h, second[2 * n :]), len(cell.GATES))
