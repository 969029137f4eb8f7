"""Mistakes that people made in public code and asked about, in assignments 7 to 13, each in an implementation of ours.

See `seen_mistakes_1_to_6`.
"""

import numpy as np
from assignments.seen_mistakes_1_to_6 import forward, right


def layer(params):
    return params["w_x"], params["w_h"], params["b_h"]


def states(x, h_0, params):
    """Return the states of a tanh layer, that before the first step included."""
    n = len(h_0[0])
    return forward(x, h_0, *layer(params), np.zeros((1, n)), np.zeros(1))[0]


def sigmoid(a):
    return (1 + np.tanh(a / 2)) / 2


# 7


def padding_resets(params, x, target, lengths):
    h = np.zeros((x.shape[1], len(params["b_h"])))
    for t, x_t in enumerate(x):
        h = np.where((lengths > t)[:, None], states(x_t[None], h, params)[1], 0)
    y = h @ params["w_y"].T + params["b_y"]
    top = y.max(axis=1)
    surprise = top + np.log(np.exp(y - top[:, None]).sum(axis=1)) - y[np.arange(len(y)), target]
    return y, float(surprise.mean())


def colder_twice(params, start, n, temperature, seed):
    return right("7.5")["sample"](params, start, n, temperature * temperature, seed)


def rolled(params, x, target):
    h = states(x, np.zeros((x.shape[1], len(params["encoder"]["b_h"]))), params["encoder"])
    read = np.roll(target, 1, axis=0)
    s = states(read, h[-1], params["decoder"])
    y = s[1:] @ params["readout"]["w_y"].T + params["readout"]["b_y"]
    return y, (params, x, read, list(h), list(s))


def products_of_logarithms(step, start, width, n):
    beams = [(1.0, (), start)]
    for _ in range(n):
        longer = []
        for product, symbols, (state, last) in beams:
            after, log_p = step(state, last)
            longer += [(product * -float(p), (*symbols, v), (after, v)) for v, p in enumerate(log_p)]
        beams = sorted(longer, key=lambda beam: beam[0])[:width]
    return np.array(beams[0][1]), beams[0][0]


# 8


def left_as_read(params, x, lengths):
    """Turn the backward half of the states once more than is right."""
    h, tape = right("8.1")["bidirectional_forward"](params, x, lengths)
    half = len(params["forward"]["b_h"])
    turned = right("8.1")["reverse_rows"](h[..., half:], lengths)
    return np.concatenate([h[..., :half], turned], axis=-1), tape


# 9


def exchanged(x, h, params, reset):
    _, r, z, n = right("9.1")["gru_step"](x, h, params, reset)
    return h + z * (n - h), r, z, n


def gru_back(dh, x, h, r, z, n, params, reset, how):
    u_r, u_z, u_n = np.split(params["w_h"], 3)
    d_n = dh * (1 - z) * (1 - n * n)
    d_z = dh * (h - n) * (1 if how == "no slope of z" else z * (1 - z))
    reached = h @ u_n.T + params["b_hn"]  # what r multiplies, if it comes after
    if reset == "after":
        inner, d_r = d_n * r, d_n * (n if how == "n for dr" else reached)
        dw_n, back = inner.T @ h, inner @ u_n
    else:
        inner, d_r = d_n, (d_n @ u_n) * h
        dw_n, back = inner.T @ (r * h), (inner @ u_n) * r
    d_r = d_r * r * (1 - r)
    da = np.hstack([d_r, d_z, d_n])
    dw_h = np.vstack([d_r.T @ h, d_z.T @ h, dw_n])
    dparams = {"w_x": da.T @ x, "w_h": dw_h, "b_h": da.sum(0), "b_hn": inner.sum(0)}
    return da @ params["w_x"], z * dh + d_r @ u_r + d_z @ u_z + back, dparams


def gru_back_with(how):
    return {"gru_step_backward": lambda *args: gru_back(*args, how)}


def exchange_two_blocks(a, axis):
    first, second, third = np.split(a, 3, axis=axis)
    return np.concatenate([second, first, third], axis=axis)


def keras_in_torch_order(params, source, target):
    """Write Keras weights without bringing their gates into Keras' order."""
    made = right("9.3")["convert_gates"](params, source, target)
    return {name: exchange_two_blocks(a, -1) for name, a in made.items()} if target == "keras" else made


# 10


