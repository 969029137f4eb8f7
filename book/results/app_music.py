"""How well does a network predict Bach's chorales, note by note, and what does it write itself?

Writes `app_music.json` beside itself; about three minutes on one core. Nothing of the corpus is stored.
"""

import datetime
import json
import platform
from collections import Counter
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, gru, losses, optimizers, sampling, training, variants

N_PIECES, N_TRAIN, N_VALID = 40, 28, 34
N_HIDDEN, N_BATCH, N_STEPS, N_UPDATES, EVERY = 48, 16, 50, 600, 50
SEEDS = range(3)
TEMPERATURES = (0.0, 0.7, 1.0, 1.5)
BAR = 0  # ends a chord


def tokens(roll: np.ndarray, shift: int = 0) -> np.ndarray:
    """Return a piece as one sequence: the keys of each chord from below, 1 to 88, and then the sign 0."""
    return np.concatenate([[*(np.flatnonzero(chord) + 1 + shift), BAR] for chord in roll]).astype(int)


def source(pieces: list[np.ndarray], transpose: bool, chords: int = 10) -> object:
    """Return the stream of batches: passages that begin with a chord, moved up or down by at most four keys."""
    starts = [np.flatnonzero(np.r_[True, tokens(roll)[:-1] == BAR]) for roll in pieces]

    def draw(rng: np.random.Generator) -> data.Batch:
        rows = []
        for _ in range(N_BATCH):
            n = rng.integers(len(pieces))
            whole = tokens(pieces[n], int(rng.integers(-4, 5)) if transpose else 0)
            at = rng.choice(starts[n][starts[n] < len(whole) - N_STEPS])
            rows.append(np.r_[BAR, whole[at : at + N_STEPS]])
        index = np.stack(rows, axis=1)
        return data.Batch(data.one_hot(index[:-1], 89), index[1:], per_step=True)

    return batches.endless(draw)


