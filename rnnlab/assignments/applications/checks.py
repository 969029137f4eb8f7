"""Assignment 11, four applications: forecast, music, sentiment and translation, each against its baseline.

Answers differ in their weights, so a probe returns what an answer does: which outputs notice a change of the input,
whether the seed decides, and whether new data are predicted better than the baseline allows.

How sure is a pass? Each training has two drawings, and only who fails both loses the points. The reference was trained
on single drawings (tests/benchmarks/chance.py): how many of them it failed, the one-sided 95 % bound of the chance of
that, and its square, which bounds the rate of false alarms:

    forecast, better than the mean     0 of 2,000     0.0015     2e-6
    forecast, below the best line      1 of 2,000     0.0024     6e-6
    music, both parts                  0 of 1,200     0.0025     6e-6
    sentiment                          0 of 1,200     0.0025     6e-6
    translation, both parts            0 of 1,200     0.0025     6e-6
"""

import numpy as np

from rnnlab.assignments.applications import answers, tasks
from rnnlab.assignments.applications.mistakes import MISTAKES
from rnnlab.checks import codec
from rnnlab.checks.compare import kind_of
from rnnlab.checks.question import CaseGenerator, Part, Probe, Question, StudentProxy
from rnnlab.checks.student import wrong

SECONDS = 60.0  # a first call compiles the layers' loops


# What answers do


def _array(value, name: str, *shape: int) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.shape != shape:
        raise wrong(f"{name} is {kind_of(value)}, expected an array of shape {shape}")
    if not np.isfinite(value).all():
        raise wrong(f"{name} holds what is not a finite number")
    return value


