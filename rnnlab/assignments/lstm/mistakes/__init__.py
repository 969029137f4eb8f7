"""Assignment 10: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.lstm.mistakes import memory, passes

MISTAKES = passes.MISTAKES | memory.MISTAKES
