"""Guess a missing letter of a number word from the left, from the right, from both sides. Six networks.

Writes `gap_letter.json` beside itself; about five minutes on one core.
"""

import datetime
import json
import platform
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, bidirectional, data, gru, losses, optimizers, training, variants

N_BATCH, N_UPDATES, N_TRAIN = 32, 1200, 600
SEEDS = range(7)
BOTH = bidirectional.Bidirectional(gru)
NETWORKS = {
    "left": (gru, 48),
    "right": (gru, 48),
    "both": (BOTH, 24),
    "added": (BOTH, 25),
    "delayed": (gru, 48),
    "leak": (BOTH, 24),
}
DELAY = 2
SHOWN = ("sixty-seven", "fourteen", "two hundred and five")

WORDS = [word for _, word in data.number_words("en", 0, 999) if len(word) >= 5]
LETTERS = data.Vocabulary.of(WORDS)
N_LETTERS, GAP, END = len(LETTERS), len(LETTERS), len(LETTERS) + 1  # the gap and the end have signs of their own
ORDER = np.random.default_rng(0).permutation(len(WORDS))
TRAIN = [WORDS[i] for i in ORDER[:N_TRAIN]]
TEST = [WORDS[i] for i in ORDER[N_TRAIN:]]
GAPS = [(word, gap) for word in TRAIN for gap in range(len(word))]


def batch_of(name: str, pairs: list[tuple[str, int]]) -> data.Batch:
    """Return words with a gap each as `name` reads them, and the missing letters as targets."""
    after = DELAY if name == "delayed" else 0
    rows, places = [], []
    for word, gap in pairs:
        row = LETTERS.encode(word)
        row[gap] = GAP
        row = row[::-1] if name == "right" else row
        rows.append(np.append(row, np.full(after, END)))
        places.append((len(word) - 1 - gap if name == "right" else gap) + after)
    index, lengths = data.pad(rows, fill=-1)
    target, mask = np.zeros(index.shape, int), np.zeros(index.shape, bool)
    for b, ((word, gap), place) in enumerate(zip(pairs, places, strict=True)):
        target[place, b], mask[place, b] = LETTERS.encode(word[gap])[0], True
    return data.Batch(data.one_hot(index, N_LETTERS + 2), target, mask, lengths)


def next_letters(words: list[str]) -> data.Batch:
    """Return whole words, and as the target of each step the letter after it."""
    index, lengths = data.pad([LETTERS.encode(word) for word in words], fill=-1)
    target = np.roll(index, -1, axis=0)
    mask = data.length_mask(lengths - 1, len(index))
    return data.Batch(data.one_hot(index, N_LETTERS + 2), np.where(mask, target, 0), mask, lengths)


def draw(name: str, rng: np.random.Generator) -> data.Batch:
    """Return a batch of training words, with a gap each; every letter of every word is as likely to be missing."""
    if name == "leak":
        return next_letters([TRAIN[i] for i in rng.integers(0, N_TRAIN, N_BATCH)])
    return batch_of(name, [GAPS[i] for i in rng.integers(0, len(GAPS), N_BATCH)])


class Added:
    """The loss where the two halves are added: the readout has the same weights for both."""

    def __init__(self) -> None:
        self.inner = variants.Objective(variants.many_to_many, BOTH, losses.softmax_cross_entropy)

    def __call__(self, params: variants.Params, batch: data.Batch) -> tuple[float, variants.Params]:
        """Return loss and gradient."""
        loss, gradient = self.inner(doubled(params), batch)
        ahead, reverse = np.split(gradient.readout.w_y, 2, axis=1)
        return loss, gradient._replace(readout=gradient.readout._replace(w_y=ahead + reverse))


def doubled(params: variants.Params) -> variants.Params:
    """Return the weights of the same network written as one that sets the halves side by side."""
    w_y = params.readout.w_y
    return params._replace(readout=params.readout._replace(w_y=np.concatenate([w_y, w_y], axis=1)))


def train(name: str, seed: int) -> variants.Params:
    """Return trained weights."""
    cell, n_hidden = NETWORKS[name]
    params = variants.init(cell, np.random.default_rng([seed, 1]), N_LETTERS + 2, n_hidden, N_LETTERS)
    if name == "added":
        params = params._replace(readout=params.readout._replace(w_y=params.readout.w_y[:, :n_hidden]))
    objective = (
        Added() if name == "added" else variants.Objective(variants.many_to_many, cell, losses.softmax_cross_entropy)
    )
    source = batches.endless(lambda rng: draw(name, rng))
    return training.fit(objective, params, source, optimizers.Adam(0.01), N_UPDATES, seed=seed, clip=1.0).params


def count(params: object) -> int:
    """Return how many numbers the network has learned."""
    return params.size if isinstance(params, np.ndarray) else sum(count(part) for part in params)


