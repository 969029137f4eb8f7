"""Assignment 4: other right ways of writing the answers, in styles that students use. All must get full marks."""

import math

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative

# 4.1


def _mse_loops(y, target, mask):
    n_steps, n_batch, n_output = y.shape
    n, loss, dy = 0, 0.0, np.zeros(y.shape)
    for t in range(n_steps):
        for b in range(n_batch):
            if mask[t, b]:
                n += n_output
                for o in range(n_output):
                    loss += (y[t, b, o] - target[t, b, o]) ** 2
                    dy[t, b, o] = 2 * (y[t, b, o] - target[t, b, o])
    return loss / n, dy / n


def _cross_entropy_loops(logits, target, mask):
    n_steps, n_batch, n_output = logits.shape
    n, loss, d = 0, 0.0, np.zeros(logits.shape)
    for t in range(n_steps):
        for b in range(n_batch):
            if mask[t, b]:
                n += 1
                largest = logits[t, b].max()
                total = 0.0
                for o in range(n_output):
                    total += math.exp(logits[t, b, o] - largest)
                loss += math.log(total) + largest - logits[t, b, target[t, b]]
                for o in range(n_output):
                    d[t, b, o] = math.exp(logits[t, b, o] - largest) / total
                d[t, b, target[t, b]] -= 1.0
    return loss / n, d / n


def _mse_selected(y, target, mask):
    error = y[mask] - target[mask]
    dy = np.zeros_like(y)
    dy[mask] = 2 * error / error.size
    return np.mean(error**2), dy


def _cross_entropy_selected(logits, target, mask):
    a, index = logits[mask], target[mask]
    rows = np.arange(len(a))
    log_p = a - np.logaddexp.reduce(a, axis=1, keepdims=True)
    chosen = np.exp(log_p)
    chosen[rows, index] -= 1
    d = np.zeros_like(logits)
    d[mask] = chosen / len(a)
    return -log_p[rows, index].mean(), d


def _mse_einsum(y, target, mask):
    error = np.where(mask[:, :, None], y, 0.0) - np.where(mask[:, :, None], target, 0.0)
    n = np.count_nonzero(mask) * y.shape[2]
    return np.einsum("tbo,tbo->", error, error) / n, (2 / n) * error


def _cross_entropy_one_hot(logits, target, mask):
    safe = np.where(mask[..., None], logits, 0.0)
    right = (np.arange(logits.shape[2]) == target[..., None]) * mask[..., None]
    shifted = safe - np.max(safe, axis=2)[..., None]
    weight = np.exp(shifted)
    total = weight.sum(2, keepdims=True)
    n = mask.sum()
    loss = ((np.log(total)[..., 0] * mask).sum() - (shifted * right).sum()) / n
    return float(loss), (mask[..., None] * weight / total - right) / n


# 4.2


def _step_loops(dh, x, h_before, h_after, w_x, w_h):
    n_batch, n_hidden = dh.shape
    dx, dh_before = np.zeros(x.shape), np.zeros(dh.shape)
    dw_x, dw_h, db_h = np.zeros(w_x.shape), np.zeros(w_h.shape), np.zeros(n_hidden)
    for b in range(n_batch):
        for i in range(n_hidden):
            da = dh[b, i] * (1.0 - h_after[b, i] * h_after[b, i])
            db_h[i] += da
            for d in range(x.shape[1]):
                dw_x[i, d] += da * x[b, d]
                dx[b, d] += da * w_x[i, d]
            for j in range(n_hidden):
                dw_h[i, j] += da * h_before[b, j]
                dh_before[b, j] += da * w_h[i, j]
    return dx, dh_before, dw_x, dw_h, db_h


_step_numba = njit(_step_loops)


def _step_einsum(dh, x, h_before, h_after, w_x, w_h):
    da = np.einsum("bi,bi->bi", dh, (1 - h_after) * (1 + h_after))
    return (
        np.einsum("bi,id->bd", da, w_x),
        np.einsum("bi,ij->bj", da, w_h),
        np.einsum("bi,bd->id", da, x),
        np.einsum("bi,bj->ij", da, h_before),
        np.einsum("bi->i", da),
    )


def _step_joined(dh, x, h_before, h_after, w_x, w_h):
    da = dh - dh * np.square(h_after)
    n_input = x.shape[1]
    weights = da.T @ np.hstack([x, h_before, np.ones((len(x), 1))])
    inputs = da @ np.hstack([w_x, w_h])
    return inputs[:, :n_input], inputs[:, n_input:], weights[:, :n_input], weights[:, n_input:-1], weights[:, -1]


