"""Which part of an LSTM does the adding problem need, and what does the forget gate's bias buy? Seven networks.

Writes `lstm_parts.json` beside itself; about two minutes on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, fused, lstm, optimizers, variants

N_HIDDEN, N_BATCH, N_STEPS, N_UPDATES, SMOOTH = 16, 32, 50, 1200, 50
SEEDS = range(8)
OPEN = 40.0  # σ(40) is 1 to the last bit, so the gate stays open and its weights get no gradient
NETWORKS = {  # the forget gate's bias, the gate that is fixed open, tanh on the way out
    "full": (1.0, None, True),
    "bias_0": (0.0, None, True),
    "bias_3": (3.0, None, True),
    "input_open": (1.0, "i", True),
    "forget_open": (1.0, "f", True),
    "output_open": (1.0, "o", True),
    "no_output_tanh": (1.0, None, False),
}


def start(forget_bias: float, opened: str | None, seed: int) -> variants.Params:
    """Draw first weights; the opened gate has no weights and a bias of 40."""
    params = variants.init(lstm, np.random.default_rng([seed, 1]), 2, N_HIDDEN, 1, forget_bias=forget_bias)
    if opened is not None:
        at = lstm.GATES.index(opened)
        rows = slice(at * N_HIDDEN, (at + 1) * N_HIDDEN)
        params.cell.w_x[rows], params.cell.w_h[rows], params.cell.b_h[rows] = 0.0, 0.0, OPEN
    return params


def source() -> object:
    """Return the stream of batches."""
    return batches.endless(lambda rng: data.adding(rng, N_BATCH, N_STEPS))


def loss_without_tanh(params: variants.Params, batch: data.Batch) -> tuple[float, variants.Params]:
    """Return loss and gradient of a many-to-one LSTM whose hidden state is o ⊙ c."""
    (w_x, w_h, b_h), (w_y, b_y) = params
    x = batch.x
    h, c = np.zeros((2, len(x) + 1, x.shape[1], N_HIDDEN))
    gates = x @ w_x.T + b_h
    content = slice(2 * N_HIDDEN, 3 * N_HIDDEN)
    for t in range(len(x)):
        a = gates[t] + h[t] @ w_h.T
        gates[t] = 0.5 + 0.5 * np.tanh(a / 2)
        gates[t, :, content] = np.tanh(a[:, content])
        i, f, g, o = np.split(gates[t], 4, axis=1)
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * c[t + 1]
    error = h[-1] @ w_y.T + b_y - batch.target
    dy = 2 * error / error.size
    dh, dc, da = dy @ w_y, 0.0, np.empty_like(gates)
    for t in reversed(range(len(x))):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        dc = dc + dh * o
        parts = dc * g * i * (1 - i), dc * c[t] * f * (1 - f), dc * i * (1 - g**2), dh * c[t + 1] * o * (1 - o)
        da[t] = np.concatenate(parts, axis=1)
        dh, dc = da[t] @ w_h, dc * f
    cell = lstm.Params(np.einsum("tbk,tbd->kd", da, x), np.einsum("tbk,tbj->kj", da, h[:-1]), da.sum(axis=(0, 1)))
    return float(np.mean(error**2)), type(params)(cell, type(params.readout)(dy.T @ h[-1], dy.sum(axis=0)))


def train_without_tanh(params: variants.Params, seed: int) -> tuple[variants.Params, np.ndarray]:
    """Train as `fused.fit` does, with the cell above."""
    adam, rng, losses = optimizers.Adam(0.01), np.random.default_rng(seed), []
    state = adam.init(params)
    for _ in range(N_UPDATES):
        loss, gradient = loss_without_tanh(params, data.adding(rng, N_BATCH, N_STEPS))
        gradient, _ = optimizers.clip_by_global_norm(gradient, 1.0)
        params, state = adam.update(params, gradient, state)
        losses.append(loss)
    return params, np.array(losses)


def train(forget_bias: float, opened: str | None, tanh: bool, seed: int) -> tuple[variants.Params, np.ndarray]:
    """Return the trained weights and the loss of each update."""
    params = start(forget_bias, opened, seed)
    if not tanh:
        return train_without_tanh(params, seed)
    fit = fused.fit(lstm, params, source(), optimizers.Adam(0.01), N_UPDATES, seed=seed, clip=1.0)
    return fit.params, fit.history.loss


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/lstm_parts.py",
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
        curves, solved_at = [], []
        for seed in SEEDS:
            params, losses = train(*setting, seed)
            blocks = losses.reshape(-1, SMOOTH).mean(axis=1)
            curves.append([float(f"{loss:.4g}") for loss in blocks])
            below = np.flatnonzero(blocks < 0.01)
            solved_at.append(int(SMOOTH * (below[0] + 1)) if len(below) else None)
            if name == "full" and seed == 0:
                found["trained"] = [[float(f"{w:.5g}") for w in part.ravel()] for group in params for part in group]
        last = np.array([curve[-1] for curve in curves])
        when = [n for n in solved_at if n is not None]
        found[name] = {
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
        print(name, {k: v for k, v in found[name].items() if k != "curves"}, flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
