"""Tanh networks that write the numbers 0 to 999 in English letters, alone and as decoders that have read the digits.

`speak` trains language models and counts how many of their samples are numbers at each temperature. `spell` trains
encoder-decoders with teacher forcing, and some with their own letters mixed in, and counts wrong letters by position.
Writes `variants_letters.json` beside itself; about four minutes on one core.
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np

import rnnlab
from rnnlab import batches, data, losses, optimizers, rnn, sampling, training, variants

SPEAK_SEEDS, N_LEARNED, N_UNITS, N_UPDATES, EVERY = range(7), 600, 48, 800, 50
SPELL_SEEDS, SPELL_LEARNED, SPELL_UNITS, SPELL_UPDATES, SHARE = range(5), 800, 64, 4000, 0.25
TEMPERATURES, N_SAMPLES, WIDTHS = (0.5, 1.0, 1.5, 2.0, 3.0), 1000, (1, 2, 5)

NUMBERS = data.number_words("en", 0, 999)
WORDS = [words for _, words in NUMBERS]
LETTERS = data.Vocabulary.of(WORDS, extra=("<start>", "<end>"))
DIGITS = data.Vocabulary.of("0123456789")
START, END = LETTERS.encode(["<start>", "<end>"])
V = len(LETTERS)


def batch(texts: list[str]) -> data.Batch:
    """Return texts as what a language model reads, a start sign and letters, and as targets the letters and an end."""
    x, lengths = data.pad([LETTERS.encode(["<start>", *text]) for text in texts], fill=-1)
    target, _ = data.pad([LETTERS.encode([*text, "<end>"]) for text in texts])
    return data.Batch(data.one_hot(x, V), target, lengths=lengths)


def until_end(tokens: np.ndarray) -> str:
    """Return what stands before the first end sign."""
    letters = LETTERS.decode(tokens)
    return "".join(letters[: letters.index("<end>")] if "<end>" in letters else letters)


def speak(seed: int) -> dict:
    """Train one language model and let it speak."""
    order = np.random.default_rng(0).permutation(len(WORDS))
    learned, rest = [WORDS[n] for n in order[:N_LEARNED]], [WORDS[n] for n in order[N_LEARNED:]]
    objective = variants.Objective(variants.many_to_many, rnn, losses.softmax_cross_entropy)
    test, curve = batch(rest), []

    def validate(params):
        curve.append(float(f"{objective.value(params, test):.4g}"))
        return curve[-1]

    fit = training.fit(
        objective,
        variants.init(rnn, np.random.default_rng([seed, 1]), V, N_UNITS, V),
        batches.endless(lambda rng: batch([learned[n] for n in rng.integers(0, N_LEARNED, 32)])),
        optimizers.Adam(0.01),
        N_UPDATES,
        seed=seed,
        clip=1.0,
        validate=validate,
        validate_every=EVERY,
    )
    params = fit.last
    found: dict = {"curve": curve, "rest": float(objective.value(params, test)), "samples": {}}
    step, start = sampling.stepper(rnn, params), np.full(N_SAMPLES, START)
    for tau in TEMPERATURES:
        rng = np.random.default_rng([seed, 2])
        drawn = sampling.generate(step, np.zeros((N_SAMPLES, N_UNITS)), start, 60, rng, temperature=tau)
        texts = [until_end(row) for row in drawn.T]
        valid = [text for text in texts if text in set(WORDS)]
        found["samples"][str(tau)] = {
            "valid": len(valid) / N_SAMPLES,
            "unseen": float(np.mean([text in set(rest) for text in valid])) if valid else None,
        }
    if seed == 0:
        found["trained"] = [[float(f"{w:.4g}") for w in part.ravel()] for group in params for part in group]
    return found


def mixed(params: variants.EncoderDecoder, pairs: data.PairBatch, rng: np.random.Generator) -> data.PairBatch:
    """Return the batch with a share of what the decoder reads replaced by what it would have written there."""
    y = variants.encoder_decoder(rnn, params, pairs.x, pairs.target_input, lengths=pairs.lengths).y
    own = data.one_hot(y[:-1].argmax(axis=2), V)
    swap = (rng.random(pairs.mask[1:].shape) < SHARE) & pairs.mask[1:]
    read = pairs.target_input.copy()
    read[1:] = np.where(swap[..., None], own, read[1:])
    return pairs._replace(target_input=read)


def spell(seed: int, mix: bool) -> dict:
    """Train one encoder-decoder; write the numbers that it has not seen, forced and freely."""
    order = np.random.default_rng(seed).permutation(len(NUMBERS))
    learned = [NUMBERS[n] for n in order[:SPELL_LEARNED]]
    rest = data.pair_batch([NUMBERS[n] for n in order[SPELL_LEARNED:]], DIGITS, LETTERS)
    objective = variants.Objective(variants.encoder_decoder, rnn, losses.softmax_cross_entropy)
    rng = np.random.default_rng([seed, 3])

    def loss(params, pairs):
        return objective(params, mixed(params, pairs, rng) if mix else pairs)

    params = training.fit(
        loss,
        variants.init_encoder_decoder(rnn, np.random.default_rng([seed, 1]), 10, V, SPELL_UNITS, V),
        batches.endless(
            lambda rng: data.pair_batch([learned[n] for n in rng.integers(0, SPELL_LEARNED, 32)], DIGITS, LETTERS)
        ),
        optimizers.Adam(0.003),
        SPELL_UPDATES,
        seed=seed,
        clip=1.0,
    ).params
    y = variants.encoder_decoder(rnn, params, rest.x, rest.target_input, lengths=rest.lengths).y
    forced = (y.argmax(axis=2) != rest.target) & rest.mask
    state = rnn.forward(params.encoder, rest.x, lengths=rest.lengths).h_n
    n_steps, n_rows = rest.target.shape
    written = sampling.generate(
        sampling.stepper(rnn, params), state, np.full(n_rows, START), n_steps, np.random.default_rng(0), temperature=0
    )
    free = (written != rest.target) & rest.mask
    assert np.array_equal(first_wrong(forced), first_wrong(free)), "both are the same up to the first mistake"
    found = {
        "loss": float(objective.value(params, rest)),
        "forced": float(forced.sum() / rest.mask.sum()),
        "free": float(free.sum() / rest.mask.sum()),
        "whole": float(1 - free.any(axis=0).mean()),
        "forced_by_place": _by_place(forced, rest.mask),
        "free_by_place": _by_place(free, rest.mask),
    }
    if not mix:
        found["beams"] = {str(width): float(np.mean(beams(params, rest, state, width))) for width in WIDTHS}
    if seed == 0 and not mix:
        shown = np.flatnonzero(free.any(axis=0))[:8]
        digits = ["".join(DIGITS.decode(rest.x[: rest.lengths[b], b].argmax(axis=1))) for b in shown]
        found["mistakes"] = [
            [number, until_end(written[:, b]), until_end(y[:, b].argmax(axis=1))]
            for number, b in zip(digits, shown, strict=True)
        ]
    return found


def first_wrong(wrong: np.ndarray) -> np.ndarray:
    """Return the step of each row's first mistake, or the number of steps."""
    return np.where(wrong.any(axis=0), wrong.argmax(axis=0), len(wrong))


