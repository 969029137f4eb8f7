"""Chapter 4: each displayed gradient against central differences."""

import chapters
import numpy as np
import pytest

from rnnlab import gradcheck

CHAPTER = "04_backpropagation"
T, D, H, O = 5, 3, 4, 2  # noqa: E741


class Net:
    """A drawn network with what the equations speak of; `dropped` leaves a term out of the gradient that is checked."""

    def __init__(self, dropped):
        rng = np.random.default_rng(4)
        self.dropped, self.keep = dropped, 0.0 if dropped else 1.0
        self.w_x, self.w_h, self.w_y = rng.normal(size=(H, D)), rng.normal(size=(H, H)) / 2, rng.normal(size=(O, H))
        self.b_h, self.b_y, self.h_0 = rng.normal(size=H) / 2, rng.normal(size=O), rng.normal(size=H) / 2
        self.x, self.p, self.right = rng.normal(size=(T, D)), rng.normal(size=(T, O)), 1
        self.h = self.states()
        self.dy = self.h[1:] @ self.w_y.T + self.b_y - self.p
        self.slope = 1 - self.h[1:] ** 2  # f'(a_t) is slope[t - 1]
        self.weights = {name: getattr(self, name) for name in ("w_x", "w_h", "b_h", "w_y", "b_y", "h_0")}

    def states(self, pushes=None, copies=None, **changed):
        """Return h_0 to h_T; `pushes` (T, H) are added to the states, `copies` are the w_h of each step."""
        w = {"w_x": self.w_x, "w_h": self.w_h, "b_h": self.b_h, "h_0": self.h_0} | changed
        h = [w["h_0"]]
        for t in range(T):
            w_h = w["w_h"] if copies is None else copies[t]
            new = np.tanh(w["w_x"] @ self.x[t] + w_h @ h[-1] + w["b_h"])
            h.append(new if pushes is None else new + pushes[t])
        return np.array(h)

    def loss(self, pushes=None, copies=None, **changed):
        w_y, b_y = changed.pop("w_y", self.w_y), changed.pop("b_y", self.b_y)
        y = self.states(pushes, copies, **changed)[1:] @ w_y.T + b_y
        return float(((y - self.p) ** 2).sum()) / 2

    def da(self, keep=1.0):
        """Return dh and da by the recursion of the page, entry t - 1 for step t."""
        dh, da, carried = np.zeros((T, H)), np.zeros((T, H)), np.zeros(H)
        for t in range(T, 0, -1):
            dh[t - 1] = self.w_y.T @ self.dy[t - 1] + keep * carried
            da[t - 1] = dh[t - 1] * self.slope[t - 1]
            carried = self.w_h.T @ da[t - 1]
        return dh, da

    def jacobian(self, t):
        return np.diag(self.slope[t - 1]) @ self.w_h

    def immediate(self, s, keep=1.0):
        found = np.zeros((H, H, H))
        for i in range(H):
            found[i, i] = (self.slope[s - 1, i] if keep else 1.0) * self.h[s - 1]
        return found


# Each function returns loss, values and gradient of one displayed equation.


def square(net):
    y = net.dy + net.p
    return lambda y: float(((y - net.p) ** 2).sum()) / 2, y, y - net.keep * net.p


def softmax(net):
    y = np.array([0.3, -1.0, 2.0, 0.1])
    chances, onehot = np.exp(y) / np.exp(y).sum(), np.eye(4)[net.right]
    return lambda y: float(np.log(np.exp(y).sum()) - y[net.right]), y, chances - net.keep * onehot


def index(net):
    c = np.arange(1.0, H + 1)
    da = c * (1 - np.tanh(net.w_x @ net.x[0] + net.w_h @ net.h_0 + net.b_h) ** 2)
    found = [sum(net.w_h[i, j] * da[i] for i in range(int(net.dropped), H)) for j in range(H)]
    return lambda h: float(c @ np.tanh(net.w_x @ net.x[0] + net.w_h @ h + net.b_h)), net.h_0, np.array(found)


