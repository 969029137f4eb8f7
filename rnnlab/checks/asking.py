"""How a probe asks: the student's functions behind one call, with what the framework does to every question.

Arguments are handed over in the layout that the case prescribes; results come in the form that the reference's had for
the same call, where the policy for values holds the two for the same.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnlab.checks import codec
from rnnlab.checks.compare import kind_of
from rnnlab.checks.event_count import Count
from rnnlab.checks.student import ENDS, Failed, Student
from rnnlab.checks.values import conform, leaves

LAYOUTS = ("", "F", "S")  # contiguous, transposed, strided: by turns over the cases


@dataclass
class StudentProxy:
    """A student as a probe sees it: `ask("rnn_step", x, h, ...)` calls the student's function.

    Parameters
    ----------
    student : Student
    dead : dict
        Functions that asking again would tell nothing new of.
    like : mapping, optional
        What the reference returned, in the order of its calls, by function: answers are brought into that form.
    layout : str, optional
        How the arrays handed over lie in memory, see `codec.laid_out`. By default they go as they are.
    read_only : mapping, optional
        By function, the places of the arguments that cannot be written to.
    """

    student: Student
    dead: dict[str, Failed] = field(default_factory=dict)
    like: Mapping[str, list] = field(default_factory=dict)
    layout: str | None = None
    read_only: Mapping[str, Collection[int]] = field(default_factory=dict)
    calls: list[tuple[str, tuple]] = field(default_factory=list)
    answers: dict[str, list] = field(default_factory=dict)
    changed: list[tuple[str, int]] = field(default_factory=list)
    odd: list[tuple[str, str]] = field(default_factory=list)
    miscounted: str = ""
    weight: int = 0  # of all answers

    def __post_init__(self) -> None:
        self._as_given: dict[int, tuple[Any, Any]] = {}

    def __call__(self, function: str, *args: Any) -> Any:
        return self._asked(self.student.call, function, args)

    def counted(self, function: str, *args: Any, most: int) -> tuple[Any, Count]:
        """Ask, and count the interpreter's instructions meanwhile, up to `most` and one."""
        value, count = self._asked(self.student.call_counted, function, args, most)
        return value, count

    def _asked(self, call: Callable, function: str, args: tuple, *more: int) -> Any:
        self.calls.append((function, args))
        if function in self.dead:
            raise self.dead[function].alone()
        try:
            value = call(function, self._handed_over(function, args), *more)
        except Failed as failed:
            if failed.kind in ENDS:
                self.dead[function] = failed.alone()
            raise
        self.changed += [(function, i) for i in self.student.changed]
        self.odd += [(function, word) for word in self.student.odd]
        self.weight += codec.weight(value[0] if more else value)
        if self.weight > codec.MAX_BYTES:
            raise Failed("too large", f"over {codec.MAX_BYTES >> 20} MB in all answers of one case")
        if more:
            return self._taken(function, value[0]), value[1]
        return self._taken(function, value)

    def _handed_over(self, function: str, args: tuple) -> tuple:
        """Return the arguments as the student gets them: in this case's layout, their own values in their own form."""
        drawn = [arg for arg in args if id(arg) not in self._as_given]
        args = tuple(self._as_given[id(arg)][1] if id(arg) in self._as_given else arg for arg in args)
        if self.layout is None:
            return args
        kept, layout = self.read_only.get(function, ()), self.layout
        if layout and not all(_can_lie_otherwise(leaf) for leaf in leaves(drawn) if type(leaf) is np.ndarray):
            layout = ""
        return tuple(_laid_out(arg, "R" if i in kept else layout) for i, arg in enumerate(args))

    def _taken(self, function: str, value: Any) -> Any:
        heard = self.answers.setdefault(function, [])
        wanted = self.like.get(function, [])
        like = wanted[min(len(heard), len(wanted) - 1)] if wanted else value
        taken = conform(value, like)
        if isinstance(like, tuple) and not (isinstance(taken, tuple | list) and len(taken) == len(like)):
            came = f"{len(taken)} results" if isinstance(taken, tuple | list) else kind_of(taken)
            self.miscounted = self.miscounted or f"{function} returned {came}, expected {len(like)} results"
        heard.append(taken)
        self._remember(taken, value)
        return taken

    def _remember(self, taken: Any, value: Any) -> None:
        """Note what an answer was before it was brought into form, for a probe that hands it or an item of it back."""
        self._as_given[id(taken)] = taken, value
        if type(taken) in (tuple, list) and isinstance(value, tuple | list):
            for one, other in zip(taken, value, strict=False):
                if isinstance(one, tuple | list | dict):
                    self._as_given[id(one)] = one, other


def _can_lie_otherwise(array: np.ndarray) -> bool:
    """Say whether an array is not a single line of numbers, which is contiguous in every layout.

    Beside others that are not contiguous, a compiled answer would be compiled anew for each such mixture.
    """
    return sum(n > 1 for n in array.shape) >= min(array.ndim, 2)


def _laid_out(value: Any, layout: str) -> Any:
    if type(value) is np.ndarray:
        return codec.laid_out(value, layout)
    if type(value) in (tuple, list):
        return type(value)(_laid_out(item, layout) for item in value)
    if type(value) is dict:
        return {key: _laid_out(item, layout) for key, item in value.items()}
    return value