def _notices(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return whether each output differs by more than rounding."""
    return np.greater(np.abs(after - before), 1e-12 * max(1.0, np.abs(before).max()))


REACHED = ("the outputs of earlier steps notice", "that step's output", "the next step's output", "other rows")


def _reach(before: np.ndarray, after: np.ndarray, step: int, row: int):
    """Return which outputs notice that one step of one row has changed."""
    notices = np.any(_notices(before, after).reshape(*before.shape[:2], -1), axis=2)
    one, others = notices[:, row], np.delete(notices, row, axis=1)
    return bool(one[:step].any()), bool(one[step]), bool(one[step + 1]), bool(others.any())


SEEDED = ("whether the same seed gives the same weights again", "whether another seed does")


def _seeded(learn: str, arguments) -> Probe:
    """Learn three times for a few updates, twice with the same seed."""

    def probe(ask: StudentProxy, draw: CaseGenerator):
        given, seed = arguments(draw), int(draw.rng.integers(2**31))
        one, again, other = (codec.encode(ask(learn, *given, 2, s)) for s in (seed, seed, seed + 1))
        return one == again, one == other

    return probe


# 11.1


def _series_reach(ask: StudentProxy, draw: CaseGenerator):
    n_steps, n_series = draw.size(3, 9) + 1, draw.size(2, 5)
    params = ask("learn_forecast", tasks.draw_series(draw.rng, 12, 6), 2, draw.case)
    series = tasks.draw_series(draw.rng, n_steps, n_series)
    step, row = int(draw.rng.integers(1, n_steps - 1)), int(draw.rng.integers(n_series - 1))
    changed = series.copy()
    changed[step, row] += 5
    before, after = (_array(ask("forecast", params, s), "the forecast", *s.shape) for s in (series, changed))
    return _reach(before, after, step, row)


def _forecasts(ask: StudentProxy, draw: CaseGenerator, n_updates: int):
    series = tasks.draw_series(draw.rng, 40, 128)
    train, test = series[:, :64], series[:, 64:]
    params = ask("learn_forecast", train, n_updates, int(draw.rng.integers(2**31)))
    return test, _array(ask("forecast", params, test), "the forecast", *test.shape)


def _error(forecasts: np.ndarray, test: np.ndarray) -> float:
    return float(np.mean((forecasts[7:-1] - test[8:]) ** 2))


def _learns_to_forecast(ask: StudentProxy, draw: CaseGenerator):
    test, forecasts = _forecasts(ask, draw, 120)
    variance = float(test[8:].var())
    if np.mean((forecasts - test) ** 2) < 0.2 * variance:
        raise wrong("each forecast is about the value that was read last")
    if _error(test.mean() + test.std() * forecasts, test) < 0.7 * variance < _error(forecasts, test):
        raise wrong("the forecasts are right up to the scale: they have mean 0 and spread 1, and the series has not")
    if forecasts.std() < 1e-3 * test.std():
        raise wrong("all forecasts are the same")
    if _error(forecasts, test) > 0.7 * variance:
        raise wrong("after 120 updates the forecasts are hardly better than the mean of the series")
    return "better than the mean"


def _beats_autoregression(ask: StudentProxy, draw: CaseGenerator):
    test, forecasts = _forecasts(ask, draw, 300)
    error, bound = _error(forecasts, test), 0.8 * tasks.autoregression_error(test)
    if error > bound:
        raise wrong(
            f"the mean squared error is {error:.3g}, expected at most {bound:.3g}, 0.8 of that of the best line"
        )
    return "better than any linear autoregression"


# 11.2


def _notes_reach(ask: StudentProxy, draw: CaseGenerator):
    n_steps, n_melodies = draw.size(3, 9) + 1, draw.size(2, 5)
    params = ask("learn_music", tasks.draw_melodies(draw.rng, 9, 6), tasks.N_NOTES, 2, draw.case)
    notes = tasks.draw_melodies(draw.rng, n_steps, n_melodies)
    step, row = int(draw.rng.integers(1, n_steps - 1)), int(draw.rng.integers(n_melodies - 1))
    changed = notes.copy()
    changed[step, row] = (changed[step, row] + 3) % tasks.N_NOTES
    shape = (*notes.shape, tasks.N_NOTES)
    before, after = (_array(ask("next_note", params, n), "the answer", *shape) for n in (notes, changed))
    return _reach(before, after, step, row)


def _sums(ask: StudentProxy, draw: CaseGenerator):
    """Add up the chances of all notes; 1e-10 of 1 leaves room for any order of summation."""
    params = ask("learn_music", tasks.draw_melodies(draw.rng, 9, 6), tasks.N_NOTES, 2, draw.case)
    notes = tasks.draw_melodies(draw.rng, draw.size(3, 9), draw.size(2, 5))
    answer = _array(ask("next_note", params, notes), "the answer", *notes.shape, tasks.N_NOTES)
    if (answer >= 0).all():
        raise wrong("the answer holds no number below 0, and logarithms of probabilities are below 0")
    if (answer > 1e-10).any():
        raise wrong("the answer holds numbers above 0, and logarithms of probabilities are below 0")
    chances = np.exp(answer)
    if np.abs(chances.sum(axis=1) - 1).max() < 1e-10:
        raise wrong("the chances add up to 1 over the melodies")
    return chances.sum(axis=2)


def _music(ask: StudentProxy, draw: CaseGenerator, n_updates: int):
    notes = tasks.draw_melodies(draw.rng, 32, 256)
    train, test = notes[:, :128], notes[:, 128:]
    params = ask("learn_music", train, tasks.N_NOTES, n_updates, int(draw.rng.integers(2**31)))
    answer = _array(ask("next_note", params, test), "the answer", *test.shape, tasks.N_NOTES)
    if (np.exp(answer).sum(axis=2) > 1 + 1e-6).any():
        raise wrong("the chances of all notes add up to more than 1")
    return test, answer


def _surprise(answer: np.ndarray, notes: np.ndarray) -> float:
    return float(-np.mean(np.take_along_axis(answer, notes[..., None], axis=2)))


def _learns_music(ask: StudentProxy, draw: CaseGenerator):
    test, answer = _music(ask, draw, 40)
    if _surprise(answer, test) < 0.8:
        raise wrong("the likeliest note is the one that was read last")
    if _surprise(answer[:-1], test[1:]) > 1.6:
        raise wrong("after 40 updates the next note is as surprising as if nothing had been learned")
    return "better than any note by chance"


def _beats_bigram(ask: StudentProxy, draw: CaseGenerator):
    test, answer = _music(ask, draw, 80)
    entropy, bound = _surprise(answer[:-1], test[1:]), 0.92 * tasks.bigram_entropy(test)
    if entropy > bound:
        raise wrong(f"the cross-entropy is {entropy:.3f}, expected at most {bound:.3f}, 0.92 that of note pairs")
    return "better than any table of note pairs"


# 11.3


def _reviews(draw: CaseGenerator, *counts: int):
    numbers = draw.rng.permutation(tasks.N_WORDS)
    return tuple(tasks.draw_reviews(draw.rng, n, numbers) for n in counts)


def _sentiment(ask: StudentProxy, params, words: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    answer = _array(ask("sentiment", params, words, lengths), "the answer", len(lengths))
    if (answer < 0).any() or (answer > 1).any():
        raise wrong("the answer holds numbers outside 0 to 1, which are no probabilities")
    return answer


def _words_reach(ask: StudentProxy, draw: CaseGenerator):
    """Change the first word, the order of two, the last word, and what stands after the end, of one review."""
    train, (words, lengths, _) = _reviews(draw, 8, draw.size(2, 5))
    words = np.concatenate([words, np.full((draw.size(1, 3), len(lengths)), -1)])
    params = ask("learn_sentiment", *train, tasks.N_WORDS, 2, draw.case)
    before = _sentiment(ask, params, words, lengths)
    row = int(draw.rng.integers(len(lengths)))
    last = lengths[row] - 1
    changes = {0: (words[0, row] + 1) % tasks.N_WORDS, last: (words[last, row] + 1) % tasks.N_WORDS}
    seen = []
    for places in (
        {0: changes[0]},
        {0: words[1, row], 1: words[0, row]},
        {last: changes[last]},
        {last + 1: words[0, row]},
    ):
        changed = words.copy()
        changed[list(places), row] = list(places.values())
        seen.append(_notices(before, _sentiment(ask, params, changed, lengths)))
    others = any(np.delete(a, row).any() for a in seen)
    return (*(bool(a[row]) for a in seen), others)


def _probabilities(ask: StudentProxy, draw: CaseGenerator):
    train, (words, lengths, _) = _reviews(draw, 30, 40)
    answer = _sentiment(ask, ask("learn_sentiment", *train, tasks.N_WORDS, 2, draw.case), words, lengths)
    return bool(answer.std() > 1e-6)


def _beats_bag_of_words(ask: StudentProxy, draw: CaseGenerator):
    train, (words, lengths, positive) = _reviews(draw, 400, 400)
    params = ask("learn_sentiment", *train, tasks.N_WORDS, 200, int(draw.rng.integers(2**31)))
    chance = np.clip(_sentiment(ask, params, words, lengths), 1e-9, 1 - 1e-9)
    entropies = [float(-np.mean(np.log(np.where(positive == truth, chance, 1 - chance)))) for truth in (1, 0)]
    if entropies[1] < 0.5 < entropies[0]:
        raise wrong("the answer is the probability that a review is negative")
    if chance.std() < 0.05:
        raise wrong("all reviews get about the same answer")
    if entropies[0] > 0.75 * tasks.WORDS_WITHOUT_ORDER:
        raise wrong(
            f"the cross-entropy is {entropies[0]:.3f}, expected at most {0.75 * tasks.WORDS_WITHOUT_ORDER:.3f}: "
            f"{tasks.WORDS_WITHOUT_ORDER:.3f} is what is possible without the order of the words"
        )
    return "better than any bag of words"


# 11.4


def _vocabularies() -> tuple[int, int]:
    return 19, tasks.N_DIGITS


def _asked_for(ask: StudentProxy, draw: CaseGenerator):
    """Ask for fewer and for more words than were trained on: the first of them stay as they are."""
    train, (words, _) = tasks.draw_numbers(draw.rng)
    params = ask("learn_translation", *train, *_vocabularies(), 20, draw.case)
    few, many = int(draw.rng.integers(1, 3)), int(draw.rng.integers(3, 6))
    short, long = (_array(ask("translate", params, words, n), "the answer", n, words.shape[1]) for n in (few, many))
    for answer in (short, long):
        if answer.dtype.kind not in "iu":
            raise wrong(f"the answer has dtype {answer.dtype}, expected whole numbers")
        if (answer < 0).any() or (answer >= tasks.N_DIGITS).any():
            raise wrong("the answer holds numbers that are no word of the target language")
    return bool((short == long[:few]).all())


def _translations(ask: StudentProxy, draw: CaseGenerator, n_updates: int):
    train, (words, digits) = tasks.draw_numbers(draw.rng)
    params = ask("learn_translation", *train, *_vocabularies(), n_updates, int(draw.rng.integers(2**31)))
    return digits, _array(ask("translate", params, words, 2), "the answer", *digits.shape)


def _places(ask: StudentProxy, draw: CaseGenerator):
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
    return "better than word by word"


def _whole_numbers(ask: StudentProxy, draw: CaseGenerator):
    digits, answer = _translations(ask, draw, 300)
    right = float((answer == digits).all(axis=0).mean())
    if right < 0.3:
        raise wrong(f"{right:.0%} of the numbers that were never seen are right, expected at least 30%")
    return "numbers that were never seen"


def _forecast_arguments(draw: CaseGenerator):
    return (tasks.draw_series(draw.rng, 12, 6),)


def _music_arguments(draw: CaseGenerator):
    return tasks.draw_melodies(draw.rng, 9, 6), tasks.N_NOTES


def _sentiment_arguments(draw: CaseGenerator):
    return *_reviews(draw, 8)[0], tasks.N_WORDS


def _translation_arguments(draw: CaseGenerator):
    return *tasks.draw_numbers(draw.rng)[0], *_vocabularies()


def _question(id: str, title: str, learn, apply, parts: tuple[Part, ...], arguments) -> Question:
    names = (learn.__name__, apply.__name__)
    seeded = Part("the seed, and nothing else, decides", 0.5, _seeded(names[0], arguments), n_cases=2, answer=SEEDED)
    return Question(
        id,
        title,
        names,
        dict(zip(names, (learn, apply), strict=True)),
        (*parts, seeded),
        MISTAKES[id],
        untouched_points=0.5,
        seconds=SECONDS,
    )


REVIEW_REACHED = (
    "whether the first word matters",
    "whether the order of two words matters",
    "whether the last word matters",
    "whether what stands after the end matters",
    "whether another review matters",
)

QUESTIONS = (
    _question(
        "11.1",
        "Forecasting: learn_forecast and forecast",
        answers.learn_forecast,
        answers.forecast,
        (
            Part("what a change of one value reaches", 1.5, _series_reach, answer=REACHED),
            Part("it learns: better than the mean after 120 updates", 0.5, _learns_to_forecast, n_cases=1, tries=2),
            Part(
                "well below the error of the best line, after 300 updates", 2, _beats_autoregression, n_cases=1, tries=2
            ),
        ),
        _forecast_arguments,
    ),
    _question(
        "11.2",
        "Music: learn_music and next_note",
        answers.learn_music,
        answers.next_note,
        (
            Part("what a change of one note reaches", 1, _notes_reach, answer=REACHED),
            Part("chances that add up to 1", 0.5, _sums, answer="the sum of all chances"),
            Part("it learns: better than chance after 40 updates", 0.5, _learns_music, n_cases=1, tries=2),
            Part("better than any table of note pairs, after 80 updates", 2, _beats_bigram, n_cases=1, tries=2),
        ),
        _music_arguments,
    ),
    _question(
        "11.3",
        "Sentiment: learn_sentiment and sentiment",
        answers.learn_sentiment,
        answers.sentiment,
        (
            Part("what a change of one word reaches", 1.5, _words_reach, answer=REVIEW_REACHED),
            Part("probabilities", 0.5, _probabilities, n_cases=1, answer="whether reviews differ"),
            Part("better than any bag of words, after 200 updates", 2, _beats_bag_of_words, n_cases=1, tries=2),
        ),
        _sentiment_arguments,
    ),
    _question(
        "11.4",
        "Translation: learn_translation and translate",
        answers.learn_translation,
        answers.translate,
        (
            Part("as many words as asked for", 1, _asked_for, n_cases=3, answer="whether more words begin as fewer do"),
            Part("better than word by word, after 200 updates", 1.5, _places, n_cases=1, tries=2),
            Part("whole numbers that were never seen, after 300 updates", 1.5, _whole_numbers, n_cases=1, tries=2),
        ),
        _translation_arguments,
    ),
    Question(
        "11.5",
        "A prediction",
        ("predicted_right",),
        {"predicted_right": lambda: 9},
        (Part("the numbers that come out right", 1, lambda ask, draw: ask("predicted_right"), n_cases=1),),
        MISTAKES["11.5"],
    ),
)
