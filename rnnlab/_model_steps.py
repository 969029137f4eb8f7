"""Reading one step at a time with a model, as readings come in."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab import _arrays, _pytree
from rnnlab.data.batch import one_hot


class Steps:
    """A model that reads one step at a time, as readings come in.

    Parameters
    ----------
    model : Model
        With weights.
    state : state, optional
        The state before the first step; zeros by default.

    Examples
    --------
    >>> from rnnlab.model import Model
    >>> model = Model("gru", 4, readout=1, per_step=True).build(n_input=2)
    >>> steps, x = model.steps(), np.ones((3, 5, 2))
    >>> one_by_one = np.array([steps.read(x_t) for x_t in x])
    >>> bool(np.allclose(one_by_one, model.predict(x), rtol=0, atol=1e-12))
    True
    """

    def __init__(self, model: Any, state: Any = None) -> None:
        self.model, self.state = model, state

    def read(self, x_t: ArrayLike) -> np.ndarray:
        """Return the outputs (B, O) after one more input (B, D), or tokens (B,); the state goes on."""
        y, self.state = self.model._step(self.state, x_t)
        return y

    def repeat(self, n: int) -> None:
        """Go on with `n` rows for each that there was, to try several ways from the same state."""
        if self.state is not None:
            self.state = _pytree.map(lambda part: np.repeat(part, n, axis=0), self.state)

    def reset(self, rows: ArrayLike | None = None) -> None:
        """Set the state back to zeros: of all rows, or of those that begin anew."""
        if rows is None or self.state is None:
            self.state = None
            return
        n_batch = len(next(leaf for _, leaf in _pytree.leaves(self.state)))
        begun = one_hot(_arrays.require_index("rows", rows, n_batch), n_batch).reshape(-1, n_batch).any(axis=0)
        self.state = _pytree.map(
            lambda part: np.where(np.asarray(begun)[:, None], part.dtype.type(0), part), self.state
        )
