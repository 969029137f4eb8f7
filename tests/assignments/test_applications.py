"""The data of assignment 11 are what they claim to be, and so are the baselines."""

import numpy as np
import pytest

from rnnlab import checks, data
from rnnlab.assignments.applications import answers as applications_answers
from rnnlab.assignments.applications import cases as applications
from rnnlab.assignments.applications import tasks as applications_tasks
from rnnlab.assignments.applications import translation_cases as translations
from rnnlab.checks.question import CaseGenerator
from rnnlab.checks.student import Failed, LocalStudent


def rng(seed=0):
    return np.random.default_rng(seed)


def test_no_line_does_better_than_the_autoregression_of_the_baseline():
    series = applications_tasks.draw_series(rng(1))
    best = applications_tasks.autoregression_error(series)
    for seed in range(20):
        line = rng(seed).normal(0, 0.3, 8)
        errors = [series[8:, b] - data.windows(series[:, b], 8)[0] @ line for b in range(series.shape[1])]
        assert np.var(errors) > best


def test_the_best_line_leaves_far_more_than_the_noise():
    for seed in range(20):
        series = applications_tasks.draw_series(rng(seed))
        x = (series - series.mean()) / series.std()
        assert applications_tasks.autoregression_error(x) > 0.25


def test_the_table_of_note_pairs_is_the_best_on_its_own_melodies():
    notes = np.array([[0, 0], [1, 1], [0, 2], [1, 0]])
    # Six pairs: after 0 always 1, after 2 always 0, after 1 once 0 and once 2.
    assert applications_tasks.bigram_entropy(notes) == pytest.approx(2 * np.log(2) / 6)


def test_melodies_move_by_one_note_or_rest():
    notes = applications_tasks.draw_melodies(rng(2))
    assert set(np.unique(np.diff(notes, axis=0))) == {-1, 0, 1}
    assert (notes.min(), notes.max()) == (0, 7)


def test_reviews_are_those_of_the_course_under_new_numbers():
    numbers = rng(3).permutation(applications_tasks.N_WORDS)
    words, lengths, positive = applications_tasks.draw_reviews(rng(4), 50, numbers)
    batch = data.sentiment(rng(4), 50)
    assert (lengths == batch.lengths).all()
    assert (positive == batch.target[:, 0]).all()
    for b, review in enumerate(data.read_sentences(batch)):
        known = [data.SENTIMENT_WORDS[int(np.flatnonzero(numbers == w)[0])] for w in words[: lengths[b], b]]
        assert " ".join(known) == review
        assert (words[lengths[b] :, b] == -1).all()


def test_numbers_cover_all_pairs_once_and_word_by_word_gets_one_in_nine():
    (words, digits), (new_words, new_digits) = applications_tasks.draw_numbers(rng(5))
    words, digits = np.hstack([words, new_words]), np.hstack([digits, new_digits])
    assert len({tuple(pair) for pair in digits.T}) == 81
    assert len(np.unique(words[1])) == 1
    unit_of, tens_of = dict(zip(words[0], digits[1], strict=True)), dict(zip(words[2], digits[0], strict=True))
    by_word = np.array([[unit_of[w] for w in words[0]], [tens_of[w] for w in words[2]]])
    assert (by_word == digits).mean() == pytest.approx(1 / 9)
    assert (by_word == digits).all(axis=0).sum() == checks.find("11.5").reference["predicted_right"]()


def asks(reference):
    student = LocalStudent(reference)
    return lambda function, *given: student.call(function, given)


UNREACHED = "a change of the input does not reach the outputs of the three steps after it"


@pytest.mark.parametrize(
    ("cheat", "says"), [("mean", UNREACHED), ("persistence", UNREACHED), ("line", "expected at most")]
)
def test_no_linear_forecast_passes(cheat, says):
    """These know nothing but a line, and one of them is even fitted to the test data."""
    lines = []

    def forecast(params, series):
        if cheat == "mean":
            return np.full_like(series, params)
        if cheat == "persistence":
            return series
        before = np.repeat(series[:1], 7, axis=0)
        x = np.lib.stride_tricks.sliding_window_view(np.concatenate([before, series]), 8, axis=0)
        x = np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)
        lines.append(np.linalg.lstsq(x[7:-1].reshape(-1, 9), series[8:].ravel(), rcond=None)[0])
        return x @ lines[0]

    ask = asks({"learn_forecast": lambda series, n, seed: float(series.mean()), "forecast": forecast})
    with pytest.raises(Failed, match=says):
        applications.beats_autoregression(ask, CaseGenerator(rng(), 0))


def test_the_best_table_of_note_pairs_does_not_pass():
    tables = []

    def next_note(params, notes):
        counts = np.zeros((8, 8))
        np.add.at(counts, (notes[:-1], notes[1:]), 1)
        with np.errstate(divide="ignore"):
            chances = np.log(counts / counts.sum(axis=1, keepdims=True))
        tables.append(np.maximum(chances, -100))
        return tables[0][notes]

    ask = asks({"learn_music": lambda *given: 0, "next_note": next_note})
    with pytest.raises(Failed, match=UNREACHED):
        applications.beats_bigram(ask, CaseGenerator(rng(), 0))


def test_a_bag_of_words_does_not_pass():
    """Logistic regression on which words occur, trained to the end."""

    def bags(words, lengths):
        own = np.where(np.arange(len(words))[:, None] < lengths, words, -1)
        return np.stack([(own == w).sum(axis=0) for w in range(20)], axis=1).astype(float)

    def learn(words, lengths, positive, *_):
        x, w = bags(words, lengths), np.zeros(20)
        for _ in range(2000):
            w += 0.5 * x.T @ (positive - 1 / (1 + np.exp(-x @ w))) / len(x)
        return {"w": w}

    answers = {"learn_sentiment": learn, "sentiment": lambda p, words, n: 1 / (1 + np.exp(-bags(words, n) @ p["w"]))}
    with pytest.raises(Failed, match="without the order of the words"):
        applications.beats_bag_of_words(asks(answers), CaseGenerator(rng(), 0))


def test_a_perfect_dictionary_does_not_pass():
    def learn(source, target, *_):
        words = {int(w): int(d) for w, d in zip(source[0], target[1], strict=True)}
        return {
            "table": [
                (words | {int(w): int(d) for w, d in zip(source[2], target[0], strict=True)}).get(i, 0)
                for i in range(19)
            ]
        }

    answers = {"learn_translation": learn, "translate": lambda p, source, n: np.array(p["table"])[source[[0, 2]]]}
    for seed in range(10):
        with pytest.raises(Failed, match="is not right"):
            translations.places(asks(answers), CaseGenerator(rng(seed), 0))
        with pytest.raises(Failed, match="never seen"):
            translations.whole_numbers(asks(answers), CaseGenerator(rng(seed), 0))


def test_a_training_is_remembered_for_the_same_data_and_seed_only():
    series = applications_tasks.draw_series(rng(6), 12, 6)
    one = applications_answers.learn_forecast(series, 2, 0)
    assert applications_answers.learn_forecast(series.copy(), 2, 0) is one
    assert applications_answers.learn_forecast(series, 2, 1) is not one
    assert applications_answers.learn_forecast(series + 1, 2, 0) is not one
