"""Assignment 7: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.variants.mistakes import classes, sampling, search, translation, values

MISTAKES = values.MISTAKES | classes.MISTAKES | sampling.MISTAKES | translation.MISTAKES | search.MISTAKES
