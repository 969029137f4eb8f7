"""Assignment 7: other right ways of writing the answers, in styles that students use. All must get full marks."""

import numpy as np
from numba import njit

from rnnlab.checks.question import Alternative

# Common to several


def _weights(params):
    return (params[name] for name in ("w_x", "w_h", "b_h", "w_y", "b_y"))


@njit
def _layer_numba(z, weight, bias):
    a = np.empty((len(z), len(bias)))
    for b in range(len(z)):
        for i in range(len(bias)):
            a[b, i] = bias[i]
            for j in range(z.shape[1]):
                a[b, i] += weight[i, j] * z[b, j]
    return a


def _step_numba(x, h, w_x, w_h, b_h):
    return np.tanh(_layer_numba(np.hstack((x, h)), np.hstack((w_x, w_h)), b_h))


def _log_sum_exp(y):
    top = y.max(axis=-1)
    return top + np.log(np.exp(y - top[..., None]).sum(axis=-1))


# 7.1


def _single_einsum(params, x, target):
    w_x, _, b_h, w_y, b_y = _weights(params)
    y = np.einsum("bh,oh->bo", np.tanh(np.einsum("bd,hd->bh", x, w_x) + b_h), w_y) + b_y
    return y, float(((y - target) ** 2).sum() / y.size)


def _single_loops(params, x, target):
    w_x, _, b_h, w_y, b_y = _weights(params)
    y = np.zeros(target.shape)
    for b in range(len(x)):
        h = [np.tanh(b_h[i] + sum(w_x[i, d] * x[b, d] for d in range(x.shape[1]))) for i in range(len(b_h))]
        for o in range(len(b_y)):
            y[b, o] = b_y[o] + sum(w_y[o, i] * h[i] for i in range(len(b_h)))
    return y, sum((a - p) ** 2 for a, p in zip(y.ravel(), target.ravel(), strict=True)) / y.size


def _single_columns(params, x, target):
    w_x, _, b_h, w_y, b_y = _weights(params)
    y = (w_y @ np.tanh(w_x @ x.T + b_h[:, None]) + b_y[:, None]).T
    return y, np.square(y - target).mean()


def _single_numba(params, x, target):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    y = _layer_numba(_step_numba(x, np.zeros((len(x), len(b_h))), w_x, w_h, b_h), w_y, b_y)
    return y, float(np.mean((y - target) ** 2))


# 7.2


