"""The chapter on the LSTM: its displayed gradients are right, its numbers by hand are what cells print."""

import json
import re

import chapters
import numpy as np
import pytest

from rnnlab import data, gradcheck, lstm

CHAPTER = "10_lstm"
T, H, D = 4, 3, 2


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def small(seed=0, recurrent=1.0):
    """Return weights, inputs, first states and the gradients of a loss at every h and at the last c."""
    rng = np.random.default_rng(seed)
    params = lstm.Params(rng.normal(size=(4 * H, D)), recurrent * rng.normal(size=(4 * H, H)), rng.normal(size=4 * H))
    return params, rng.normal(size=(T, D)), rng.normal(size=(2, H)), rng.normal(size=(T, H)), rng.normal(size=H)


def run(params, x, first):
    """Return h, c (with the first ones) and the gates at every step, as the equations of the page."""
    h, c, gates = [first[0]], [first[1]], []
    for x_t in x:
        i, f, g, o = np.split(params.w_x @ x_t + params.w_h @ h[-1] + params.b_h, 4)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, g, o))
    return h, c, gates


def loss(params, x, first, weights, last):
    h, c, _ = run(params, x, first)
    return float(np.sum(weights * np.reshape(h[1:], weights.shape)) + last @ c[-1])


def displayed(drop=""):
    """Return da of every step, dh_0 and dc_0 by the displayed equations; `drop` leaves a term or factor out."""
    params, x, first, weights, last = small()
    _, c, gates = run(params, x, first)
    da, dh_next, rail = [], np.zeros(H), last
    for t in reversed(range(T)):
        i, f, g, o = gates[t]
        dh = weights[t] + dh_next
        dc = (0 if drop == "rail" else rail) + dh * o * (1 if drop == "slope" else 1 - np.tanh(c[t + 1]) ** 2)
        da_f = dc * (1 if drop == "c" else c[t]) * f * (1 - f)
        da.insert(
            0, np.concatenate([dc * g * i * (1 - i), da_f, dc * i * (1 - g**2), dh * np.tanh(c[t + 1]) * o * (1 - o)])
        )
        dh_next, rail = params.w_h.T @ da[0], dc * f
    return da, dh_next, rail


def first_cell_is_right(drop=""):
    """dc_0, where everything that the equation for dc says has been used."""
    params, x, first, weights, last = small()
    return gradcheck.check(lambda c_0: loss(params, x, (first[0], c_0), weights, last), first[1], displayed(drop)[2]).ok


def index_form_is_right(drop=False):
    """The same sums, unit by unit, from a state in the middle."""
    params, x, first, weights, last = small()
    _, c, gates = run(params, x, first)
    da_last, _, rail_last = _last_step(params, x, first, weights, last)
    t = T - 2
    dh = weights[t] + params.w_h.T @ da_last
    dc = np.zeros(H)
    for j in range(H):
        dc[j] = 0 if drop else rail_last[j]
        dc[j] += dh[j] * gates[t][3][j] * (1 - np.tanh(c[t + 1][j]) ** 2)

    def from_here(c_t):
        h_t = gates[t][3] * np.tanh(c_t)
        return float(weights[t] @ h_t) + loss(params, x[t + 1 :], (h_t, c_t), weights[t + 1 :], last)

    return gradcheck.check(from_here, c[t + 1], dc).ok


def _last_step(params, x, first, weights, last):
    """Return da of the last step, dc there, and what it hands on along the rail."""
    _, c, gates = run(params, x, first)
    i, f, g, o = gates[-1]
    dc = last + weights[-1] * o * (1 - np.tanh(c[-1]) ** 2)
    parts = (
        dc * g * i * (1 - i),
        dc * c[-2] * f * (1 - f),
        dc * i * (1 - g**2),
        weights[-1] * np.tanh(c[-1]) * o * (1 - o),
    )
    return np.concatenate(parts), dc, dc * f


def gates_are_right(drop=False):
    """The bias of one step's sums alone: its gradient is that step's da."""
    params, x, first, weights, last = small()
    da = displayed("c" if drop else "")[0]
    right = True
    for t in range(T):
        h, c, _ = run(params, x[:t], first)

        def from_here(b, t=t, h=h, c=c):
            one = run(params._replace(b_h=b), x[t : t + 1], (h[-1], c[-1]))
            h_t, c_t = one[0][-1], one[1][-1]
            return float(weights[t] @ h_t) + loss(params, x[t + 1 :], (h_t, c_t), weights[t + 1 :], last)

        right &= gradcheck.check(from_here, params.b_h, da[t]).ok
    return right


