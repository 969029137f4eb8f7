"""The echo task learned by the same network with each activation function: the test losses of eight seeds.

Writes ``echo_activations.json`` beside this file; takes about a minute on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numba
import numpy as np

from rnnlab import activations, batches, data, losses, optimizers, rnn, training, variants

N_HIDDEN, N_BATCH, N_STEPS, N_UPDATES = 16, 20, 50, 1500
LEARNING_RATE, CLIP = 0.01, 1.0
SEEDS = range(8)
TEST_SEED, N_TEST = 1000, 2000


def test_loss(name: str, seed: int) -> float:
    """Return the loss, on sequences never trained on, of a network with this activation function."""
    params = variants.init(rnn, np.random.default_rng(seed), n_input=1, n_hidden=N_HIDDEN, n_output=1)
    objective = variants.Objective(variants.many_to_many, rnn, losses.sigmoid_cross_entropy, {"activation": name})
    source = batches.endless(lambda rng: data.echo(rng, N_BATCH, N_STEPS))
    fit = training.fit(objective, params, source, optimizers.Adam(LEARNING_RATE), N_UPDATES, seed=seed, clip=CLIP)
    test = data.echo(np.random.default_rng(TEST_SEED), N_TEST, N_STEPS)
    return objective(fit.params, test)[0]


def main() -> None:
    """Train, and write the losses with all that is needed to repeat them."""
    results = {}
    for name in activations.NAMES:
        found = [test_loss(name, seed) for seed in SEEDS]
        results[name] = {
            "losses": found,
            "lowest": min(found),
            "median": float(np.median(found)),
            "highest": max(found),
        }
        print(f"{name:10} {min(found):.4f} to {max(found):.4f}, median {np.median(found):.4f}")
    stored = {
        "command": "python book/results/echo_activations.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
        "seeds": list(SEEDS),
        "settings": {
            "n_hidden": N_HIDDEN,
            "n_batch": N_BATCH,
            "n_steps": N_STEPS,
            "n_updates": N_UPDATES,
            "learning_rate": LEARNING_RATE,
            "clip": CLIP,
            "test_seed": TEST_SEED,
            "n_test": N_TEST,
        },
        "test_loss": results,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
