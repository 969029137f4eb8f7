"""How a `model.Model` is written to a file and read, and shown as text."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab import _pytree, _randomness, bidirectional, checkpoint, losses, stack
from rnnlab._model_parts import CELLS, Weights
from rnnlab.recurrent_dropout import RecurrentDropout


def describe_cell(cell: Any) -> Any:
    """Return a network as text and lists that JSON takes, such as ``["stack", "lstm", 2]``.

    Examples
    --------
    >>> from rnnlab import gru
    >>> describe_cell(stack.Stack(bidirectional.Bidirectional(gru), 2))
    ['stack', ['bidirectional', 'gru'], 2]
    """
    if isinstance(cell, stack.Stack):
        return ["stack", describe_cell(cell.cell), cell.n_layers]
    if isinstance(cell, bidirectional.Bidirectional):
        return ["bidirectional", describe_cell(cell.cell)]
    if isinstance(cell, RecurrentDropout):
        return ["recurrent dropout", describe_cell(cell.cell)]
    name = getattr(cell, "__name__", type(cell).__name__)
    return next((known for known, module in CELLS.items() if module is cell), f"another: {name}")


def cell_from(described: Any) -> Any:
    """Return the network that `describe_cell` described; None where it is not one of the library's.

    Examples
    --------
    >>> cell_from(["stack", "lstm", 2]).n_layers
    2
    """
    if isinstance(described, str):
        return CELLS.get(described)
    kind, inner, *rest = described
    cell = cell_from(inner)
    if cell is None:
        return None
    made = {
        "stack": stack.Stack,
        "bidirectional": bidirectional.Bidirectional,
        "recurrent dropout": RecurrentDropout,
    }
    return made[kind](cell, *rest)


def describe_loss(loss: Any) -> Any:
    """Return a loss as what JSON takes: its name, or the levels of quantiles; None for one of the user's own."""
    if isinstance(loss, losses.Quantiles):
        return list(loss.levels)
    name = getattr(loss, "__name__", "")
    return name if getattr(losses, name, None) is loss and name else None


def loss_from(described: Any) -> Any:
    """Return the loss that `describe_loss` described; None where it is not one of the library's."""
    if isinstance(described, list):
        return losses.Quantiles(tuple(described))
    return None if described is None else getattr(losses, described)


def header(path: str | Path, text: Any) -> dict[str, Any]:
    """Return what a model's file says about the model.

    Raises
    ------
    ValueError
        If it is another kind of file.
    """
    if not isinstance(text, str):
        raise ValueError(f"{path}: no model, expected a file that Model.save wrote")
    return dict(json.loads(text))


def save(path: str | Path, model: Any) -> None:
    """Write a model that has weights."""
    first = next(leaf for name, leaf in _pytree.leaves(model.weights.cell) if name.endswith("w_x"))
    about = {
        "cell": describe_cell(model.cell),
        "n_hidden": model.n_hidden,
        "n_input": int(np.shape(first)[-1]),
        "n_output": model.n_output,
        "tokens": model.tokens,
        "loss": describe_loss(model.loss),
        "per_step": model.per_step,
        "options": {name: value for name, value in model.options.items() if name != "rng"},
        "rng": _randomness.states(model.options.get("rng")),
        "dtype": str(model.dtype),
        "seed": model.seed,
    }
    for name, value in about["options"].items():
        if value is not None and not isinstance(value, str | int | float | bool):
            raise ValueError(
                f"option {name} is {value!r:.60}, expected text, a number or a flag: a file holds no other"
            )
    checkpoint.save(path, {"about": json.dumps(about), "weights": model.weights})


def load(path: str | Path, kind: Any, cell: Any, loss: Any) -> Any:
    """Return a model of class `kind` that was saved."""
    about = header(path, checkpoint.entry(path, "about"))
    cell = cell_from(about["cell"]) if cell is None else cell
    loss = loss_from(about["loss"]) if loss is None else loss
    for name, value in (("cell", cell), ("loss", loss)):
        if value is None:
            raise ValueError(f"{path}: its {name} is none of the library's, expected it as {name}=")
    tokens, width, options = about["tokens"], about["n_hidden"], dict(about["options"])
    for state in about.get("rng", ()):
        options["rng"] = _randomness.generator(state)
    model = kind(
        cell,
        tuple(width) if isinstance(width, list) else width,
        readout=about["n_output"],
        embedding=tuple(tokens) if tokens else None,
        loss=loss,
        per_step=about["per_step"],
        options=options,
        dtype=about["dtype"],
        seed=about["seed"],
    )
    like = {"about": "", "weights": model.build(about["n_input"]).weights}
    model.weights = model.last = checkpoint.load(path, like)["weights"]
    return model


def name_of(cell: Any) -> str:
    """Return a network as short text.

    Examples
    --------
    >>> from rnnlab import gru
    >>> name_of(stack.Stack(bidirectional.Bidirectional(gru), 2))
    'Stack(Bidirectional(gru), 2)'
    """
    if not hasattr(cell, "cell"):
        described = describe_cell(cell)
        return str(described).removeprefix("another: ")
    more = f", {cell.n_layers}" if hasattr(cell, "n_layers") else ""
    return f"{type(cell).__name__}({name_of(cell.cell)}{more})"


def table(weights: Weights) -> str:
    """Return all arrays with their shapes and numbers, as text in columns."""
    lines, total = [("part", "array", "shape", "numbers")], 0
    for name, leaf in _pytree.leaves(weights):
        part, _, array = name.rpartition(".")
        total += int(np.size(leaf))
        lines.append((part, array, str(np.shape(leaf)), f"{np.size(leaf):,}"))
    lines.append(("", "", "in all", f"{total:,}"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f(text, width) for f, text, width in zip((str.ljust,) * 3 + (str.rjust,), line, widths, strict=True))
        for line in lines
    )
