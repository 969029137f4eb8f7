"""Assignment 6: the wrong ways that students take, each with the sentence that helps."""

from rnnlab.assignments.vanishing_gradients.mistakes import beginnings, clipping, products, rates

MISTAKES = products.MISTAKES | rates.MISTAKES | clipping.MISTAKES | beginnings.MISTAKES
