"""Assignment 7: the wrong ways that students take in 7.5 and 7.8, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def softmax(a):
    p = np.exp(a - a.max())
    return p / p.sum()


def chosen(rng, p):
    return int(rng.choice(len(p), p=p))


def sampled(
    params,
    start,
    n,
    temperature,
    seed,
    *,
    chances=lambda a, temperature: softmax(a / temperature),
    choose=chosen,
    fed=lambda symbol, start: symbol,
    keep=True,
    fresh=False,
):
    rng = np.random.default_rng(seed)
    h, symbol, symbols = np.zeros(len(params["b_h"])), start, []
    for _ in range(n):
        a = params["w_x"][:, fed(symbol, start)] + params["w_h"] @ h + params["b_h"]
        h = np.tanh(a if keep else a - params["w_h"] @ h)
        p = chances(params["w_y"] @ h + params["b_y"], temperature)
        symbol = choose(np.random.default_rng(seed) if fresh else rng, p)
        symbols.append(symbol)
    return np.array(symbols)


def _likeliest(rng, p):
    return int(np.argmax(p))


def _with_start(params, start, n, temperature, seed):
    return np.concatenate([[start], sampled(params, start, n - 1, temperature, seed)]).astype(int)


def _unshifted(a, temperature):
    p = np.exp(a / temperature)
    return p / p.sum()


_SAMPLE = (
    Mistake(
        "temperature multiplied",
        "your symbols come with the chances softmax(temperature · logits). A high temperature makes chances more "
        "alike, so the logits are divided by it.",
        {"sample": lambda *args: sampled(*args, chances=lambda a, temperature: softmax(a * temperature))},
    ),
    Mistake(
        "temperature twice",
        "your symbols come with the chances softmax(logits / temperature²): the logits are divided by the temperature "
        "in two places.",
        {"sample": lambda *args: sampled(*args, chances=lambda a, temperature: softmax(a / temperature**2))},
    ),
    Mistake(
        "temperature unused",
        "your symbols come with the same chances at every temperature.",
        {"sample": lambda *args: sampled(*args, chances=lambda a, temperature: softmax(a))},
    ),
    Mistake(
        "chances divided by the temperature",
        "you divide by the temperature after the softmax. What comes of that does not add up to 1; and once it is made "
        "to, nothing is left of the temperature. Divide the logits.",
        {"sample": lambda *args: sampled(*args, chances=lambda a, temperature: softmax(a) / temperature)},
    ),
    Mistake(
        "no softmax",
        "you draw with the logits as if they were chances. They may be negative and add up to anything: softmax makes "
        "chances of them.",
        {
            "sample": lambda *args: sampled(
                *args, chances=lambda a, temperature: a / temperature / (a.sum() / temperature)
            )
        },
    ),
    Mistake(
        "always the likeliest",
        "your symbol is always the likeliest one. Draw it, each with its chance.",
        {"sample": lambda *args: sampled(*args, choose=_likeliest)},
    ),
    Mistake(
        "all alike",
        "your symbols all come equally often: the chances that the network gives are not used in the draw.",
        {"sample": lambda *args: sampled(*args, choose=lambda rng, p: int(rng.integers(len(p))))},
    ),
    Mistake(
        "start read at every step",
        "your network reads `start` at every step. From the second step on it reads the symbol that was drawn last.",
        {"sample": lambda *args: sampled(*args, fed=lambda symbol, start: start)},
    ),
    Mistake(
        "state not carried",
        "every step of yours starts from the state 0, so that all but the last symbol is forgotten.",
        {"sample": lambda *args: sampled(*args, keep=False)},
    ),
    Mistake(
        "a new generator at every step",
        "you make the generator inside the loop. From the same seed it draws the same number every time: make it once, "
        "before the loop.",
        {"sample": lambda *args: sampled(*args, fresh=True)},
    ),
    Mistake(
        "seed unused",
        "your symbols do not depend on the seed. np.random.default_rng(seed) is the generator to draw from.",
        {"sample": lambda params, start, n, temperature, seed: sampled(params, start, n, temperature, 0)},
    ),
    Mistake(
        "start among the symbols",
        "your first symbol is `start`. What is asked for are the n symbols that follow it.",
        {"sample": _with_start},
    ),
    Mistake(
        "softmax without a shift",
        "your softmax takes exp of logits that a low temperature has made huge, and exp(1000) is infinite. Take the "
        "largest off first: softmax stays the same.",
        {"sample": lambda *args: sampled(*args, chances=_unshifted)},
    ),
)

_PREDICTIONS = (
    Mistake(
        "square root",
        "3 is what a temperature of 2 would give: it divides the logits by 2 and so takes the root of the ratio.",
        {"predicted_ratio": lambda: 3},
    ),
    Mistake(
        "doubled",
        "the logits double, not the chances: what is log 9 becomes 2 log 9, and exp of that is not 18.",
        {"predicted_ratio": lambda: 18},
    ),
    Mistake(
        "unchanged",
        "at temperature 1 it is 9 to 1. Dividing the logits by 0.5 changes their difference, and with it the ratio.",
        {"predicted_ratio": lambda: 9},
    ),
    Mistake(
        "halved",
        "a temperature below 1 makes the common symbol more common still, and it acts on the logits, not on the ratio.",
        {"predicted_ratio": lambda: 4.5},
    ),
)

MISTAKES = {"7.5": _SAMPLE, "7.8": _PREDICTIONS}
