"""Assignments 9 and 10 refuse answers that are right in most cases only, and accept right ones of any style."""

import numpy as np
import pytest
from assignments.wrong_answers import accepted, named, refused

from rnnlab import checks
from rnnlab.assignments.gru import checks as gru
from rnnlab.assignments.lstm import checks as lstm


def after(function, change):
    return lambda *args: change(function(*args))


def each_array(change):
    """Change every array of a result, also those in dicts."""

    def changed(value):
        if isinstance(value, dict):
            return {name: changed(v) for name, v in value.items()}
        if isinstance(value, tuple):
            return tuple(changed(v) for v in value)
        return change(value)

    return changed


def clipped(c):
    return each_array(lambda a: np.clip(a, -c, c))


def cut(a):
    return np.where(abs(a) < 1e-6, 0.0, a)


def one_too_many(result):
    return (*result, result[0])


def dividing_by_r(dh, x, h, r, z, n, params, reset):
    """Take r times something and divide it by r, which is 0 where the gate is shut."""
    with np.errstate(all="ignore"):
        dx, dh_before, dparams = gru.gru_step_backward(dh, x, h, r, z, n, params, reset)
        return dx, dh_before * r / r, dparams


def with_five_directions(params, source, target):
    if (source, target) in (("torch", "keras"), ("keras", "torch")) or source == target:
        raise ValueError("not written")
    return gru.convert_gates(params, source, target)


def no_way_to_itself(params, source, target):
    if source == target:
        raise KeyError(source)
    return gru.convert_gates(params, source, target)


def turned_by_shape(params, source, target):
    """Turn what Keras calls the kernel round where its shape says so, which it does not for D = 3H."""
    answer = dict(gru.convert_gates(params, source, target))
    if target == "keras" and source != "keras":
        kernel = answer["kernel"]
        answer["kernel"] = kernel.T.copy() if kernel.shape[0] == kernel.shape[1] else kernel
    return answer


def weights_by_shape(x, h, params, reset):
    """Take w_x the other way round where that fits too."""
    w_x = params["w_x"]
    return gru.gru_step(x, h, {**params, "w_x": w_x.T if w_x.shape[0] == w_x.shape[1] else w_x}, reset)


def lstm_weights_by_shape(x, h_0, c_0, params):
    w_x = params["w_x"]
    return lstm.lstm_forward(x, h_0, c_0, {**params, "w_x": w_x.T if w_x.shape[0] == w_x.shape[1] else w_x})


GRU = {
    "9.1, one result too many": ("9.1", {"gru_step": after(gru.gru_step, one_too_many)}),
    "9.1, squeezed": ("9.1", {"gru_step": after(gru.gru_step, each_array(np.squeeze))}),
    "9.1, small numbers taken for 0": ("9.1", {"gru_step": after(gru.gru_step, each_array(cut))}),
    "9.1, states within 500": ("9.1", {"gru_step": after(gru.gru_step, clipped(500.0))}),
    "9.1, states within 5": ("9.1", {"gru_step": after(gru.gru_step, clipped(5.0))}),
    "9.2, one result too many": ("9.2", {"gru_step_backward": after(gru.gru_step_backward, one_too_many)}),
    "9.2, gradients clipped at 5": ("9.2", {"gru_step_backward": after(gru.gru_step_backward, clipped(5.0))}),
    "9.2, gradients clipped at 1000": ("9.2", {"gru_step_backward": after(gru.gru_step_backward, clipped(1e3))}),
    "9.2, small gradients taken for 0": ("9.2", {"gru_step_backward": after(gru.gru_step_backward, each_array(cut))}),
    "9.2, divided by r": ("9.2", {"gru_step_backward": dividing_by_r}),
    "9.3, five of nine directions": ("9.3", {"convert_gates": with_five_directions}),
    "9.1, weights turned round by their shape": ("9.1", {"gru_step": weights_by_shape}),
    "9.3, weights turned round by their shape": ("9.3", {"convert_gates": turned_by_shape}),
    "9.3, no convention to itself": ("9.3", {"convert_gates": no_way_to_itself}),
}


def recursive_forward(x, h_0, c_0, params):
    def states(t):
        if t == 0:
            return h_0, c_0
        h, c = states(t - 1)
        stepped, cells, _ = lstm.lstm_forward(x[t - 1 : t], h, c, params)
        return stepped[1], cells[1]

    states(len(x))
    return lstm.lstm_forward(x, h_0, c_0, params)


def cell_within_20(x, h_0, c_0, params):
    return lstm.lstm_forward(x, h_0, np.clip(c_0, -20, 20), params)


def tanh_by_exponentials(x, h_0, c_0, params):
    """Show of the cell a quotient that is infinity / infinity where the cell is large."""
    h, c, gates = lstm.lstm_forward(x, h_0, c_0, params)
    up, down = np.exp(c[1:]), np.exp(-c[1:])
    h[1:] = np.split(gates, 4, axis=2)[3] * (up - down) / (up + down)
    return h, c, gates


def ten_steps_back(dh, dc_last, x, h, c, gates, params):
    dx, *rest = lstm.lstm_backward(dh, dc_last, x, h, c, gates, params)
    return np.where((np.arange(len(x)) < len(x) - 10)[:, None, None], 0.0, dx), *rest


def dividing_by_o(dh, dc_last, x, h, c, gates, params):
    """Take tanh(c) from h and o, which may be 0."""
    o = np.split(gates, 4, axis=2)[3]
    with np.errstate(all="ignore"):
        dx, dh_0, dc_0, dparams = lstm.lstm_backward(dh, dc_last, x, h, c, gates, params)
        return dx, dh_0, dc_0 * (o[0] / o[0]), dparams


