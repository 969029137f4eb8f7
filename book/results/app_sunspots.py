"""Does a network beat a line on the sunspots, and how is the number of updates chosen? Three cells, ten seeds.

Writes `app_sunspots.json` beside itself; about two minutes on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, gru, losses, lstm, optimizers, rnn, training, variants

CELLS = {"tanh": rnn, "gru": gru, "lstm": lstm}
N_HIDDEN, N_BATCH, N_STEPS, LONG, EVERY = 8, 16, 40, 600, 25
SEEDS = range(10)
VALUES = data.sunspots().value
YEARS = np.arange(1700, 2009)


def crops(values: np.ndarray) -> object:
    """Return the stream of batches: passages of the series and, one step later, their targets."""

    def draw(rng: np.random.Generator) -> data.Batch:
        at = rng.integers(0, len(values) - N_STEPS, N_BATCH) + np.arange(N_STEPS + 1)[:, None]
        return data.Batch(values[at[:-1], None], values[at[1:], None], per_step=True)

    return batches.endless(draw)


def forecasts(cell: object, params: variants.Params, scaled: np.ndarray, memory: bool = True) -> np.ndarray:
    """Return the forecast of the next value after each; without memory every step begins with a state of zeros."""
    x = scaled[:, None, None] if memory else scaled[None, :, None]
    return variants.many_to_many(cell, params, x).y.ravel()


def error(cell: object, params: variants.Params, mean: float, spread: float, first: int, last: int) -> float:
    """Return the mean squared error of the years `first` to `last`, in the unit of the series."""
    guess = mean + spread * forecasts(cell, params, (VALUES - mean) / spread)[:-1]
    asked = (YEARS[1:] >= first) & (YEARS[1:] <= last)
    return float(np.mean((guess - VALUES[1:])[asked] ** 2))


def train(cell: object, until: int, n_updates: int, seed: int, look: tuple[int, int] | None = None) -> tuple:
    """Train on the years before `until`; return the weights, the scale and, every 25 updates, the error of `look`."""
    known = VALUES[: until - 1700]
    mean, spread = float(known.mean()), float(known.std())
    seen: list[float] = []

    def note(update: training.Update) -> None:
        if look and update.n % EVERY == 0:
            seen.append(error(cell, update.params, mean, spread, *look))

    objective = variants.Objective(variants.many_to_many, cell, losses.mse)
    params = variants.init(cell, np.random.default_rng([seed, 1]), 1, N_HIDDEN, 1)
    source = crops((known - mean) / spread)
    fit = training.fit(
        objective, params, source, optimizers.Adam(0.01), n_updates, seed=seed, clip=1.0, callbacks=[note]
    )
    return fit.params, mean, spread, seen


def without_memory(seed: int) -> float:
    """Return the test error of a network of the same kind that is trained and used one step at a time."""
    known = VALUES[: 1906 - 1700]
    mean, spread = float(known.mean()), float(known.std())
    scaled = (known - mean) / spread
    batch = data.Batch(scaled[None, :-1, None], scaled[None, 1:, None], per_step=True)
    objective = variants.Objective(variants.many_to_many, rnn, losses.mse)
    params = variants.init(rnn, np.random.default_rng([seed, 1]), 1, N_HIDDEN, 1)
    fit = training.fit(objective, params, lambda seed, n: batch, optimizers.Adam(0.01), LONG, seed=seed)
    guess = mean + spread * forecasts(rnn, fit.params, (VALUES - mean) / spread, memory=False)[:-1]
    return float(np.mean((guess - VALUES[1:])[YEARS[1:] >= 1906] ** 2))


def carbon_dioxide(seed: int, seasonal: bool) -> tuple[float, float]:
    """Return the test error on the carbon dioxide of the last third, and how far the last five years are missed.

    The network reads and forecasts either the values themselves or their rise over twelve months.
    """
    values = data.co2().value
    n = 2 * len(values) // 3
    series = values[12:] - values[:-12] if seasonal else values
    known = series[: n - 12] if seasonal else series[:n]
    mean, spread = float(known.mean()), float(known.std())
    objective = variants.Objective(variants.many_to_many, rnn, losses.mse)
    params = variants.init(rnn, np.random.default_rng([seed, 1]), 1, N_HIDDEN, 1)
    source = crops((known - mean) / spread)
    fit = training.fit(objective, params, source, optimizers.Adam(0.01), LONG, seed=seed, clip=1.0)
    guess = mean + spread * forecasts(rnn, fit.params, (series - mean) / spread)[:-1]
    guess = guess + values[1 : len(values) - 12] if seasonal else guess
    missed = (values[-len(guess) :] - guess)[n - len(values) :]
    return float(np.mean(missed**2)), float(missed[-60:].mean())


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/app_sunspots.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_hidden": N_HIDDEN,
        "n_updates": LONG,
        "every": EVERY,
    }
    for name, cell in CELLS.items():
        peeked, chosen, updates = [], [], []
        for seed in SEEDS:
            on_test = train(cell, 1906, LONG, seed, look=(1906, 2008))
            peeked.append([round(e, 1) for e in on_test[3]])
            seen = train(cell, 1870, LONG, seed, look=(1870, 1905))[3]
            updates.append(EVERY * (1 + int(np.argmin(seen))))
            chosen.append(peeked[-1][updates[-1] // EVERY - 1])  # the same run, stopped there
            if name == "gru" and seed == 0:
                params, mean, spread, _ = train(cell, 1906, updates[-1], seed)
                guess = mean + spread * forecasts(cell, params, (VALUES - mean) / spread)[:-1]
                found["guess"] = [round(float(v), 1) for v in guess]
        best = [min(curve) for curve in peeked]
        found[name] = {
            "peeked": peeked,
            "best": best,
            "best_low": min(best),
            "best_high": max(best),
            "chosen": chosen,
            "updates": updates,
            "low": min(chosen),
            "median": float(np.median(chosen)),
            "high": max(chosen),
        }
        print(name, {k: v for k, v in found[name].items() if k != "peeked"}, flush=True)
    found["no_memory"] = [round(without_memory(seed), 1) for seed in SEEDS]
    for name, seasonal in (("co2", False), ("co2 rise", True)):
        runs = [carbon_dioxide(seed, seasonal) for seed in SEEDS[:3]]
        of = [round(error, 4) for error, _ in runs]
        found[name] = {"errors": of, "low": min(of), "high": max(of), "missed": [round(m, 2) for _, m in runs]}
        print(name, found[name])
    print(found["no_memory"])
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
