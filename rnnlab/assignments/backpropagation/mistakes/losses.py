"""Assignment 4: the wrong ways that students take in 4.1, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 4.1: mse(y, target, mask) and cross_entropy(logits, target, mask)


def _clean(mask, values):
    return np.where(mask[..., None], values, 0.0)


def _mse(y, target, mask, *, sign=1.0, power=2, factor=2.0, steps=np.sum, outputs=True):
    n = steps(mask) * (y.shape[-1] if outputs else 1)
    error = sign * (_clean(mask, y) - _clean(mask, target))
    return float(np.sum(error**power)) / n, factor * error / n


def _mse_mask_ignored(y, target, mask):
    return float(np.mean((y - target) ** 2)), 2 * (y - target) / y.size


def _mse_mask_multiplied(y, target, mask):
    error = mask[..., None] * (y - target)
    n = np.sum(mask) * y.shape[-1]
    return float(np.sum(error**2)) / n, 2 * error / n


def _mse_gradient_unmasked(y, target, mask):
    n = np.sum(mask) * y.shape[-1]
    return _mse(y, target, mask)[0], 2 * (y - target) / n


def _softmax(a):
    exp = np.exp(a - a.max(axis=-1, keepdims=True))
    return exp / exp.sum(axis=-1, keepdims=True)


def _surprise(a, index):
    a = a - a.max(axis=-1, keepdims=True)
    total = np.log(np.exp(a).sum(axis=-1))
    return total - np.take_along_axis(a, index[..., None], axis=-1)[..., 0]


def _right_class(index, n):
    return np.eye(n)[index]


def _cross_entropy(logits, target, mask, *, steps=np.sum, less=1.0, divided=True, sign=1.0):
    a, index, n = _clean(mask, logits), np.where(mask, target, 0), steps(mask)
    gradient = _softmax(a) - less * _right_class(index, a.shape[-1])
    loss = float(np.sum(np.where(mask, _surprise(a, index), 0.0)))
    return sign * loss / n, _clean(mask, gradient) / (n if divided else 1)


def _cross_entropy_mask_ignored(logits, target, mask):
    return _cross_entropy(logits, target, np.ones_like(mask))


def _cross_entropy_unshifted(logits, target, mask):
    exp = np.exp(_clean(mask, logits))
    p = exp / exp.sum(axis=-1, keepdims=True)
    right = _right_class(np.where(mask, target, 0), logits.shape[-1])
    loss = -np.log((p * right).sum(axis=-1))
    return float(loss[mask].sum()) / mask.sum(), _clean(mask, p - right) / mask.sum()


def _cross_entropy_log_of_zero(logits, target, mask):
    p = _softmax(_clean(mask, logits))
    right = _right_class(np.where(mask, target, 0), logits.shape[-1])
    loss = -np.log((p * right).sum(axis=-1))
    return float(loss[mask].sum()) / mask.sum(), _clean(mask, p - right) / mask.sum()


def _cross_entropy_by(log_p, logits, target, mask):
    """Take the logarithm of the probabilities as `log_p` does, and the gradient from the same probabilities."""
    a, index, n = _clean(mask, logits), np.where(mask, target, 0), np.sum(mask)
    log_p = log_p(a - a.max(axis=2, keepdims=True), a)
    right = _right_class(index, a.shape[-1])
    loss = -np.sum(log_p * right, axis=2)
    return float(loss[mask].sum()) / n, _clean(mask, np.exp(log_p) - right) / n


def _softmax_over_all(shifted, a):
    return shifted - np.log(np.exp(shifted).sum())


def _largest_of_all(shifted, a):
    a = a - a.max()
    return a - np.log(np.exp(a).sum(axis=2, keepdims=True))


def _without_keepdims(shifted, a):
    return shifted - np.log(np.exp(shifted).sum(axis=2))


def _mean_before_mask(logits, target, mask):
    _, d = _cross_entropy(logits, target, mask)
    surprise = _surprise(_clean(mask, logits), np.where(mask, target, 0))
    return float(np.mean(surprise * mask)), d


def _small_number_added(logits, target, mask):
    a, index = _clean(mask, logits), np.where(mask, target, 0)
    p = np.sum(_softmax(a) * _right_class(index, a.shape[-1]), axis=2)
    return float(-np.log(p + 1e-12)[mask].sum()) / np.sum(mask), _cross_entropy(logits, target, mask)[1]


def _nan_to_num(y, target, mask):
    return _mse(np.nan_to_num(y), np.nan_to_num(target), mask)


_LOSS_MISTAKES = (
    Mistake(
        "mask ignored",
        "your mse counts every step. Steps whose mask is False are no part of the loss.",
        {"mse": _mse_mask_ignored},
    ),
    Mistake(
        "mask ignored in the number of steps",
        "your mse leaves masked steps out of the sum but not out of the number that it divides by.",
        {"mse": lambda y, target, mask: _mse(y, target, mask, steps=np.size)},
    ),
    Mistake(
        "gradient unmasked",
        "your mse has the right loss, but its gradient is not zero at the masked steps.",
        {"mse": _mse_gradient_unmasked},
    ),
    Mistake(
        "mask multiplied",
        "your mse multiplies by the mask. What a masked step holds may be NaN, and 0 times NaN is NaN: choose with "
        "np.where before you subtract.",
        {"mse": _mse_mask_multiplied},
    ),
    Mistake(
        "NaN hidden",
        "your mse replaces every NaN by a number, those in steps that count as well. A loss of NaN is the warning that "
        "something has gone wrong: choose the masked steps with np.where and leave the others as they are.",
        {"mse": _nan_to_num},
    ),
    Mistake(
        "gradient without its 2",
        "the gradient of your mse is half of what it should be. What is the derivative of a square?",
        {"mse": lambda y, target, mask: _mse(y, target, mask, factor=1.0)},
    ),
    Mistake(
        "gradient of the wrong sign",
        "the gradient of your mse points the wrong way: it is the one of target - y with respect to the target.",
        {"mse": lambda y, target, mask: _mse(y, target, mask, sign=-1.0)},
    ),
    Mistake(
        "outputs summed",
        "your mse averages over steps but sums over outputs. It is the mean over both.",
        {"mse": lambda y, target, mask: _mse(y, target, mask, outputs=False)},
    ),
    Mistake(
        "error not squared",
        "the loss of your mse lets errors of opposite sign cancel. Where is the square?",
        {"mse": lambda y, target, mask: _mse(y, target, mask, power=1)},
    ),
    Mistake(
        "cross-entropy: mask ignored",
        "your cross_entropy counts every step. Steps whose mask is False are no part of the loss.",
        {"cross_entropy": _cross_entropy_mask_ignored},
    ),
    Mistake(
        "cross-entropy: mask ignored in the number of steps",
        "your cross_entropy leaves masked steps out of the sum but not out of the number that it divides by.",
        {"cross_entropy": lambda a, p, mask: _cross_entropy(a, p, mask, steps=np.size)},
    ),
    Mistake(
        "softmax without the shift",
        "your softmax overflows: np.exp(1000) is infinite. Subtract the largest score first; the quotient stays the "
        "same.",
        {"cross_entropy": _cross_entropy_unshifted},
    ),
    Mistake(
        "logarithm of a vanished probability",
        "your loss is infinite where a probability is too small for a float. Take the logarithm on paper first: "
        "log softmax is a difference, and no quotient has to be formed.",
        {"cross_entropy": _cross_entropy_log_of_zero},
    ),
    Mistake(
        "softmax over the whole array",
        "your softmax divides by one sum over the whole array. Every step of every sequence is a choice of its own: "
        "sum over the classes, the last axis.",
        {"cross_entropy": lambda *args: _cross_entropy_by(_softmax_over_all, *args)},
    ),
    Mistake(
        "largest of the whole array",
        "you subtract the largest score of the whole array. In a step far below it every exponential is 0: subtract "
        "the largest of each step.",
        {"cross_entropy": lambda *args: _cross_entropy_by(_largest_of_all, *args)},
    ),
    Mistake(
        "sum without keepdims",
        "your sum of exponentials has lost its last axis, so that NumPy lines it up with other axes. Give it "
        "keepdims=True.",
        {"cross_entropy": lambda *args: _cross_entropy_by(_without_keepdims, *args)},
    ),
    Mistake(
        "small number in the logarithm",
        "your loss never exceeds 27.6, which is -log(1e-12): a small number is added to the probability. The surprise "
        "has no upper limit; log softmax is a difference of scores and needs no such number.",
        {"cross_entropy": _small_number_added},
    ),
    Mistake(
        "cross-entropy: mean before the mask",
        "the loss of your cross_entropy is divided by the number of all steps, the masked ones included, while its "
        "gradient is not.",
        {"cross_entropy": _mean_before_mask},
    ),
    Mistake(
        "softmax only",
        "the gradient of your cross_entropy is the softmax itself. What has to be taken away at the right class?",
        {"cross_entropy": lambda a, p, mask: _cross_entropy(a, p, mask, less=0.0)},
    ),
    Mistake(
        "cross-entropy: gradient summed",
        "your cross_entropy has a mean for its loss, but the gradient of the sum.",
        {"cross_entropy": lambda a, p, mask: _cross_entropy(a, p, mask, divided=False)},
    ),
    Mistake(
        "log-likelihood for loss",
        "your loss is the logarithm of the probability. A loss falls when things get better: it is minus that.",
        {"cross_entropy": lambda a, p, mask: _cross_entropy(a, p, mask, sign=-1.0)},
    ),
)

MISTAKES = {"4.1": _LOSS_MISTAKES}
