"""Is an answer's loop compiled? What can be told from outside, by the judge's own clock.

The function runs in a process that the judge does not trust, so nothing that it says of itself counts. What cannot be
forged is to have the right values in less time than an interpreter needs. For a network as small as two sequences of
one number and four units, the arithmetic of a step takes some 100 ns and each of the interpreter's operations on arrays
some 400 ns, so that the two are far apart. The yardstick is the fastest interpreted loop that we know, timed beside the
answer in the judge's own process. Measured in µs a step:

                                                            forward   backward
    scalar loops in Python                                      6.7
    plain NumPy, as in assignments 2 and 4                      4.0      13.0
    the yardstick: products hoisted, three operations a step    1.33      1.42
    the limit here, 0.75 of the yardstick                       1.00      1.07
    the limit for another process, 1.9 of it                    2.5       2.7
    compiled, in array expressions                              0.51      0.67
    compiled, in scalar loops                                   0.15      0.10

What a pass proves: the values are right, and the plain loop over time was not run by an interpreter. It does not prove
that it was Numba, nor that every line was compiled: work outside the loop may be interpreted. In this very process, as
in a notebook, where time is the processor's, to which other programs do not add, no interpreted loop that we know
passes. A process of its own is timed by the clock, and its inputs and answers travel, which takes as long as compiled
array expressions do: there the limit is wider, and an interpreted loop as terse as the yardstick would pass.

False alarms. An answer passes as soon as one attempt is fast enough, and of the yardstick, too, the best time counts.
With eight busy programs to a core, array expressions passed here at the first attempt in 343 of 347 runs and at the
fifth at the latest, of `ATTEMPTS_HERE`. For another process there are `ATTEMPTS`, with rests between them, after which
a scheduler prefers who has rested: if one in ten is quick enough, all are too slow with probability 0.9¹⁵⁰ = 1.4e-7.
"""

import math
import time
from collections.abc import Callable

from rnnlab.checks.question import StudentProxy
from rnnlab.checks.student import LocalStudent
from rnnlab.kernels.compile import JIT

N_STEPS = 3000
ATTEMPTS = 150
ATTEMPTS_HERE = 12
_YARDSTICK_STEPS = 1000
_REST = 0.005  # seconds
_SHARE = 1.9
_SHARE_HERE = 0.75


def is_compiled(ask: StudentProxy, function: str, args: tuple, interpreted: Callable[[int], object]) -> bool:
    """Return whether a call is once within the limit.

    Parameters
    ----------
    ask : StudentProxy
        The student, whose function has been called with arrays of these types before.
    function : str
        The function's name.
    args : tuple
        What to call it with: sequences of `N_STEPS` steps.
    interpreted : callable
        Runs the fastest interpreted loop over so many steps.
    """
    if not JIT:
        return True  # here nothing is compiled, and nothing can be told
    here = isinstance(ask.student, LocalStudent)
    clock = time.process_time if here else time.perf_counter
    share = _SHARE_HERE if here else _SHARE
    yardstick = min(_seconds(clock, interpreted, _YARDSTICK_STEPS) for _ in range(5))
    best = math.inf
    for attempt in range(ATTEMPTS_HERE if here else ATTEMPTS):
        if attempt > 5:
            time.sleep(_REST)
        best = min(best, _seconds(clock, ask.student.call, function, args))
        if best / N_STEPS <= share * yardstick / _YARDSTICK_STEPS:
            return True
        yardstick = min(yardstick, _seconds(clock, interpreted, _YARDSTICK_STEPS))
    return False


def _seconds(clock: Callable[[], float], function: Callable, *args) -> float:
    start = clock()
    function(*args)
    return clock() - start
