"""Assignment 4: the wrong ways that students take, each with the sentence that helps."""

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

# 4.2: every step back below has the signature (dh, x, h_before, h_after, w_x, w_h)


def _slope(h):
    return 1 - h**2


def _step(dh, x, before, after, w_x, w_h, *, slope=_slope, for_w_h=None, average=1.0):
    da = dh * slope(after)
    state = before if for_w_h is None else for_w_h
    return da @ w_x, da @ w_h, average * da.T @ x, average * da.T @ state, average * da.sum(axis=0)


def _step_overwrites(dh, x, before, after, w_x, w_h):
    dh *= 1 - after**2
    return dh @ w_x, dh @ w_h, dh.T @ x, dh.T @ before, dh.sum(axis=0)


def _step_w_h_as_forward(dh, x, before, after, w_x, w_h):
    dx, _, *weights = _step(dh, x, before, after, w_x, w_h)
    return dx, (dh * _slope(after)) @ w_h.T, *weights


def _step_w_x_as_forward(dh, x, before, after, w_x, w_h):
    _, *others = _step(dh, x, before, after, w_x, w_h)
    return (dh * _slope(after)) @ w_x.T, *others


def _step_weights_transposed(*args):
    dx, dh_before, dw_x, dw_h, db_h = _step(*args)
    return dx, dh_before, dw_x.T, dw_h.T, db_h


def _step_bias_by_row(dh, x, before, after, w_x, w_h):
    *others, _ = _step(dh, x, before, after, w_x, w_h)
    return *others, dh * _slope(after)


_STEP_MISTAKES = (
    Mistake(
        "no slope",
        "your gradients are those of a network without tanh. On its way back the gradient meets the slope of tanh.",
        {"rnn_step_backward": lambda *args: _step(*args, slope=np.ones_like)},
    ),
    Mistake(
        "1 - h",
        "your slope is 1 - h. The slope of tanh is 1 - tanh², and h is that tanh.",
        {"rnn_step_backward": lambda *args: _step(*args, slope=lambda h: 1 - h)},
    ),
    Mistake(
        "slope at h instead of a",
        "your slope is 1 - tanh(h)²: h is tanh of the pre-activation already.",
        {"rnn_step_backward": lambda *args: _step(*args, slope=lambda h: 1 - np.tanh(h) ** 2)},
    ),
    Mistake(
        "slope at the state before",
        "your slope is taken at h_before. It is this step's tanh that is passed: h_after.",
        {
            "rnn_step_backward": lambda dh, x, before, after, w_x, w_h: _step(
                dh, x, before, after, w_x, w_h, slope=lambda h: 1 - before**2
            )
        },
    ),
    Mistake(
        "w_h as in the forward pass",
        "your dh_before is multiplied by w_h.T, as in the forward pass. Back means the transpose of what was forward.",
        {"rnn_step_backward": _step_w_h_as_forward},
    ),
    Mistake(
        "w_x as in the forward pass",
        "your dx is multiplied by w_x.T, as in the forward pass. Back means the transpose of what was forward.",
        {"rnn_step_backward": _step_w_x_as_forward},
    ),
    Mistake(
        "weights' gradients transposed",
        "your dw_x and dw_h are transposed. A gradient has the shape of what it belongs to: w_x is (H, D), and row i "
        "of both belongs to unit i.",
        {"rnn_step_backward": _step_weights_transposed},
    ),
    Mistake(
        "h_after for h_before",
        "your dw_h is made with h_after. Which state was it that w_h was multiplied with?",
        {
            "rnn_step_backward": lambda dh, x, before, after, w_x, w_h: _step(
                dh, x, before, after, w_x, w_h, for_w_h=after
            )
        },
    ),
    Mistake(
        "averaged over the batch",
        "your weights' gradients are averaged over the batch. Here they are summed: any mean is in dh already.",
        {"rnn_step_backward": lambda dh, *args: _step(dh, *args, average=1 / len(dh))},
    ),
    Mistake(
        "bias by row",
        "your db_h has one row per sequence. All rows use the same bias, so their gradients are summed.",
        {"rnn_step_backward": _step_bias_by_row},
    ),
    Mistake(
        "dh overwritten",
        "your function overwrites dh. Whoever called it may still need it: make a new array.",
        {"rnn_step_backward": _step_overwrites},
    ),
)

# 4.3: every backward pass below has the signature (dy, x, h, w_x, w_h, w_y)


