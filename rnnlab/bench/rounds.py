"""Two functions timed by turns, in CPU time of the process.

What else the machine does slows down neighbouring measurements alike, so that the ratio within a pair is steadier than
any of its times. A figure is the median of the pairs' ratios; the spread is their quartiles.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Timing(NamedTuple):
    """What came out of the rounds."""

    ratio: float  # the rival's time divided by ours: above 1 we are faster
    low: float  # first and third quartile of the pairs' ratios
    high: float
    seconds: float  # our time in the best round


def compare(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    seconds: float = 2.0,
    least: int = 5,
    clock: Callable[[], float] = time.process_time,
) -> Timing:
    """Time two functions by turns.

    Parameters
    ----------
    ours, theirs : callable
        Functions without an argument. Each is called twice beforehand, so that nothing is compiled while timed.
    seconds : float, default=2.0
        About how long to go on.
    least : int, default=5
        The smallest number of rounds, however long they take.
    clock : callable, default=time.process_time
        As `by_turns` takes it.

    Returns
    -------
    timing : Timing

    Examples
    --------
    >>> timing = compare(lambda: sum(range(1000)), lambda: sum(range(4000)), seconds=0.1)
    >>> timing.low <= timing.ratio <= timing.high
    True
    """
    for function in (ours, theirs, ours, theirs):
        function()
    calls = max(1, int(0.004 / max(_timed(ours, 1, clock), 1e-6)))
    ratios: list[float] = []
    best, end = float("inf"), time.perf_counter() + seconds
    while len(ratios) < least or (time.perf_counter() < end and len(ratios) < 101):
        if len(ratios) % 2:  # by turns first, so that neither always finds the caches that the other left
            their_time = _timed(theirs, calls, clock)
            our_time = _timed(ours, calls, clock)
        else:
            our_time = _timed(ours, calls, clock)
            their_time = _timed(theirs, calls, clock)
        ratios.append(their_time / max(our_time, 1e-9))
        best = min(best, our_time / calls)
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Timing(middle, low, high, best)


def by_turns(
    functions: Sequence[Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> list[list[float]]:
    """Time several functions, each once in every round.

    Parameters
    ----------
    functions : sequence of callable
        Functions without an argument. Each is called twice beforehand.
    rounds : int
        How many rounds.
    clock : callable, default=time.process_time
        CPU time of the process; where several threads work together, `time.perf_counter`.

    Returns
    -------
    seconds : list of list of float
        For each function the seconds of one call, round by round.

    Examples
    --------
    >>> few, many = by_turns([lambda: sum(range(100)), lambda: sum(range(10000))], rounds=5)
    >>> len(few), statistics.median(many) > statistics.median(few)
    (5, True)
    """
    for function in functions:
        function()
    calls = [max(1, int(0.004 / max(_timed(function, 1), 1e-6))) for function in functions]
    found: list[list[float]] = [[] for _ in functions]
    for n in range(rounds):
        order = range(len(functions))
        for i in reversed(order) if n % 2 else order:
            found[i].append(max(_timed(functions[i], calls[i], clock), 1e-9) / calls[i])
    return found


def _timed(function: Callable[[], object], calls: int, clock: Callable[[], float] = time.process_time) -> float:
    begin = clock()
    for _ in range(calls):
        function()
    return clock() - begin
