"""Assignment 9: the wrong ways that students take in 9.1 and 9.2, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def _sigmoid(a):
    return 1 / (1 + np.exp(-np.clip(a, -500, 500)))


def _overflowing(a):
    return np.exp(a) / (1 + np.exp(a))


# 9.1: gru_step(x, h, params, reset); the keywords of _step switch one mistake on


def _step(
    x,
    h,
    params,
    reset,
    *,
    order=(0, 1, 2),
    sigma=_sigmoid,
    squash=np.tanh,
    transposed=True,
    bias=1,
    bias_n=1,
    bias_outside=False,
    swapped=False,
    mixed_in=None,
):
    size = h.shape[1]
    w_x, w_h, b_h = (
        [a[k * size : (k + 1) * size] for k in order] for a in (params["w_x"], params["w_h"], params["b_h"])
    )
    turned = [w.T if transposed else w for w in w_h]
    r = sigma(x @ w_x[0].T + h @ turned[0] + bias * b_h[0])
    z = sigma(x @ w_x[1].T + h @ turned[1] + bias * b_h[1])
    b_hn = bias_n * params["b_hn"]
    if reset == "before":
        q = (r * h) @ turned[2] + b_hn
    elif bias_outside:
        q = r * (h @ turned[2]) + b_hn
    else:
        q = r * (h @ turned[2] + b_hn)
    n = squash(x @ w_x[2].T + bias * b_h[2] + q)
    old = h if mixed_in is None else mixed_in(r, h)
    return (z * n + (1 - z) * old if swapped else (1 - z) * n + z * old), r, z, n


def _overwrite_state(x, h, params, reset):
    new, r, z, n = _step(x, h, params, reset)
    h[:] = new
    return h, r, z, n


_STEP_MISTAKES = (
    Mistake(
        "z the other way round",
        "your new state has z and 1 - z in each other's place. Here z = 1 keeps the old state, as in PyTorch; some "
        "papers define it the other way.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, swapped=True)},
    ),
    Mistake(
        "always reset before",
        'your candidate is the one of reset="before" whatever is asked for. With "after" the gate multiplies the '
        "product w_hn h + b_hn, not h.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, "before")},
    ),
    Mistake(
        "always reset after",
        'your candidate is the one of reset="after" whatever is asked for. With "before" the gate multiplies h, and '
        "the product is taken of that.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, "after")},
    ),
    Mistake(
        "gates in the order z, r, n",
        "your r comes from the rows of z and your z from those of r. The rows are stacked r, z, n.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, order=(1, 0, 2))},
    ),
    Mistake(
        "b_hn outside the reset gate",
        "your b_hn is added after the reset gate has been applied. It stands inside the bracket that r multiplies: "
        "that is why it cannot be merged with b_n.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, bias_outside=True)},
    ),
    Mistake(
        "b_hn forgotten",
        "your candidate is the one you get without b_hn.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, bias_n=0)},
    ),
    Mistake(
        "b_h forgotten",
        "your gates are the ones you get without b_h.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, bias=0)},
    ),
    Mistake(
        "b_h twice",
        "your gates are the ones you get when b_h is added twice: with the input's product and with the state's.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, bias=2)},
    ),
    Mistake(
        "sigmoid candidate",
        "your candidate went through a sigmoid. It is content, not a gate: its activation is tanh.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, squash=_sigmoid)},
    ),
    Mistake(
        "candidate not squashed",
        "your candidate is the bare sum. Its activation is tanh.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, squash=lambda a: a)},
    ),
    Mistake(
        "sigmoid that overflows",
        "your sigmoid divides infinity by infinity where its argument is large. Write it so that the exponential never "
        "stands in the numerator, or with tanh.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, sigma=_overflowing)},
    ),
    Mistake(
        "w_h not transposed",
        "your gates are the ones you get when the blocks of w_h are used without their transpose. Each is (H, H), so "
        "the shapes do not warn you.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, transposed=False)},
    ),
    Mistake(
        "reset state kept",
        "your new state keeps z times r times h. The reset gate acts on the candidate only; what z keeps is h itself.",
        {"gru_step": lambda x, h, params, reset: _step(x, h, params, reset, mixed_in=lambda r, h: r * h)},
    ),
    Mistake(
        "state overwritten",
        "your function writes the new state over the old one. Whoever called it still needs the old one: "
        "make a new array.",
        {"gru_step": _overwrite_state},
    ),
)

# 9.2: gru_step_backward(dh, x, h, r, z, n, params, reset); again one keyword is one mistake


def _backward(
    dh,
    x,
    h,
    r,
    z,
    n,
    params,
    reset,
    *,
    direct=1,
    through_gates=1,
    through_reset=1,
    slope_n=lambda n: 1 - n**2,
    slope=lambda s: s * (1 - s),
    sign_z=1,
    turned=False,
    count=lambda batch: 1,
    bare_dw=False,
    bare_db=False,
    unreset=False,
    read_of=lambda r, h: r * h,
    slope_z=None,
    reset_by=lambda q, n: q,
):
    size = h.shape[1]
    w_r, w_z, w_n = (w.T if turned else w for w in np.split(params["w_h"], 3))
    da_n = dh * (1 - z) * slope_n(n)
    da_z = sign_z * dh * (h - n) * (slope_z or slope)(z)
    if reset == "after":
        q = h @ params["w_h"][2 * size :].T + params["b_hn"]
        dq, read = da_n * r, h
        da_r = da_n * reset_by(q, n) * slope(r)
        into = (da_n if unreset else dq) @ w_n
    else:
        dq, read = da_n, read_of(r, h)
        back = dq @ w_n
        da_r = back * h * slope(r)
        into = back if unreset else back * r
    da_r = through_reset * da_r
    da = np.hstack([da_r, da_z, da_n])
    scale = 1 / count(len(h))
    dparams = {
        "w_x": da.T @ x * scale,
        "w_h": np.vstack([da_r.T @ h, da_z.T @ h, (da_n if bare_dw else dq).T @ read]) * scale,
        "b_h": da.sum(0) * scale,
        "b_hn": (da_n if bare_db else dq).sum(0) * scale,
    }
    return da @ params["w_x"], direct * dh * z + through_gates * (da_r @ w_r + da_z @ w_z + into), dparams


_BACKWARD_MISTAKES = (
    Mistake(
        "direct path dropped",
        "your dh lacks the straight road: h stands in z h itself, so that z times the incoming dh comes back directly.",
        {"gru_step_backward": lambda *args: _backward(*args, direct=0)},
    ),
    Mistake(
        "only the direct path",
        "your dh has the straight road only. h is also read by both gates and by the candidate, through w_h.",
        {"gru_step_backward": lambda *args: _backward(*args, through_gates=0)},
    ),
    Mistake(
        "reset gate cut off",
        "your gradients are the ones you get when nothing flows through r. The reset gate was computed from x and h "
        "too.",
        {"gru_step_backward": lambda *args: _backward(*args, through_reset=0)},
    ),
    Mistake(
        "slope at the value",
        "your gradients use the slope of tanh at n. n is already the value: in terms of it the slope is 1 - n squared.",
        {"gru_step_backward": lambda *args: _backward(*args, slope_n=lambda n: 1 - np.tanh(n) ** 2)},
    ),
    Mistake(
        "1 - n for 1 - n squared",
        "your gradients have 1 - n where the slope of tanh belongs. What is the slope of tanh in terms of its value?",
        {"gru_step_backward": lambda *args: _backward(*args, slope_n=lambda n: 1 - n)},
    ),
    Mistake(
        "sigmoid's slope at the value",
        "your gradients use the slope of the sigmoid at r and z. These are values already: the slope is s (1 - s).",
        {"gru_step_backward": lambda *args: _backward(*args, slope=lambda s: _sigmoid(s) * (1 - _sigmoid(s)))},
    ),
    Mistake(
        "sigmoid's slope forgotten",
        "your gradients reach the pre-activations of the gates without the slope of the sigmoid.",
        {"gru_step_backward": lambda *args: _backward(*args, slope=np.ones_like)},
    ),
    Mistake(
        "sigmoid's slope forgotten for z",
        "your gradient stops at z and is used as that of a_z. A sigmoid with its slope stands between them, as for r.",
        {"gru_step_backward": lambda *args: _backward(*args, slope_z=np.ones_like)},
    ),
    Mistake(
        "dr with the candidate",
        'your dr is taken with n. With reset="after", what does r multiply?',
        {"gru_step_backward": lambda *args: _backward(*args, reset_by=lambda q, n: n)},
    ),
    Mistake(
        "sign of dz",
        "your dz has the wrong sign. In (1 - z) n + z h, which of the two grows with z?",
        {"gru_step_backward": lambda *args: _backward(*args, sign_z=-1)},
    ),
    Mistake(
        "w_h transposed on the way back",
        "your dh is the one you get with the blocks of w_h transposed. Forward takes w_h.T, so backward takes w_h.",
        {"gru_step_backward": lambda *args: _backward(*args, turned=True)},
    ),
    Mistake(
        "averaged over the batch",
        "your weight gradients are divided by the batch's size. Sum over the batch: whether there is a mean is the "
        "loss's business, and then dh holds it already.",
        {"gru_step_backward": lambda *args: _backward(*args, count=float)},
    ),
    Mistake(
        "dw_h of the candidate without r",
        "your dw_h has rows of n without the reset gate: with reset after the product, r stands between them and a_n.",
        {"gru_step_backward": lambda *args: _backward(*args, bare_dw=True)},
    ),
    Mistake(
        "db_hn without r",
        "your db_hn is the gradient of b_n. With reset after the product, b_hn is multiplied by r on its way to a_n.",
        {"gru_step_backward": lambda *args: _backward(*args, bare_db=True)},
    ),
    Mistake(
        "reset gate skipped",
        "your dh comes back through the candidate's product as if r were 1.",
        {"gru_step_backward": lambda *args: _backward(*args, unreset=True)},
    ),
    Mistake(
        "dw_h of h where r h was read",
        'your dw_h is the one you get when the candidate reads h. With reset="before" its product reads r times h.',
        {"gru_step_backward": lambda *args: _backward(*args, read_of=lambda r, h: h)},
    ),
    Mistake(
        "always reset after",
        'your gradients are those of reset="after" whatever is asked for.',
        {"gru_step_backward": lambda dh, x, h, r, z, n, params, reset: _backward(dh, x, h, r, z, n, params, "after")},
    ),
    Mistake(
        "always reset before",
        'your gradients are those of reset="before" whatever is asked for.',
        {"gru_step_backward": lambda dh, x, h, r, z, n, params, reset: _backward(dh, x, h, r, z, n, params, "before")},
    ),
)

MISTAKES = {"9.1": _STEP_MISTAKES, "9.2": _BACKWARD_MISTAKES}