def _carry(da, w_h):
    return da @ w_h


def _sum_da(dy, h, w_h, w_y, *, slope, carry, keep, order):
    da, dh = np.zeros_like(h[1:]), np.zeros_like(h[0])
    for t in order(range(len(dy))):
        da[t] = (dy[t] @ w_y + keep * dh) * slope(h[t + 1])
        dh = carry(da[t], w_h)
    return da, dh


def _backward(
    dy, x, h, w_x, w_h, w_y, *, slope=_slope, carry=_carry, keep=1.0, order=reversed, state=slice(None, -1), mean=1.0
):
    da, dh_0 = _sum_da(dy, h, w_h, w_y, slope=slope, carry=carry, keep=keep, order=order)
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[state])
    dw_y, db_y = np.einsum("tbi,tbj->ij", dy, h[1:]), dy.sum(axis=(0, 1))
    return mean * dw_x, mean * dw_h, mean * da.sum(axis=(0, 1)), mean * dw_y, mean * db_y, da @ w_x, dh_0


def _backward_slope_before(dy, x, h, w_x, w_h, w_y):
    shifted = np.concatenate([h[:1], h[:-1]])
    _, *_, dx, dh_0 = _backward(dy, x, shifted, w_x, w_h, w_y)
    da, _ = _sum_da(dy, shifted, w_h, w_y, slope=_slope, carry=_carry, keep=1.0, order=reversed)
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    _, _, _, dw_y, db_y, _, _ = _backward(dy, x, h, w_x, w_h, w_y)
    return dw_x, dw_h, da.sum(axis=(0, 1)), dw_y, db_y, dx, dh_0


