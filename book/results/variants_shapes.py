"""The four shapes of a recurrent network, each trained on a small task with tanh units; the last one in two tasks.

Writes `variants_shapes.json` beside itself; about a minute on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, losses, optimizers, rnn, training, variants

SEEDS = range(5)
N_HIDDEN = 32
TUNE = np.array([0, 2, 4, 0, 0, 2, 4, 0, 4, 5, 7])  # Frère Jacques, in semitones above its first note
UNSEEN_KEYS = [3, 6, 9]
TRANSLATED, UNSEEN_NUMBERS = 71, 20


def train(objective, params, draw, lr: float, n_updates: int, seed: int):
    """Return the weights after `n_updates` steps of Adam on batches that `draw` makes."""
    return training.fit(
        objective, params, batches.endless(draw), optimizers.Adam(lr), n_updates, seed=seed, clip=1.0
    ).params


def one_to_one(seed: int) -> dict:
    """Name a handwritten digit, all of whose pixels are read at once; three quarters of the pictures are learned."""
    pictures = data.digits()
    x, target = pictures.x[:, :, 0].T, pictures.target
    order = np.random.default_rng(seed).permutation(len(x))
    learned, rest = order[: len(x) * 3 // 4], order[len(x) * 3 // 4 :]

    def objective(params, rows):
        tape = variants.one_to_one(rnn, params, x[rows])
        loss, dy = losses.softmax_cross_entropy(tape.y, target[rows])
        return loss, variants.backward(tape, dy)[0]

    params = variants.init(rnn, np.random.default_rng([seed, 1]), 64, N_HIDDEN, 10)
    params = train(objective, params, lambda rng: rng.choice(learned, 32), 0.01, 500, seed)
    answers = variants.one_to_one(rnn, params, x[rest]).y.argmax(axis=1)
    return {"right": float(np.mean(answers == target[rest])), "said": int(answers[0]), "is": int(target[rest][0])}


def one_to_many(seed: int) -> dict:
    """Continue a first note to a tune in its key; nothing is read afterwards. In semitones above C, over 12."""
    learned = np.array([key for key in range(12) if key not in UNSEEN_KEYS])

    def tunes(keys):
        return keys[:, None] / 12, (TUNE[:, None, None] + keys[None, :, None]) / 12

    def objective(params, batch):
        x, target = batch
        tape = variants.one_to_many(rnn, params, x, len(TUNE))
        loss, dy = losses.mse(tape.y, target)
        return loss, variants.backward(tape, dy)[0]

    params = variants.init(rnn, np.random.default_rng([seed, 1]), 1, N_HIDDEN, 1)
    params = train(objective, params, lambda rng: tunes(rng.choice(learned, 9)), 0.003, 3000, seed)
    x, target = tunes(np.array(UNSEEN_KEYS))
    notes = np.rint(12 * variants.one_to_many(rnn, params, x, len(TUNE)).y)
    first = 12 * variants.one_to_many(rnn, params, np.zeros((1, 1)), len(TUNE)).y[:, 0, 0]
    return {"right": float(np.mean(notes == 12 * target)), "from_c": np.round(first, 2).tolist()}


def many_to_one(seed: int) -> dict:
    """Say whether a review is positive."""
    objective = variants.Objective(variants.many_to_one, rnn, losses.sigmoid_cross_entropy)
    params = variants.init(rnn, np.random.default_rng([seed, 1]), len(data.SENTIMENT_WORDS), N_HIDDEN, 1)
    params = train(objective, params, lambda rng: data.sentiment(rng, 32), 0.01, 600, seed)
    test = data.sentiment(np.random.default_rng([seed, 2]), 1000)
    return {"loss": objective.value(params, test), "said": round(_chance(params, "the film was not dull"), 3)}


def _chance(params, review: str) -> float:
    index = [[data.SENTIMENT_WORDS.index(word)] for word in review.split()]
    y = variants.many_to_one(rnn, params, data.one_hot(np.array(index), len(data.SENTIMENT_WORDS))).y
    return float(1 / (1 + np.exp(-y[0, 0])))


def many_to_many(seed: int) -> dict:
    """Add two binary numbers, lowest bits first, one bit of the sum at each step."""
    objective = variants.Objective(variants.many_to_many, rnn, losses.sigmoid_cross_entropy)
    params = variants.init(rnn, np.random.default_rng([seed, 1]), 2, N_HIDDEN, 1)
    params = train(objective, params, lambda rng: data.binary_adder(rng, 32), 0.01, 500, seed)
    y = variants.many_to_many(rnn, params, np.array([[[1, 1]], [[1, 0]], [[0, 0]]], float)).y[:, 0, 0]
    loss = objective.value(params, data.binary_adder(np.random.default_rng([seed, 2]), 1000))
    return {"loss": loss, "three_plus_one": np.round(1 / (1 + np.exp(-y)), 3).tolist()}


def two_to_three(seed: int) -> dict:
    """Read two numbers, then answer with their sum, difference and product."""

    def draw(rng, n_batch=32):
        x = rng.uniform(-1, 1, (2, n_batch, 1))
        target = np.stack([x[0] + x[1], x[0] - x[1], x[0] * x[1]])
        return data.PairBatch(x, np.concatenate([np.zeros_like(target[:1]), target[:-1]]), target)

    objective = variants.Objective(variants.encoder_decoder, rnn, losses.mse)
    params = variants.init_encoder_decoder(rnn, np.random.default_rng([seed, 1]), 1, 1, N_HIDDEN, 1)
    params = train(objective, params, draw, 0.005, 3000, seed)
    return {"loss": objective.value(params, draw(np.random.default_rng([seed, 2]), 1000))}


def translation(seed: int) -> dict:
    """Translate the numbers 0 to 99 from English to French, word by word; twenty of them are not learned."""
    texts = zip(data.number_words("en", 0, 99), data.number_words("fr", 0, 99), strict=True)
    pairs = [
        (english.replace("-", " ").split(), french.replace("-", " ").split()) for (_, english), (_, french) in texts
    ]
    source = data.Vocabulary.of(english for english, _ in pairs)
    target = data.Vocabulary.of((french for _, french in pairs), extra=("<start>", "<end>"))
    order = [n for n in np.random.default_rng(seed).permutation(100) if n != TRANSLATED]
    rest, learned = order[:UNSEEN_NUMBERS], [*order[UNSEEN_NUMBERS:], TRANSLATED]
    objective = variants.Objective(variants.encoder_decoder, rnn, losses.softmax_cross_entropy)
    params = variants.init_encoder_decoder(
        rnn, np.random.default_rng([seed, 1]), len(source), len(target), N_HIDDEN, len(target)
    )

    def draw(rng):
        return data.pair_batch([pairs[n] for n in rng.choice(learned, 32)], source, target)

    params = train(objective, params, draw, 0.005, 1000, seed)
    right = {n: write(params, pairs[n][0], source, target) == pairs[n][1] for n in (*rest, *learned)}
    return {
        "right": float(np.mean([right[n] for n in rest])),
        "right_learned": float(np.mean([right[n] for n in learned])),
        "said": write(params, pairs[TRANSLATED][0], source, target),
    }


def write(params, words, source, target, most: int = 8) -> list[str]:
    """Return what the decoder writes on its own, each time reading its likeliest word, until it says that it ends."""
    state = rnn.forward(params.encoder, data.one_hot(source.encode(words)[:, None], len(source))).h_n
    word, written = "<start>", []
    while len(written) < most:
        x = data.one_hot(target.encode([word])[:, None], len(target))
        state = rnn.forward(params.decoder, x, state).h_n
        word = target.tokens[int(np.argmax(params.readout.w_y @ state[0] + params.readout.b_y))]
        if word == "<end>":
            break
        written.append(word)
    return written


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/variants_shapes.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": list(SEEDS),
        "n_seeds": len(SEEDS),
        "n_hidden": N_HIDDEN,
        "n_unseen_numbers": UNSEEN_NUMBERS,
    }
    for task in (one_to_one, one_to_many, many_to_one, many_to_many, two_to_three, translation):
        runs = [task(seed) for seed in SEEDS]
        found[task.__name__] = {"first": runs[0]}
        for name in ("right", "right_learned", "loss"):
            if name in runs[0]:
                values = [float(f"{run[name]:.4g}") for run in runs]
                found[task.__name__][name] = {"runs": values, "low": min(values), "high": max(values)}
        print(task.__name__, found[task.__name__], flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