def step(net):
    c, x = np.arange(1.0, H + 1), net.x[0]
    values = {"x": x, "h": net.h_0, "w_x": net.w_x, "w_h": net.w_h, "b": net.b_h}
    da = c if net.dropped else c * net.slope[0]
    found = {"x": net.w_x.T @ da, "h": net.w_h.T @ da, "b": da}
    found |= {"w_x": da[:, None] * x, "w_h": da[:, None] * net.h_0}
    return lambda v: float(c @ np.tanh(v["w_x"] @ v["x"] + v["w_h"] @ v["h"] + v["b"])), values, found


def jacobian(net):
    rows = np.tile(net.h_0, (H, 1))  # row i is moved for unit i alone
    found = net.w_h if net.dropped else net.jacobian(1)
    return (
        lambda v: sum(np.tanh(net.w_x @ net.x[0] + net.w_h @ v[i] + net.b_h)[i] for i in range(H)),
        rows,
        found,
    )


def state(net):
    return lambda pushes: net.loss(pushes), np.zeros((T, H)), net.da(net.keep)[0]


def weights(net):
    _, da = net.da()
    steps = range(1, T) if net.dropped else range(T)
    found = {
        "w_x": sum(np.outer(da[t], net.x[t]) for t in steps),
        "w_h": sum(np.outer(da[t], net.h[t]) for t in steps),
        "b_h": sum(da[t] for t in steps),
        "w_y": sum(np.outer(net.dy[t], net.h[t + 1]) for t in steps),
        "b_y": sum(net.dy[t] for t in steps),
        "h_0": net.w_h.T @ da[0],
    }
    return lambda v: net.loss(**v), net.weights, found


def copies(net):
    """The statement below the label: copy t alone has the slope da_t h_{t-1}ᵀ."""
    _, da = net.da()
    found = np.array([np.outer(da[t], net.h[t]) for t in range(T)])
    return lambda w: net.loss(copies=w), np.tile(net.w_h, (T, 1, 1)), found


def immediate(net):
    def loss(w):
        return sum(np.tanh(net.w_x @ net.x[2] + w[i] @ net.h[2] + net.b_h)[i] for i in range(H))

    return loss, np.tile(net.w_h, (H, 1, 1)), net.immediate(3, net.keep)


def total(net):
    found = np.zeros((H, H, H))
    for t in range(1, T + 1):
        found = net.immediate(t) + net.keep * np.tensordot(net.jacobian(t), found, 1)
    return lambda w: sum(net.states(w_h=w[i])[T, i] for i in range(H)), np.tile(net.w_h, (H, 1, 1)), found


def paths(net):
    found = np.zeros((H, H))
    for t in range(1, T + 1):
        for s in range(t if net.dropped else 1, t + 1):
            row = net.dy[t - 1] @ net.w_y
            for u in range(t, s, -1):
                row = row @ net.jacobian(u)
            found += np.tensordot(row, net.immediate(s), 1)
    return lambda w: net.loss(w_h=w), net.w_h, found


GRADIENTS = {
    "grad-bptt-square": square,
    "grad-bptt-softmax": softmax,
    "grad-bptt-index": index,
    "grad-bptt-step": step,
    "grad-bptt-jacobian": jacobian,
    "grad-bptt-state": state,
    "grad-bptt-weights": weights,
    "grad-bptt-immediate": immediate,
    "grad-bptt-total": total,
    "grad-bptt-paths": paths,
}


def test_the_table_names_every_displayed_gradient():
    assert set(GRADIENTS) == chapters.gradient_labels(CHAPTER)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_is_that_of_central_differences(label):
    report = gradcheck.check(*GRADIENTS[label](Net(dropped=False)), tolerance=1e-6)
    assert report.ok, report


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_dropped_term_is_noticed(label):
    assert not gradcheck.check(*GRADIENTS[label](Net(dropped=True)), tolerance=1e-6).ok


def test_each_copy_of_the_weights_has_the_slope_that_the_page_says():
    assert gradcheck.check(*copies(Net(dropped=False))).ok
