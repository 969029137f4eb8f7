"""Assignment 10: the wrong ways that students take in 10.1 and 10.2, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def _sigmoid(a):
    return 1 / (1 + np.exp(-np.clip(a, -500, 500)))


def _overflowing(a):
    return np.exp(a) / (1 + np.exp(a))


# 10.1: lstm_forward(x, h_0, c_0, params); the keywords of _forward switch one mistake on


def _forward(
    x,
    h_0,
    c_0,
    params,
    *,
    order="ifgo",
    sigma=_sigmoid,
    squash=np.tanh,
    read=lambda h, c: h,
    transposed=True,
    bias=1,
    extra=0,
    forget=lambda i, f: f,
    keep=lambda h, c: c,
    show=lambda o, c: o * np.tanh(c),
    carry=True,
):
    size = h_0.shape[1]
    rows = {gate: slice(k * size, (k + 1) * size) for k, gate in enumerate(order)}
    w_h = params["w_h"].reshape(4, size, size).transpose(0, 2, 1).reshape(4 * size, size)
    w_h = params["w_h"] if transposed else w_h
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        before, cell = (h[-1], c[-1]) if carry else (h_0, c_0)
        a = x_t @ params["w_x"].T + read(before, cell) @ w_h.T + bias * params["b_h"]
        i, f, o = sigma(a[:, rows["i"]]), sigma(a[:, rows["f"]] + extra), sigma(a[:, rows["o"]])
        g = squash(a[:, rows["g"]])
        gates.append(np.hstack([{"i": i, "f": f, "g": g, "o": o}[gate] for gate in "ifgo"]))
        c.append(forget(i, f) * keep(before, cell) + i * g)
        h.append(show(o, c[-1]))
    return np.array(h), np.array(c), np.array(gates)


def _bias_of_o(x, h_0, c_0, params):
    size, b_h = h_0.shape[1], params["b_h"]
    return _forward(x, h_0, c_0, {**params, "b_h": np.concatenate([b_h[-size:], b_h[-size:], b_h[2 * size :]])})


def _from_zero(x, h_0, c_0, params):
    h, c, gates = _forward(x, h_0, 0 * c_0, params)
    c[0] = c_0
    return h, c, gates


def _without_start(*args):
    h, c, gates = _forward(*args)
    return h[1:], c[1:], gates


_FORWARD_MISTAKES = (
    Mistake(
        "gates in the order i, f, o, g",
        "your g and o are read from each other's rows. The rows are stacked i, f, g, o.",
        {"lstm_forward": lambda *args: _forward(*args, order="ifog")},
    ),
    Mistake(
        "gates in the order f, i, g, o",
        "your i and f are read from each other's rows. The rows are stacked i, f, g, o.",
        {"lstm_forward": lambda *args: _forward(*args, order="figo")},
    ),
    Mistake(
        "gates read c",
        "your gates read the cell state. They read x and h; c takes part only after them.",
        {"lstm_forward": lambda *args: _forward(*args, read=lambda h, c: c)},
    ),
    Mistake(
        "h kept where c belongs",
        "your new cell state keeps f times h. It keeps f times the old cell state.",
        {"lstm_forward": lambda *args: _forward(*args, keep=lambda h, c: h)},
    ),
    Mistake(
        "no tanh on the way out",
        "your h is o times c. The cell state goes through tanh first.",
        {"lstm_forward": lambda *args: _forward(*args, show=lambda o, c: o * c)},
    ),
    Mistake(
        "tanh outside the output gate",
        "your h is the tanh of o times c. The gate multiplies tanh of c, from outside.",
        {"lstm_forward": lambda *args: _forward(*args, show=lambda o, c: np.tanh(o * c))},
    ),
    Mistake(
        "output gate unused",
        "your h is the tanh of c: the output gate multiplies it.",
        {"lstm_forward": lambda *args: _forward(*args, show=lambda o, c: np.tanh(c))},
    ),
    Mistake(
        "forget gate unused",
        "your cell state adds and never forgets: the forget gate multiplies the old one.",
        {"lstm_forward": lambda *args: _forward(*args, forget=lambda i, f: 1.0)},
    ),
    Mistake(
        "coupled gates",
        "your cell forgets with 1 - i. That is another cell; here f is a gate of its own.",
        {"lstm_forward": lambda *args: _forward(*args, forget=lambda i, f: 1 - i)},
    ),
    Mistake(
        "1 added to the forget gate",
        "your forget gate is the one you get when 1 is added to its pre-activation. Some libraries do that at the "
        "start of training; here the bias you are given is all there is.",
        {"lstm_forward": lambda *args: _forward(*args, extra=1)},
    ),
    Mistake(
        "sigmoid candidate",
        "your g went through a sigmoid. It is content, not a gate: its activation is tanh.",
        {"lstm_forward": lambda *args: _forward(*args, squash=_sigmoid)},
    ),
    Mistake(
        "bias forgotten",
        "your gates are the ones you get without b_h.",
        {"lstm_forward": lambda *args: _forward(*args, bias=0)},
    ),
    Mistake(
        "output gate's bias in three gates",
        "your i and f have the bias of o. Each gate has a block of b_h to itself.",
        {"lstm_forward": _bias_of_o},
    ),
    Mistake(
        "w_h not transposed",
        "your gates are the ones you get when the blocks of w_h are used without their transpose.",
        {"lstm_forward": lambda *args: _forward(*args, transposed=False)},
    ),
    Mistake(
        "states not carried",
        "every step of yours starts from h_0 and c_0. Step t starts from the states that step t - 1 left.",
        {"lstm_forward": lambda *args: _forward(*args, carry=False)},
    ),
    Mistake(
        "c_0 ignored",
        "your cell always starts from zero, whatever c_0 is given.",
        {"lstm_forward": lambda x, h_0, c_0, params: _forward(x, h_0, 0 * c_0, params)},
    ),
    Mistake(
        "c_0 returned but not used",
        "the first cell state that you return is c_0, but your first step starts from another one: from zero.",
        {"lstm_forward": _from_zero},
    ),
    Mistake(
        "h_0 and c_0 exchanged",
        "your h starts from c_0 and your c from h_0.",
        {"lstm_forward": lambda x, h_0, c_0, params: _forward(x, c_0, h_0, params)},
    ),
    Mistake(
        "without the first states",
        "your h and c have the T states after reading, but not the ones before: h[0] is h_0 and c[0] is c_0.",
        {"lstm_forward": _without_start},
    ),
    Mistake(
        "sigmoid that overflows",
        "your sigmoid divides infinity by infinity where its argument is large. Write it so that the exponential never "
        "stands in the numerator, or with tanh.",
        {"lstm_forward": lambda *args: _forward(*args, sigma=_overflowing)},
    ),
)

# 10.2: lstm_backward(dh, dc_last, x, h, c, gates, params); again one keyword is one mistake


def _da(i, f, g, o, total, dc, c_old, c_new, *, slope=lambda s: s * (1 - s), slope_g=lambda g: 1 - g**2, seen=np.tanh):
    return {
        "i": dc * g * slope(i),
        "f": dc * c_old * slope(f),
        "g": dc * i * slope_g(g),
        "o": total * seen(c_new) * slope(o),
    }


def _backward(
    dh,
    dc_last,
    x,
    h,
    c,
    gates,
    params,
    *,
    carry_h=1,
    carry_c=1,
    from_h=1,
    forget=lambda f: f,
    last=1,
    slope_c=lambda c: 1 - np.tanh(c) ** 2,
    old=0,
    read=0,
    order="ifgo",
    turned=False,
    count=lambda batch: 1,
    bias_of="ifgo",
    hand_on_h=True,
    hand_on_c=True,
    keep_c=1,
    carried_from_h=True,
    **slopes,
):
    size = h.shape[2]
    w_h = params["w_h"].reshape(4, size, size)
    w_h = (w_h.transpose(0, 2, 1) if turned else w_h).reshape(4 * size, size)
    dw_x, dw_h, db_h = (np.zeros_like(params[name]) for name in ("w_x", "w_h", "b_h"))
    dx = np.zeros_like(x)
    carried_h, carried_c = np.zeros_like(h[0]), last * dc_last
    into_h, into_c = carried_h, carried_c
    for t in range(len(x))[::-1]:
        i, f, g, o = (gates[t][:, order.index(k) * size : (order.index(k) + 1) * size] for k in "ifgo")
        total = dh[t] + carry_h * carried_h
        dc = carry_c * carried_c + from_h * total * o * slope_c(c[t + 1])
        of = _da(i, f, g, o, total, dc, c[t + old], c[t + 1], **slopes)
        da = np.hstack([of[k] for k in order])
        dx[t] = da @ params["w_x"]
        dw_x += da.T @ x[t] / count(len(da))
        dw_h += da.T @ h[t + read] / count(len(da))
        db_h += np.hstack([of[k] for k in bias_of]).sum(axis=0) / count(len(da))
        into_h, into_c = da @ w_h, keep_c * (dc if carried_from_h else carried_c) * forget(f)
        carried_h = into_h if hand_on_h else carried_h
        carried_c = into_c if hand_on_c else carried_c
    return dx, into_h, into_c, {"w_x": dw_x, "w_h": dw_h, "b_h": db_h}


def _adding_in_place(dh, dc_last, x, h, c, gates, params):
    for t in range(len(x))[::-1]:
        _, into_h, dc_last, _ = _backward(dh[t:][:1], dc_last, x[t:][:1], h[t:][:2], c[t:][:2], gates[t:][:1], params)
        if t:
            dh[t - 1] += into_h
    return _backward(dh, dc_last, x, h, c, gates, params)


_BACKWARD_MISTAKES = (
    Mistake(
        "carried dh dropped",
        "your gradients are the ones you get when the dh carried from step t + 1 is dropped. h is read by the next "
        "step's gates too.",
        {"lstm_backward": lambda *args: _backward(*args, carry_h=0)},
    ),
    Mistake(
        "carried dc dropped",
        "your gradients are the ones you get when the dc carried from step t + 1 is dropped. It is the straight road, "
        "the reason for the whole cell.",
        {"lstm_backward": lambda *args: _backward(*args, carry_c=0)},
    ),
    Mistake(
        "dc set back to zero",
        "your dc starts at dc_last and is 0 from the step before on. What does c[t] owe to c[t - 1]?",
        {"lstm_backward": lambda *args: _backward(*args, keep_c=0)},
    ),
    Mistake(
        "carried dc without what came through h",
        "what you pass to the previous cell state is f times the dc that came from the next step. The dc of this step "
        "has a second term: is it in what you hand on?",
        {"lstm_backward": lambda *args: _backward(*args, carried_from_h=False)},
    ),
    Mistake(
        "computed and never handed on",
        "you compute what goes to the step before, but the step before does not get it: at every step your dh and dc "
        "are those that the last step began with.",
        {"lstm_backward": lambda *args: _backward(*args, hand_on_h=False, hand_on_c=False)},
    ),
    Mistake(
        "forget gate's gradient in the biases of i and o",
        "the rows of i and o in your db_h hold the gradient of f. Each block of b_h collects the da of its own gate.",
        {"lstm_backward": lambda *args: _backward(*args, bias_of="ffgf")},
    ),
    Mistake(
        "dc from the cell only",
        "your dc lacks what comes through h: h is o times tanh of c.",
        {"lstm_backward": lambda *args: _backward(*args, from_h=0)},
    ),
    Mistake(
        "dc carried without f",
        "your dc goes back to the step before undiminished. c was multiplied by f, so dc is too.",
        {"lstm_backward": lambda *args: _backward(*args, forget=np.ones_like)},
    ),
    Mistake(
        "dc_last ignored",
        "your gradients do not depend on dc_last. It is where dc starts, at the last step.",
        {"lstm_backward": lambda *args: _backward(*args, last=0)},
    ),
    Mistake(
        "1 - c squared",
        "your slope of tanh is 1 - c squared. c has not been through tanh: the slope is 1 - tanh(c) squared.",
        {"lstm_backward": lambda *args: _backward(*args, slope_c=lambda c: 1 - c**2)},
    ),
    Mistake(
        "tanh's slope forgotten on the way to c",
        "your dc gets dh times o. Between c and h stands a tanh with its slope.",
        {"lstm_backward": lambda *args: _backward(*args, slope_c=np.ones_like)},
    ),
    Mistake(
        "c for tanh of c in the output gate",
        "your da_o has c where tanh of c belongs: that is what o multiplies.",
        {"lstm_backward": lambda *args: _backward(*args, seen=lambda c: c)},
    ),
    Mistake(
        "c after the step in the forget gate",
        "your da_f has c[t + 1] where c[t] belongs: f multiplies the cell state before the step.",
        {"lstm_backward": lambda *args: _backward(*args, old=1)},
    ),
    Mistake(
        "h after the step in dw_h",
        "your dw_h is taken with h[t + 1]. What w_h multiplied at step t is the state before it, h[t].",
        {"lstm_backward": lambda *args: _backward(*args, read=1)},
    ),
    Mistake(
        "sigmoid's slope at the value",
        "your gradients use the slope of the sigmoid at i, f and o. These are values already: the slope is s (1 - s).",
        {"lstm_backward": lambda *args: _backward(*args, slope=lambda s: _sigmoid(s) * (1 - _sigmoid(s)))},
    ),
    Mistake(
        "candidate with a sigmoid's slope",
        "your da_g has g (1 - g). The candidate went through tanh: its slope is 1 - g squared.",
        {"lstm_backward": lambda *args: _backward(*args, slope_g=lambda g: g * (1 - g))},
    ),
    Mistake(
        "gates in the order i, f, o, g",
        "your g and o are taken from each other's columns. The blocks are stacked i, f, g, o.",
        {"lstm_backward": lambda *args: _backward(*args, order="ifog")},
    ),
    Mistake(
        "w_h transposed on the way back",
        "your carried dh is the one you get with the blocks of w_h transposed. Forward takes w_h.T, so backward "
        "takes w_h.",
        {"lstm_backward": lambda *args: _backward(*args, turned=True)},
    ),
    Mistake(
        "averaged over the batch",
        "your weight gradients are divided by the batch's size. Sum over the batch: whether there is a mean is the "
        "loss's business, and then dh holds it already.",
        {"lstm_backward": lambda *args: _backward(*args, count=float)},
    ),
    Mistake(
        "dh added to in place",
        "your function adds the carried gradient into the dh it was given. Whoever called it may need it again: "
        "add into an array of your own.",
        {"lstm_backward": _adding_in_place},
    ),
)

MISTAKES = {"10.1": _FORWARD_MISTAKES, "10.2": _BACKWARD_MISTAKES}
