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

    By turns both languages have words that never occur in training, and one of them is in a sentence; where it is not,
    another network learns in between.
    """
    n_source, n_target = more(draw, N_SOURCE), more(draw, tasks.N_DIGITS)
    train, (words, _) = tasks.draw_numbers(draw.rng)
    params = ask("learn_translation", *train, n_source, n_target, 20, draw.case)
    if n_source > N_SOURCE:
        words[draw.rng.integers(len(words)), 0] = n_source - 1
    few, many = 1 + draw.case % 2, int(draw.rng.integers(3, 6))
    short = array_of(ask("translate", params, words, few), "the answer", few, words.shape[1])
    if n_source == N_SOURCE:
        ask("learn_translation", *train, n_source, n_target, 20, draw.case + 1)
    long = array_of(ask("translate", params, words, many), "the answer", many, words.shape[1])
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
    """Train on three sentences of several translations each, in which every word depends on the one before it alone.

    The likeliest first word comes in two of five of a sentence's translations, and only after it its next word: who
    does not read it answers the word that comes next in all others. A third word follows, which is once the second one
    again. The numbers that may be taken for the start sign are none of the likeliest first words, so that whoever
    begins with one goes on as after it.
    """
    sentences = draw.rng.permutation(N_SOURCE)[:9].reshape(3, 3)
    likeliest = 3 + draw.rng.permutation(tasks.N_DIGITS - 4)[:3]
    others = draw.rng.permutation(np.setdiff1d(np.arange(tasks.N_DIGITS), likeliest))
    following = np.full(tasks.N_DIGITS, others[0])
    following[likeliest], following[others[0]], following[others[2]] = others[2:5], others[1], others[2]
    first = np.concatenate([[*8 * [one], *2 * [*others]] for one in likeliest])
    target = np.stack([first, following[first], following[following[first]]])
    source, order = np.repeat(sentences, 20, axis=1), draw.rng.permutation(60)
    seed = int(draw.rng.integers(2**31))
    params = ask("learn_translation", source[:, order], target[:, order], *VOCABULARIES, 250, seed)
    answer = array_of(ask("translate", params, sentences, 3), "the answer for three sentences", 3, 3)
    if (answer != [likeliest, following[likeliest], following[following[likeliest]]]).any():
        raise wrong(
            "where a sentence has several translations of three words and each word depends on the one before, the "
            "answer is not the likeliest first word and the words that belong to it: does the decoder begin with the "
            "start sign, and does it read the word that it has answered, as it has read the word before in training?"
        )


def whole_numbers(ask: StudentProxy, draw: CaseGenerator):
    digits, answer = _translations(ask, draw, 300)
    right = float((answer == digits).all(axis=0).mean())
    if right < 0.3:
        raise wrong(f"{right:.0%} of the numbers that were never seen are right, expected at least 30%")
    return "numbers that were never seen"


def translation_arguments(draw: CaseGenerator):
    return *tasks.draw_numbers(draw.rng)[0], *VOCABULARIES
