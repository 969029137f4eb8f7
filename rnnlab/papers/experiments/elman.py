"""Two experiments of the paper on simple recurrent networks, with the gradient of one step as there."""

import itertools
import math

import numpy as np

from rnnlab.papers.claim import Claim, Order

# consonant, vowel, interrupted, high, back, voiced
_FEATURES = {"b": "101001", "d": "101101", "g": "101011", "a": "010011", "i": "010101", "u": "010111"}
_SYLLABLES = ("ba", "dii", "guuu")


def _sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a))


def xor_in_time(seed: int) -> dict[str, float]:
    """Train a 1-2-1 network for 600 passes over 3,000 bits, of which every third is the XOR of the two before."""
    rng = np.random.default_rng([seed, 40])
    w = rng.uniform(-1, 1, 11).tolist()

    def bits() -> list[float]:
        pair = rng.integers(0, 2, (1000, 2))
        return np.column_stack([pair, pair[:, 0] ^ pair[:, 1]]).ravel().astype(float).tolist()

    def through(stream: list[float], w: list[float], lr: float) -> list[float]:
        """Predict each next bit, learn where lr is above 0, and return the errors."""
        a1, a2, u1, u2, v1, v2, b1, b2, o1, o2, b = w
        h1 = h2 = 0.5
        errors = []
        for x, target in itertools.pairwise(stream):
            c1, c2 = h1, h2
            h1 = _sigmoid(a1 * x + u1 * c1 + v1 * c2 + b1)
            h2 = _sigmoid(a2 * x + u2 * c1 + v2 * c2 + b2)
            y = _sigmoid(o1 * h1 + o2 * h2 + b)
            errors.append(y - target)
            if lr:
                d = lr * (y - target) * y * (1 - y)
                d1, d2 = d * o1 * h1 * (1 - h1), d * o2 * h2 * (1 - h2)
                o1, o2, b = o1 - d * h1, o2 - d * h2, b - d
                a1, u1, v1, b1 = a1 - d1 * x, u1 - d1 * c1, v1 - d1 * c2, b1 - d1
                a2, u2, v2, b2 = a2 - d2 * x, u2 - d2 * c1, v2 - d2 * c2, b2 - d2
        w[:] = a1, a2, u1, u2, v1, v2, b1, b2, o1, o2, b
        return errors

    learned = bits()
    for _ in range(600):
        through(learned, w, 0.5)
    error = np.square(through(bits(), w, 0.0))
    known = np.arange(len(error)) % 3 == 1  # the answer after the second bit of a pair is the third
    return {
        "error at the third bit": float(np.sqrt(error[known].mean())),
        "error elsewhere": float(np.sqrt(error[~known].mean())),
    }


def _letters(rng: np.random.Generator, n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of the letters of n syllables, and which of them are consonants."""
    text = "".join(_SYLLABLES[n] for n in rng.integers(0, 3, n))
    vectors = np.array([[float(bit) for bit in _FEATURES[letter]] for letter in text])
    return vectors, vectors[:, 0] == 1


def letters(seed: int) -> dict[str, float]:
    """Train a 6-20-6 network for 200 passes over 1,000 syllables ba, dii, guuu to predict the next letter."""
    rng = np.random.default_rng([seed, 41])
    w = rng.uniform(-0.3, 0.3, (20, 27))  # input, context, bias
    out = rng.uniform(-0.3, 0.3, (6, 21))

    def through(stream: np.ndarray, lr: float) -> np.ndarray:
        given, hidden = np.ones(27), np.ones(21)
        hidden[:20] = 0.5
        errors = np.empty((len(stream) - 1, 6))
        for t in range(len(stream) - 1):
            given[:6], given[6:26] = stream[t], hidden[:20]
            hidden[:20] = 0.5 + 0.5 * np.tanh(w.dot(given) / 2)
            y = 0.5 + 0.5 * np.tanh(out.dot(hidden) / 2)
            errors[t] = e = y - stream[t + 1]
            if lr:
                d = e * y * (1 - y)
                h = hidden[:20]
                dh = d.dot(out[:, :20]) * h * (1 - h)
                out[:] -= lr * d[:, None] * hidden
                w[:] -= lr * dh[:, None] * given
        return errors

    learned, _ = _letters(rng)
    for _ in range(200):
        through(learned, 0.1)
    stream, consonant = _letters(rng)
    error = np.square(through(stream, 0.0))
    at = consonant[1:]
    return {
        "error at consonants": float(np.sqrt(error[at].mean())),
        "error at vowels": float(np.sqrt(error[~at].mean())),
    }


CLAIMS = (
    Claim(
        name="elman-xor",
        title="XOR in time, the dip",
        key="elman1990",
        source="Elman 1990, pages 185 to 187, figure 3",
        status="P",
        says="After 600 passes over 3,000 bits the error dips at every third bit, the only one that can be known.",
        setting="1-2-1, logistic, the copied context, gradient of one step; step 0.5, first weights from U(-1, 1); "
        "3,000 new bits",
        deviations=("step size and first weights are not given in the paper",),
        metric="root mean squared error",
        rule=Order("error at the third bit", "error elsewhere", own_setting=True),
        run=xor_in_time,
    ),
    Claim(
        name="elman-letters",
        title="letters ba, dii, guuu",
        key="elman1990",
        source="Elman 1990, pages 187 to 191",
        status="P",
        says="Predicting the letters of ba, dii and guuu, the error is high at consonants and low at vowels.",
        setting="6-20-6, 1,000 syllables, 200 passes, gradient of one step; step 0.1, first weights from U(-0.3, "
        "0.3); judged "
        "on 1,000 new syllables",
        deviations=("step size and first weights are not given in the paper",),
        metric="root mean squared error of a feature",
        rule=Order("error at vowels", "error at consonants", own_setting=True),
        run=letters,
    ),
)