def _generate_rows(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    y, errors = np.zeros(target.shape), []
    for b, length in enumerate(lengths):
        h, read = np.zeros(len(b_h)), x[b]
        for t in range(length):
            h = np.tanh(w_x @ read + w_h @ h + b_h)
            read = y[t, b] = w_y @ h + b_y
            errors.extend((read - target[t, b]) ** 2)
    return y, float(np.mean(errors))


def _generate_joined(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    joined, bias = w_h + w_x @ w_y, b_h + w_x @ b_y  # reading one's own output is a recurrence in h alone
    h = [np.tanh(x @ w_x.T + b_h)]
    while len(h) < len(target):
        h.append(np.tanh(h[-1] @ joined.T + bias))
    y = np.array(h) @ w_y.T + b_y
    for b, length in enumerate(lengths):
        y[length:, b] = 0
    error = np.concatenate([(y - target)[:length, b] for b, length in enumerate(lengths)])
    return y, float((error**2).mean())


def _generate_einsum(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    mask = np.array([[t < length for length in lengths] for t in range(len(target))])
    y, h = np.zeros_like(target), np.zeros((len(x), len(b_h)))
    for t in range(len(target)):
        read = x if t == 0 else y[t - 1]
        h = np.tanh(np.einsum("bd,hd->bh", read, w_x) + np.einsum("bi,hi->bh", h, w_h) + b_h)
        y[t] = np.einsum("bh,oh->bo", h, w_y) + b_y
    y[~mask] = 0.0
    error = np.where(mask[:, :, None], y - np.where(mask[:, :, None], target, 0.0), 0.0)
    return y, np.vdot(error, error) / (mask.sum() * x.shape[1])


def _generate_numba(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h, outputs = np.zeros((len(x), len(b_h))), [x]
    for _ in target:
        h = _step_numba(outputs[-1], h, w_x, w_h, b_h)
        outputs.append(_layer_numba(h, w_y, b_y))
    mask = np.arange(len(target)).reshape(-1, 1) < lengths
    y = np.stack(outputs[1:])
    return np.where(mask[..., None], y, 0.0), float(np.mean((y[mask] - target[mask]) ** 2))


# 7.3


def _class_rows(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    logits = []
    for b, length in enumerate(lengths):
        h = np.zeros(len(b_h))
        for x_t in x[:length, b]:
            h = np.tanh(w_x @ x_t + w_h @ h + b_h)
        logits.append(w_y @ h + b_y)
    y = np.array(logits)
    return y, float(np.mean([_log_sum_exp(y[b]) - y[b, k] for b, k in enumerate(target)]))


def _class_picked(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h = [np.zeros((x.shape[1], len(b_h)))]
    for x_t in np.where(np.arange(len(x))[:, None, None] < lengths[:, None], x, 0.0):
        h.append(np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b_h))
    y = np.stack(h)[lengths, range(len(lengths))] @ w_y.T + b_y
    return y, float((_log_sum_exp(y) - y[range(len(y)), target]).mean())


def _class_shrinking(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h = np.zeros((x.shape[1], len(b_h)))
    for t, x_t in enumerate(x):
        on = lengths > t
        h[on] = np.tanh(np.einsum("bd,hd->bh", x_t[on], w_x) + np.einsum("bi,hi->bh", h[on], w_h) + b_h)
    y = np.einsum("bh,oh->bo", h, w_y) + b_y
    return y, float(_nll(y, target))


def _nll(y, target):
    return np.mean(np.logaddexp.reduce(y, axis=1) - np.take_along_axis(y, target[:, None], axis=1)[:, 0])


def _class_numba(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h = np.zeros((x.shape[1], len(b_h)))
    for t in range(len(x)):
        h = np.where((t < lengths)[:, None], _step_numba(x[t], h, w_x, w_h, b_h), h)
    y = _layer_numba(h, w_y, b_y)
    return y, float(_nll(y, target))


# 7.4


def _tag_rows(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    y, surprises = np.zeros((*target.shape, len(b_y))), []
    for b, length in enumerate(lengths):
        h = np.zeros(len(b_h))
        for t in range(length):
            h = np.tanh(w_x @ x[t, b] + w_h @ h + b_h)
            y[t, b] = w_y @ h + b_y
            surprises.append(_log_sum_exp(y[t, b]) - y[t, b, target[t, b]])
    return y, float(np.mean(surprises))


def _tag_masked(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    mask = np.arange(len(x))[:, None] < lengths
    a = np.einsum("tbd,hd->tbh", np.where(mask[..., None], x, 0), w_x) + b_h
    h = np.zeros((x.shape[1], len(b_h)))
    for a_t in a:
        a_t[:] = h = np.tanh(a_t + h @ w_h.T)
    y = np.zeros((*target.shape, len(b_y)))
    y[mask] = a[mask] @ w_y.T + b_y
    return y, float(_nll(y[mask], target[mask]))


def _tag_one_hot(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h, outputs = np.zeros((x.shape[1], len(b_h))), []
    for t, x_t in enumerate(x):
        h = np.tanh(x_t @ w_x.T + h @ w_h.T + b_h)
        outputs.append(np.where((t < lengths)[:, None], h @ w_y.T + b_y, 0))
    y = np.stack(outputs)
    counts = (target[..., None] == np.arange(len(b_y))) & (np.arange(len(x))[:, None] < lengths)[..., None]
    return y, float(((_log_sum_exp(y)[..., None] - y) * counts).sum() / counts.sum())


def _tag_numba(params, x, target, lengths):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h, y = np.zeros((x.shape[1], len(b_h))), np.empty((*target.shape, len(b_y)))
    for t in range(len(x)):
        h = _step_numba(x[t], h, w_x, w_h, b_h)
        y[t] = _layer_numba(h, w_y, b_y)
    padding = np.arange(len(x))[:, None] >= lengths
    y[padding] = 0.0
    return y, float(_nll(y[~padding], target[~padding]))


# 7.5


def _draw(params, start, n, temperature, choose):
    w_x, w_h, b_h, w_y, b_y = _weights(params)
    h, symbols = np.zeros(len(b_h)), [start]
    for _ in range(n):
        one_hot = np.eye(w_x.shape[1])[symbols[-1]]
        h = np.tanh(w_x @ one_hot + w_h @ h + b_h)
        symbols.append(choose((w_y @ h + b_y) / temperature))
    return np.array(symbols[1:])


def _softmax(a):
    p = np.exp(a - np.max(a))
    return p / p.sum()


def _draw_inverse(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: int((np.cumsum(_softmax(a)) < rng.random()).sum() % len(a)))


def _draw_gumbel(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: int(np.argmax(a + rng.gumbel(size=len(a)))))


def _draw_multinomial(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: int(rng.multinomial(1, _softmax(a)).argmax()))


def _draw_old_generator(params, start, n, temperature, seed):
    random = np.random.RandomState(seed)
    return _draw(params, start, n, temperature, lambda a: random.choice(len(a), p=_softmax(a)))


@njit
def _pick_numba(a, u):
    total = 0.0
    for i in range(len(a)):
        total += np.exp(a[i])
    left = u * total
    for i in range(len(a) - 1):
        left -= np.exp(a[i])
        if left < 0:
            return i
    return len(a) - 1


def _draw_numba(params, start, n, temperature, seed):
    rng = np.random.default_rng(seed)
    return _draw(params, start, n, temperature, lambda a: _pick_numba(a - a.max(), rng.random()))


# 7.6


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


# 7.7


def _search_arrays(step, start, width, n):
    states, last, scores, symbols = [start[0]], np.array([start[1]]), np.zeros(1), np.zeros((1, 0), int)
    for _ in range(n):
        stepped = [step(state, int(symbol)) for state, symbol in zip(states, last, strict=True)]
        total = scores[:, None] + np.stack([log_p for _, log_p in stepped])
        best = np.argsort(-total, axis=None)[:width]
        parent, last = np.unravel_index(best, total.shape)
        states, scores = [stepped[i][0] for i in parent], total.ravel()[best]
        symbols = np.column_stack([symbols[parent], last])
    return symbols[0], scores[0]


def _search_heap(step, start, width, n):
    beams = [(0.0, (), *start)]
    for _ in range(n):
        candidates: list = []
        for score, symbols, state, symbol in beams:
            after, log_p = step(state, symbol)
            candidates.extend((score + p, (*symbols, s), after, s) for s, p in enumerate(log_p.tolist()))
        while len(candidates) > width:
            candidates.remove(min(candidates, key=lambda c: (c[0], c[1])))
        beams = candidates
    best = max(beams, key=lambda beam: beam[0])
    return np.array(best[1]), best[0]


def _search_recursive(step, start, width, n):
    return _go_on(step, [(0.0, [], start)], width, n)


def _go_on(step, beams, width, n):
    if n == 0:
        score, symbols, _ = max(beams, key=lambda beam: beam[0])
        return np.array(symbols), score
    longer = []
    for score, symbols, (state, symbol) in beams:
        state, log_p = step(state, symbol)
        longer += [(score + log_p[s], [*symbols, s], (state, s)) for s in range(len(log_p))]
    return _go_on(step, sorted(longer, key=lambda beam: -beam[0])[:width], width, n - 1)


@njit
def _best_numba(total, width):
    """Return the places of the largest: how many are larger is a place's rank."""
    best = np.zeros(min(width, len(total)), np.int64)
    for i in range(len(total)):
        rank = 0
        for j in range(len(total)):
            if total[j] > total[i]:
                rank += 1
        if rank < width:
            best[rank] = i
    return best


def _search_numba(step, start, width, n):
    beams, scores = [([], *start)], np.zeros(1)
    for _ in range(n):
        after = [(symbols, *step(state, symbol)) for symbols, state, symbol in beams]
        longer = [([*symbols, s], state, s) for symbols, state, log_p in after for s in range(len(log_p))]
        total = np.concatenate([score + log_p for score, (_, _, log_p) in zip(scores, after, strict=True)])
        best = _best_numba(total, width)
        beams, scores = [longer[i] for i in best], total[best]
    return np.array(beams[0][0]), float(scores[0])


def _search_linked(step, start, width, n):
    layers = [[(0.0, None, *start)]]
    for _ in range(n):
        row = []
        for i, (score, _, state, symbol) in enumerate(layers[-1]):
            after, log_p = step(state, symbol)
            row += [(score + float(p), i, after, s) for s, p in enumerate(log_p)]
        row.sort(key=lambda entry: entry[0])
        layers.append(row[::-1][:width])
    symbols: list = []
    place = 0
    for layer in layers[:0:-1]:
        symbols.insert(0, layer[place][3])
        place = layer[place][1]
    return np.array(symbols), layers[-1][0][0]


ALTERNATIVES = {
    "7.1": (
        Alternative("einsum", {"one_to_one": _single_einsum}),
        Alternative("scalar loops", {"one_to_one": _single_loops}),
        Alternative("columns", {"one_to_one": _single_columns}),
        Alternative("Numba", {"one_to_one": _single_numba}),
    ),
    "7.2": (
        Alternative("row by row", {"one_to_many": _generate_rows}),
        Alternative("one recurrence in h", {"one_to_many": _generate_joined}),
        Alternative("einsum", {"one_to_many": _generate_einsum}),
        Alternative("Numba", {"one_to_many": _generate_numba}),
    ),
    "7.3": (
        Alternative("row by row", {"many_to_one": _class_rows}),
        Alternative("states picked", {"many_to_one": _class_picked}),
        Alternative("only rows that go on", {"many_to_one": _class_shrinking}),
        Alternative("Numba", {"many_to_one": _class_numba}),
    ),
    "7.4": (
        Alternative("row by row", {"many_to_many": _tag_rows}),
        Alternative("steps chosen", {"many_to_many": _tag_masked}),
        Alternative("one-hot targets", {"many_to_many": _tag_one_hot}),
        Alternative("Numba", {"many_to_many": _tag_numba}),
    ),
    "7.5": (
        Alternative("cumulated chances", {"sample": _draw_inverse}),
        Alternative("Gumbel noise", {"sample": _draw_gumbel}),
        Alternative("multinomial", {"sample": _draw_multinomial}),
        Alternative("RandomState", {"sample": _draw_old_generator}),
        Alternative("Numba", {"sample": _draw_numba}),
    ),
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
    "7.7": (
        Alternative("arrays", {"beam_search": _search_arrays}),
        Alternative("worst thrown out", {"beam_search": _search_heap}),
        Alternative("recursion", {"beam_search": _search_recursive}),
        Alternative("linked back", {"beam_search": _search_linked}),
        Alternative("Numba", {"beam_search": _search_numba}),
    ),
    "7.8": (
        Alternative("a float", {"predicted_ratio": lambda: 81.0}),
        Alternative("a NumPy number", {"predicted_ratio": lambda: np.int64(81)}),
        Alternative("a square", {"predicted_ratio": lambda: 9**2}),
        Alternative("through logarithms", {"predicted_ratio": lambda: np.exp(np.log(9) / 0.5)}),
    ),
}

# Mutants of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT: dict[str, dict[str, str]] = {}
