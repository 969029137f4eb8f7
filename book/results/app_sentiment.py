"""What does the order of words buy in the reviews, and what is a word to the network: a number or a vector?

Writes `app_sentiment.json` beside itself; about one minute on one core.
"""

import datetime
import json
import platform
from collections import Counter
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, losses, optimizers, rnn, training, variants

N_HIDDEN, N_BATCH, N_UPDATES, N_TRAIN = 16, 32, 600, 400
SEEDS = range(8)


def as_they_are(batch: data.Batch) -> data.Batch:
    """Return the batch."""
    return batch


def in_order_of_the_alphabet(batch: data.Batch) -> data.Batch:
    """Return the reviews with their words sorted: the words stay, their order goes."""
    place = np.where(data.length_mask(batch.lengths, len(batch.x)), batch.x.argmax(axis=2), 99)
    return batch._replace(x=np.take_along_axis(batch.x, place.argsort(axis=0, kind="stable")[..., None], axis=0))


def last_word(batch: data.Batch) -> data.Batch:
    """Return the last word of each review: a network without memory answers from nothing else."""
    last = batch.x[batch.lengths - 1, np.arange(len(batch.lengths))]
    return batch._replace(x=last[None], lengths=np.ones_like(batch.lengths))


def as_numbers(batch: data.Batch) -> data.Batch:
    """Return one input, the number of the word from 0.05 to 1, in place of twenty."""
    return batch._replace(x=((batch.x.argmax(axis=2) + 1) / 20 * batch.x.sum(axis=2))[..., None])


VIEWS = {
    "words in order": as_they_are,
    "sorted": in_order_of_the_alphabet,
    "last word": last_word,
    "numbers": as_numbers,
}


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/app_sentiment.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_hidden": N_HIDDEN,
        "n_updates": N_UPDATES,
        "n_test": 2000,
        "n_few": 100,
        "n_train": N_TRAIN,
    }
    test = data.sentiment(np.random.default_rng(99), 2000)
    few = {seed: data.sentiment(np.random.default_rng([seed, 2]), 100) for seed in SEEDS}
    for name, view in [*VIEWS.items(), ("few", as_they_are)]:
        seen, of, right = view(test), [], []
        for seed in SEEDS:
            source = (
                batches.Epochs(few[seed], N_BATCH)
                if name == "few"
                else batches.endless(lambda rng, view=view: view(data.sentiment(rng, N_BATCH)))
            )
            params = variants.init(rnn, np.random.default_rng([seed, 1]), seen.x.shape[2], N_HIDDEN, 1)
            objective = variants.Objective(variants.many_to_one, rnn, losses.sigmoid_cross_entropy)
            fit = training.fit(objective, params, source, optimizers.Adam(0.01), N_UPDATES, seed=seed, clip=1.0)
            y = variants.many_to_one(rnn, fit.params, seen.x, lengths=seen.lengths).y
            of.append(losses.sigmoid_cross_entropy(y, seen.target)[0])
            right.append(float(((y > 0) == (seen.target > 0)).mean()))
            if name == "words in order" and seed == 0:
                found["weights"] = [[float(f"{w:.4g}") for w in part.ravel()] for group in fit.params for part in group]
            if name == "few" and seed == 0:
                worst = np.argsort((np.where(test.target > 0, 1, -1) * y)[:, 0])[:20]
                texts = [data.read_sentences(test)[b] for b in worst]
                found["worst"] = texts[:5]
                found["kinds"] = dict(Counter(kind(text) for text in texts).most_common())
        found[name] = {
            "losses": of,
            "low": min(of),
            "high": max(of),
            "right": right,
            "least": min(right),
            "most": max(right),
        }
        print(name, found[name], flush=True)
    print(found["kinds"], found["worst"])
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


def kind(text: str) -> str:
    """Return what is difficult in a review: its connective and how many of its clauses are negated."""
    words = text.split()
    form = next((word for word in ("but", "although") if word in words), "one clause")
    n = sum(word in ("not", "never") for word in words)
    return f"{form}, {('no negation', 'one negation', 'two negations')[n]}"


if __name__ == "__main__":
    main()