def _backward_slope_once(dy, x, h, w_x, w_h, w_y):
    """Leave out the slope for what is carried."""
    da, dh = np.zeros_like(h[1:]), np.zeros_like(h[0])
    for t in reversed(range(len(dy))):
        da[t] = (dy[t] @ w_y) * _slope(h[t + 1]) + dh
        dh = da[t] @ w_h
    dw_x, dw_h = np.einsum("tbi,tbj->ij", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    _, _, _, dw_y, db_y, _, _ = _backward(dy, x, h, w_x, w_h, w_y)
    return dw_x, dw_h, da.sum(axis=(0, 1)), dw_y, db_y, da @ w_x, dh


def _backward_last_only(dy, x, h, w_x, w_h, w_y):
    last = np.zeros_like(dy)
    last[-1] = dy[-1]
    return _backward(last, x, h, w_x, w_h, w_y)


def _backward_output_late(dy, x, h, w_x, w_h, w_y):
    answer = _backward(dy, x, h, w_x, w_h, w_y)
    return *answer[:3], np.einsum("tbi,tbj->ij", dy, h[:-1]), *answer[4:]


def _backward_stops_early(dy, x, h, w_x, w_h, w_y):
    da, _ = _sum_da(dy, h, w_h, w_y, slope=_slope, carry=_carry, keep=1.0, order=reversed)
    return *_backward(dy, x, h, w_x, w_h, w_y)[:-1], da[0]


def _backward_inputs_as_forward(dy, x, h, w_x, w_h, w_y):
    da, _ = _sum_da(dy, h, w_h, w_y, slope=_slope, carry=_carry, keep=1.0, order=reversed)
    *others, _, dh_0 = _backward(dy, x, h, w_x, w_h, w_y)
    return *others, da @ w_x.T, dh_0


_BACKWARD_MISTAKES = (
    Mistake(
        "carried dh dropped",
        "your gradient is the one you get when the dh carried from step t + 1 is dropped. A state is used twice: for "
        "this step's output and for the next state.",
        {"rnn_backward": lambda *args: _backward(*args, keep=0.0)},
    ),
    Mistake(
        "w_h as in the forward pass",
        "your gradient is carried back by w_h.T, as in the forward pass. Back means the transpose of what was forward.",
        {"rnn_backward": lambda *args: _backward(*args, carry=lambda da, w_h: da @ w_h.T)},
    ),
    Mistake(
        "no slope",
        "your gradient never meets the slope of tanh.",
        {"rnn_backward": lambda *args: _backward(*args, slope=np.ones_like)},
    ),
    Mistake(
        "1 - h",
        "your slope is 1 - h. The slope of tanh is 1 - tanh², and h is that tanh.",
        {"rnn_backward": lambda *args: _backward(*args, slope=lambda h: 1 - h)},
    ),
    Mistake(
        "slope at h instead of a",
        "your slope is 1 - tanh(h)²: h is tanh of the pre-activation already.",
        {"rnn_backward": lambda *args: _backward(*args, slope=lambda h: 1 - np.tanh(h) ** 2)},
    ),
    Mistake(
        "slope at the state before",
        "your slope of step t is taken at h[t], the state before it. Step t made h[t + 1].",
        {"rnn_backward": _backward_slope_before},
    ),
    Mistake(
        "carried without the slope",
        "what you carry back from step t + 1 joins only after the slope of step t. Both parts of dh go through this "
        "step's tanh: add first.",
        {"rnn_backward": _backward_slope_once},
    ),
    Mistake(
        "h[t + 1] for h[t]",
        "your dw_h is made with h[t + 1]. Which state was it that w_h was multiplied with at step t?",
        {"rnn_backward": lambda *args: _backward(*args, state=slice(1, None))},
    ),
    Mistake(
        "from the first step on",
        "your loop runs from the first step to the last. What is carried comes from step t + 1, so start at the end.",
        {"rnn_backward": lambda *args: _backward(*args, order=iter)},
    ),
    Mistake(
        "only the last output",
        "only the last output's gradient goes into yours. Every step has an output and every dy[t] counts.",
        {"rnn_backward": _backward_last_only},
    ),
    Mistake(
        "output weights one step early",
        "your dw_y is made with the states before each step. The output y[t] was read from h[t + 1].",
        {"rnn_backward": _backward_output_late},
    ),
    Mistake(
        "dh_0 is one step short",
        "your dh_0 is the gradient of step 0's pre-activation. It still has to go through w_h to reach h[0].",
        {"rnn_backward": _backward_stops_early},
    ),
    Mistake(
        "w_x as in the forward pass",
        "your dx is multiplied by w_x.T, as in the forward pass. Back means the transpose of what was forward.",
        {"rnn_backward": _backward_inputs_as_forward},
    ),
    Mistake(
        "averaged over the batch",
        "your weights' gradients are averaged over the batch. Here they are summed: any mean is in dy already.",
        {"rnn_backward": lambda dy, *args: _backward(dy, *args, mean=1 / dy.shape[1])},
    ),
    Mistake(
        "averaged over the steps",
        "your weights' gradients are averaged over the steps. The same weights are used at every step, so what the "
        "steps say is summed.",
        {"rnn_backward": lambda dy, *args: _backward(dy, *args, mean=1 / len(dy))},
    ),
)

# 4.4: gradcheck(f, x, df)


def _tolerance(x):
    return 1e-6 if x.dtype == np.float64 else 1e-2


def _step_size(x):
    return np.finfo(x.dtype).eps ** (1 / 3)


def _differences(f, x, step, *, back=1.0, over=2.0):
    numeric = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= back * step
        numeric[i] = (f(up) - f(down)) / (over * step)
    return numeric


def _place(error):
    return tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))


def _verdict(numeric, df, tolerance):
    error = np.abs(df - numeric)
    return bool(error.max() <= tolerance * np.abs(numeric).max()), _place(error)


def _check(f, x, df, **differences):
    return _verdict(_differences(f, x, _step_size(x), **differences), df, _tolerance(x))


def _absolute(f, x, df):
    error = np.abs(df - _differences(f, x, _step_size(x)))
    return bool(error.max() <= _tolerance(x)), _place(error)


def _quotient_of_zeros(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric) / np.abs(numeric).max()
    return bool(error.max() <= _tolerance(x)), _place(error)


