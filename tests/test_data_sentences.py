"""Generated words, reviews and chords obey their grammars, and their floors are reached: see `floors`."""

import math
import re

import numpy as np
import pytest
from floors import code, entropies, hold_to, rng

from rnnlab import data


def grammar_words(index):
    """Return whether a word is in the embedded Reber grammar, by a pattern written from its diagram."""
    loop = "(?:XT*VP)*"
    reber = rf"B(?:TS*X{loop}|PT*VP{loop})(?:S|XT*VV)E|BPT*VVE"
    return re.fullmatch(rf"BT(?:{reber})TE|BP(?:{reber})PE", index) is not None


def words(batch):
    for b, n in enumerate(batch.lengths):
        index = [*batch.x[:n, b].argmax(axis=1), batch.target[n - 1, b]]
        np.testing.assert_array_equal(index[1:], batch.target[:n, b])
        yield "".join(data.REBER_SYMBOLS[i] for i in index)


def test_embedded_reber_words_are_words_of_the_grammar():
    found = list(words(data.embedded_reber(rng(), 2000)))
    assert all(map(grammar_words, found))
    assert len(set(found)) > 100
    assert not grammar_words("BTBTXSEPE")
    assert grammar_words("BTBTXSETE")


def test_reber_successors_are_two_at_choices_and_one_elsewhere():
    x, target, mask, _ = data.embedded_reber(rng(), 300)
    allowed = data.reber_successors(x)
    assert not allowed[~mask].any()
    assert set(allowed[mask].sum(axis=1)) == {1, 2}
    assert np.take_along_axis(allowed, target[..., None], axis=2)[mask].all()
    stream = data.continual_reber(rng(), 30, 200)
    assert np.take_along_axis(data.reber_successors(stream.x), stream.target[..., None], axis=2).all()


def reber_keys(batch, mask):
    """Return the set of allowed symbols and the last symbol, as one integer per step."""
    allowed = code(data.reber_successors(batch.x))
    current = batch.x.argmax(axis=2)
    return np.where(mask, current, 0), np.where(mask, allowed, 0)


def test_embedded_reber_floors_are_reached():
    batch = data.embedded_reber(rng(), 20_000)
    baselines = data.embedded_reber_baselines()
    current, allowed = reber_keys(batch, batch.mask)
    for known, keys in (("current symbol", current), ("everything", allowed)):
        losses, n = entropies(keys[batch.mask], batch.target[batch.mask])
        full = np.zeros(batch.mask.shape)
        full[batch.mask] = losses
        hold_to(baselines[known], full, n, batch.mask)
    counts = batch.mask.sum()
    gap = (baselines["inner word"] - baselines["everything"]) * counts / 20_000
    assert gap == pytest.approx(math.log(2), rel=0.02)  # one outer symbol a word is what memory of it is worth


def test_continual_reber_floors_are_reached():
    batch = data.continual_reber(rng(), 5000, 60)
    baselines = data.continual_reber_baselines(60)
    current, allowed = reber_keys(batch, np.ones(batch.target.shape, bool))
    for known, keys in (("current symbol", current), ("everything", allowed)):
        losses, n = entropies(keys, batch.target)
        hold_to(baselines[known], losses, n)
    ends = (batch.target == data.REBER_SYMBOLS.index("E")).sum() / 2
    assert (baselines["inner word"] - baselines["everything"]) * batch.target.size == pytest.approx(
        ends * math.log(2), rel=0.03
    )


def read_naively(sentence):
    """Return whether a review is positive, clause by clause."""

    def clause(text):
        words = text.split()
        good = words[-1] in ("good", "funny", "moving", "brilliant")
        return good != ("not" in words or "never" in words)

    if " but " in sentence:
        return clause(sentence.split(" but ")[1])
    return clause(sentence.split(" although ")[0])


def test_sentiment_labels_follow_the_clause_that_decides():
    batch = data.sentiment(rng(), 3000)
    found = data.read_sentences(batch)
    assert [read_naively(sentence) for sentence in found] == batch.target[:, 0].astype(bool).tolist()
    assert len(set(found)) > 2000


