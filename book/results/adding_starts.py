"""Which start lets a network add two numbers 30 steps apart? Adding problem, four networks, with exact floors.

Writes `adding_starts.json` beside itself; about two minutes on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, fused, gru, optimizers, rnn, variants

SEEDS = range(10)
N_HIDDEN, N_BATCH, N_STEPS, N_UPDATES, SMOOTH = 32, 32, 30, 1500, 50
NETWORKS = {  # cell, start, activation, step size, clipped at
    "tanh": (rnn, "orthogonal", "tanh", 0.01, 1.0),
    "irnn": (rnn, "identity", "relu", 0.01, 1.0),
    "irnn_slow": (rnn, "identity", "relu", 0.001, 1.0),
    "irnn_unclipped": (rnn, "identity", "relu", 0.01, None),
    "gru": (gru, "orthogonal", "tanh", 0.01, 1.0),
}


def train(cell, scheme: str, activation: str, lr: float, clip: float | None, seed: int) -> tuple[list[float], float]:
    """Return the loss of each update, averaged over blocks of 50, and the longest gradient."""
    params = variants.init(cell, np.random.default_rng([seed, 1]), 2, N_HIDDEN, 1, scheme=scheme)
    source = batches.endless(lambda rng: data.adding(rng, N_BATCH, N_STEPS))
    fit = fused.fit(cell, params, source, optimizers.Adam(lr), N_UPDATES, seed=seed, clip=clip, activation=activation)
    blocks = fit.history.loss.reshape(-1, SMOOTH).mean(axis=1)
    return [float(f"{loss:.4g}") for loss in blocks], float(f"{fit.history.gradient_norm.max():.3g}")


def main() -> None:
    """Run everything and store it."""
    found = {
        "command": "python book/results/adding_starts.py",
        "date": datetime.date.today().isoformat(),
        "versions": {
            "rnnlab": rnnlab.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_steps": N_STEPS,
        "n_hidden": N_HIDDEN,
        "n_updates": N_UPDATES,
        "smooth": SMOOTH,
    }
    for name, setting in NETWORKS.items():
        curves, longest = zip(*(train(*setting, seed) for seed in SEEDS), strict=True)
        last = np.array([curve[-1] for curve in curves])
        found[name] = {
            "curves": curves,
            "longest_gradient": longest,
            "longest": max(longest),
            "low": float(last.min()),
            "median": float(np.median(last)),
            "high": float(last.max()),
        }
        print(name, {k: v for k, v in found[name].items() if k != "curves"})
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