def beliefs(name: str, params: variants.Params, pairs: list[tuple[str, int]]) -> np.ndarray:
    """Return what the network makes of each gap: the chances of the letters (N, V)."""
    batch = batch_of(name, pairs)
    weights = doubled(params) if name == "added" else params
    y = variants.many_to_many(NETWORKS[name][0], weights, batch.x, lengths=batch.lengths).y[
        batch.mask.argmax(axis=0), np.arange(len(pairs))
    ]
    chances = np.exp(y - y.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def exact(side: Callable[[str, int], object], first: int = 0) -> dict[str, float]:
    """Return loss and share of right answers on the test words of who knows all the words and sees one side.

    Letters before `first` are not asked for.
    """
    known: dict = defaultdict(lambda: np.zeros(N_LETTERS))
    for word in WORDS:
        for gap in range(first, len(word)):
            known[side(word, gap)][LETTERS.encode(word[gap])[0]] += 1
    scores = []
    for word in TEST:
        for gap in range(first, len(word)):
            chances = known[side(word, gap)] / known[side(word, gap)].sum()
            at = LETTERS.encode(word[gap])[0]
            scores.append((-np.log(chances[at]), chances.argmax() == at))
    loss, right = np.mean(scores, axis=0)
    return {"loss": float(loss), "right": float(right)}


def judged(name: str, params: variants.Params) -> dict:
    """Return loss and share of right answers over every gap of every test word, and by tenth of the word."""
    pairs = [(word, gap) for word in TEST for gap in range(len(word))]
    chances = beliefs(name, params, pairs)
    at = np.array([LETTERS.encode(word[gap])[0] for word, gap in pairs])
    right = chances.argmax(axis=1) == at
    tenth = np.array([10 * gap // len(word) for word, gap in pairs])
    return {
        "loss": float(-np.log(chances[np.arange(len(pairs)), at]).mean()),
        "right": float(right.mean()),
        "tenths": [round(float(right[tenth == n].mean()), 4) for n in range(10)],
    }


def judged_leak(params: variants.Params) -> dict:
    """Return the score on whole words, and on words cut off where the next letter is asked for."""
    whole = next_letters(TEST)
    y = variants.many_to_many(BOTH, params, whole.x, lengths=whole.lengths).y
    pairs = [(word, t) for word in TEST for t in range(len(word) - 1)]
    index, lengths = data.pad([LETTERS.encode(word[: t + 1]) for word, t in pairs], fill=-1)
    cut = variants.many_to_many(BOTH, params, data.one_hot(index, N_LETTERS + 2), lengths=lengths).y[
        lengths - 1, np.arange(len(pairs))
    ]
    target = np.array([LETTERS.encode(word[t + 1])[0] for word, t in pairs])
    return {
        "loss": float(losses.softmax_cross_entropy(y, whole.target, whole.mask)[0]),
        "right": float((y.argmax(axis=2) == whole.target)[whole.mask].mean()),
        "loss_cut": float(losses.softmax_cross_entropy(cut, target)[0]),
        "right_cut": float((cut.argmax(axis=1) == target).mean()),
    }


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/gap_letter.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_updates": N_UPDATES,
        "n_train": N_TRAIN,
        "n_test": len(TEST),
        "delay": DELAY,
        "test_words": TEST[:40],
        "letters": "".join(LETTERS.tokens),
        "exact": {
            "none": exact(lambda word, gap: 0),
            "left": exact(lambda word, gap: word[:gap]),
            "right": exact(lambda word, gap: word[gap + 1 :]),
            "next": exact(lambda word, gap: word[:gap], first=1),
        },
        "shown": {word: {} for word in SHOWN},
    }
    for name in sys.argv[1:] or NETWORKS:
        runs = []
        for seed in SEEDS:
            params = train(name, seed)
            runs.append(judged_leak(params) if name == "leak" else judged(name, params))
            if seed == 0 and name in ("left", "right", "both"):
                for word in SHOWN:
                    rows = beliefs(name, params, [(word, gap) for gap in range(len(word))])
                    found["shown"][word][name] = rows.round(4).tolist()
            if seed == 0 and name == "both":
                found["trained"] = [
                    [float(f"{w:.4g}") for w in part.ravel()]
                    for part in (*params.cell.ahead, *params.cell.reverse, *params.readout)
                ]
        found[name] = {"n_params": count(params), "n_hidden": NETWORKS[name][1]}
        for key in runs[0]:
            values = [run[key] for run in runs]
            found[name][key] = (
                values
                if key == "tenths"
                else {
                    "all": [float(f"{v:.4g}") for v in values],
                    "low": min(values),
                    "median": float(np.median(values)),
                    "high": max(values),
                }
            )
        print(name, {k: v for k, v in found[name].items() if k != "tenths"}, flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
