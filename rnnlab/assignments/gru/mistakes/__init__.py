"""Assignment 9: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.gru.mistakes import conversion, steps

MISTAKES = steps.MISTAKES | conversion.MISTAKES
