"""Measure how far one draw of an unbiased gradient is from the full one, and the mean of sixty.

Random cuts (ARTBP) and UORO on untrained networks. Writes ``unbiased_noise.json`` beside this file.
About a minute on one core.
"""

import json
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from rnnlab import bptt, rnn, rtrl

N_NETS, N_STEPS, N_HIDDEN, N_DRAWS = 6, 100, 20, 60
RADII, CUTS = (0.9, 1.2), (0.05, 0.2)


def network(radius: float, seed: int) -> tuple[rnn.Params, np.ndarray, Callable]:
    """Return the weights, the input, and the gradient of half the squared error by the state, as on the page."""
    rng = np.random.default_rng(seed)
    w_h = rng.normal(size=(N_HIDDEN, N_HIDDEN))
    w_h *= radius / abs(np.linalg.eigvals(w_h)).max()
    params = rnn.Params(rng.normal(size=(N_HIDDEN, 1)) / 4, w_h, np.zeros(N_HIDDEN))
    w_y = rng.normal(size=(1, N_HIDDEN)) / 4
    x, target = rng.normal(size=(N_STEPS, 1, 1)), rng.normal(size=(N_STEPS, 1, 1))
    dh = (rnn.forward(params, x).h[1:] @ w_y.T - target) @ w_y
    return params, x, lambda start, h: dh[start : start + len(h)]


def distance(found: np.ndarray, full: np.ndarray) -> float:
    """Return the relative distance between two gradients of w_h."""
    return float(np.linalg.norm(found - full) / np.linalg.norm(full))


def measured(radius: float, rule: Callable) -> dict:
    """Return, over the networks, the distance of one draw (mean of all) and of the mean of all draws."""
    one, mean = [], []
    for seed in range(N_NETS):
        params, x, dloss = network(radius, seed)
        full = bptt.full(rnn, params, x, dloss).dparams.w_h
        rng = np.random.default_rng(seed)
        draws = [rule(params, x, dloss, rng).dparams.w_h for _ in range(N_DRAWS)]
        one.append(float(np.mean([distance(draw, full) for draw in draws])))
        mean.append(distance(np.mean(draws, axis=0), full))
    return {
        "one_draw": [round(value, 4) for value in one],
        "low": min(one),
        "high": max(one),
        "mean_low": min(mean),
        "mean_high": max(mean),
    }


def random_cuts(p: float) -> Callable:
    """Return the rule that cuts with probability p."""
    return lambda params, x, dloss, rng: bptt.randomly_truncated(rnn, params, x, dloss, p=p, rng=rng)


def uoro(params: rnn.Params, x: np.ndarray, dloss: Callable, rng: np.random.Generator) -> bptt.Gradient:
    """Return a gradient by unbiased online recurrent optimization."""
    return rtrl.uoro(rnn, params, x, dloss, rng=rng)


def main() -> None:
    """Measure and write the file."""
    began = time.process_time()
    results: dict = {}
    for radius in RADII:
        rules = {f"cut{round(100 * p)}": random_cuts(p) for p in CUTS} | {"uoro": uoro}
        results[f"rho{round(10 * radius)}"] = {name: measured(radius, rule) for name, rule in rules.items()}
    about = {
        "command": "python book/results/unbiased_noise.py",
        "date": date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "seeds": list(range(N_NETS)),
        "settings": {"n_steps": N_STEPS, "n_hidden": N_HIDDEN, "n_draws": N_DRAWS},
        "cpu_seconds": round(time.process_time() - began),
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({**results, "about": about}, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
