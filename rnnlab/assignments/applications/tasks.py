"""What assignment 11 is graded on: data drawn afresh each time, and how well one can do without a recurrent network.

forecast      x_{t+1} = cos(a x_t + b x_{t−1}) + noise, in units of its own        any linear autoregression
melody        a note goes on in its direction, rests now and then, seldom turns    any table of note pairs
reviews       the course's grammar of reviews, its words numbered at random        any bag of words
numbers       unit word, "and", tens word → two digits, tens first                 word by word, 1/9 right

Where a baseline has weights they are fitted to the very test data, so that no such model at all can do better.
"""

import numpy as np

from rnnlab import data

N_NOTES = 8
N_WORDS = len(data.SENTIMENT_WORDS)
N_DIGITS = 9
WORDS_WITHOUT_ORDER = data.sentiment_baselines()["words without order"]


def draw_series(rng: np.random.Generator, n_steps: int = 40, n_series: int = 64) -> np.ndarray:
    """Return series (T, B) of one process, whose linear part explains about half of what can be explained.

    Their unit is arbitrary: far from where a spread of 1 would be right, up or down.
    """
    a, b = rng.uniform(2.4, 2.6), rng.uniform(0.7, 0.9)
    unit = 10 ** (rng.choice([-1, 1]) * rng.uniform(1, 2))
    level, spread = unit * rng.uniform(20, 40), unit * rng.uniform(3, 6)
    x = np.zeros((n_steps + 20, n_series))  # the first twenty steps forget the start
    for t in range(2, len(x)):
        x[t] = np.cos(a * x[t - 1] + b * x[t - 2]) + rng.normal(0, 0.1, n_series)
    return level + spread * x[20:]


def autoregression_error(series: np.ndarray, k: int = 8) -> float:
    """Return the least mean squared error that a linear function of the last k values can have on these series."""
    pairs = [data.windows(column, k) for column in series.T]
    x, target = np.concatenate([x for x, _ in pairs]), np.concatenate([target for _, target in pairs])
    x = np.column_stack([x, np.ones(len(x))])
    return float(np.mean((x @ np.linalg.lstsq(x, target, rcond=None)[0] - target) ** 2))


def draw_melodies(rng: np.random.Generator, n_steps: int = 32, n_melodies: int = 128) -> np.ndarray:
    """Return notes (T, B) from 0 to 7 that move up or down a scale, rest at times and seldom turn."""
    note, way = rng.integers(0, N_NOTES, n_melodies), rng.choice([-1, 1], n_melodies)
    rest, turn = rng.uniform(0.15, 0.25), rng.uniform(0.03, 0.07)
    melody = [note]
    for _ in range(n_steps - 1):
        moves = rng.random(n_melodies) >= rest
        way = np.where(moves & (rng.random(n_melodies) < turn), -way, way)
        way = np.where(moves & ((note + way < 0) | (note + way >= N_NOTES)), -way, way)
        note = note + moves * way
        melody.append(note)
    return np.array(melody)


def bigram_entropy(notes: np.ndarray) -> float:
    """Return the least cross-entropy that a table of chances of note pairs can have on these melodies."""
    counts = np.zeros((N_NOTES, N_NOTES))
    np.add.at(counts, (notes[:-1], notes[1:]), 1)
    chances = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return float(-np.mean(np.log(chances[notes[:-1], notes[1:]])))


def draw_reviews(rng: np.random.Generator, n_reviews: int, numbers: np.ndarray):
    """Return words (T, B), -1 after a review's end, lengths (B,) and whether it is positive (B,)."""
    batch = data.sentiment(rng, n_reviews)
    assert batch.lengths is not None
    padding = ~data.length_mask(batch.lengths, len(batch.x))
    return np.where(padding, -1, numbers[batch.x.argmax(axis=2)]), batch.lengths, batch.target[:, 0]


def draw_numbers(rng: np.random.Generator, n_train: int = 60):
    """Return all 81 numbers without a zero in random order, in words (3, B) and in digits (2, B), cut in two."""
    order = rng.permutation(81)
    unit, tens = order % 9, order // 9
    numbers = rng.permutation(19)  # 9 unit words, 9 tens words and the word between them
    unit_words, tens_words = numbers[:9], numbers[9:18]
    words = np.stack([unit_words[unit], np.full(81, numbers[18]), tens_words[tens]])
    digits = np.stack([tens, unit])
    return (words[:, :n_train], digits[:, :n_train]), (words[:, n_train:], digits[:, n_train:])