def lstm(x, h_0, c_0, params, how):
    n = h_0.shape[1]
    b_i, b_f, b_g, b_o = np.split(params["b_h"], 4)
    bias = np.concatenate([b_o, b_o, b_g, b_o] if how == "b_o" else [b_i, b_f, b_g, b_o])
    h, c, gates = [h_0], [c_0], []
    cell = np.zeros_like(c_0) if how == "c_0" else c_0
    for x_t in x:
        a = x_t @ params["w_x"].T + h[-1] @ params["w_h"].T + bias
        gate = sigmoid(a)
        gate[:, 2 * n : 3 * n] = np.tanh(a[:, 2 * n : 3 * n])
        i, f, g, o = np.split(gate, 4, axis=1)
        cell = f * cell + i * g
        h, c, gates = [*h, o * np.tanh(cell)], [*c, cell], [*gates, gate]
    return np.array(h), np.array(c), np.array(gates)


def lstm_with(how):
    return {"lstm_forward": lambda *args: lstm(*args, how)}


def lstm_back(dh, dc_last, x, h, c, gates, params, how):
    sums = {name: np.zeros(a.shape) for name, a in params.items()}
    dx, carried_h, carried_c = np.zeros(x.shape), np.zeros(dc_last.shape), dc_last.copy()
    into = carried_h, carried_c
    for t in reversed(range(len(x))):
        if how != "never handed on":
            into = carried_h, carried_c
        i, f, g, o = np.split(gates[t], 4, axis=1)
        tanh_c, d_h = np.tanh(c[t + 1]), dh[t] + into[0]
        through = d_h * o * (1 - tanh_c * tanh_c)
        d_c = into[1] + through
        da_f = d_c * c[t] * f * (1 - f)
        da = [d_c * g * i * (1 - i), da_f, d_c * i * (1 - g * g), d_h * tanh_c * o * (1 - o)]
        bias = [da_f, da_f, da[2], da_f] if how == "biases of f" else da
        da = np.hstack(da)
        sums["w_x"] += da.T @ x[t]
        sums["w_h"] += da.T @ h[t]
        sums["b_h"] += np.hstack(bias).sum(axis=0)
        dx[t], carried_h = da @ params["w_x"], da @ params["w_h"]
        carried_c = {"carried alone": into[1] * f, "no dc": 0 * d_c}.get(how, d_c * f)
    return dx, carried_h, carried_c, sums


def lstm_back_with(how):
    return {"lstm_backward": lambda *args: lstm_back(*args, how)}


# 13


def normal_interval(numbers):
    mean, _, high = right("13.1")["t_interval"](numbers)
    half = (high - mean) / 2.776 * 1.96
    return mean, mean - half, mean + half


SEEN = {
    "o-zero": ("7.3", {"many_to_one": padding_resets}, "becomes 0 once the row has ended"),
    "x-twice": ("7.5", {"sample": colder_twice}, "temperature²"),
    "e-roll": ("7.6", {"encoder_decoder_forward": rolled}, "as np.roll leaves it"),
    "h-multiplied": ("7.7", {"beam_search": products_of_logarithms}, "keep the lowest products"),
    "y-notback": ("8.1", {"bidirectional_forward": left_as_read}, "backward half is in the order"),
    "y-axis": ("8.1", {"reverse_rows": lambda x, lengths: np.flip(x, axis=1).copy()}, "order of the rows"),
    "u-swapped": ("9.1", {"gru_step": exchanged}, "z and 1 - z in each other's place"),
    "z-drn": ("9.2", gru_back_with("n for dr"), "your dr is taken with n"),
    "z-dzslope": ("9.2", gru_back_with("no slope of z"), "stops at z"),
    "j-order": ("9.3", {"convert_gates": keras_in_torch_order}, "write them with r first"),
    "L-bo": ("10.1", lstm_with("b_o"), "i and f have the bias of o"),
    "L-c0": ("10.1", lstm_with("c_0"), "starts from another one: from zero"),
    "B-carried": ("10.2", lstm_back_with("carried alone"), "times the dc that came from the next step"),
    "B-nodc": ("10.2", lstm_back_with("no dc"), "is 0 from the step before on"),
    "B-biasf": ("10.2", lstm_back_with("biases of f"), "hold the gradient of f"),
    "B-never": ("10.2", lstm_back_with("never handed on"), "the step before does not get it"),
    "I-normal": ("13.1", {"t_interval": normal_interval}, "1.96 holds where the spread is known"),
}
