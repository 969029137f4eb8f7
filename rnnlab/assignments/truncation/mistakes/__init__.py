"""Assignment 5: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.truncation.mistakes import online, random_cuts, truncated

MISTAKES = truncated.MISTAKES | online.MISTAKES | random_cuts.MISTAKES
