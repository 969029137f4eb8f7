"""Values of every wrong kind at every question: none may end in a fault of the course."""

from dataclasses import dataclass, field
from itertools import islice

from rnnlab import checks
from rnnlab.checks.fuzz import fuzz

_EACH = 50  # combinations of a part, a place and a kind that are tried of a question
_OF_TRAININGS = 12  # of one that trains a network
_STRIDE = 7  # among all combinations: prime to the number of kinds, so that all kinds have their turn


@dataclass
class Kinds:
    """What came of the values.

    Parameters
    ----------
    questions, tried : int
    faults : list of str
        What ended a check.
    """

    questions: int = 0
    tried: int = 0
    faults: list[str] = field(default_factory=list)


def kinds(limit: int = 0) -> Kinds:
    """Put values of wrong kinds in place of answers to every question, at most `limit` to each if it is not 0."""
    found = Kinds()
    for assignment in checks.packages():
        for question in checks.load(assignment):
            most = _EACH if question.seconds is None else _OF_TRAININGS
            stride = _STRIDE if any(part.n_cases > 1 for part in question.parts) else 1
            found.questions += 1
            for part, kind, fault in islice(fuzz(question, seed=5, stride=stride), min(most, limit) if limit else most):
                found.tried += 1
                if fault:
                    found.faults.append(f"{question.id}, {part!r}, {kind}: {fault}")
    return found
