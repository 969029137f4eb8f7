"""Which part of a GRU does the adding problem need, how does it compare with an LSTM, and how long does a pass take?

Writes `gru_parts.json` beside itself; about four minutes on one core. The LSTM's runs are in `lstm_parts.json`: the
same task, batches and seeds.
"""

import datetime
import json
import platform
import time
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, fused, gru, lstm, optimizers, rnn, variants

N_HIDDEN, N_BATCH, N_STEPS, N_UPDATES, SMOOTH = 16, 32, 50, 1200, 50
SEEDS = range(8)
FIXED = 40.0  # σ(40) is 1 to the last bit and σ(-40) below 1e-17: the gate stands still and its weights with it
NETWORKS = {  # units, the gate that is fixed and its pre-activation, where the reset gate stands
    "full": (16, None, "after"),
    "reset_open": (16, ("r", FIXED), "after"),
    "update_shut": (16, ("z", -FIXED), "after"),
    "before": (16, None, "before"),
    "same_size": (18, None, "after"),  # 1,171 numbers with the readout, the LSTM of 16 units has 1,233
}
LONG = {"n_steps": 100, "n_hidden": 32, "n_updates": 2000, "seeds": list(range(5)), "n_seeds": 5}
TIMED = (16, 64, 256)  # units


def start(n_hidden: int, fixed: tuple[str, float] | None, seed: int) -> variants.Params:
    """Draw first weights; a fixed gate has no weights and one large bias."""
    params = variants.init(gru, np.random.default_rng([seed, 1]), 2, n_hidden, 1)
    if fixed is not None:
        at = gru.GATES.index(fixed[0])
        rows = slice(at * n_hidden, (at + 1) * n_hidden)
        params.cell.w_x[rows], params.cell.w_h[rows], params.cell.b_h[rows] = 0.0, 0.0, fixed[1]
    return params


def train(n_hidden: int, fixed: tuple[str, float] | None, reset: str, seed: int) -> tuple[variants.Params, np.ndarray]:
    """Return the trained weights and the loss of each update."""
    params = start(n_hidden, fixed, seed)
    if reset == "after":
        source = batches.endless(lambda rng: data.adding(rng, N_BATCH, N_STEPS))
        fit = fused.fit(gru, params, source, optimizers.Adam(0.01), N_UPDATES, seed=seed, clip=1.0)
        return fit.params, fit.history.loss
    adam, rng, losses = optimizers.Adam(0.01), np.random.default_rng(seed), []
    state = adam.init(params)
    for _ in range(N_UPDATES):
        batch = data.adding(rng, N_BATCH, N_STEPS)
        tape = variants.many_to_one(gru, params, batch.x, reset=reset)
        error = tape.y - batch.target
        gradient, _, _ = variants.backward(tape, 2 * error / error.size)
        gradient, _ = optimizers.clip_by_global_norm(gradient, 1.0)
        params, state = adam.update(params, gradient, state)
        losses.append(float(np.mean(error**2)))
    return params, np.array(losses)


def summary(all_losses: list[np.ndarray]) -> dict:
    """Return the mean loss of each 50 updates, and when it first falls below 0.01, for each seed."""
    curves, solved_at = [], []
    for losses in all_losses:
        blocks = losses.reshape(-1, SMOOTH).mean(axis=1)
        curves.append([float(f"{loss:.4g}") for loss in blocks])
        below = np.flatnonzero(blocks < 0.01)
        solved_at.append(int(SMOOTH * (below[0] + 1)) if len(below) else None)
    last = np.array([curve[-1] for curve in curves])
    when = [n for n in solved_at if n is not None]
    return {
        "curves": curves,
        "last": last.tolist(),
        "low": float(last.min()),
        "median": float(np.median(last)),
        "high": float(last.max()),
        "solved_at": solved_at,
        "solved": len(when),
        "first_solved": min(when, default=None),
        "last_solved": max(when, default=None),
    }


def train_long(cell: object, seed: int) -> np.ndarray:
    """Return the loss of each update on the longer task."""
    params = variants.init(cell, np.random.default_rng([seed, 1]), 2, LONG["n_hidden"], 1)
    source = batches.endless(lambda rng: data.adding(rng, N_BATCH, LONG["n_steps"]))
    return fused.fit(cell, params, source, optimizers.Adam(0.01), LONG["n_updates"], seed=seed, clip=1.0).history.loss


def pass_time(cell: object, n_hidden: int) -> float:
    """Return the processor time, in milliseconds, of the fastest of 15 passes forward and back."""
    rng = np.random.default_rng(0)
    params = cell.init(rng, 2, n_hidden)
    x, dh = rng.normal(size=(N_STEPS, N_BATCH, 2)), rng.normal(size=(N_STEPS, N_BATCH, n_hidden))
    times = []
    for _ in range(15):
        begin = time.process_time()
        cell.backward(cell.forward(params, x), dh)
        times.append(time.process_time() - begin)
    return 1000 * min(times)


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/gru_parts.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_steps": N_STEPS,
        "n_hidden": N_HIDDEN,
        "n_updates": N_UPDATES,
        "smooth": SMOOTH,
    }
    for name, setting in NETWORKS.items():
        runs = [train(*setting, seed) for seed in SEEDS]
        found[name] = summary([losses for _, losses in runs])
        if name == "full":
            groups = runs[0][0]
            found["trained"] = [[float(f"{w:.5g}") for w in part.ravel()] for group in groups for part in group]
        print(name, {k: v for k, v in found[name].items() if k != "curves"}, flush=True)
    found["long"] = dict(LONG)
    for name, cell in (("tanh", rnn), ("gru", gru)):
        found["long"][name] = summary([train_long(cell, seed) for seed in LONG["seeds"]])
        print("long", name, {k: v for k, v in found["long"][name].items() if k != "curves"}, flush=True)
    found["time"] = {}
    for n_hidden in TIMED:
        of_gru, of_lstm = pass_time(gru, n_hidden), pass_time(lstm, n_hidden)
        found["time"][f"h{n_hidden}"] = {"gru": of_gru, "lstm": of_lstm, "ratio": of_gru / of_lstm}
        print(n_hidden, found["time"][f"h{n_hidden}"], flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
