"""How long the judge waits for an answer."""

import time
from collections.abc import Callable


class Deadline:
    """A limit of time that starts now. What the child is kept waiting for a processor does not count, up to a bound.

    Parameters
    ----------
    seconds : float
        The limit.
    patience : float
        At most so many times the limit are extension on top.
    run_queue_wait : callable
        Returns for how many seconds the child has waited since it was last asked. It is asked when time is up.
    """

    def __init__(self, seconds: float, patience: float, run_queue_wait: Callable[[], float]):
        self.seconds = seconds
        self._run_queue_wait = run_queue_wait
        self._end = time.monotonic() + seconds
        self._extendable = patience * seconds
        self._extension = 0.0

    def left(self) -> float:
        """Return how many seconds are left, 0 or less where the time is up."""
        left = self._end - time.monotonic()
        if left <= 0 and self._extendable > 0:
            more = min(self._run_queue_wait(), self._extendable)
            if more < self.seconds / 100:  # it ran nearly all the time: that is an answer
                more = self._extendable = 0.0
            self._end += more
            self._extendable -= more
            self._extension += more
            left += more
        return left

    def take(self) -> float:
        """Return what was extension since this was last asked."""
        extension, self._extension = self._extension, 0.0
        return extension