def _signed(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = df - numeric
    return bool(error.max() <= _tolerance(x) * np.abs(numeric).max()), _place(error)


def _nan_passes(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric)
    return not (error > _tolerance(x) * np.abs(numeric).max()).any(), _place(error)


def _lengths_only(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    longer, shorter = np.linalg.norm(numeric), np.linalg.norm(df)
    return bool(abs(longer - shorter) <= _tolerance(x) * longer), _place(np.abs(df - numeric))


def _first_entry_only(f, x, df):
    numeric = _differences(f, x, _step_size(x))
    error = np.abs(df - numeric)
    return bool(error.flat[0] <= _tolerance(x) * np.abs(numeric).max()), _place(error)


def _moved_and_back(f, x, df):
    numeric = np.zeros(x.shape)
    step = _step_size(x)
    for i in np.ndindex(x.shape):
        x[i] += step
        up = f(x)
        x[i] -= 2 * step
        numeric[i] = (up - f(x)) / (2 * step)
        x[i] += step
    return _verdict(numeric, df, _tolerance(x))


_GRADCHECK_MISTAKES = (
    Mistake(
        "forward differences",
        "your numeric gradient is a one-sided difference: its error is proportional to the step and too large for the "
        "tolerance. Step to both sides.",
        {"gradcheck": lambda f, x, df: _check(f, x, df, back=0.0, over=1.0)},
    ),
    Mistake(
        "divided by one step",
        "your numeric gradient is twice too large. From x - step to x + step it is two steps.",
        {"gradcheck": lambda f, x, df: _check(f, x, df, over=1.0)},
    ),
    Mistake(
        "absolute error",
        "your verdict depends on how large the function is: an error of 1e-6 is nothing in a gradient of 1e6 and "
        "everything in one of 1e-8. Divide by the size of the gradient.",
        {"gradcheck": _absolute},
    ),
    Mistake(
        "zero by zero",
        "your check divides zero by zero where the gradient is zero, and a right one is called wrong.",
        {"gradcheck": _quotient_of_zeros},
    ),
    Mistake(
        "differences of either sign",
        "your check misses entries that are too small: take the magnitude of the difference.",
        {"gradcheck": _signed},
    ),
    Mistake(
        "NaN passes",
        "your check lets NaN pass: every comparison with NaN is False, so ask whether the error is small, not whether "
        "it is large.",
        {"gradcheck": _nan_passes},
    ),
    Mistake(
        "lengths compared",
        "your check compares the lengths of two vectors. Vectors of one length may point anywhere: take the length of "
        "their difference.",
        {"gradcheck": _lengths_only},
    ),
    Mistake(
        "only the first entry",
        "your verdict looks at the first entry only.",
        {"gradcheck": _first_entry_only},
    ),
    Mistake(
        "one tolerance for both precisions",
        "your check calls right gradients wrong in single precision, where differences have only two or three digits. "
        "Step and tolerance depend on x.dtype.",
        {"gradcheck": lambda f, x, df: _verdict(_differences(f, x, _step_size(x)), df, 1e-6)},
    ),
    Mistake(
        "the least wrong entry",
        "your verdict is right, but the entry that you name is the one with the smallest error.",
        {"gradcheck": lambda f, x, df: (_check(f, x, df)[0], _place(-np.abs(df - _differences(f, x, 1e-5))))},
    ),
    Mistake(
        "x moved and moved back",
        "your check adds the step to x and takes it away again, which leaves x rounded to other digits. Work on "
        "copies, or keep the number and put it back.",
        {"gradcheck": _moved_and_back},
    ),
)

# 4.5: every training loop below has the signature (x, target, k, lr, n_epochs, weights)


def _run(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    return np.stack(h), np.stack(h[1:]) @ w_y.T + b_y


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
            gradients = _backward(dy, x[t : t + k], h, weights[0], weights[1], weights[3])
            rate = lr / x.shape[1] if mean else lr
            weights = tuple(w - rate * g for w, g in zip(weights, gradients[:5], strict=True))
            losses.append(half * float(np.sum(_last_error(y, target[t : t + k]) ** 2)))
            h_0 = carried(h)
        epochs.append(sum(losses) / len(losses))
    return weights, np.array(epochs)


def _train_early_target(x, target, *more):
    early = np.concatenate([target[:1], target[:-1]])
    return _train(x, early, *more)


def _train_once_an_epoch(x, target, k, lr, n_epochs, weights):
    epochs = []
    for _ in range(n_epochs):
        h_0, loss, total = np.zeros((x.shape[1], len(weights[2]))), 0.0, [np.zeros_like(w) for w in weights]
        for t in range(len(x) - k + 1):
            h, y = _run(x[t : t + k], h_0, *weights)
            dy = _last_error(y, target[t : t + k])
            gradients = _backward(dy, x[t : t + k], h, weights[0], weights[1], weights[3])[:5]
            total = [a + b for a, b in zip(total, gradients, strict=True)]
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

MISTAKES = {
    "4.1": _LOSS_MISTAKES,
    "4.2": _STEP_MISTAKES,
    "4.3": _BACKWARD_MISTAKES,
    "4.4": _GRADCHECK_MISTAKES,
    "4.5": _TRAIN_MISTAKES,
    "4.6": _PREDICTIONS,
}