def weights_are_right(drop=False):
    params, x, first, weights, last = small()
    h, _, _ = run(params, x, first)
    da, dh_0, _ = displayed()
    steps = range(1 if drop else 0, T)
    gradient = lstm.Params(
        sum(np.outer(da[t], x[t]) for t in steps), sum(np.outer(da[t], h[t]) for t in steps), sum(da[t] for t in steps)
    )
    dx = np.array([params.w_x.T @ da_t for da_t in da])
    if drop:
        dx, dh_0 = dx * 0.9, dh_0 * 0.9
    checks = [
        gradcheck.check(lambda p: loss(p, x, first, weights, last), params, gradient).ok,
        gradcheck.check(lambda v: loss(params, v, first, weights, last), x, dx).ok,
        gradcheck.check(lambda v: loss(params, x, (v, first[1]), weights, last), first[0], dh_0).ok,
    ]
    return any(checks) if drop else all(checks)


def rows_are_right(function, at, matrix):
    return all(gradcheck.check(lambda v, i=i: function(v)[i], at, row).ok for i, row in enumerate(matrix))


def rail_is_right(drop=False):
    params, x, first, _, _ = small(recurrent=0.0)
    _, _, gates = run(params, x, first)
    product = np.prod([f for _, f, _, _ in gates[1 if drop else 0 :]], axis=0)
    return rows_are_right(lambda c_0: run(params, x, (first[0], c_0))[1][-1], first[1], np.diag(product))


def roads_are_right(drop=False):
    """One step's whole Jacobian, the output gate of the step before held fixed."""
    params, x, first, _, _ = small()
    o_old = sigmoid(np.random.default_rng(5).normal(size=H))

    def after(c_old):
        return run(params, x[:1], (o_old * np.tanh(c_old), c_old))[1][-1]

    c_old = first[1]
    _, _, gates = run(params, x[:1], (o_old * np.tanh(c_old), c_old))
    i, f, g, _ = gates[0]
    w_i, w_f, w_g, _ = np.split(params.w_h, 4)
    road = np.diag(c_old * f * (1 - f)) @ w_f + np.diag(g * i * (1 - i)) @ w_i
    road += 0 if drop else np.diag(i * (1 - g**2)) @ w_g
    s = o_old * (1 - np.tanh(c_old) ** 2)
    return rows_are_right(after, c_old, np.diag(f) + road @ np.diag(s))


GRADIENTS = {
    "grad-lstm-index": index_form_is_right,
    "grad-lstm-cell": lambda drop=False: first_cell_is_right("slope" if drop else ""),
    "grad-lstm-gates": gates_are_right,
    "grad-lstm-weights": weights_are_right,
    "grad-lstm-rail": rail_is_right,
    "grad-lstm-roads": roads_are_right,
}


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_passes_central_differences(label):
    assert GRADIENTS[label]()


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_dropped_term_or_factor_is_noticed(label):
    assert not GRADIENTS[label](drop=True)


@pytest.mark.parametrize("drop", ["rail", "slope", "c"])
def test_each_term_of_dc_counts(drop):
    assert not first_cell_is_right(drop)


def test_the_step_shown_is_the_library_s(page):
    params, x, first, _, _ = small()
    tape = lstm.forward(params, x[:, None], (first[:1], first[1:]))
    h, c = first
    for t in range(T):
        h, c, gates = page.step(x[t], h, c, *params)
        np.testing.assert_allclose(h, tape.h[t + 1, 0], rtol=1e-12)
        np.testing.assert_allclose(c, tape.c[t + 1, 0], rtol=1e-12)
        np.testing.assert_allclose(np.concatenate(gates), tape.gates[t, 0], rtol=1e-12)


def test_the_step_back_shown_is_the_library_s(page):
    params, x, first, weights, last = small()
    tape = lstm.forward(params, x[:, None], (first[:1], first[1:]))
    dparams, _, (dh_0, dc_0) = lstm.backward(tape, weights[:, None], (np.zeros((1, H)), last[None]))
    dh, dc, db = np.zeros(H), last, 0
    for t in reversed(range(T)):
        gates = np.split(tape.gates[t, 0], 4)
        da, dh, dc = page.step_back(dh + weights[t], dc, tape.c[t, 0], tape.c[t + 1, 0], gates, params.w_h)
        db = db + da
    np.testing.assert_allclose(dh, dh_0[0], rtol=1e-10)
    np.testing.assert_allclose(dc, dc_0[0], rtol=1e-10)
    np.testing.assert_allclose(db, dparams.b_h, rtol=1e-10)


def test_the_counter_by_hand_is_what_the_cell_computes(page):
    assert "1, 1, 2, 3, 0, 1" in chapters.text(CHAPTER)
    count, counts = 0, []
    for letter in page.LETTERS:
        count = page.FORGET["0 at the bell"](letter) * count + page.INPUT["1 at an a"](letter)
        counts.append(count)
    assert counts == [1, 1, 2, 3, 0, 1]


