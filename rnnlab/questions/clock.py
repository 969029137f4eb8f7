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
    the limit, 0.75 of the yardstick                            1.00      1.07
    compiled, in array expressions                              0.51      0.67
    compiled, in scalar loops                                   0.15      0.10

What a pass proves: the values are right and no interpreter ran at every step, for then it would be over the limit. It
does not prove that it was Numba, nor that every line was compiled: work outside the loop over time may be interpreted.

False alarms. An answer passes as soon as one attempt is fast enough, and of the yardstick, too, the best time counts.
In this very process, as in a notebook, time is the processor's, which other programs do not add to. For a process of
its own it is the clock's. There an attempt takes one to two milliseconds; on a machine with eight busy programs to a
core, one in five of those of the slowest honest answer, array expressions backward, were quick enough, and even there
all `ATTEMPTS` are too slow with probability 0.8⁶⁰ = 1.5e-6 only.
"""

import math
import time
from collections.abc import Callable

from rnnlab.kernels.compile import JIT
from rnnlab.questions.core import Ask
from rnnlab.questions.student import LocalStudent

N_STEPS = 3000
ATTEMPTS = 60
ATTEMPTS_HERE = 12
_YARDSTICK_STEPS = 1000
_SHARE = 0.75


def is_compiled(ask: Ask, function: str, args: tuple, interpreted: Callable[[int], object]) -> bool:
    """Return whether a call takes less time than any interpreted loop.

    Parameters
    ----------
    ask : Ask
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
    yardstick = min(_seconds(clock, interpreted, _YARDSTICK_STEPS) for _ in range(5))
    best = math.inf
    for _ in range(ATTEMPTS_HERE if here else ATTEMPTS):
        best = min(best, _seconds(clock, ask.student.call, function, args))
        if best / N_STEPS <= _SHARE * yardstick / _YARDSTICK_STEPS:
            return True
        yardstick = min(yardstick, _seconds(clock, interpreted, _YARDSTICK_STEPS))
    return False


def _seconds(clock: Callable[[], float], function: Callable, *args) -> float:
    start = clock()
    function(*args)
    return clock() - start
