"""Assignment 7: other right ways of writing the answers, in styles that students use. All must get full marks."""

from rnnlab.assignments.variants.alternatives import classes, sampling, search, translation, values

ALTERNATIVES = (
    values.ALTERNATIVES | classes.ALTERNATIVES | sampling.ALTERNATIVES | translation.ALTERNATIVES | search.ALTERNATIVES
)

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "7.2": {
        "error = np.where(mask[:, :, None], y - np.where(mask[:, :, None], target, 1.0), 0.0)": "what stands for a masked target reaches nothing",  # noqa: E501
    },
    "7.3": {
        "return np.mean(np.logaddexp.reduce(y, axis=1) - np.take_along_axis(y, target[:, None], axis=1)[:, -1])": "there is one place to take",  # noqa: E501
    },
    "7.4": {
        "return np.mean(np.logaddexp.reduce(y, axis=1) - np.take_along_axis(y, target[:, None])[:, 0])": "the last axis is NumPy's choice where none is given",  # noqa: E501
        "counts = target[..., None] == np.arange(len(b_y))": "a truth value counts as 0 or 1",
    },
    "7.5": {
        "return _draw(params, start, n, temperature, lambda a: int((np.cumsum(_softmax(a)) <= rng.random()).sum() % len(a)))": "a drawn number is not exactly a cumulated chance",  # noqa: E501
    },
}
