"""Mistakes that people made in public code and asked about, in assignments 1 to 6, each in an implementation of ours.

`SEEN` holds for each: the question, the functions that are wrong, and words of the hint that is true of it, or None
where the answers do not tell it from other mistakes.
"""

import numpy as np

from rnnlab import checks


def right(question):
    return checks.find(question).reference


# 1.1 and 1.2


def windows(series, k, horizon, lost=0):
    n = len(series) - k - horizon + 1 - lost
    return np.array([series[i : i + k] for i in range(n)]), np.array([series[i + k + horizon - 1] for i in range(n)])


def of_scaled_series(series, k, horizon):
    lowest, highest = min(series), max(series)
    return windows((series - lowest) / (highest - lowest), k, horizon)


def of_standardised_series(series, horizon):
    standard = (series - np.mean(series)) / np.std(series)
    return float(((standard[horizon:] - standard[:-horizon]) ** 2).mean())


# 2.1, 2.2 and 2.4


def forward(x, h_0, w_x, w_h, b_h, w_y, b_y, start=lambda h_0: h_0, carries=True, read=lambda x_t: x_t):
    h = [h_0]
    state = start(h_0)
    for x_t in x:
        after = np.tanh(read(x_t) @ w_x.T + state @ w_h.T + b_h)
        state = after if carries else state
        h.append(after)
    return np.array(h), np.array(h[1:]) @ w_y.T + b_y


def count_without_second_bias(cell, n_input, n_hidden, n_output):
    whole = right("2.4")["count_parameters"](cell, n_input, n_hidden, n_output)
    return whole - n_hidden if cell == "gru" else whole


# 3.1


def activation_but(name, wrong):
    def activation(asked, a):
        return wrong(a) if asked == name else right("3.1")["activation"](asked, a)

    return {"activation": activation}


def quotient(a):
    value = np.exp(a) / (1 + np.exp(a))
    return value, value - value**2


# 4.1


def _sum_of_exponentials(shifted, how):
    if how == "softmax over all":
        return np.exp(shifted).sum()
    return np.exp(shifted).sum(-1, keepdims=how != "no keepdims")


def entropy(logits, target, mask, how):
    scores = np.where(mask[:, :, None], logits, 0)
    shifted = scores - (scores.max() if how == "largest of all" else scores.max(-1, keepdims=True))
    log_p = shifted - np.log(_sum_of_exponentials(shifted, how))
    chosen = target[:, :, None] == np.arange(scores.shape[2])
    surprise = -(log_p * chosen).sum(-1)
    if how == "epsilon":
        surprise = -np.log((np.exp(log_p) * chosen).sum(-1) + 1e-12)
    n = mask.size if how == "all steps" else mask.sum()
    d = np.where(mask[:, :, None], np.exp(log_p) - chosen, 0)
    return float(surprise[mask].sum() / n), d / mask.sum()


def entropy_with(how):
    return {"cross_entropy": lambda *args: entropy(*args, how)}


def mean_before_mask(y, target, mask):
    error = np.where(mask[:, :, None], y - target, 0)
    return float((error**2).mean()), 2 * error / error.size


# 4.2 and 4.3


def step_back(dh, x, h_before, h_after, w_x, w_h, bias_axis=False, transposed=False):
    da = (1 - h_after * h_after) * dh
    return da @ (w_x.T if transposed else w_x), da @ w_h, da.T @ x, da.T @ h_before, da.sum(0, keepdims=bias_axis)


def way_back(dy, x, h, w_x, w_h, w_y, how):
    n_steps, n_hidden = len(x), len(w_h)
    dw_x, dw_h, dw_y = np.zeros(w_x.shape), np.zeros(w_h.shape), np.zeros(w_y.shape)
    db_h, db_y = np.zeros((n_hidden, 1) if how == "column" else n_hidden), np.zeros(len(w_y))
    dx, carried = np.zeros(x.shape), np.zeros(h[0].shape)
    order = range(n_steps) if how == "forwards" else range(n_steps - 1, -1, -1)
    for t in order:
        da = (carried + (0 if how == "no dy" else dy[t] @ w_y)) * (1 - h[t + 1] ** 2)
        if how == "set":
            dw_x, dw_h, db_h = 0 * dw_x, 0 * dw_h, 0 * db_h
        dw_x, dw_h, db_h = dw_x + da.T @ x[t], dw_h + da.T @ h[t], db_h + da.sum(0)
        dw_y = dw_y + dy[t].T @ h[t + 1]
        db_y = db_y + (db_y if how == "db_y to itself" else dy[t].sum(0))
        dx[t], carried = da @ w_x, da @ (w_h.T if how == "transposed" else w_h)
    return dw_x, dw_h, db_h, dw_y, db_y, dx, dy[0] @ w_y if how == "dh_0 of y" else carried


