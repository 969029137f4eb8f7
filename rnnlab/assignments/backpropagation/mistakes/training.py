"""Assignment 4: the wrong ways that students take in 4.5 and 4.6, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 4.5: every training loop below has the signature (x, target, k, lr, n_epochs, weights)


def _run(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    return np.stack(h), np.stack(h[1:]) @ w_y.T + b_y


def _gradients(dy, x, h, w_h, w_y):
    da, carried = np.zeros_like(h[1:]), np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ w_y + carried) * (1 - h[t + 1] ** 2)
        carried = da[t] @ w_h
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    return dw_x, dw_h, da.sum(axis=(0, 1)), np.einsum("tbi,tbj->ij", dy, h[1:]), dy.sum(axis=(0, 1))


def _last_error(y, target):
    dy = np.zeros_like(y)
    dy[-1] = y[-1] - target[-1]
    return dy


def _train(
    x,
    target,
    k,
    lr,
    n_epochs,
    weights,
    *,
    error=_last_error,
    carried=lambda h: h[1],
    starts=lambda n, k: range(n - k + 1),
    restart=True,
    half=0.5,
    mean=False,
):
    epochs = []
    h_0 = np.zeros((x.shape[1], len(weights[2])))
    for _ in range(n_epochs):
        h_0 = 0 * h_0 if restart else h_0
        losses = []
        for t in starts(len(x), k):
            h, y = _run(x[t : t + k], h_0, *weights)
            dy = error(y, target[t : t + k])
            gradients = _gradients(dy, x[t : t + k], h, weights[1], weights[3])
            rate = lr / x.shape[1] if mean else lr
            weights = tuple(w - rate * g for w, g in zip(weights, gradients, strict=True))
            losses.append(half * float(np.sum(_last_error(y, target[t : t + k]) ** 2)))
            h_0 = carried(h)
        epochs.append(sum(losses) / len(losses))
    return weights, np.array(epochs)


def _train_early_target(x, target, *more):
    early = np.concatenate([target[:1], target[:-1]])
    return _train(x, early, *more)


def _train_once_an_epoch(x, target, k, lr, n_epochs, weights, *, summed=1.0):
    epochs = []
    for _ in range(n_epochs):
        h_0, loss, total = np.zeros((x.shape[1], len(weights[2]))), 0.0, [np.zeros_like(w) for w in weights]
        for t in range(len(x) - k + 1):
            h, y = _run(x[t : t + k], h_0, *weights)
            dy = _last_error(y, target[t : t + k])
            gradients = _gradients(dy, x[t : t + k], h, weights[1], weights[3])
            total = [summed * a + b for a, b in zip(total, gradients, strict=True)]
            loss += float(np.sum(dy**2)) / 2
            h_0 = h[1]
        weights = tuple(w - lr * g for w, g in zip(weights, total, strict=True))
        epochs.append(loss / (len(x) - k + 1))
    return weights, np.array(epochs)


def _train_in_place(x, target, k, lr, n_epochs, weights):
    trained, losses = _train(x, target, k, lr, n_epochs, weights)
    for w, new in zip(weights, trained, strict=True):
        w[:] = new
    return weights, losses


_TRAIN_MISTAKES = (
    Mistake(
        "every window from zero",
        "your windows all start from h = 0. Only the first one of an epoch does; a later one starts in the state "
        "that the network has reached.",
        {"train": lambda *args: _train(*args, carried=lambda h: 0 * h[1])},
    ),
    Mistake(
        "state of the window's end",
        "you start the next window in the state at this window's end. The next window begins one step later, not k: "
        "the state there is h[1].",
        {"train": lambda *args: _train(*args, carried=lambda h: h[-1])},
    ),
    Mistake(
        "last window left out",
        "your loop leaves the last window out. The windows start at t = 0, 1, … n - k, which are n - k + 1.",
        {"train": lambda *args: _train(*args, starts=lambda n, k: range(max(1, n - k)))},
    ),
    Mistake(
        "windows side by side",
        "your windows follow each other without overlap. Each one starts a single step after the one before.",
        {"train": lambda *args: _train(*args, starts=lambda n, k: range(0, n - k + 1, k))},
    ),
    Mistake(
        "uphill",
        "your loop climbs: the weights go with the gradient. They go against it.",
        {"train": lambda x, target, k, lr, *more: _train(x, target, k, -lr, *more)},
    ),
    Mistake(
        "all outputs of a window",
        "you train every output of a window. In this loop only the last has an error: y after k steps.",
        {"train": lambda *args: _train(*args, error=lambda y, target: y - target)},
    ),
    Mistake(
        "state kept between epochs",
        "a new epoch of yours goes on from the state where the last one ended. Every epoch sets h to zero.",
        {"train": lambda *args: _train(*args, restart=False)},
    ),
    Mistake(
        "one update an epoch",
        "your weights change once an epoch. In this loop every window ends with an update.",
        {"train": _train_once_an_epoch},
    ),
    Mistake(
        "one update an epoch, from the last window",
        "your weights change once an epoch, and only by the gradient of its last window: those of the others are set "
        "back to zero before they are used. Update within the loop over the windows.",
        {"train": lambda *args: _train_once_an_epoch(*args, summed=0.0)},
    ),
    Mistake(
        "target one step early",
        "you compare the window's output with the target of the step before. The last input of the window at t is "
        "x[t + k - 1], so its target is target[t + k - 1].",
        {"train": _train_early_target},
    ),
    Mistake(
        "averaged over the batch",
        "your gradient is averaged over the batch. The loss here is a sum over the batch, and so is its gradient.",
        {"train": lambda *args: _train(*args, mean=True)},
    ),
    Mistake(
        "loss without its half",
        "your losses are twice too large: the loss whose gradient is y - p is half of the square.",
        {"train": lambda *args: _train(*args, half=1.0)},
    ),
    Mistake(
        "weights overwritten",
        "your loop writes into the weights that it was given. Whoever gave them may want to start there again: make "
        "new ones.",
        {"train": _train_in_place},
    ),
)

_PREDICTIONS = (
    Mistake(
        "one run a weight",
        "you counted one run for each weight. A central difference takes the loss on both sides.",
        {"predicted_runs": lambda: 46},
    ),
    Mistake(
        "one-sided differences",
        "you counted one run for each weight and one in the middle: that is the one-sided difference.",
        {"predicted_runs": lambda: 47},
    ),
    Mistake(
        "biases left out",
        "you left out the biases: they are weights too.",
        {"predicted_runs": lambda: 80},
    ),
    Mistake(
        "steps counted",
        "you multiplied by the number of steps. A run reads all of the sequence, and its 100 steps share one set of "
        "weights.",
        {"predicted_runs": lambda: 9200},
    ),
)

MISTAKES = {"4.5": _TRAIN_MISTAKES, "4.6": _PREDICTIONS}
