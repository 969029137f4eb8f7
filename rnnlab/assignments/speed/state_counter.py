"""How many states were held at once? Told from the order in which steps were asked for.

The student's function gets the cell only as two functions that call back here, and no weights. So it cannot compute a
state by itself: a state that it hands to `step` or `step_backward` must have been held since the last time that `step`
returned it. The number of states that were held at once, wherever they were hidden, follows from the calls alone.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np


class StateCounter:
    """Hands out steps and writes down which state was made and used when.

    Parameters
    ----------
    step : callable
        (x_t, h) to the next state.
    step_backward : callable
        (dh, x_t, h) to gradients.
    start : array
        The state that is given.

    Attributes
    ----------
    calls : int
        How many steps, forward or backward, have been asked for.
    """

    def __init__(self, step: Callable, step_backward: Callable, start: np.ndarray):
        self._step = step
        self._step_backward = step_backward
        self._times = {start.tobytes(): [(0, "made")]}
        self.calls = 0

    def step(self, x_t: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Return the next state."""
        self._use(h)
        after = self._step(x_t, h)
        self._times.setdefault(after.tobytes(), []).append((self.calls, "made"))
        return after

    def step_backward(self, dh: np.ndarray, x_t: np.ndarray, h: np.ndarray):
        """Return the gradients of the step that starts in the state `h`."""
        self._use(h)
        return self._step_backward(dh, x_t, h)

    def held(self) -> np.ndarray:
        """Return how many states were held at each call so far, the first at index 1."""
        change = np.zeros(self.calls + 2, int)
        for times in self._times.values():
            for (begin, _), (end, what) in pairwise(times):
                if what == "used":
                    change[begin + 1] += 1  # from the call after it was made or last used ...
                    change[end + 1] -= 1  # ... until this use
        return np.cumsum(change)

    def _use(self, h: np.ndarray) -> None:
        self.calls += 1
        times = self._times.get(np.asarray(h).tobytes())
        if times is None:
            raise ValueError("a step was asked for from a state that is neither h_0 nor what a step returned")
        times.append((self.calls, "used"))
