"""Assignment 9: the wrong ways that students take in 9.3 and 9.4, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 9.3: convert_gates(params, source, target)


def _exchange(array):
    first, second, third = np.split(array, 3)
    return np.concatenate([second, first, third])


def _same_order(array):
    return array


def _into(params, source, order, turn, merge):
    if source == "rnnlab":
        return [params[name] for name in ("w_x", "w_h", "b_h", "b_hn")]
    if source == "torch":
        w_x, w_h = params["weight_ih_l0"], params["weight_hh_l0"]
        first, second = params["bias_ih_l0"], params["bias_hh_l0"]
    else:
        w_x, w_h = order(turn(params["kernel"])), order(turn(params["recurrent_kernel"]))
        first, second = order(params["bias"][0]), order(params["bias"][1])
    return [w_x, w_h, *merge(first, second)]


def _merge(first, second):
    size = len(first) // 3
    return np.concatenate([(first + second)[: 2 * size], first[2 * size :]]), second[2 * size :]


def _merge_all(first, second):
    return first + second, 0 * second[: len(second) // 3]


def _drop_second(first, second):
    return first, second[2 * len(second) // 3 :]


def _merge_twice(first, second):
    return first + second, second[2 * len(second) // 3 :]


def _no_turn(w):
    return w.copy()


def _turn(w):
    return np.ascontiguousarray(w.T)


def _reshape(w):
    return w.reshape(w.shape[::-1])


def _pad(b_h, b_hn):
    return np.concatenate([0 * b_hn, 0 * b_hn, b_hn])


def _pad_nothing(b_h, b_hn):
    return 0 * b_h


def _pad_with_b_h(b_h, b_hn):
    return np.concatenate([b_h[: 2 * len(b_hn)], b_hn])


def _convert(params, source, target, *, order=_exchange, turn=_turn, merge=_merge, second=_pad, order_out=None):
    w_x, w_h, b_h, b_hn = _into(params, source, order, turn, merge)
    if target == "rnnlab":
        return {"w_x": w_x, "w_h": w_h, "b_h": b_h, "b_hn": b_hn}
    pair = b_h, second(b_h, b_hn)
    if target == "torch":
        return {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": pair[0], "bias_hh_l0": pair[1]}
    order = order_out or order
    kernel, recurrent = turn(order(w_x)), turn(order(w_h))
    return {"kernel": kernel, "recurrent_kernel": recurrent, "bias": np.stack([order(b) for b in pair])}


def _turned_around(array):
    first, second, third = np.split(array, 3)
    return np.concatenate([second, third, first])


_CONVERT_MISTAKES = (
    Mistake(
        "order of the gates kept",
        "your Keras weights have the gates in the order r, z, n. Keras has z first, then r.",
        {"convert_gates": lambda *args: _convert(*args, order=_same_order)},
    ),
    Mistake(
        "order of the gates kept on the way to Keras",
        "you read Keras weights in the right order, but write them with r first. Keras has z first both ways.",
        {"convert_gates": lambda *args: _convert(*args, order_out=_same_order)},
    ),
    Mistake(
        "gates turned around",
        "your blocks are moved on by one, so that all three change places. Only r and z do.",
        {"convert_gates": lambda *args: _convert(*args, order=_turned_around)},
    ),
    Mistake(
        "Keras weights not transposed",
        "your Keras weights are (out, in). Keras has them (in, out), with the gates side by side.",
        {"convert_gates": lambda *args: _convert(*args, turn=_no_turn)},
    ),
    Mistake(
        "reshape for transpose",
        "your Keras weights have the right shape, but the numbers are in the wrong places: reshape does not transpose.",
        {"convert_gates": lambda *args: _convert(*args, turn=_reshape)},
    ),
    Mistake(
        "both biases merged",
        "your b_h is the sum of the two biases in all rows. For r and z that is right; in the rows of n the second one "
        "is b_hn, which the reset gate multiplies.",
        {"convert_gates": lambda *args: _convert(*args, merge=_merge_all)},
    ),
    Mistake(
        "second bias of r and z dropped",
        "your b_h is the first bias alone. For r and z both biases count, and their sum is what acts.",
        {"convert_gates": lambda *args: _convert(*args, merge=_drop_second)},
    ),
    Mistake(
        "b_hn counted twice",
        "your b_hn is there, but it has been added to the rows of n in b_h as well.",
        {"convert_gates": lambda *args: _convert(*args, merge=_merge_twice)},
    ),
    Mistake(
        "b_hn dropped on the way out",
        "your second bias is zero everywhere. Its rows of n are b_hn.",
        {"convert_gates": lambda *args: _convert(*args, second=_pad_nothing)},
    ),
    Mistake(
        "b_h twice on the way out",
        "your two biases both hold b_h for r and z. Whoever adds them gets it twice.",
        {"convert_gates": lambda *args: _convert(*args, second=_pad_with_b_h)},
    ),
)

_PREDICTIONS = (
    Mistake(
        "straight line",
        "you took a tenth of the first value away at every step. It is a tenth of what is left.",
        {"predicted_steps": lambda: 5},
    ),
    Mistake(
        "z as the share that is new",
        "you let z = 0.9 replace nine tenths at every step. Here z is the share that is kept.",
        {"predicted_steps": lambda: 1},
    ),
    Mistake(
        "one step too early",
        "after 6 steps more than half is left: 0.9 to the power of 6 is 0.53.",
        {"predicted_steps": lambda: 6},
    ),
)

MISTAKES = {"9.3": _CONVERT_MISTAKES, "9.4": _PREDICTIONS}
