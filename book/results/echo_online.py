"""Learn the echo online, with an update after every step of a stream that is read once.

Three gradients: carried forward (RTRL), and taken 1 or 10 steps back. Eight networks are trained side by side.
Writes ``echo_online.json`` beside this file. About half a minute on one core.
"""

import json
import platform
import sys
import time
from collections import deque
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnlab import data

SEEDS = range(8)
N_STEPS, N_HIDDEN, LR, SLOW, BIN = 100_000, 16, 0.01, 0.003, 2_000
LONGEST = 8  # the echoes of the first steps come from flips that were never shown


class Weights(NamedTuple):
    """S networks of one input, H units and one output: recurrent (S, H, 1+H+1), output (S, H) and its bias (S,)."""

    recurrent: np.ndarray
    output: np.ndarray
    bias: np.ndarray


class Forward:
    """The influence of the recurrent weights on the state, (S, H, H, 1+H+1), carried forward."""

    def __init__(self, n: int, n_hidden: int):
        self.influence = np.zeros((n, n_hidden, n_hidden, n_hidden + 2))

    def read(self, z: np.ndarray, slope: np.ndarray, w_h: np.ndarray) -> None:
        """Take in one more step."""
        n, n_hidden = slope.shape
        carried = (w_h @ self.influence.reshape(n, n_hidden, -1)).reshape(self.influence.shape)
        units = np.arange(n_hidden)
        carried[:, units, units] += z[:, None]
        self.influence = carried * slope[:, :, None, None]

    def gradient(self, dh: np.ndarray, w_h: np.ndarray) -> np.ndarray:
        """Return dh times the influence."""
        flat = self.influence.reshape(*dh.shape, -1)
        return (dh[:, None] @ flat).reshape(self.influence.shape[0], *self.influence.shape[2:])


class Back:
    """The last k2 steps, kept to go back through."""

    def __init__(self, k2: int):
        self.steps: deque = deque(maxlen=k2)

    def read(self, z: np.ndarray, slope: np.ndarray, w_h: np.ndarray) -> None:
        """Keep one more step; the oldest drops out."""
        self.steps.append((z, slope))

    def gradient(self, dh: np.ndarray, w_h: np.ndarray) -> np.ndarray:
        """Go back, from the newest step to the oldest."""
        total = np.zeros(())
        for z, slope in reversed(self.steps):
            da = dh * slope
            total = total + da[:, :, None] * z[:, None]
            dh = np.einsum("si,sij->sj", da, w_h)
        return total


def start() -> Weights:
    """Return the first weights, drawn as PyTorch draws them."""
    bound = 1 / np.sqrt(N_HIDDEN)
    draw = [np.random.default_rng(100 + seed) for seed in SEEDS]
    recurrent = np.stack([rng.uniform(-bound, bound, (N_HIDDEN, N_HIDDEN + 2)) for rng in draw])
    output = np.stack([rng.uniform(-bound, bound, N_HIDDEN) for rng in draw])
    return Weights(recurrent, output, np.zeros(len(SEEDS)))


def learn(rule: Forward | Back, n_steps: int = N_STEPS, lr: float = LR) -> np.ndarray:
    """Return the loss of every step before its update, (n_steps, S)."""
    w = start()
    streams = [data.echo(np.random.default_rng(seed), 1, n_steps) for seed in SEEDS]
    x = np.concatenate([echo.x[:, 0] for echo in streams], axis=1)
    target = np.concatenate([echo.target[:, 0] for echo in streams], axis=1)
    h, one = np.zeros((len(SEEDS), N_HIDDEN)), np.ones((len(SEEDS), 1))
    losses = np.empty((n_steps, len(SEEDS)))
    for t in range(n_steps):
        z = np.concatenate([x[t][:, None], h, one], axis=1)
        h = np.tanh(np.einsum("sij,sj->si", w.recurrent, z))
        rule.read(z, 1 - h**2, w.recurrent[:, :, 1:-1])
        y = np.einsum("si,si->s", w.output, h) + w.bias
        losses[t] = np.logaddexp(0, y) - target[t] * y
        if t < LONGEST:
            continue
        dy = 1 / (1 + np.exp(-y)) - target[t]
        gradient = rule.gradient(dy[:, None] * w.output, w.recurrent[:, :, 1:-1])
        w = Weights(w.recurrent - lr * gradient, w.output - lr * dy[:, None] * h, w.bias - lr * dy)
    return losses


def main() -> None:
    """Learn with each rule and write the file."""
    began = time.process_time()
    rules: dict = {
        "rtrl": (Forward(len(SEEDS), N_HIDDEN), LR),
        "rtrl_slow": (Forward(len(SEEDS), N_HIDDEN), SLOW),
        "back1": (Back(1), LR),
        "back10": (Back(10), LR),
    }
    results: dict = {"steps": list(range(BIN, N_STEPS + 1, BIN))}
    for name, (rule, lr) in rules.items():
        losses = learn(rule, lr=lr)
        last = losses[-5 * BIN :].mean(axis=0)
        results[name] = {
            "losses": np.median(losses.reshape(-1, BIN, len(SEEDS)).mean(axis=1), axis=1).round(4).tolist(),
            "last": last.round(4).tolist(),
            "median": float(np.median(last)),
            "low": float(last.min()),
            "high": float(last.max()),
        }
    about = {
        "command": "python book/results/echo_online.py",
        "date": date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "seeds": list(SEEDS),
        "settings": {
            "n_hidden": N_HIDDEN,
            "n_steps": N_STEPS,
            "sgd": LR,
            "bin": BIN,
            "last": 5 * BIN,
            "slow_sgd": SLOW,
        },
        "cpu_seconds": round(time.process_time() - began),
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({**results, "about": about}, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