def _step_columns(dh, x, h_before, h_after, w_x, w_h):
    da = (dh / np.cosh(np.arctanh(h_after)) ** 2).T
    rows = range(len(dh))
    dw_x = sum(np.outer(da[:, b], x[b]) for b in rows)
    dw_h = sum(np.outer(da[:, b], h_before[b]) for b in rows)
    return np.dot(w_x.T, da).T, np.dot(w_h.T, da).T, dw_x, dw_h, np.sum(da, axis=1)


# 4.3


def _back_by_steps(dy, x, h, w_x, w_h, w_y):
    dx, dh = np.zeros_like(x), np.zeros_like(h[0])
    dw_x, dw_h, db_h = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h))
    dw_y, db_y = np.zeros_like(w_y), np.zeros(len(w_y))
    for t in range(len(x) - 1, -1, -1):
        dw_y += dy[t].T @ h[t + 1]
        db_y += dy[t].sum(0)
        dx[t], dh, *step = _step_einsum(dh + dy[t] @ w_y, x[t], h[t], h[t + 1], w_x, w_h)
        dw_x, dw_h, db_h = dw_x + step[0], dw_h + step[1], db_h + step[2]
    return dw_x, dw_h, db_h, dw_y, db_y, dx, dh


@njit
def _da_numba(dh, h, w_h):
    da = np.zeros(dh.shape)
    for s in range(len(dh)):
        t = len(dh) - 1 - s
        for b in range(dh.shape[1]):
            for i in range(len(w_h)):
                a = dh[t, b, i]
                if s > 0:
                    for j in range(len(w_h)):
                        a += da[t + 1, b, j] * w_h[j, i]
                da[t, b, i] = a * (1.0 - h[t + 1, b, i] ** 2)
    return da


