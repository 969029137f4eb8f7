"""Train echo networks on short windows: state carried or zeroed, or recurrent weights left as drawn.

Writes ``echo_truncation.json`` beside this file. About a minute and a half on one core.
"""

import json
import platform
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from rnnlab import data, losses, optimizers, readout, rnn, training, variants

SEEDS = range(8)
N_HIDDEN, N_BATCH, N_UPDATES, LR = 16, 20, 1500, 0.01
CARRIED, ZEROED, LONG = (1, 2, 3, 4, 5, 10), (3, 5, 10, 20), (1, 3)
TEST = data.echo(np.random.default_rng(999), n_batch=20, n_steps=2000)


def start(seed: int) -> variants.Params:
    """Return the first weights."""
    return variants.init(rnn, np.random.default_rng(100 + seed), n_input=1, n_hidden=N_HIDDEN, n_output=1)


def stream(seed: int, n_steps: int) -> data.Batch:
    """Return what is trained on."""
    return data.echo(np.random.default_rng(seed), n_batch=N_BATCH, n_steps=n_steps)


def judged(params: variants.Params, window: int | None = None) -> float:
    """Return the loss on new data, read in one run, or with the state zeroed before each window."""
    n_steps = len(TEST.x)
    width = window or n_steps
    y = [variants.many_to_many(rnn, params, TEST.x[a : a + width]).y for a in range(0, n_steps, width)]
    return float(losses.sigmoid_cross_entropy(np.concatenate(y), TEST.target, TEST.mask)[0])


def carried(seed: int, k: int, n_updates: int = N_UPDATES) -> variants.Params:
    """Train on windows of k steps; each begins in the state in which the one before ended."""
    fit = training.fit_stream(
        rnn, start(seed), stream(seed, n_updates * k), losses.sigmoid_cross_entropy, optimizers.Adam(LR), k=k
    )
    return fit.params


def zeroed(seed: int, k: int) -> variants.Params:
    """Train on the same windows; each begins in the state zero."""
    params, echo, adam = start(seed), stream(seed, N_UPDATES * k), optimizers.Adam(LR)
    state = adam.init(params)
    for a in range(0, len(echo.x), k):
        x, target, mask = (part[a : a + k] for part in (echo.x, echo.target, echo.mask))
        if mask.any():
            tape = variants.many_to_many(rnn, params, x)
            dy = losses.sigmoid_cross_entropy(tape.y, target, mask)[1]
            params, state = adam.update(params, variants.backward(tape, dy)[0], state)
    return params


def readout_only(seed: int, k: int = 10) -> variants.Params:
    """Train the output layer alone; the recurrent weights stay as they were drawn."""
    params, echo, adam = start(seed), stream(seed, N_UPDATES * k), optimizers.Adam(LR)
    h, weights = rnn.forward(params.cell, echo.x).h[1:], params.readout
    state = adam.init(weights)
    for a in range(0, len(h), k):
        tape = readout.forward(weights, h[a : a + k])
        mask = echo.mask[a : a + k]
        if mask.any():
            dy = losses.sigmoid_cross_entropy(tape.y, echo.target[a : a + k], mask)[1]
            weights, state = adam.update(weights, readout.backward(tape, dy)[0], state)
    return params._replace(readout=weights)


def summary(values: list[float]) -> dict:
    """Return the losses with their median, lowest and highest."""
    return {
        "losses": [round(value, 5) for value in values],
        "median": float(np.median(values)),
        "low": min(values),
        "high": max(values),
    }


def main() -> None:
    """Train everything and write the file."""
    began = time.process_time()
    results: dict = {"carried": {}, "zeroed": {}, "zeroed_as_trained": {}, "long": {}}
    for k in CARRIED:
        results["carried"][f"k{k}"] = summary([judged(carried(seed, k)) for seed in SEEDS])
    for k in LONG:
        results["long"][f"k{k}"] = summary([judged(carried(seed, k, 4 * N_UPDATES)) for seed in SEEDS])
    for k in ZEROED:
        trained = [zeroed(seed, k) for seed in SEEDS]
        results["zeroed"][f"k{k}"] = summary([judged(params) for params in trained])
        results["zeroed_as_trained"][f"k{k}"] = summary([judged(params, k) for params in trained])
    results["readout_only"] = summary([judged(readout_only(seed)) for seed in SEEDS])
    about = {
        "command": "python book/results/echo_truncation.py",
        "date": date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "seeds": list(SEEDS),
        "settings": {"n_hidden": N_HIDDEN, "n_batch": N_BATCH, "n_updates": N_UPDATES, "adam": LR, "test_seed": 999},
        "cpu_seconds": round(time.process_time() - began),
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({**results, "about": about}, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
