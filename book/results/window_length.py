"""Sunspots learned by the sliding-window loop, for five lengths k of the unfolded network and eight seeds each.

Writes ``window_length.json`` beside this file. Half a minute on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numba
import numpy as np

from rnnlab import data, rnn, training, variants

LENGTHS, SEEDS = (1, 2, 3, 6, 12), range(8)
N_HIDDEN, LR, N_EPOCHS = 8, 0.02, 30
N_TRAIN = 206  # 1700 to 1905; the years after them are forecast


def test_error(series: np.ndarray, k: int, seed: int) -> float:
    """Return the mean squared error of the forecasts for 1906 to 2008, each one year ahead."""
    mean, deviation = series[:N_TRAIN].mean(), series[:N_TRAIN].std()
    z = ((series - mean) / deviation)[:, None, None]
    first = variants.init(rnn, np.random.default_rng(seed), n_input=1, n_hidden=N_HIDDEN, n_output=1)
    x, target = z[: N_TRAIN - 1], z[1:N_TRAIN]
    params, _ = training.sliding_window(rnn, first, x, target, k, lr=LR, n_epochs=N_EPOCHS)
    y = variants.many_to_many(rnn, params, z[:-1]).y[N_TRAIN - 1 :, 0, 0]  # the state runs on from 1700
    return float(np.mean((y * deviation + mean - series[N_TRAIN:]) ** 2))


def line_error(series: np.ndarray, n: int) -> float:
    """Return the error, over the same years, of the best line through the last n values, fitted on the years before."""
    rows = np.array([[*series[t - n : t], 1.0] for t in range(n, len(series))])
    weights = np.linalg.lstsq(rows[: N_TRAIN - n], series[n:N_TRAIN], rcond=None)[0]
    return float(np.mean((rows[N_TRAIN - n :] @ weights - series[N_TRAIN:]) ** 2))


def main() -> None:
    """Train, and write the errors with all that is needed to repeat them."""
    series = data.sunspots().value
    errors = {}
    for k in LENGTHS:
        found = [test_error(series, k, seed) for seed in SEEDS]
        errors[f"k{k}"] = {
            "seeds": found,
            "lowest": min(found),
            "median": float(np.median(found)),
            "highest": max(found),
        }
        print(f"k = {k:2d}: {min(found):.0f} to {max(found):.0f}, median {np.median(found):.0f}")
    lines = {f"ar{n}": line_error(series, n) for n in (1, 2, 9)}
    stored = {
        "command": "python book/results/window_length.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
        "seeds": list(SEEDS),
        "settings": {"n_hidden": N_HIDDEN, "lr": LR, "n_epochs": N_EPOCHS, "n_train": N_TRAIN},
        "error": errors,
        "below_ar2": {name: sum(e < lines["ar2"] for e in found["seeds"]) for name, found in errors.items()},
        "baselines": {"persistence": float(np.mean(np.diff(series)[N_TRAIN - 1 :] ** 2)), **lines},
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
