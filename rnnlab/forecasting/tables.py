"""Series as a network reads them: scaled, and cut into windows that touch no gap."""

from typing import NamedTuple

import numpy as np

from rnnlab import _arrays
from rnnlab.data.forecast import windows
from rnnlab.forecasting.scaling import Scaler
from rnnlab.forecasting.series import One


class Scales(NamedTuple):
    """How a series and what belongs to it are scaled."""

    value: Scaler
    inputs: Scaler
    known: Scaler


class Table(NamedTuple):
    """A scaled series."""

    values: np.ndarray  # (N,)
    inputs: np.ndarray  # (N, C)
    known: np.ndarray  # (N + ahead, K)


def scales_of(one: One, n: int) -> Scales:
    """Return the scales of the first `n` times of a series."""
    return Scales(*(Scaler.fit(part[:n]) for part in (one.values, one.inputs, one.known)))


def scaled(one: One, scales: Scales) -> Table:
    """Return a series on its scales."""
    _arrays.require_finite("known", one.known)
    parts = zip(scales, (one.values, one.inputs, one.known), strict=True)
    return Table(*(scale.transform(part).astype(np.float32) for scale, part in parts))


def starts(one: One, k: int, horizon: int) -> np.ndarray:
    """Return where the windows of k + horizon values begin that touch no gap."""
    if len(one.values) < k + horizon:
        return np.empty(0, int)
    places = np.column_stack([np.arange(len(one.values)), one.inputs])
    try:
        x, _ = windows(one.values, k, range(1, horizon + 1), inputs=places, time=one.index, gaps="drop")
    except ValueError as error:
        if "no window without a gap" in str(error):
            return np.empty(0, int)
        raise
    return x[:, 0, 1].astype(int)


def cut(table: Table, start: int, k: int, horizon: int, shift: int) -> tuple[np.ndarray, np.ndarray]:
    """Return k rows of values with inputs, and k + horizon of what is known, `shift` steps later."""
    measured = np.column_stack([table.values[start : start + k], table.inputs[start : start + k]])
    return measured, table.known[start + shift : start + shift + k + horizon]
