"""Assignment 7: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.variants.mistakes.classes import MANY_TO_MANY, MANY_TO_ONE
from rnnlab.assignments.variants.mistakes.sampling import SAMPLE
from rnnlab.assignments.variants.mistakes.search import BEAM
from rnnlab.assignments.variants.mistakes.translation import ENCODER_DECODER
from rnnlab.assignments.variants.mistakes.values import ONE_TO_MANY, ONE_TO_ONE
from rnnlab.checks.question import Mistake

_PREDICTIONS = (
    Mistake(
        "square root",
        "3 is what a temperature of 2 would give: it divides the logits by 2 and so takes the root of the ratio.",
        {"predicted_ratio": lambda: 3},
    ),
    Mistake(
        "doubled",
        "the logits double, not the chances: what is log 9 becomes 2 log 9, and exp of that is not 18.",
        {"predicted_ratio": lambda: 18},
    ),
    Mistake(
        "unchanged",
        "at temperature 1 it is 9 to 1. Dividing the logits by 0.5 changes their difference, and with it the ratio.",
        {"predicted_ratio": lambda: 9},
    ),
    Mistake(
        "halved",
        "a temperature below 1 makes the common symbol more common still, and it acts on the logits, not on the ratio.",
        {"predicted_ratio": lambda: 4.5},
    ),
)

MISTAKES = {
    "7.1": ONE_TO_ONE,
    "7.2": ONE_TO_MANY,
    "7.3": MANY_TO_ONE,
    "7.4": MANY_TO_MANY,
    "7.5": SAMPLE,
    "7.6": ENCODER_DECODER,
    "7.7": BEAM,
    "7.8": _PREDICTIONS,
}
