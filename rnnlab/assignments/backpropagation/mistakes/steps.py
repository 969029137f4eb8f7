"""Assignment 4: the wrong ways that students take in 4.2 and 4.3, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

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


def _step_bias_keepdims(*args):
    *others, db_h = _step(*args)
    return *others, db_h[None]


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
        "bias with keepdims",
        "your db_h has a second axis, which keepdims leaves. A gradient has the shape of what it belongs to: (H,).",
        {"rnn_step_backward": _step_bias_keepdims},
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


def _backward_without_outputs(dy, x, h, w_x, w_h, w_y):
    silent = _backward(0 * dy, x, h, w_x, w_h, w_y)
    return *silent[:3], *_backward(dy, x, h, w_x, w_h, w_y)[3:5], *silent[5:]


def _backward_set(dy, x, h, w_x, w_h, w_y):
    da, _ = _sum_da(dy, h, w_h, w_y, slope=_slope, carry=_carry, keep=1.0, order=reversed)
    first = da[0].T @ x[0], da[0].T @ h[0], da[0].sum(axis=0)
    return *first, *_backward(dy, x, h, w_x, w_h, w_y)[3:]


def _backward_dh_0_of_output(dy, x, h, w_x, w_h, w_y):
    return *_backward(dy, x, h, w_x, w_h, w_y)[:-1], dy[0] @ w_y


def _backward_no_output_bias(*args):
    dw_x, dw_h, db_h, dw_y, db_y, dx, dh_0 = _backward(*args)
    return dw_x, dw_h, db_h, dw_y, 0 * db_y, dx, dh_0


def _backward_bias_as_column(*args):
    dw_x, dw_h, db_h, *others = _backward(*args)
    return dw_x, dw_h, np.zeros((len(db_h), 1)) + db_h, *others


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
        "outputs' gradients dropped",
        "only what is carried goes back in yours, and without the outputs' gradients that is zero. At every step "
        "dy[t] comes in through w_y, and what is carried is added.",
        {"rnn_backward": _backward_without_outputs},
    ),
    Mistake(
        "set instead of added",
        "your dw_x, dw_h and db_h are those of step 0 alone: every step sets them anew. All steps use the same "
        "weights, so each adds its part.",
        {"rnn_backward": _backward_set},
    ),
    Mistake(
        "dh_0 from the first output",
        "your dh_0 is the gradient of the first output. The output y[0] was read from h[1]; h[0] is reached only by "
        "what is carried through step 0.",
        {"rnn_backward": _backward_dh_0_of_output},
    ),
    Mistake(
        "output bias left at zero",
        "your db_y stays zero: look at what is added to it at every step.",
        {"rnn_backward": _backward_no_output_bias},
    ),
    Mistake(
        "bias as a column",
        "your db_h has shape (H, H): it begins as a column, and NumPy adds a row to it. Begin with np.zeros(H).",
        {"rnn_backward": _backward_bias_as_column},
    ),
    Mistake(
        "averaged over the steps",
        "your weights' gradients are averaged over the steps. The same weights are used at every step, so what the "
        "steps say is summed.",
        {"rnn_backward": lambda dy, *args: _backward(dy, *args, mean=1 / len(dy))},
    ),
)

MISTAKES = {"4.2": _STEP_MISTAKES, "4.3": _BACKWARD_MISTAKES}