def bias_within_10(b_h, half_life):
    changed = lstm.forget_bias(b_h, half_life)
    return np.where(np.arange(len(b_h)) // (len(b_h) // 4) == 1, np.clip(changed, -10, 10), changed)


LSTM = {
    "10.1, squeezed": ("10.1", {"lstm_forward": after(lstm.lstm_forward, each_array(np.squeeze))}),
    "10.1, recursion": ("10.1", {"lstm_forward": recursive_forward}),
    "10.1, weights turned round by their shape": ("10.1", {"lstm_forward": lstm_weights_by_shape}),
    "10.1, infinity divided by infinity": ("10.1", {"lstm_forward": tanh_by_exponentials}),
    "10.1, cell within 20": ("10.1", {"lstm_forward": cell_within_20}),
    "10.1, one result too many": ("10.1", {"lstm_forward": after(lstm.lstm_forward, one_too_many)}),
    "10.2, one result too many": ("10.2", {"lstm_backward": after(lstm.lstm_backward, one_too_many)}),
    "10.2, gradients clipped at 5": ("10.2", {"lstm_backward": after(lstm.lstm_backward, clipped(5.0))}),
    "10.2, gradients clipped at 1000": ("10.2", {"lstm_backward": after(lstm.lstm_backward, clipped(1e3))}),
    "10.2, small gradients taken for 0": ("10.2", {"lstm_backward": after(lstm.lstm_backward, each_array(cut))}),
    "10.2, ten steps back": ("10.2", {"lstm_backward": ten_steps_back}),
    "10.2, divided by o": ("10.2", {"lstm_backward": dividing_by_o}),
    "10.3, bias within 10": ("10.3", {"forget_bias": bias_within_10}),
}


@pytest.mark.parametrize("name", [*GRU, *LSTM])
def test_an_answer_that_is_right_in_most_cases_loses_points(name):
    refused(*{**GRU, **LSTM}[name])


def test_a_workspace_that_is_handed_out_again_loses_points():
    space = {}

    def gru_step(*args):
        results = gru.gru_step(*args)
        shape = results[0].shape
        if shape not in space:
            space[shape] = tuple(np.empty(shape) for _ in results)
        for kept, new in zip(space[shape], results, strict=True):
            kept[...] = new
        return space[shape]

    refused("9.1", {"gru_step": gru_step})


def test_dc_last_may_be_added_to_in_place():
    def lstm_backward(dh, dc_last, *args):
        results = lstm.lstm_backward(dh, dc_last.copy(), *args)
        dc_last += 1.0
        return results

    accepted("10.2", {"lstm_backward": lstm_backward})


def test_gates_may_be_computed_again_on_the_way_back():
    def gru_step_backward(dh, x, h, r, z, n, params, reset):
        _, *gates = gru.gru_step(x, h, params, reset)
        return gru.gru_step_backward(dh, x, h, *gates, params, reset)

    accepted("9.2", {"gru_step_backward": gru_step_backward})


def test_a_bias_computed_through_the_gate_is_precise_enough():
    def forget_bias(b_h, half_life):
        f = 0.5 ** (1 / half_life)
        changed = b_h.copy()
        changed[len(b_h) // 4 : len(b_h) // 2] = np.log(f / (1 - f))
        return changed

    accepted("10.3", {"forget_bias": forget_bias}, seeds=range(8))


def test_a_cell_that_returns_c_0_and_starts_from_zero_is_told_so():
    def lstm_forward(x, h_0, c_0, params):
        h, c, gates = lstm.lstm_forward(x, h_0, np.zeros_like(c_0), params)
        c[0] = c_0
        return h, c, gates

    named("10.1", {"lstm_forward": lstm_forward}, "starts from another one")


def test_dr_made_with_the_candidate_is_told_so():
    def gru_step_backward(dh, x, h, r, z, n, params, reset):
        w_r, w_z, w_n = np.split(params["w_h"], 3)
        da_n = dh * (1 - z) * (1 - n * n)
        da_z = dh * (h - n) * z * (1 - z)
        if reset == "after":
            read, dq, da_r = h, r * da_n, da_n * n * r * (1 - r)
            through = dq @ w_n
        else:
            read, dq = r * h, da_n
            da_r, through = (dq @ w_n) * h * r * (1 - r), (dq @ w_n) * r
        da = np.hstack([da_r, da_z, da_n])
        dparams = {
            "w_x": da.T @ x,
            "w_h": np.vstack([da_r.T @ h, da_z.T @ h, dq.T @ read]),
            "b_h": da.sum(axis=0),
            "b_hn": dq.sum(axis=0),
        }
        return da @ params["w_x"], dh * z + da_r @ w_r + da_z @ w_z + through, dparams

    named("9.2", {"gru_step_backward": gru_step_backward}, "your dr is taken with n")


@pytest.mark.parametrize(("question", "forgotten"), [("9.1", "b_hn"), ("9.1", "w_h"), ("10.1", "b_h"), ("10.1", "w_x")])
def test_answers_kept_without_one_of_the_weights_lose(question, forgotten):
    (name,) = checks.find(question).names
    right, kept = checks.find(question).reference[name], {}

    def remembering(*args):
        arrays = [arg for arg in args if isinstance(arg, np.ndarray)]
        arrays += [value for arg in args if isinstance(arg, dict) for key, value in arg.items() if key != forgotten]
        key = (*(array.tobytes() for array in arrays), *(arg for arg in args if isinstance(arg, str)))
        if key not in kept:
            kept[key] = right(*args)
        return kept[key]

    refused(question, {name: remembering})
