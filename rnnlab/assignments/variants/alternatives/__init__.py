"""Assignment 7: other right ways of writing the answers, in styles that students use. All must get full marks."""

from rnnlab.assignments.variants.alternatives import classes, sampling, search, translation, values

ALTERNATIVES = (
    values.ALTERNATIVES | classes.ALTERNATIVES | sampling.ALTERNATIVES | translation.ALTERNATIVES | search.ALTERNATIVES
)

# Mutants of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT: dict[str, dict[str, str]] = {}