def _by_place(wrong: np.ndarray, mask: np.ndarray) -> list[float]:
    return [round(float(w.sum() / m.sum()), 4) for w, m in zip(wrong, mask, strict=True)]


def beams(params: variants.EncoderDecoder, rest: data.PairBatch, state: np.ndarray, width: int) -> list[bool]:
    """Return which numbers a beam search spells right."""
    step, right = sampling.stepper(rnn, params), []
    for b in range(len(state)):
        best = sampling.beam_search(step, state[b : b + 1], int(START), width, 40, end=int(END))[0]
        right.append(best.tokens == rest.target[: rest.mask[:, b].sum(), b].tolist())
    return right


def spread(values: list[float]) -> dict:
    """Return the runs with their lowest, median and highest."""
    return {
        "runs": [float(f"{value:.4g}") for value in values],
        "low": float(min(values)),
        "median": float(np.median(values)),
        "high": float(max(values)),
    }


def main() -> None:
    """Run everything and store it."""
    found: dict = {
        "command": "python book/results/variants_letters.py",
        "date": datetime.date.today().isoformat(),
        "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "letters": LETTERS.tokens,
        "every": EVERY,
    }
    spoken = [speak(seed) for seed in SPEAK_SEEDS]
    found["speak"] = {
        "n_seeds": len(SPEAK_SEEDS),
        "n_learned": N_LEARNED,
        "n_hidden": N_UNITS,
        "n_updates": N_UPDATES,
        "n_samples": N_SAMPLES,
        "curves": [run["curve"] for run in spoken],
        "rest": spread([run["rest"] for run in spoken]),
        "trained": spoken[0]["trained"],
        "valid": {
            f"t{10 * tau:.0f}": spread([run["samples"][str(tau)]["valid"] for run in spoken]) for tau in TEMPERATURES
        },
        "unseen": spread([run["samples"]["1.0"]["unseen"] for run in spoken]),
    }
    print(found["speak"]["rest"], found["speak"]["valid"], found["speak"]["unseen"], flush=True)
    for name, mix in (("forced", False), ("mixed", True)):
        runs = [spell(seed, mix) for seed in SPELL_SEEDS]
        found[name] = {key: spread([run[key] for run in runs]) for key in ("loss", "forced", "free", "whole")}
        found[name] |= {key: [run[key] for run in runs] for key in ("forced_by_place", "free_by_place")}
        if not mix:
            found[name]["mistakes"] = runs[0]["mistakes"]
            found[name]["beams"] = {f"w{w}": spread([run["beams"][str(w)] for run in runs]) for w in WIDTHS}
            print(found[name]["beams"], found[name]["mistakes"])
        print(name, {key: found[name][key] for key in ("loss", "forced", "free", "whole")}, flush=True)
    found["spell"] = {
        "n_seeds": len(SPELL_SEEDS),
        "n_learned": SPELL_LEARNED,
        "n_rest": len(NUMBERS) - SPELL_LEARNED,
        "n_hidden": SPELL_UNITS,
        "n_updates": SPELL_UPDATES,
        "share": SHARE,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