def _back_numba(dy, x, h, w_x, w_h, w_y):
    da = _da_numba(dy @ w_y, h, w_h)
    dw_x, dw_h = np.einsum("tbi,tbd->id", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    dw_y, db_y = np.einsum("tbo,tbi->oi", dy, h[1:]), np.einsum("tbo->o", dy)
    return dw_x, dw_h, np.einsum("tbi->i", da), dw_y, db_y, np.einsum("tbi,id->tbd", da, w_x), da[0] @ w_h


def _back_list(dy, x, h, w_x, w_h, w_y):
    slope = 1 - h[1:] ** 2
    das = [np.dot(dy[-1], w_y) * slope[-1]]
    for t in range(len(dy) - 2, -1, -1):
        das.append((np.dot(dy[t], w_y) + np.dot(das[-1], w_h)) * slope[t])
    da = np.array(das[::-1])

    def flat(a):
        return a.reshape(-1, a.shape[-1])

    dw_x, dw_h = flat(da).T @ flat(x), flat(da).T @ flat(h[:-1])
    return dw_x, dw_h, flat(da).sum(0), flat(dy).T @ flat(h[1:]), flat(dy).sum(0), da @ w_x, da[0] @ w_h


def _back_by_paths(dy, x, h, w_x, w_h, w_y):
    """Follow every loss back on its own, without carrying a sum."""
    n_steps = len(dy)
    da = np.zeros_like(h[1:])
    dh_0 = np.zeros_like(h[0])
    for loss in range(n_steps):
        blame = dy[loss] @ w_y
        for t in range(loss, -1, -1):
            blame = blame * (1 - h[t + 1] ** 2)
            da[t] += blame
            blame = blame @ w_h
        dh_0 += blame
    dw_x, dw_h = np.tensordot(da, x, ([0, 1], [0, 1])), np.tensordot(da, h[:-1], ([0, 1], [0, 1]))
    dw_y = np.tensordot(dy, h[1:], ([0, 1], [0, 1]))
    return dw_x, dw_h, da.sum((0, 1)), dw_y, dy.sum((0, 1)), np.tensordot(da, w_x, (2, 0)), dh_0


# 4.4


def _check_restored(f, x, df):
    single = x.dtype == np.float32
    step, tolerance = (5e-3, 1e-2) if single else (1e-5, 1e-6)
    numeric = np.zeros(x.size)
    work = x.copy()
    flat = work.reshape(-1)
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + step
        high, top = f(work), float(flat[i])
        flat[i] = old - step
        numeric[i] = (high - f(work)) / (top - float(flat[i]))
        flat[i] = old
    error = np.abs(numeric - df.reshape(-1))
    worst = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
    scale = max(np.abs(numeric).max(), np.abs(df).max(), 1e-300)
    return bool(error.max() / scale < tolerance), tuple(np.unravel_index(worst, x.shape))


def _check_in_double(f, x, df):
    """Take the differences in double precision, whatever x has."""
    wide, step = x.astype(float), 1e-5
    tolerance = 1e-6 if x.dtype == float else 1e-2
    numeric = np.array(
        [(f(wide + step * e) - f(wide - step * e)) / (2 * step) for e in np.eye(x.size).reshape(-1, *x.shape)]
    ).reshape(x.shape)
    apart = abs(df - numeric)
    limit = tolerance * abs(numeric).max()
    good = True
    worst = (0,) * x.ndim
    for i, value in np.ndenumerate(apart):
        if math.isnan(value):
            return False, i
        good = good and bool(value <= limit)
        if value > apart[worst]:
            worst = i
    return good, worst


def _check_norm(f, x, df):
    step, single = x.dtype.type(np.finfo(x.dtype).eps ** (1 / 3)), x.dtype == np.float32
    numeric = np.zeros(x.shape)
    for i, middle in np.ndenumerate(x):
        ends = []
        for moved in (middle + step, middle - step):
            point = np.array(x)
            point[i] = moved
            ends.append(f(point) / float(2 * step))
        numeric[i] = ends[0] - ends[1]
    error = np.abs(df - numeric)
    ok = np.linalg.norm(error.ravel(), np.inf) <= (1e-2 if single else 1e-6) * np.linalg.norm(numeric.ravel(), np.inf)
    place = np.argwhere(np.isnan(error))[0] if np.isnan(error).any() else np.argwhere(error == error.max())[0]
    return bool(ok), tuple(place.tolist())


def _check_five_points(f, x, df):
    step = float(np.finfo(x.dtype).eps) ** 0.2
    tolerance = 1e-6 if x.dtype == np.float64 else 1e-2

    def at(i, n):
        point = x.copy()
        point[i] += n * step
        return f(point)

    numeric = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        numeric[i] = (8 * (at(i, 1) - at(i, -1)) - (at(i, 2) - at(i, -2))) / (12 * step)
    error = abs(df - numeric)
    worst = np.unravel_index(np.argmax(error), x.shape)
    return bool(error[worst] <= tolerance * abs(numeric).max()), tuple(map(int, worst))


# 4.5


def _train_dict(x, target, k, lr, n_epochs, weights):
    names = ("w_x", "w_h", "b_h", "w_y", "b_y")
    net = {name: w.copy() for name, w in zip(names, weights, strict=True)}
    history = []
    for _ in range(n_epochs):
        state, losses = np.zeros((x.shape[1], net["w_h"].shape[0])), []
        for t in range(len(x) - k + 1):
            h = [state]
            for s in range(k):
                h.append(np.tanh(x[t + s] @ net["w_x"].T + h[-1] @ net["w_h"].T + net["b_h"]))
            e = h[-1] @ net["w_y"].T + net["b_y"] - target[t + k - 1]
            losses.append(0.5 * np.sum(e * e))
            change = {name: np.zeros_like(w) for name, w in net.items()}
            change["w_y"], change["b_y"], dh = e.T @ h[-1], e.sum(axis=0), e @ net["w_y"]
            for s in reversed(range(k)):
                _, dh, dw_x, dw_h, db_h = _step_joined(dh, x[t + s], h[s], h[s + 1], net["w_x"], net["w_h"])
                change["w_x"], change["w_h"] = change["w_x"] + dw_x, change["w_h"] + dw_h
                change["b_h"] = change["b_h"] + db_h
            for name in names:
                net[name] -= lr * change[name]
            state = h[1]
        history.append(np.mean(losses))
    return tuple(net[name] for name in names), np.array(history)


def _window(x, h, weights):
    states = [h]
    for x_t in x:
        states.append(np.tanh(x_t @ weights[0].T + states[-1] @ weights[1].T + weights[2]))
    return np.stack(states)


def _train_by(back):
    def train(x, target, k, lr, n_epochs, weights):
        losses = np.zeros(n_epochs)
        n_windows = len(x) - k + 1
        for epoch in range(n_epochs):
            h = np.zeros((x.shape[1], len(weights[2])))
            for t in range(n_windows):
                states = _window(x[t : t + k], h, weights)
                e = states[-1] @ weights[3].T + weights[4] - target[t + k - 1]
                dy = np.concatenate([np.zeros((k - 1, *e.shape)), e[None]])
                gradients = back(dy, x[t : t + k], states, weights[0], weights[1], weights[3])
                weights = tuple(w - lr * d for w, d in zip(weights, gradients[:5], strict=True))
                losses[epoch] += (e**2).sum() / (2 * n_windows)
                h = states[1]
        return weights, losses

    return train


def _train_recursive(x, target, k, lr, n_epochs, weights):
    if n_epochs == 0:
        return weights, np.zeros(0)
    before, losses = _train_recursive(x, target, k, lr, n_epochs - 1, weights)
    after, last = _train_by(_back_by_paths)(x, target, k, lr, 1, before)
    return after, np.append(losses, last)


ALTERNATIVES = {
    "4.1": (
        Alternative("scalar loops", {"mse": _mse_loops, "cross_entropy": _cross_entropy_loops}),
        Alternative("only the steps that count", {"mse": _mse_selected, "cross_entropy": _cross_entropy_selected}),
        Alternative("einsum and one-hot", {"mse": _mse_einsum, "cross_entropy": _cross_entropy_one_hot}),
        Alternative("Numba", {"mse": njit(_mse_loops), "cross_entropy": njit(_cross_entropy_loops)}),
    ),
    "4.2": (
        Alternative("scalar loops", {"rnn_step_backward": _step_loops}),
        Alternative("einsum", {"rnn_step_backward": _step_einsum}),
        Alternative("one joined matrix", {"rnn_step_backward": _step_joined}),
        Alternative("columns and outer products", {"rnn_step_backward": _step_columns}),
        Alternative("Numba", {"rnn_step_backward": _step_numba}),
    ),
    "4.3": (
        Alternative("step by step", {"rnn_backward": _back_by_steps}),
        Alternative("list of pre-activation gradients", {"rnn_backward": _back_list}),
        Alternative("path by path", {"rnn_backward": _back_by_paths}),
        Alternative("Numba", {"rnn_backward": _back_numba}),
    ),
    "4.4": (
        Alternative("in a copy, put back", {"gradcheck": _check_restored}),
        Alternative("in double precision", {"gradcheck": _check_in_double}),
        Alternative("largest norm of the difference", {"gradcheck": _check_norm}),
        Alternative("five points", {"gradcheck": _check_five_points}),
    ),
    "4.5": (
        Alternative("dict of weights", {"train": _train_dict}),
        Alternative("list of pre-activation gradients", {"train": _train_by(_back_list)}),
        Alternative("Numba's gradient", {"train": _train_by(_back_numba)}),
        Alternative("an epoch after another, by recursion", {"train": _train_recursive}),
    ),
    "4.6": (
        Alternative("a float", {"predicted_runs": lambda: 92.0}),
        Alternative("a NumPy number", {"predicted_runs": lambda: np.int32(92)}),
        Alternative("worked out", {"predicted_runs": lambda: 2 * (5 * (2 + 5 + 1) + 1 * (5 + 1))}),
        Alternative(
            "the sizes of five arrays",
            {"predicted_runs": lambda: 2 * sum(math.prod(shape) for shape in [(5, 2), (5, 5), (5,), (1, 5), (1,)])},
        ),
    ),
}

# Mutants of these and of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {
    "4.1": {
        "a = np.where(mask[..., None], logits, 1)": "what masked steps hold does not count, if it is finite",
        "a = np.where(mask[..., None], logits, -1)": "as above",
    },
    "4.3": {
        "dx, carried = (np.empty_like(x), np.zeros_like(h[1]))": "all states have one shape",
        "dx, carried = (np.empty_like(x), np.zeros_like(h[-1]))": "as above",
    },
    "4.4": {
        "numeric = np.ones(x.size)": "every entry is written over",
        "scale = max(np.abs(numeric).max(), 1e-300, np.abs(df).max())": "the larger of numbers, in any order",
        "numeric = np.ones(x.shape)": "every entry is written over",
        "step = np.finfo(x.dtype).eps ** (1 / 4)": "a step near the best one is good enough for the tolerance",
        "step = np.finfo(x.dtype).eps ** (1 / 2)": "as above",
    },
    "4.5": {
        "start = np.zeros((x.shape[1], len(weights[1])))": "w_h has as many rows as b_h has entries",
    },
}
