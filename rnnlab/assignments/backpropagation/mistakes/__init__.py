"""Assignment 4: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.backpropagation.mistakes import differences, losses, steps, training

MISTAKES = losses.MISTAKES | steps.MISTAKES | differences.MISTAKES | training.MISTAKES
