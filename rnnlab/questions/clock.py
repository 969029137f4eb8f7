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
An attempt takes one to two milliseconds, less than a scheduler's slice. Were three in four attempts disturbed so badly
that they take 1.6 times as long, all `ATTEMPTS` of them would be with probability 0.75⁴⁰ = 1e-5. Given up sooner is
only an answer whose best of `HOPELESS` attempts takes 2.5 times the limit, four times what array expressions take:
were three in eight attempts disturbed as badly as that, all of these would be with probability 0.375¹² < 1e-5.
"""

import math
import time
from collections.abc import Callable

from rnnlab.kernels.compile import JIT
from rnnlab.questions.core import Ask

N_STEPS = 3000
ATTEMPTS = 40
HOPELESS = 12
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
    yardstick = min(_seconds(interpreted, _YARDSTICK_STEPS) for _ in range(5))
    best = math.inf
    for attempt in range(1, ATTEMPTS + 1):
        best = min(best, _seconds(ask.student.call, function, args) / N_STEPS)
        limit = _SHARE * yardstick / _YARDSTICK_STEPS
        if best <= limit:
            return True
        if attempt >= HOPELESS and best > 2.5 * limit:
            break
        yardstick = min(yardstick, _seconds(interpreted, _YARDSTICK_STEPS))
    return False


def _seconds(function: Callable, *args) -> float:
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start
