"""Parity of ten bits, learned from one answer at the end, from an answer after every bit, and from growing lengths.

All three train for as many updates and are tested on the answer after the tenth bit.
Writes ``parity_labels.json`` beside this file; takes about half a minute on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numba
import numpy as np

from rnnlab import batches, data, losses, optimizers, rnn, training, variants

N_BITS, N_HIDDEN, N_BATCH, N_UPDATES = 10, 8, 32, 4500
LEARNING_RATE, CLIP = 0.01, 1.0
SEEDS = range(5)
TEST_SEED, N_TEST = 1000, 2000


def bits(rng: np.random.Generator, n_batch: int, n_bits: int, *, every: bool) -> data.Batch:
    """Draw streams of bits, with the parity so far after every bit, or after the last one only."""
    x = rng.integers(0, 2, (n_bits, n_batch, 1)).astype(float)
    odd = np.cumsum(x, axis=0) % 2
    return data.Batch(x, odd if every else odd[-1])


def learned(way: str, seed: int) -> tuple[float, float]:
    """Return the test loss and the share of right answers after the last bit."""
    last = variants.Objective(variants.many_to_one, rnn, losses.sigmoid_cross_entropy)
    each = variants.Objective(variants.many_to_many, rnn, losses.sigmoid_cross_entropy)
    params = variants.init(rnn, np.random.default_rng(seed), n_input=1, n_hidden=N_HIDDEN, n_output=1)
    every = way == "every"
    lengths = range(2, N_BITS + 1) if way == "longer" else [N_BITS]
    for n_bits in lengths:
        source = batches.endless(lambda rng, n_bits=n_bits: bits(rng, N_BATCH, n_bits, every=every))
        objective, updates = each if every else last, N_UPDATES // len(lengths)
        adam = optimizers.Adam(LEARNING_RATE)
        params = training.fit(objective, params, source, adam, updates, seed=seed, clip=CLIP).params
    test = bits(np.random.default_rng(TEST_SEED), N_TEST, N_BITS, every=False)
    y = variants.many_to_one(rnn, params, test.x).y
    return last(params, test)[0], float(np.mean((y > 0) == (test.target > 0.5)))


def main() -> None:
    """Train, and write what came out with all that is needed to repeat it."""
    stored = {
        "command": "python book/results/parity_labels.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_bits": N_BITS,
        "n_hidden": N_HIDDEN,
        "n_batch": N_BATCH,
        "n_updates": N_UPDATES,
        "learning_rate": LEARNING_RATE,
        "clip": CLIP,
    }
    for way in ("last", "every", "longer"):
        found = [learned(way, seed) for seed in SEEDS]
        loss, right = (list(part) for part in zip(*found, strict=True))
        stored[way] = {"loss": loss, "right": right, "low": min(right), "high": max(right)}
        print(f"{way:8} right {min(right):.1%} to {max(right):.1%}, loss {min(loss):.3f} to {max(loss):.3f}")
    Path(__file__).with_suffix(".json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
