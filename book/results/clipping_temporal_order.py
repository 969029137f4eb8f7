"""Does clipping decide whether a network learns? Temporal order by plain gradient descent, with and without.

Writes `clipping_temporal_order.json` beside itself; about two minutes on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, losses, optimizers, readout, rnn, training, variants

SEEDS = range(8)
N_HIDDEN, N_BATCH, N_UPDATES, EVERY = 50, 20, 1500, 50
BLOCK = 10  # updates that share one stored norm, the largest
SETTINGS = {  # length, step size, start of w_h
    "short_large": (20, 0.3, "orthogonal"),
    "short_small": (20, 0.03, "orthogonal"),
    "long_large": (50, 0.3, "orthogonal"),
    "long_faint": (50, 0.3, "small"),
}
CLIPS = {"clipped": 1.0, "unclipped": None}


def first_weights(seed: int, start: str) -> variants.Params:
    """Return the library's orthogonal start, or every weight normal with standard deviation 0.1."""
    rng = np.random.default_rng([seed, 1])
    if start == "orthogonal":
        return variants.init(rnn, rng, 8, N_HIDDEN, 4)
    w_x, w_h = rng.normal(0, 0.1, (N_HIDDEN, 8)), rng.normal(0, 0.1, (N_HIDDEN, N_HIDDEN))
    output = readout.Params(rng.normal(0, 0.1, (4, N_HIDDEN)), np.zeros(4))
    return variants.Params(rnn.Params(w_x, w_h, np.zeros(N_HIDDEN)), output)


def train(n_steps: int, lr: float, start: str, clip: float | None, seed: int) -> dict:
    """Return the share of right answers along the way, and how long the gradient was."""
    objective = variants.Objective(variants.many_to_one, rnn, losses.softmax_cross_entropy)
    source = batches.endless(lambda rng: data.temporal_order(rng, N_BATCH, n_steps))
    test = data.temporal_order(np.random.default_rng([seed, 2]), 1000, n_steps)
    right, saturated = [], []

    def error(params):
        tape = variants.many_to_one(rnn, params, test.x, lengths=test.lengths)
        right.append(round(float(np.mean(tape.y.argmax(axis=1) == test.target)), 3))
        saturated.append(round(float(np.mean(np.abs(tape.steps.h[1:]) > 0.99)), 3))
        return 1 - right[-1]

    with np.errstate(over="ignore"):
        fit = training.fit(
            objective,
            first_weights(seed, start),
            source,
            optimizers.SGD(lr),
            N_UPDATES,
            seed=seed,
            clip=clip,
            validate=error,
            validate_every=EVERY,
        )
    norms = fit.history.gradient_norm
    return {
        "right": right,
        "last": right[-1],
        "saturated": saturated[-1],
        "largest_norm": float(f"{norms.max():.3g}"),
        "median_norm": float(f"{np.median(norms):.3g}"),
        "norms": [float(f"{norm:.3g}") for norm in norms.reshape(-1, BLOCK).max(axis=1)],
    }


def summary(runs: list[dict]) -> dict:
    """Return what the page quotes of several seeds' runs."""
    last = np.array([run["last"] for run in runs])
    return {
        "low": float(last.min()),
        "median": float(np.median(last)),
        "high": float(last.max()),
        "solved": int(np.sum(last > 0.99)),
        "saturated": [run["saturated"] for run in runs],
        "least_saturated": min(run["saturated"] for run in runs),
        "most_saturated": max(run["saturated"] for run in runs),
        "largest_norm": max(run["largest_norm"] for run in runs),
        "right": [run["right"] for run in runs],
        "largest_norms_of_seed_0": runs[0]["norms"],
    }


def main() -> None:
    """Run everything and store it."""
    found = {
        "command": "python book/results/clipping_temporal_order.py",
        "date": datetime.date.today().isoformat(),
        "versions": {
            "rnnlab": rnnlab.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_updates": N_UPDATES,
        "every": EVERY,
        "block": BLOCK,
        "n_hidden": N_HIDDEN,
    }
    for name, (n_steps, lr, start) in SETTINGS.items():
        found[name] = {"n_steps": n_steps, "lr": lr, "start": start}
        for label, clip in CLIPS.items():
            found[name][label] = summary([train(n_steps, lr, start, clip, seed) for seed in SEEDS])
            print(
                name,
                label,
                {k: v for k, v in found[name][label].items() if k not in ("right", "largest_norms_of_seed_0")},
            )
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