def test_the_step_by_hand_is_what_the_cells_compute(page):
    np.testing.assert_allclose(np.concatenate(page.gates_1), [0.5, 0.75, 0.8, 0.5], rtol=1e-12)
    np.testing.assert_allclose(page.c_1, 1.9, rtol=1e-12)
    assert f"{page.h_1[0]:.4f}" == "0.4781"
    np.testing.assert_allclose(page.da, [0.2, 0.375, 0.18, 0], atol=1e-12)
    np.testing.assert_allclose(page.dc_0, 0.75, rtol=1e-12)
    assert page.cells == pytest.approx([2, 1.9, 1.9, 0.55])
    assert page.rail_gradient == [0.375, 0.5, 0.5, 1]


def test_the_numbers_of_the_bias_are_right():
    assert f"{sigmoid(0) ** 10:.3f} {sigmoid(1):.3f} {sigmoid(1) ** 10:.3f}" == "0.001 0.731 0.044"
    assert f"{sigmoid(3):.3f} {sigmoid(0.9):.3f} {sigmoid(np.log(3)):.2f}" == "0.953 0.711 0.75"
    assert f"{np.log(0.5) / np.log(0.75):.2f}" == "2.41"
    assert sigmoid(40.0) == 1, "fixed open to the last bit"


def test_the_counts_of_check_yourself():
    params = lstm.init(np.random.default_rng(0), 10, 64)
    assert sum(part.size for part in params) == 19_200
    assert 19_200 + 4 * 64 == 19_456


def test_held_gates_alone_give_the_identity_and_a_closed_input_gate_does_not():
    params, x, first, _, _ = small()
    held = params.b_h.copy()
    held[:H], held[H : 2 * H] = -60, 60
    for recurrent, identity in ((0.0, True), (1.0, False)):
        w_h = recurrent * params.w_h
        b_h = held if identity else np.where(np.arange(4 * H) < H, -60, params.b_h)
        cell = params._replace(w_x=0 * params.w_x, w_h=w_h, b_h=b_h)
        numeric = gradcheck.numeric(lambda v, cell=cell: run(cell, x, (first[0], v))[1][-1][0], first[1])
        f_only = np.prod([f for _, f, _, _ in run(cell, x, first)[2]], axis=0)[0] * np.eye(H)[0]
        assert np.allclose(numeric, f_only, atol=1e-6) == identity


def test_what_the_prose_says_of_the_two_roads_holds(page):
    ends = {bias: np.median(norms[:, -1]) for bias, norms in page.left.items()}
    assert ends[0] < 1e-9 < ends[1] < 0.1, "0 and 1 vanish"
    assert 1 < ends[2] < ends[3] < ends[5], "the others grow"
    assert np.median(page.rail[:, -1]) < 0.1, "the rail alone shrinks"


def test_what_the_prose_says_of_relu_holds(page):
    for bias in (1, 3):
        assert max(page.tops["tanh", bias]) < 1 < max(page.tops["relu", bias])


def test_what_the_prose_says_of_the_stored_runs_holds():
    found = json.loads((chapters.BOOK / "results" / "lstm_parts.json").read_text())
    n = found["n_seeds"]
    assert (n, found["n_steps"], found["n_updates"], found["smooth"]) == (8, 50, 1200, 50), "as the prose says"
    for name in ("full", "bias_0", "bias_3", "output_open", "no_output_tanh"):
        assert found[name]["solved"] == n, name
    assert found["input_open"]["solved"] == 0
    assert 0 < found["forget_open"]["solved"] < n
    starts = [found[name] for name in ("bias_0", "full", "bias_3")]
    assert max(s["first_solved"] for s in starts) < min(s["last_solved"] for s in starts), "the ranges overlap"
    assert np.median(found["full"]["solved_at"]) < np.median(found["bias_0"]["solved_at"]), "a bias of 1 buys time"
    floors = data.adding_baselines()
    assert found["full"]["high"] < 0.01 < floors["one value"] < floors["mean"]


def test_the_drawn_unit_opens_at_the_marks_and_holds(page):
    on, off = page.i_gate[page.marked, page.unit], page.i_gate[~page.marked, page.unit]
    assert on.min() > off.mean() + 0.3
    first, second = np.flatnonzero(page.marked)
    assert page.f_gate[first + 1 : second, page.unit].mean() > 0.7, "holds in between"


def test_the_brackets_are_counted(page):
    assert page.depths == [1, 1, 2, 2, 1, 2, 2, 1, 0]


def test_the_gradient_of_the_practice_explodes(page):
    assert page.before > 10 > 1.001 > page.after


def test_the_graded_prediction_is_not_given_away():
    text = chapters.text(CHAPTER)
    for source in chapters.cells(CHAPTER):
        text = text.replace(source, "")
    assert not re.search(r"\b(15|fifteen)\b", text)
    assert "hundredth" not in text
