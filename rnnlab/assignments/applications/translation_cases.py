"""Assignment 11.4's cases: translations of numbers that were never seen, and words that depend on the word before."""

import numpy as np

from rnnlab.assignments.applications import tasks
from rnnlab.assignments.applications.cases import NOTHING_TO_LEARN, array_of, more
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import wrong

N_SOURCE = 19
VOCABULARIES = N_SOURCE, tasks.N_DIGITS


def asked_for(ask: StudentProxy, draw: CaseGenerator):
    """Ask for fewer and for more words than were trained on: the first of them stay as they are.

    By turns both languages have words that never occur in training, and one of them is in a sentence.
    """
    n_source, n_target = more(draw, N_SOURCE), more(draw, tasks.N_DIGITS)
    train, (words, _) = tasks.draw_numbers(draw.rng)
    params = ask("learn_translation", *train, n_source, n_target, 20, draw.case)
    if n_source > N_SOURCE:
        words[draw.rng.integers(len(words)), 0] = n_source - 1
    few, many = 1 + draw.case % 2, int(draw.rng.integers(3, 6))
    short, long = (array_of(ask("translate", params, words, n), "the answer", n, words.shape[1]) for n in (few, many))
    for answer in (short, long):
        if answer.dtype.kind not in "iu":
            raise wrong(f"the answer has dtype {answer.dtype}, expected whole numbers")
        if (answer < 0).any() or (answer >= n_target).any():
            raise wrong("the answer holds numbers that are no word of the target language")
    return bool((short == long[:few]).all())


def _translations(ask: StudentProxy, draw: CaseGenerator, n_updates: int, shuffled: bool = False):
    """Return digits and the answers, of a network trained on other numbers or, `shuffled`, on wrong translations."""
    (source, target), (words, digits) = tasks.draw_numbers(draw.rng)
    if shuffled:
        target = draw.rng.permutation(target, axis=1)
    params = ask("learn_translation", source, target, *VOCABULARIES, n_updates, int(draw.rng.integers(2**31)))
    answer = array_of(ask("translate", params, words, 2), "the answer", *digits.shape)
    one = array_of(ask("translate", params, words[:, :1], 2), "the answer for one number", 2, 1)
    if (one != answer[:, :1]).any():
        raise wrong("after training, the other numbers change the translation of one")
    return digits, answer


def places(ask: StudentProxy, draw: CaseGenerator):
    digits, answer = _translations(ask, draw, 200)
    right = (answer == digits).mean(axis=1)
    if (answer == answer[:, :1]).all():
        raise wrong("all numbers get the same translation")
    if (answer[1:] == digits[:-1]).mean() > 0.8 > right.mean():
        raise wrong("the translation comes one word late")
    if (answer[::-1] == digits).mean() > 0.8 > right.mean():
        raise wrong("the digits are right, but in the order of the source")
    if right.mean() < 0.5:
        raise wrong(f"{right.mean():.0%} of the words are right, expected at least 50%: word by word has 11%")
    digits, answer = _translations(ask, draw, 100, shuffled=True)
    if (answer == digits).mean() > 0.4:
        raise wrong(NOTHING_TO_LEARN.format(how="each number with the translation of another"))
    _reads_its_own_words(ask, draw)
    return "better than word by word"


def _reads_its_own_words(ask: StudentProxy, draw: CaseGenerator) -> None:
    """Train on three sentences of several translations each, whose second word depends on the first.

    The likeliest first word comes in two of five of a sentence's, and with another second word than all others have:
    who does not read it takes the second word that is the most frequent.
    """
    sentences = draw.rng.permutation(N_SOURCE)[:9].reshape(3, 3)
    words = [draw.rng.permutation(tasks.N_DIGITS) for _ in sentences]  # the likeliest, its second, that of all others
    one = words[0]
    one[one == 0], one[0] = one[0], 0  # whoever takes 0 for the start sign reads this very word
    target = np.concatenate([_several(*of_one) for of_one in words], axis=1)
    source, order = np.repeat(sentences, 20, axis=1), draw.rng.permutation(60)
    seed = int(draw.rng.integers(2**31))
    params = ask("learn_translation", source[:, order], target[:, order], *VOCABULARIES, 250, seed)
    answer = array_of(ask("translate", params, sentences, 2), "the answer for three sentences", 2, 3)
    if (answer != np.transpose(words)[:2]).any():
        raise wrong(
            "where a sentence has several translations and the second word depends on the first, the answer is not the "
            "likeliest first word and the second word that belongs to it: does the decoder read the word that it has "
            "answered, as it has read the word before in training?"
        )


def _several(first: int, second: int, rare: int, *others: int) -> np.ndarray:
    return np.array([8 * [first] + 2 * [*others], 8 * [second] + 12 * [rare]])


def whole_numbers(ask: StudentProxy, draw: CaseGenerator):
    digits, answer = _translations(ask, draw, 300)
    right = float((answer == digits).all(axis=0).mean())
    if right < 0.3:
        raise wrong(f"{right:.0%} of the numbers that were never seen are right, expected at least 30%")
    return "numbers that were never seen"


def translation_arguments(draw: CaseGenerator):
    return *tasks.draw_numbers(draw.rng)[0], *VOCABULARIES
