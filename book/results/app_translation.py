"""Number words to digits and back, in French and German: whole answers right, on numbers that were left out.

Writes `app_translation.json` beside itself; about two minutes on one core.
"""

import datetime
import json
import platform
import re
from collections import Counter
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, gru, losses, optimizers, training, variants

N_HIDDEN, N_BATCH, N_TRAIN = 32, 32, 800
SEEDS = range(5)
FRENCH, GERMAN = (data.number_words(language, 0, 999) for language in ("fr", "de"))


def in_words(text: str) -> list[str]:
    """Return the words of a French number, hyphens apart."""
    return re.split(r"[ -]", text)


TASKS = {  # pairs, and how many updates
    "french": ([(in_words(word), list(digits)) for digits, word in FRENCH], 1000),
    "french backwards": ([(in_words(word)[::-1], list(digits)) for digits, word in FRENCH], 1000),
    "to french": ([(list(digits), in_words(word)) for digits, word in FRENCH], 1500),
    "to french backwards": ([(list(digits)[::-1], in_words(word)) for digits, word in FRENCH], 1500),
    "german letters": ([(list(word), list(digits)) for digits, word in GERMAN], 800),
    "german early": ([(list(word), list(digits)) for digits, word in GERMAN], 250),
    "no state": ([(list(digits), in_words(word)) for digits, word in FRENCH], 1500),
}


def languages(pairs: list) -> tuple[data.Vocabulary, data.Vocabulary]:
    """Return the vocabularies of both sides."""
    return (
        data.Vocabulary.of([a for a, _ in pairs]),
        data.Vocabulary.of([b for _, b in pairs], extra=("<start>", "<end>")),
    )


def blind(batch: data.PairBatch) -> data.PairBatch:
    """Return a batch whose source is one silent step: nothing arrives at the decoder."""
    return batch._replace(x=np.zeros_like(batch.x[:1]), lengths=None)


def answers(params: variants.EncoderDecoder, batch: data.PairBatch, words: data.Vocabulary, most: int = 12) -> list:
    """Return the likeliest next word again and again, up to the end sign."""
    state = gru.forward(params.encoder, batch.x, lengths=batch.lengths).h_n
    token = np.zeros(batch.x.shape[1], int)
    out = []
    for _ in range(most):
        tape = gru.forward(params.decoder, data.one_hot(token, len(words))[None], state)
        state = tape.h_n
        token = (state @ params.readout.w_y.T + params.readout.b_y).argmax(axis=1)
        out.append(token)
    rows = [[words.tokens[i] for i in row] for row in np.array(out).T]
    return [row[: row.index("<end>")] if "<end>" in row else row for row in rows]


def run(name: str, seed: int) -> dict:
    """Train on 800 numbers and count the whole answers that are right, on these and on the other 200."""
    pairs, n_updates = TASKS[name]
    source, target = languages(pairs)
    order = np.random.default_rng([seed, 3]).permutation(len(pairs))
    parts = [data.pair_batch([pairs[i] for i in part], source, target) for part in (order[:N_TRAIN], order[N_TRAIN:])]
    if name == "no state":
        parts = [blind(part) for part in parts]
    params = variants.init_encoder_decoder(
        gru, np.random.default_rng([seed, 1]), len(source), len(target), N_HIDDEN, len(target)
    )
    objective = variants.Objective(variants.encoder_decoder, gru, losses.softmax_cross_entropy)
    fit = training.fit(
        objective, params, batches.Epochs(parts[0], N_BATCH), optimizers.Adam(0.01), n_updates, seed=seed, clip=1.0
    )
    said = [answers(fit.params, part, target) for part in parts]
    asked = [[pairs[i] for i in part] for part in (order[:N_TRAIN], order[N_TRAIN:])]
    right = [
        float(np.mean([a == b for a, (_, b) in zip(*both, strict=True)])) for both in zip(said, asked, strict=True)
    ]
    wrong = [(a, b, c) for (a, b), c in zip(asked[1], said[1], strict=True) if b != c]
    every = [(a, b, c) for (a, b), c in zip(asked[1], said[1], strict=True)]
    return {
        "train": right[0],
        "test": right[1],
        "wrong": wrong,
        "different": len({tuple(a) for a in said[1]}),
        "every": every,
    }


def digit_by_digit(n: int) -> str:
    """Return a French number as a perfect dictionary of digits spells it."""
    word = dict(FRENCH)
    hundreds, tens, units = n // 100, n // 10 % 10, n % 10
    parts = [word[str(hundreds)]] * (hundreds > 1) + ["cent"] * (hundreds > 0)
    parts += [word[str(10 * tens)]] * (tens > 0) + [word[str(units)]] * (units > 0 or n == 0)
    return " ".join(in_words(" ".join(parts)))


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/app_translation.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_hidden": N_HIDDEN,
        "n_train": N_TRAIN,
        "n_test": 1000 - N_TRAIN,
        "digit by digit": float(
            np.mean([digit_by_digit(n) == " ".join(in_words(word)) for n, (_, word) in enumerate(FRENCH)])
        ),
    }
    for name in TASKS:
        runs = [run(name, seed) for seed in SEEDS]
        test = [one["test"] for one in runs]
        found[name] = {
            "n_updates": TASKS[name][1],
            "test": test,
            "train": [one["train"] for one in runs],
            "low": min(test),
            "high": max(test),
            "different": [one["different"] for one in runs],
            "wrong": [[" ".join(a), " ".join(b), " ".join(c)] for a, b, c in runs[0]["wrong"][:20]],
        }
        if name == "to french":
            every = [[" ".join(part) for part in parts] for parts in runs[0]["every"]]
            kept = [parts for parts in every if len(parts[0]) == 5 and parts[0][2] in "79"][:6]
            found[name]["said"] = [[*parts, digit_by_digit(int(parts[0].replace(" ", "")))] for parts in kept]
        if name.startswith("german"):
            places: Counter = Counter()
            for one in runs:
                for _, right, said in one["wrong"]:
                    if len(right) == 3:
                        places.update(i for i in range(3) if said[i : i + 1] != right[i : i + 1])
            found[name]["places"] = [places[i] for i in range(3)]
        print(name, {k: v for k, v in found[name].items() if k != "wrong"}, found[name]["wrong"][:4], flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
