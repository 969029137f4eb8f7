"""Short reviews from a grammar in which word order decides.

    review   clause  |  clause "but" clause  |  clause "although" clause
    clause   "the" noun "was" [negation] [intensifier] adjective

A negation turns an adjective round. Of two clauses the one that is not conceded decides: the second of "but", the first
of "although". A model that ignores order cannot know which clause an adjective stood in.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, one_hot, require_counts
from rnnlab.data.signals import binary_entropy

_NOUNS = ("film", "plot", "cast", "music")
_NEGATIONS = ("", "not", "never")
_INTENSIFIERS = ("", "very", "really")
_GOOD = ("good", "funny", "moving", "brilliant")
_BAD = ("bad", "dull", "boring", "awful")
_FORMS = ("", "but", "although")

SENTIMENT_WORDS = ("the", "was", "but", "although", *_NEGATIONS[1:], *_INTENSIFIERS[1:], *_NOUNS, *_GOOD, *_BAD)


def sentiment(rng: np.random.Generator, n_batch: int) -> Batch:
    """Return reviews and whether they are positive.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of reviews.
    n_batch : int
        B.

    Returns
    -------
    batch : Batch
        x (T, B, 20), one-hot in the order of `SENTIMENT_WORDS`, target (B, 1) of 0 and 1 for
        `losses.sigmoid_cross_entropy`, and lengths (B,).

    Examples
    --------
    >>> batch = sentiment(np.random.default_rng(3), n_batch=2)
    >>> read_sentences(batch), batch.target[:, 0].tolist()
    (['the film was funny although the cast was never boring', 'the cast was very brilliant'], [1.0, 1.0])
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch)
    reviews = [_review(rng) for _ in range(n_batch)]
    lengths = np.array([len(words) for words, _ in reviews])
    index = np.full((lengths.max(), n_batch), -1)
    for b, (words, _) in enumerate(reviews):
        index[: len(words), b] = [SENTIMENT_WORDS.index(word) for word in words]
    target = np.array([[float(positive)] for _, positive in reviews])
    return Batch(one_hot(index, len(SENTIMENT_WORDS)), target, lengths=lengths, per_step=False)


def read_sentences(batch: Batch) -> list[str]:
    """Return the reviews of a batch as text.

    Parameters
    ----------
    batch : Batch
        What `sentiment` returns.

    Returns
    -------
    texts : list of str
        One for each row.

    Raises
    ------
    ValueError
        If the batch is none of `sentiment`.

    Examples
    --------
    >>> import numpy as np
    >>> len(read_sentences(sentiment(np.random.default_rng(0), n_batch=3)))
    3
    """
    if batch.lengths is None or np.shape(batch.x)[2:] != (len(SENTIMENT_WORDS),):
        raise ValueError(
            f"batch has x of shape {np.shape(batch.x)}, expected (T, B, {len(SENTIMENT_WORDS)}) and lengths, "
            "as sentiment returns them"
        )
    index = batch.x.argmax(axis=2)
    return [" ".join(SENTIMENT_WORDS[i] for i in index[:n, b]) for b, n in enumerate(batch.lengths)]


def sentiment_baselines() -> dict[str, float]:
    """Return the cross-entropy of knowing nothing, of knowing the words but not their order, and of reading in order.

    Returns
    -------
    baselines : dict of str to float
        "nothing", "words without order" and "words in order", in nats.

    Examples
    --------
    >>> {known: round(floor, 4) for known, floor in sentiment_baselines().items()}
    {'nothing': 0.6931, 'words without order': 0.3337, 'words in order': 0.0}
    """
    clauses = list(itertools.product(_NEGATIONS, _GOOD + _BAD))
    weight: dict[tuple[str, ...], float] = defaultdict(float)
    positive: dict[tuple[str, ...], float] = defaultdict(float)
    for form in _FORMS:
        for pair in itertools.product(clauses, repeat=2 if form else 1):
            words = (form, *sorted(word for clause in pair for word in clause))
            chance = 1 / len(_FORMS) / len(clauses) ** len(pair)
            weight[words] += chance
            positive[words] += chance * _is_positive(form, [_polarity(*clause) for clause in pair])
    unordered = sum(w * binary_entropy(positive[words] / w) for words, w in weight.items())
    return {"nothing": binary_entropy(sum(positive.values())), "words without order": unordered, "words in order": 0.0}


def sentiment_belief(words: Sequence[str]) -> float:
    """Return the probability that a review is positive, for someone who has read these words and knows the grammar.

    Parameters
    ----------
    words : sequence of str
        The first words of a review.

    Returns
    -------
    belief : float
        Between 0 and 1. Whether the review goes on after them is not known.

    Raises
    ------
    ValueError
        If no review begins with these words.

    Examples
    --------
    >>> words = "the film was never boring although the plot was dull".split()
    >>> [round(sentiment_belief(words[:n]), 3) for n in (4, 5, 6, 10)]
    [0.5, 0.833, 1.0, 1.0]
    """
    forms = [word for word in words if word in _FORMS]
    clauses: list[list[str]] = [[]]
    for word in words:
        if word in _FORMS:
            clauses.append([])
        else:
            clauses[-1].append(word)
    if len(forms) > 1 or not all(_fits(clause) for clause in clauses) or not all(map(_ends, clauses[:-1])):
        raise ValueError(f"no review begins with {' '.join(words)!r}")
    # Until its adjective has come, a clause is as likely good as bad.
    beliefs = [float(_polarity(_negation(clause), clause[-1])) if _ends(clause) else 0.5 for clause in clauses]
    if (
        not forms
    ):  # each form is as likely still; before "but" this clause does not decide, and the next one may be either
        return (beliefs[0] + 0.5 + beliefs[0]) / 3
    return beliefs[1] if forms == ["but"] else beliefs[0]


def _fits(clause: list[str]) -> bool:
    """Return whether a clause may begin with these words."""
    left = list(clause)
    for slot in (("the",), _NOUNS, ("was",), _NEGATIONS, _INTENSIFIERS, _GOOD + _BAD):
        if left and left[0] in slot:
            left.pop(0)
        elif "" not in slot:
            break
    return not left


def _ends(clause: list[str]) -> bool:
    """Return whether a clause is complete."""
    return bool(clause) and clause[-1] in _GOOD + _BAD


def _negation(clause: list[str]) -> str:
    return next((word for word in clause if word in _NEGATIONS), "")


def _review(rng: np.random.Generator) -> tuple[list[str], bool]:
    form = _FORMS[rng.integers(len(_FORMS))]
    words: list[str] = []
    polarities = []
    for n in range(2 if form else 1):
        negation, adjective = _pick(rng, _NEGATIONS), _pick(rng, _GOOD + _BAD)
        clause = ["the", _pick(rng, _NOUNS), "was", negation, _pick(rng, _INTENSIFIERS), adjective]
        words += [form] * n + [word for word in clause if word]
        polarities.append(_polarity(negation, adjective))
    return words, _is_positive(form, polarities)


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[rng.integers(len(words))]


def _polarity(negation: str, adjective: str) -> bool:
    return (adjective in _GOOD) != bool(negation)


def _is_positive(form: str, polarities: list[bool]) -> bool:
    return polarities[0] if form != "but" else polarities[1]
