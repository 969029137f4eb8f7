"""Assignment 7: other right ways of writing the answers to 7.6, in styles that students use."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative


def _run(layer, x, h):
    states = [h]
    for x_t in x:
        states.append(np.tanh(x_t @ layer["w_x"].T + states[-1] @ layer["w_h"].T + layer["b_h"]))
    return np.array(states)


def _translate_dict(params, x, target):
    inputs = np.zeros_like(target)
    inputs[1:] = target[:-1]
    h = _run(params["encoder"], x, np.zeros((x.shape[1], len(params["encoder"]["b_h"]))))
    s = _run(params["decoder"], inputs, h[-1])
    y = np.einsum("tbh,oh->tbo", s[1:], params["readout"]["w_y"]) + params["readout"]["b_y"]
    return y, {"params": params, "x": x, "inputs": inputs, "h": h, "s": s}


def _translate_back_dict(dy, tape):
    params, h, s = tape["params"], tape["h"], tape["s"]
    readout = {"w_y": np.tensordot(dy, s[1:], ([0, 1], [0, 1])), "b_y": dy.sum(axis=(0, 1))}
    ds = np.einsum("tbo,oh->tbh", dy, params["readout"]["w_y"])
    decoder, da = _back(params["decoder"], tape["inputs"], s, ds)
    dh = np.zeros_like(h[1:])
    dh[-1] = da[0] @ params["decoder"]["w_h"]
    encoder, da = _back(params["encoder"], tape["x"], h, dh)
    return {"encoder": encoder, "decoder": decoder, "readout": readout}, da @ params["encoder"]["w_x"]


def _back(layer, x, h, dh):
    da = np.empty_like(dh)
    for t in reversed(range(len(x))):
        later = da[t + 1] @ layer["w_h"] if t + 1 < len(x) else 0.0
        da[t] = (dh[t] + later) * (1 - h[t + 1] ** 2)
    gradient = {"w_x": np.einsum("tbh,tbd->hd", da, x), "w_h": np.einsum("tbh,tbi->hi", da, h[:-1])}
    return {**gradient, "b_h": da.sum((0, 1))}, da


def _both(params, x, target):
    """Lay encoder and decoder end to end: one network whose weights change where the input ends."""
    inputs = np.concatenate([np.zeros_like(target[:1]), target[:-1]])
    h = [np.zeros((x.shape[1], len(params["encoder"]["b_h"])))]
    steps = [("encoder", x_t) for x_t in x] + [("decoder", x_t) for x_t in inputs]
    for name, x_t in steps:
        layer = params[name]
        h.append(np.tanh(layer["w_x"] @ x_t.T + layer["w_h"] @ h[-1].T + layer["b_h"][:, None]).T)
    outputs = [state @ params["readout"]["w_y"].T + params["readout"]["b_y"] for state in h[len(x) + 1 :]]
    return np.stack(outputs), [params, [name for name, _ in steps], [x_t for _, x_t in steps], h]


def _both_back(dy, tape):
    params, names, inputs, h = tape
    n_read = len(h) - 1 - len(dy)
    gradients = {name: {key: np.zeros_like(w) for key, w in layer.items()} for name, layer in params.items()}
    carry: float | np.ndarray = 0.0
    dx: list = []
    for t in range(len(names) - 1, -1, -1):
        if t >= n_read:
            d = dy[t - n_read]
            gradients["readout"]["w_y"] += d.T @ h[t + 1]
            gradients["readout"]["b_y"] += d.sum(axis=0)
            carry = carry + d @ params["readout"]["w_y"]
        da, layer, gradient = carry * (1 - h[t + 1] ** 2), params[names[t]], gradients[names[t]]
        gradient["w_x"] += da.T @ inputs[t]
        gradient["w_h"] += da.T @ h[t]
        gradient["b_h"] += da.sum(axis=0)
        dx.insert(0, da @ layer["w_x"])
        carry = da @ layer["w_h"]
    return gradients, np.stack(dx[:n_read])


def _translate_forgetful(params, x, target):
    y, _ = _translate_dict(params, x, target)
    return y, (params, x, target)


def _translate_back_again(dy, tape):
    _, saved = _translate_dict(*tape)
    return _translate_back_dict(dy, saved)


@njit
def _back_numba(w_h, h, dh):
    da = np.empty_like(dh)
    carry = np.zeros(dh.shape[1:])
    for t in range(len(dh) - 1, -1, -1):
        for b in range(dh.shape[1]):
            for i in range(dh.shape[2]):
                da[t, b, i] = (dh[t, b, i] + carry[b, i]) * (1 - h[t + 1, b, i] ** 2)
            for j in range(dh.shape[2]):
                carry[b, j] = 0.0
                for i in range(dh.shape[2]):
                    carry[b, j] += da[t, b, i] * w_h[i, j]
    return da, carry


def _translate_back_numba(dy, tape):
    params, h, s = tape["params"], tape["h"], tape["s"]
    da, dh_n = _back_numba(params["decoder"]["w_h"], s, dy @ params["readout"]["w_y"])
    dh = np.zeros_like(h[1:])
    dh[-1] = dh_n
    de, _ = _back_numba(params["encoder"]["w_h"], h, dh)
    dparams = {"readout": {"w_y": np.einsum("tbo,tbh->oh", dy, s[1:]), "b_y": dy.sum((0, 1))}}
    for name, d, x, before in (("decoder", da, tape["inputs"], s), ("encoder", de, tape["x"], h)):
        w_x, w_h = np.einsum("tbh,tbd->hd", d, x), np.einsum("tbh,tbi->hi", d, before[:-1])
        dparams[name] = {"w_x": w_x, "w_h": w_h, "b_h": d.sum((0, 1))}
    return dparams, de @ params["encoder"]["w_x"]


ALTERNATIVES = {
    "7.6": (
        Alternative(
            "einsum", {"encoder_decoder_forward": _translate_dict, "encoder_decoder_backward": _translate_back_dict}
        ),
        Alternative("end to end", {"encoder_decoder_forward": _both, "encoder_decoder_backward": _both_back}),
        Alternative(
            "forward once more",
            {"encoder_decoder_forward": _translate_forgetful, "encoder_decoder_backward": _translate_back_again},
        ),
        Alternative(
            "Numba", {"encoder_decoder_forward": _translate_dict, "encoder_decoder_backward": _translate_back_numba}
        ),
    ),
}