def read(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the network reads of a piece and what comes next."""
    whole = np.r_[BAR, tokens(piece)]
    return whole[:-1], whole[1:]


def surprises(params: variants.Params, piece: np.ndarray, memory: bool = True) -> np.ndarray:
    """Return minus the log chance of every token; without memory every step begins with a state of zeros."""
    now, following = read(piece)
    x = data.one_hot(now, 89)
    y = variants.many_to_many(gru, params, x[:, None] if memory else x[None]).y.reshape(len(now), 89)
    y = y - y.max(axis=1, keepdims=True)
    return (np.log(np.exp(y).sum(axis=1, keepdims=True)) - y)[np.arange(len(now)), following]


def mean_loss(params: variants.Params, pieces: list[np.ndarray], memory: bool = True) -> float:
    """Return the loss in nats a token."""
    return float(np.concatenate([surprises(params, piece, memory) for piece in pieces]).mean())


def table_loss(train: list[np.ndarray], test: list[np.ndarray], order: int, transpose: bool) -> float:
    """Return the loss of a table of the last `order` tokens, each mixed with the next shorter one (Witten and Bell)."""
    counts: list[dict] = [{} for _ in range(order + 1)]
    for piece in train:
        for shift in range(-4, 5) if transpose else (0,):
            whole = [BAR] * order + tokens(piece, shift).tolist()
            for t in range(order, len(whole)):
                for n in range(order + 1):
                    counts[n].setdefault(tuple(whole[t - n : t]), Counter())[whole[t]] += 1
    total, n_tokens = 0.0, 0
    for piece in test:
        whole = [BAR] * order + tokens(piece).tolist()
        for t in range(order, len(whole)):
            chance = 1 / 89
            for n in range(order + 1):
                seen = counts[n].get(tuple(whole[t - n : t]))
                if seen:
                    weight = seen.total()
                    chance = (seen[whole[t]] + len(seen) * chance) / (weight + len(seen))
            total -= np.log(chance)
            n_tokens += 1
    return total / n_tokens


def train(pieces: list[np.ndarray], valid: list[np.ndarray], seed: int, transpose: bool, memory: bool = True) -> tuple:
    """Train, and return the weights that did best on the validation pieces with the number of their update."""
    best: list = [np.inf, None, 0]

    def note(update: training.Update) -> None:
        if update.n % EVERY == 0:
            loss = mean_loss(update.params, valid, memory)
            if loss < best[0]:
                best[:] = loss, update.params, update.n

    def forgetful(seed: int, n: int) -> data.Batch:
        x, target, _, _ = draw(seed, n)
        return data.Batch(x.reshape(1, -1, 89), target.reshape(1, -1), per_step=True)

    draw = source(pieces, transpose)
    objective = variants.Objective(variants.many_to_many, gru, losses.softmax_cross_entropy)
    params = variants.init(gru, np.random.default_rng([seed, 1]), 89, N_HIDDEN, 89)
    training.fit(
        objective,
        params,
        draw if memory else forgetful,
        optimizers.Adam(0.01),
        N_UPDATES,
        seed=seed,
        clip=1.0,
        callbacks=[note],
    )
    return best[1], best[2]


def kinds(params: variants.Params, pieces: list[np.ndarray]) -> dict[str, int]:
    """Sort the twenty notes of the test pieces that surprise the network most."""
    notes = []
    for n, piece in enumerate(pieces):
        _, following = read(piece)
        chord = np.cumsum(np.r_[0, following[:-1] == BAR])
        for t, loss in enumerate(surprises(params, piece)):
            notes.append((float(loss), n, int(chord[t]), int(following[t]), t == 0 or following[t - 1] == BAR))
    counted: Counter = Counter()
    for _, n, at, token, lowest in sorted(notes, reverse=True)[:20]:
        piece = pieces[n]
        before = np.flatnonzero(piece[:at].sum(axis=0))
        if token == BAR:
            counted["chord ends early"] += 1
        elif at == 0:
            counted["first chord"] += 1
        elif (token - 1) % 12 not in set(before % 12):
            counted["new note of the scale"] += 1
        elif lowest:
            counted["leap of the bass"] += 1
        else:
            counted["other note"] += 1
    return dict(counted.most_common())


def main() -> None:
    """Run everything and store it."""
    pieces = data.chorales(N_PIECES)
    first, valid, test = pieces[:N_TRAIN], pieces[N_TRAIN:N_VALID], pieces[N_VALID:]
    found: dict = {
        "command": "python book/results/app_music.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_train": len(first),
        "n_valid": len(valid),
        "n_test": len(test),
        "n_hidden": N_HIDDEN,
        "n_updates": N_UPDATES,
        "tokens_a_chord": float(np.mean([len(tokens(p)) / len(p) for p in test])),
        "knowing nothing": float(np.log(89)),
    }
    for name, order in (("frequencies", 0), ("last token", 1), ("last five", 5)):
        found[name] = {"plain": table_loss(first, test, order, False), "moved": table_loss(first, test, order, True)}
        print(name, found[name], flush=True)
    for name, transpose, memory in (("plain", False, True), ("moved", True, True), ("no memory", True, False)):
        fits = [train(first, valid, seed, transpose, memory) for seed in SEEDS]
        of = [mean_loss(params, test, memory) for params, _ in fits]
        found[name] = {
            "losses": of,
            "low": min(of),
            "high": max(of),
            "updates": [n for _, n in fits],
            "train": [mean_loss(params, first, memory) for params, _ in fits],
        }
        print(name, found[name], flush=True)
        if name == "moved":
            params = fits[0][0]
            found["kinds"] = kinds(params, test)
            step = sampling.stepper(gru, params)
            found["written"] = {
                f"{tau:.1f}": sampling.generate(
                    step, None, np.full(4, BAR), 400, np.random.default_rng(5), temperature=tau
                ).T.tolist()
                for tau in TEMPERATURES
            }
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
