"""Assignment 11's cases: what answers do, for they differ in their weights.

A probe returns which outputs notice a change of the input, whether the seed decides, and whether new data are predicted
better than the baseline allows. What must hold of every answer, that it is not told the future, that chances add up to
1, that padding does not matter, is looked at on small cases and again on the trained weights that earn the points; and
what seems to have been learned must not be there when the training data hold nothing to learn.
"""

import numpy as np

from rnnlab.assignments._drawing import seed_of
from rnnlab.assignments.applications import tasks
from rnnlab.checks import codec
from rnnlab.checks.compare import kind_of
from rnnlab.checks.question import CaseGenerator, Probe, StudentProxy
from rnnlab.checks.student import wrong

# What answers do


def array_of(value, name: str, *shape: int) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.shape != shape:
        raise wrong(f"{name} is {kind_of(value)}, expected an array of shape {shape}")
    if value.dtype.kind not in "iuf":
        raise wrong(f"{name} has dtype {value.dtype}, expected real numbers")
    if not np.isfinite(value).all():
        raise wrong(f"{name} holds what is not a finite number")
    return value if value.dtype.kind in "iu" else value.astype(float)


def _notices(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return whether each output differs by more than rounding."""
    return np.greater(np.abs(after - before), 1e-12 * max(1.0, np.abs(before).max()))


REACHED = ("the outputs of earlier steps notice", "that step's output", "the next step's output", "other rows")


def _reach(before: np.ndarray, after: np.ndarray, step: int, row: int):
    """Return which outputs notice that one step of one row has changed."""
    notices = np.any(_notices(before, after).reshape(*before.shape[:2], -1), axis=2)
    one, others = notices[:, row], np.delete(notices, row, axis=1)
    return bool(one[:step].any()), bool(one[step]), bool(one[step + 1]), bool(others.any())


def more(draw: CaseGenerator, n: int) -> int:
    """Return a number of words, notes or digits: by turns as many as the data have, or some that never occur."""
    return n + (draw.case % 2) * int(draw.rng.integers(1, 5))


SEEDED = ("whether the same seed gives the same weights again", "how many other seeds do")
TELLS_THE_FUTURE = "after training, an output changes when what it should predict changes"
ROWS_MIXED = "after training, a change in one row changes the answers for another"
FORGETS = "after training, a change of the input does not reach the outputs of the three steps after it"
NOTHING_TO_LEARN = (
    "the answer is as good where the training data hold nothing to learn, {how}: it does not come from the data"
)


def _changed(data: np.ndarray, draw: CaseGenerator, change) -> tuple[np.ndarray, np.ndarray]:
    """Return data of which every step but the last is changed, each in a row of its own, and at which step each is.

    The rows that are left stay as they are; their step is the number of all steps.
    """
    n_steps, n_rows = data.shape
    steps = draw.rng.permutation(np.r_[np.arange(n_steps - 1), np.full(n_rows - n_steps + 1, n_steps)])
    return np.where(np.arange(n_steps)[:, None] == steps, change(data), data), steps


def _reaches_rightly(before: np.ndarray, after: np.ndarray, steps: np.ndarray) -> None:
    """Raise what is wrong where trained answers notice a change too early, in other rows, or not at all."""
    notices = np.any(_notices(before, after).reshape(*before.shape[:2], -1), axis=2)
    n_steps = len(notices)
    if notices[:, steps == n_steps].any():
        raise wrong(ROWS_MIXED)
    for row in np.flatnonzero(steps < n_steps):
        if notices[: steps[row], row].any():
            raise wrong(TELLS_THE_FUTURE)
        if not notices[steps[row] : steps[row] + 4, row].all():
            raise wrong(FORGETS)


def seeded(learn: str, arguments) -> Probe:
    """Learn a few times for a few updates, first and last with the same seed, and with seeds alike in some digits.

    Once the seed is 0.
    """

    def probe(ask: StudentProxy, draw: CaseGenerator):
        given, seed = arguments(draw), seed_of(draw) % 2**30
        seeds = (seed, seed + 1, seed + 1000 * int(draw.rng.integers(1, 1000)), seed ^ (1 << 30), seed)
        one, *others, again = (codec.encode(ask(learn, *given, 2, s)) for s in seeds)
        return one == again, others.count(one)

    return probe


# 11.1


def series_reach(ask: StudentProxy, draw: CaseGenerator):
    """Change one value of one series, which is once as long as the notebook's sunspots and changed near its end.

    By turns another network learns in between.
    """
    n_steps, n_series = draw.size(3, 9) + 1, draw.size(1, 5)
    if draw.case == 5:
        n_steps = 310
    every = tasks.draw_series(draw.rng, max(12, n_steps), 6 + n_series)
    params, series = ask("learn_forecast", every[:12, :6], 2, draw.case), every[:n_steps, 6:]
    step, row = int(draw.rng.integers(max(1, n_steps - 9), n_steps - 1)), int(draw.rng.integers(n_series))
    changed = series.copy()
    changed[step, row] += 1.5 * every.std()
    before = array_of(ask("forecast", params, series), "the forecast", *series.shape)
    if draw.case % 2:
        ask("learn_forecast", every[:12, :6], 2, draw.case + 1)
    after = array_of(ask("forecast", params, changed), "the forecast", *series.shape)
    return _reach(before, after, step, row)


def _forecasts(ask: StudentProxy, draw: CaseGenerator, n_updates: int, shuffled: bool = False):
    """Return series and the forecasts of all values but the first, of a network that was trained on others like them.

    Where `shuffled`, it was trained on noise.
    """
    series = tasks.draw_series(draw.rng, 40, 128)
    train, test = series[:, :64], series[:, 64:]
    if shuffled:
        train = draw.rng.permuted(train, axis=0)
    params = ask("learn_forecast", train, n_updates, int(draw.rng.integers(2**31)))
    forecasts = array_of(ask("forecast", params, test[:-1]), "the forecast", *test[1:].shape)
    if shuffled:
        return test, forecasts
    changed, steps = _changed(test[:-1], draw, lambda values: values + test.std() / 2)
    _reaches_rightly(forecasts, array_of(ask("forecast", params, changed), "the forecast", *changed.shape), steps)
    return test, forecasts


def _error(forecasts: np.ndarray, test: np.ndarray) -> float:
    return float(np.mean((forecasts[7:] - test[8:]) ** 2))


def learns_to_forecast(ask: StudentProxy, draw: CaseGenerator):
    test, forecasts = _forecasts(ask, draw, 120)
    variance = float(test[8:].var())
    if np.mean((forecasts - test[:-1]) ** 2) < 0.2 * variance:
        raise wrong("each forecast is about the value that was read last")
    if _error(test.mean() + test.std() * forecasts, test) < 0.7 * variance < _error(forecasts, test):
        raise wrong("the forecasts are right up to the scale: they have mean 0 and spread 1, and the series has not")
    if forecasts.std() < 1e-3 * test.std():
        raise wrong("all forecasts are the same")
    if _error(forecasts, test) > 0.7 * variance:
        raise wrong("after 120 updates the forecasts are hardly better than the mean of the series")
    at_each = np.mean((forecasts[1:] - test[2:]) ** 2, axis=1)
    if at_each.max() > variance:
        step = int(at_each.argmax()) + 2
        raise wrong(
            f"after 120 updates the forecasts of value {step} of each series are worse than the mean of the series"
        )
    test, forecasts = _forecasts(ask, draw, 120, shuffled=True)
    if _error(forecasts, test) < 0.7 * float(test[8:].var()):
        raise wrong(NOTHING_TO_LEARN.format(how="the steps of each series in random order"))
    return "better than the mean"


def beats_autoregression(ask: StudentProxy, draw: CaseGenerator):
    test, forecasts = _forecasts(ask, draw, 300)
    error, bound = _error(forecasts, test), 0.8 * tasks.autoregression_error(test)
    if error > bound:
        raise wrong(
            f"the mean squared error is {error:.3g}, expected at most {bound:.3g}, 0.8 of that of the best line"
        )
    return "better than any linear autoregression"


# 11.2


def notes_reach(ask: StudentProxy, draw: CaseGenerator):
    """Change one note of one melody; by turns another network learns in between."""
    n_steps, n_melodies = draw.size(3, 9) + 1, draw.size(1, 5)
    n_notes = more(draw, tasks.N_NOTES)
    heard = tasks.draw_melodies(draw.rng, 9, 6)
    params = ask("learn_music", heard, n_notes, 2, draw.case)
    notes = tasks.draw_melodies(draw.rng, n_steps, n_melodies)
    step, row = int(draw.rng.integers(1, n_steps - 1)), int(draw.rng.integers(n_melodies))
    changed = notes.copy()
    changed[step, row] = (changed[step, row] + 3) % n_notes
    shape = (*notes.shape, n_notes)
    before = array_of(ask("next_note", params, notes), "the answer", *shape)
    if draw.case % 2:
        ask("learn_music", heard, n_notes, 2, draw.case + 1)
    after = array_of(ask("next_note", params, changed), "the answer", *shape)
    return _reach(before, after, step, row)


_MISTAKEN = {
    "the numbers of each step add up to 1": lambda answer: answer,
    "the signs are turned round": lambda answer: np.exp(-answer),
}


def sums(ask: StudentProxy, draw: CaseGenerator):
    """Add up the chances of all notes; 1e-10 of 1 leaves room for any order of summation in double precision."""
    n_notes, n_steps, n_melodies = more(draw, tasks.N_NOTES), draw.size(1, 9), draw.size(1, 5)
    params = ask("learn_music", tasks.draw_melodies(draw.rng, 9, 6), n_notes, 2, draw.case)
    notes = tasks.draw_melodies(draw.rng, n_steps, n_melodies)
    given = ask("next_note", params, notes)
    answer = array_of(given, "the answer", *notes.shape, n_notes)
    if (answer >= 0).all():
        kinds = [name for name, chances in _MISTAKEN.items() if np.allclose(chances(answer).sum(axis=2), 1)]
        kind = next(iter(kinds), "the answer holds no number below 0")
        raise wrong(f"{kind}, and logarithms of probabilities are below 0")
    if (answer > 1e-10).any():
        raise wrong("the answer holds numbers above 0, and logarithms of probabilities are below 0")
    chances = np.exp(answer)
    if notes.shape[1] > 1 and np.abs(chances.sum(axis=1) - 1).max() < 1e-10:
        raise wrong("the chances add up to 1 over the melodies")
    sums = chances.sum(axis=2)
    return np.where(np.abs(sums - 1) < 1e-5, 1.0, sums) if given.dtype == np.float32 else sums


def _music(ask: StudentProxy, draw: CaseGenerator, n_updates: int, shuffled: bool = False):
    """Return melodies and the answer to all notes but the last, of a network that was trained on others like them.

    Where `shuffled`, it was trained on noise.
    """
    notes = tasks.draw_melodies(draw.rng, 32, 256)
    train, test = notes[:, :128], notes[:, 128:]
    if shuffled:
        train = draw.rng.permuted(train, axis=0)
    params = ask("learn_music", train, tasks.N_NOTES, n_updates, int(draw.rng.integers(2**31)))
    shape = (*test[1:].shape, tasks.N_NOTES)
    answer = array_of(ask("next_note", params, test[:-1]), "the answer", *shape)
    if (np.abs(np.exp(answer).sum(axis=2) - 1) > 1e-6).any():
        raise wrong("after training, the chances of all notes do not add up to 1")
    if shuffled:
        return test, answer
    changed, steps = _changed(test[:-1], draw, lambda notes: (notes + 3) % tasks.N_NOTES)
    _reaches_rightly(answer, array_of(ask("next_note", params, changed), "the answer", *shape), steps)
    return test, answer


def _surprise(answer: np.ndarray, notes: np.ndarray) -> float:
    return float(-np.mean(np.take_along_axis(answer, notes[..., None], axis=2)))


def learns_music(ask: StudentProxy, draw: CaseGenerator):
    test, answer = _music(ask, draw, 40)
    if _surprise(answer, test[:-1]) < 0.8:
        raise wrong("the likeliest note is the one that was read last")
    if _surprise(answer, test[1:]) > 1.6:
        raise wrong("after 40 updates the next note is as surprising as if nothing had been learned")
    test, answer = _music(ask, draw, 40, shuffled=True)
    if _surprise(answer, test[1:]) < 1.6:
        raise wrong(NOTHING_TO_LEARN.format(how="the notes of each melody in random order"))
    if _climbing(ask, draw) < 0:
        raise wrong(
            "after training on melodies that only go up, a step down is likelier than a step up: is the target the "
            "note that comes after those that are read?"
        )
    return "better than any note by chance"


def _climbing(ask: StudentProxy, draw: CaseGenerator) -> float:
    """Return how much likelier a step up is, in nats, for a network that has only heard melodies that go up.

    Melodies as they are otherwise drawn are the same forward and backward: who learned them in reverse does not show.
    """
    moves = draw.rng.random((5, 128)) < 0.8
    first = draw.rng.integers(0, 3, 128)
    notes = np.concatenate([first[None], first + np.cumsum(moves, axis=0)])
    params = ask("learn_music", notes, tasks.N_NOTES, 40, int(draw.rng.integers(2**31)))
    answer = array_of(ask("next_note", params, notes[:-1]), "the answer", *notes[1:].shape, tasks.N_NOTES)
    inside = (notes[:-1] > 0) & (notes[:-1] < tasks.N_NOTES - 1)
    way = notes[:-1][inside]
    at = np.arange(len(way))
    return float(np.mean(answer[inside][at, way + 1] - answer[inside][at, way - 1]))


def beats_bigram(ask: StudentProxy, draw: CaseGenerator):
    test, answer = _music(ask, draw, 80)
    entropy, bound = _surprise(answer, test[1:]), 0.92 * tasks.bigram_entropy(test)
    if entropy > bound:
        raise wrong(f"the cross-entropy is {entropy:.3f}, expected at most {bound:.3f}, 0.92 that of note pairs")
    return "better than any table of note pairs"


# 11.3


def _reviews(draw: CaseGenerator, *counts: int, n_words: int = tasks.N_WORDS):
    """Return as many reviews as are asked for each time, without the last word where there are more than they need."""
    numbers = draw.rng.permutation(max(tasks.N_WORDS, n_words - 1))
    return tuple(tasks.draw_reviews(draw.rng, n, numbers) for n in counts)


def _sentiment(ask: StudentProxy, params, words: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    answer = array_of(ask("sentiment", params, words, lengths), "the answer", len(lengths))
    if (answer < 0).any() or (answer > 1).any():
        raise wrong("the answer holds numbers outside 0 to 1, which are no probabilities")
    return answer


def words_reach(ask: StudentProxy, draw: CaseGenerator):
    """Change the first word, the order of two, the last word, and what stands after the end, of one review.

    By turns the first word becomes one that no review of the training has, another network learns in between, and all
    reviews end after their second word or their third.
    """
    n_words = more(draw, tasks.N_WORDS)
    train, (words, lengths, _) = _reviews(draw, 8, draw.size(1, 5), n_words=n_words)
    if draw.case % 3 == 2:
        lengths = np.minimum(lengths, draw.rng.integers(2, 4, len(lengths)))
        words = np.where(np.arange(len(words))[:, None] < lengths, words, -1)
    words = np.concatenate([words, np.full((draw.size(1, 3), len(lengths)), -1)])
    params = ask("learn_sentiment", *train, n_words, 2, draw.case)
    before = _sentiment(ask, params, words, lengths)
    if draw.case % 2:
        ask("learn_sentiment", *train, n_words, 2, draw.case + 1)
    row = int(draw.rng.integers(len(lengths)))
    last = lengths[row] - 1
    new = n_words - 1 if n_words > tasks.N_WORDS else (words[0, row] + 1) % n_words
    changes = {0: new, last: (words[last, row] + 1) % n_words}
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


def probabilities(ask: StudentProxy, draw: CaseGenerator):
    train, (words, lengths, _) = _reviews(draw, 30, 40)
    answer = _sentiment(ask, ask("learn_sentiment", *train, tasks.N_WORDS, 2, draw.case), words, lengths)
    return bool(answer.std() > 1e-6)


def beats_bag_of_words(ask: StudentProxy, draw: CaseGenerator):
    train, (words, lengths, positive) = _reviews(draw, 400, 400)
    params = ask("learn_sentiment", *train, tasks.N_WORDS, 200, int(draw.rng.integers(2**31)))
    chance = np.clip(_sentiment(ask, params, words, lengths), 1e-9, 1 - 1e-9)
    entropies = [float(-np.mean(np.log(np.where(positive == truth, chance, 1 - chance)))) for truth in (1, 0)]
    if entropies[1] < 0.5 < entropies[0]:
        raise wrong("the answer is the probability that a review is negative")
    if chance.std() < 0.05:
        raise wrong("all reviews get about the same answer")
    _ignores_padding(ask, draw, params, words, lengths)
    if entropies[0] > 0.75 * tasks.WORDS_WITHOUT_ORDER:
        raise wrong(
            f"the cross-entropy is {entropies[0]:.3f}, expected at most {0.75 * tasks.WORDS_WITHOUT_ORDER:.3f}: "
            f"{tasks.WORDS_WITHOUT_ORDER:.3f} is what is possible without the order of the words"
        )
    if _learns_from_nothing(ask, draw):
        raise wrong(NOTHING_TO_LEARN.format(how="positive and negative given at random"))
    return "better than any bag of words"


def _ignores_padding(ask: StudentProxy, draw: CaseGenerator, params, words: np.ndarray, lengths: np.ndarray) -> None:
    before = _sentiment(ask, params, words, lengths)
    filled = np.where(words < 0, draw.rng.integers(0, tasks.N_WORDS, words.shape), words)
    if _notices(before, _sentiment(ask, params, filled, lengths)).any():
        raise wrong("after training, what stands after the end of a review changes the answer")
    if _notices(before[:1], _sentiment(ask, params, words[: lengths[0], :1], lengths[:1])).any():
        raise wrong("after training, the other reviews change the answer for one")


def _learns_from_nothing(ask: StudentProxy, draw: CaseGenerator) -> bool:
    """Return whether reviews are told from each other after a training whose answers are random."""
    (words, lengths, positive), (new_words, new_lengths, truth) = _reviews(draw, 200, 400)
    positive = draw.rng.permutation(positive)
    params = ask("learn_sentiment", words, lengths, positive, tasks.N_WORDS, 60, int(draw.rng.integers(2**31)))
    chance = np.clip(_sentiment(ask, params, new_words, new_lengths), 1e-9, 1 - 1e-9)
    return bool(-np.mean(np.log(np.where(truth == 1, chance, 1 - chance))) < 0.4)


def forecast_arguments(draw: CaseGenerator):
    return (tasks.draw_series(draw.rng, 12, 40),)


def music_arguments(draw: CaseGenerator):
    return tasks.draw_melodies(draw.rng, 9, 80), tasks.N_NOTES


def sentiment_arguments(draw: CaseGenerator):
    return *_reviews(draw, 80)[0], tasks.N_WORDS