def way_back_with(how):
    return {"rnn_backward": lambda *args: way_back(*args, how)}


# 4.4


def gradient_check(f, x, df, how):
    step, tolerance = (6e-6, 1e-6) if x.dtype == np.float64 else (5e-3, 1e-2)
    places = list(np.ndindex(*x.shape))
    numeric = np.zeros(x.shape)
    for place in places[1::2] if how == "every second" else places:
        above = x.copy()
        below = above if how == "one array" else x.copy()
        above[place] += step
        if how != "one-sided":
            below[place] -= step
        width = 2 * step if how == "one array" else float(above[place]) - float(below[place])
        numeric[place] = (f(above) - f(below)) / width
    error, size = np.abs(df - numeric), np.max(np.abs(numeric))
    limit = tolerance * (max(size, 1) if how == "size above one" else size)
    worst = places[int(np.argmax(~(error <= limit) if how == "first" else error))]
    return bool(error[worst] <= limit), worst


def check_with(how):
    return {"gradcheck": lambda *args: gradient_check(*args, how)}


# 4.5


def _window_gradients(x, target, h_0, weights):
    """Return the loss of one window, its gradients and the state after its first step."""
    w_x, w_h, _, w_y, b_y = weights
    h, _ = forward(x, h_0, *weights)
    error = h[-1] @ w_y.T + b_y - target
    dy = np.zeros((*x.shape[:2], len(b_y)))
    dy[-1] = error
    dw_x, dw_h, db_h, dw_y, db_y, *_ = way_back(dy, x, h, w_x, w_h, w_y, "")
    return 0.5 * (error**2).sum(), (dw_x, dw_h, db_h, dw_y, db_y), h[1]


def training(x, target, k, lr, n_epochs, weights, how):
    weights, losses = [w.copy() for w in weights], []
    zero = np.zeros((x.shape[1], len(weights[2])))
    h, n = zero, len(x) - k + 1
    for _ in range(n_epochs):
        h, total = h if how == "state kept" else zero, 0.0
        for i in range(n):
            loss, gradients, h = _window_gradients(x[i : i + k], target[i + k - 1], h, weights)
            total += loss
            if how != "once an epoch" or i == n - 1:
                weights = [w - lr * d for w, d in zip(weights, gradients, strict=True)]
        losses.append(total / n)
    return tuple(weights), np.array(losses)


def training_with(how):
    return {"train": lambda *args: training(*args, how)}


# 5.1


def only_the_last_loss_far_back(x, target, weights, k1, k2):
    w_x, w_h, b_h, w_y, _ = weights
    h, y = forward(x, np.zeros((x.shape[1], len(b_h))), *weights)
    dy, sums = y - target, [0.0] * 5
    for t in range(len(x)):
        first = max(0, t + 1 - k2) if t == len(x) - 1 else t
        alone = np.zeros_like(dy[first : t + 1])
        alone[-1] = dy[t]
        more = way_back(alone, x[first : t + 1], h[first : t + 2], w_x, w_h, w_y, "")[:5]
        sums = [a + b for a, b in zip(sums, more, strict=True)]
    return tuple(sums)


# 6.2 to 6.4


def largest_entry(w_h, name):
    return float(w_h.max()) * {"sigmoid": 0.25}.get(name, 1.0)


def together(gradients, c, bound=None, in_place=False):
    bound = c if bound is None else bound
    top = max((abs(g).max(initial=0) for g in gradients.values()), default=0) or 1.0
    norm = top * np.linalg.norm(np.concatenate([g.ravel() / top for g in gradients.values()] or [[0.0]]))
    factor = bound / norm if norm > bound else 1.0
    if in_place:
        for g in gradients.values():
            np.multiply(g, factor, out=g)
        return gradients
    return {name: factor * g for name, g in gradients.items()}


def one_by_one(gradients, c):
    return {name: g * min(1.0, c / (np.linalg.norm(g) or 1.0)) for name, g in gradients.items()}


def without_seed(n_hidden, seed):
    return right("6.4")["orthogonal_init"](n_hidden, np.random.default_rng().integers(2**31))