def test_the_belief_after_each_first_words_is_how_often_such_reviews_are_positive():
    batch = data.sentiment(rng(), 60_000)
    seen = {}
    for review, positive in zip(data.read_sentences(batch), batch.target[:, 0], strict=True):
        words = review.split()
        for n in range(1, len(words) + 1):
            seen.setdefault(" ".join(words[:n]), []).append(positive)
    often = {first: labels for first, labels in seen.items() if len(labels) >= 50}
    assert {len(first.split()) for first in often} >= {1, 2, 3, 4, 5, 6}
    for first, labels in often.items():
        belief = data.sentiment_belief(first.split())
        deviation = math.sqrt(belief * (1 - belief) / len(labels))
        assert abs(np.mean(labels) - belief) <= 5 * deviation, first


def test_the_belief_after_a_whole_review_is_its_label_where_it_cannot_go_on():
    batch = data.sentiment(rng(), 2000)
    for review, positive in zip(data.read_sentences(batch), batch.target[:, 0], strict=True):
        whole = " but " in review or " although " in review
        assert data.sentiment_belief(review.split()) == pytest.approx(positive if whole else (1 + 4 * positive) / 6)


@pytest.mark.parametrize(
    "words",
    [
        "film",
        "the was",
        "the film was but",
        "the film was bad bad",
        "but",
        "the film was bad but the plot was bad but",
        "a",
    ],
)
def test_words_that_begin_no_review_have_no_belief(words):
    with pytest.raises(ValueError, match=f"^no review begins with '{words}'$"):
        data.sentiment_belief(words.split())


def test_sentiment_floors_are_reached():
    batch = data.sentiment(rng(), 40_000)
    baselines = data.sentiment_baselines()
    target = batch.target[:, 0]
    losses, n = entropies(np.zeros(len(target)), target)
    hold_to(baselines["nothing"], losses, n)
    ignored = {"the", "was", "very", "really", "film", "plot", "cast", "music"}
    bags = [" ".join(sorted(w for w in s.split() if w not in ignored)) for s in data.read_sentences(batch)]
    kept = np.array(bags)
    exact, n = entropies(kept, target)
    limit = n / len(target)
    assert abs(exact.mean() - baselines["words without order"]) < 5 * exact.std() / math.sqrt(len(target)) + limit


def test_harmony_keeps_key_and_cadence():
    x, target, *_ = data.harmony(rng(), 200, 24)
    np.testing.assert_array_equal(x[1:], target[:-1])
    assert (x.sum(axis=2) == 4).all()
    lowest = x.argmax(axis=2) + data.HARMONY_LOWEST
    np.testing.assert_array_equal(lowest[0], lowest[7])
    np.testing.assert_array_equal(lowest[8], lowest[15])
    assert set(np.unique(lowest[0])) == {48, 50, 53, 55}
    assert (((lowest[6] - lowest[7]) % 12) == 7).all()


def test_harmony_floors_are_reached():
    n_steps = 16
    x, target, *_ = data.harmony(rng(), 6000, n_steps)
    baselines = data.harmony_baselines(n_steps)
    n_notes = x.shape[2]
    chord = np.unique(x.reshape(-1, n_notes), axis=0, return_inverse=True)[1].reshape(n_steps, -1)
    key = np.broadcast_to(x[0].argmax(axis=1), chord.shape)
    steps = np.arange(n_steps)[:, None]
    for known, keys in (
        ("note frequencies", np.zeros_like(chord)),
        ("last chord", chord),
        ("whole past", chord + 1000 * key + 100_000 * (steps % 8)),
    ):
        cell = np.unique(keys, return_inverse=True)[1].ravel()
        counts, losses, n = np.bincount(cell), 0.0, 0
        for note in range(n_notes):
            on = target[..., note].ravel()
            chance = np.bincount(cell, on) / counts
            losses = losses - np.log(np.where(on, chance[cell], 1 - chance[cell])).reshape(chord.shape)
            n += (chance > 0).sum() + (chance < 1).sum()
        hold_to(baselines[known], losses, n, n_per=n_notes)
