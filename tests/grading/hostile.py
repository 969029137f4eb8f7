"""Submissions of every kind that reaches a grader, from the proof's own collection."""

from rnnlab.grading.proof import attacks, broken, honest
from rnnlab.grading.proof.material import (  # noqa: F401 - for the tests
    ASSIGNMENT,
    BODY,
    FULL,
    GOOD,
    NOTHING,
    POINTS,
    RIGHT,
    STEP,
    UNFOLDING,
    WRONG,
    Cases,
    Folder,
    R,
    folder,
    text,
    write,
)

RELEASE_NOTEBOOK = UNFOLDING.released
CLASS = UNFOLDING.people
STUDENTS: Cases = {**attacks.CASES, **honest.CASES, **broken.CASES}