SEEN = {
    "w-last": ("1.1", {"make_windows": lambda *args: windows(*args, lost=1)}, "last window is not there"),
    "w-minmax": ("1.1", {"make_windows": of_scaled_series}, "scaled to 0 to 1"),
    "p-scaled": ("1.2", {"persistence_mse": of_standardised_series}, "standardised series"),
    "s-tanhpart": (
        "2.1",
        {"rnn_step": lambda x, h, w_x, w_h, b_h: b_h + h @ w_h.T + np.tanh(x @ w_x.T)},
        "input's term alone",
    ),
    "f-zeros": ("2.2", {"rnn_forward": lambda *args: forward(*args, start=np.zeros_like)}, "your loop starts from"),
    "f-squeeze": ("2.2", {"rnn_forward": lambda *args: forward(*args, read=np.squeeze)}, "np.squeeze takes away"),
    "f-nocarry": ("2.2", {"rnn_forward": lambda *args: forward(*args, carries=False)}, "starts from h_0. Step t"),
    "c-bhn": ("2.4", {"count_parameters": count_without_second_bias}, "lacks b_hn"),
    "v-leakyslope": (
        "3.1",
        activation_but("leaky_relu", lambda a: (np.maximum(a, 0.01 * a), (a > 0) * 1.0)),
        "leaky_relu has the slope 0 below 0",
    ),
    "v-quotient": ("3.1", activation_but("sigmoid", quotient), "sigmoid is NaN for large a"),
    "v-tanhvalue": ("3.1", activation_but("tanh", lambda a: (1 - np.tanh(a) ** 2,) * 2), "value of tanh is its slope"),
    "v-relu0": ("3.1", activation_but("relu", lambda a: (np.maximum(0, a), (a >= 0) * 1.0)), "slope 1 at exactly 0"),
    "l-softmaxall": ("4.1", entropy_with("softmax over all"), "one sum over the whole array"),
    "l-maxall": ("4.1", entropy_with("largest of all"), "largest score of the whole array"),
    "l-keepdims": ("4.1", entropy_with("no keepdims"), "keepdims=True"),
    "l-eps": ("4.1", entropy_with("epsilon"), "never exceeds 27.6"),
    "l-mean": ("4.1", entropy_with("all steps"), "number of all steps, the masked ones included"),
    "l-mse-mean": ("4.1", {"mse": mean_before_mask}, "not out of the number that it divides by"),
    "q-keepdims": ("4.2", {"rnn_step_backward": lambda *a: step_back(*a, bias_axis=True)}, "which keepdims leaves"),
    "q-notransposed": ("4.2", {"rnn_step_backward": lambda *a: step_back(*a, transposed=True)}, "multiplied by w_x.T"),
    "r-dropped-dy": ("4.3", way_back_with("no dy"), "only what is carried goes back"),
    "r-set": ("4.3", way_back_with("set"), "are those of step 0 alone"),
    "r-forward": ("4.3", way_back_with("forwards"), "from the first step to the last"),
    "r-dh0": ("4.3", way_back_with("dh_0 of y"), "gradient of the first output"),
    "r-transposed": ("4.3", way_back_with("transposed"), "carried back by w_h.T"),
    "r-dby": ("4.3", way_back_with("db_y to itself"), "db_y stays zero"),
    "r-dby-db": ("4.3", way_back_with("column"), "begins as a column"),
    "g-skip": ("4.4", check_with("every second"), "zero in every second entry"),
    "g-firstbad": ("4.4", check_with("first"), "the first that is off"),
    "g-shared": ("4.4", check_with("one array"), "two names of one array"),
    "g-onesided": ("4.4", check_with("one-sided"), "one-sided difference"),
    "g-maxone": ("4.4", check_with("size above one"), "does not shrink with a gradient below 1"),
    "t-epochs": ("4.5", training_with("state kept"), "Every epoch sets h to zero"),
    "t-zeroed": ("4.5", training_with("once an epoch"), "change once an epoch"),
    "k-final": ("5.1", {"tbptt": only_the_last_loss_far_back}, "only the last loss of yours"),
    "d-maxentry": ("6.2", {"decay_rate": largest_entry}, "largest entry of w_h"),
    "n-each": ("6.3", {"clip_by_norm": one_by_one}, "each by its own norm"),
    "n-inplace": ("6.3", {"clip_by_norm": lambda *args: together(*args, in_place=True)}, "in place"),
    "n-one": ("6.3", {"clip_by_norm": lambda *args: together(*args, bound=1.0)}, "to the norm 1"),
    "i-noseed": ("6.4", {"orthogonal_init": without_seed}, "another one each time"),
}
