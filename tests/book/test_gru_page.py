"""The chapter on the GRU: its displayed gradients are right, its numbers by hand are what cells print."""

import json
import re

import chapters
import numpy as np
import pytest

from rnnlab import data, gradcheck, gru

CHAPTER = "09_gru"
T, H, D = 4, 3, 2
SIZES = ((3 * H, D), (3 * H, H), (3 * H,), (H,))


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def small(seed=0):
    """Return weights, inputs, a first state and the gradients of a loss at every h."""
    rng = np.random.default_rng(seed)
    params = gru.Params(*(rng.normal(size=size) for size in SIZES))
    return params, rng.normal(size=(T, D)), rng.normal(size=H), rng.normal(size=(T, H))


def one_step(params, x_t, h, reset="after", da=0.0):
    """Return h after a step and its gates, as the equations of the page; `da` (3H) is added to the three sums."""
    a_r, a_z, a_n = np.split(params.w_x @ x_t + params.b_h + da, 3)
    w_hr, w_hz, w_hn = np.split(params.w_h, 3)
    r, z = sigmoid(a_r + w_hr @ h), sigmoid(a_z + w_hz @ h)
    q = w_hn @ h + params.b_hn if reset == "after" else w_hn @ (r * h) + params.b_hn
    n = np.tanh(a_n + (r * q if reset == "after" else q))
    return (1 - z) * n + z * h, (r, z, n, q)


def run(params, x, first, reset="after"):
    """Return h (with the first) and the gates at every step."""
    h, gates = [first], []
    for x_t in x:
        new, step_gates = one_step(params, x_t, h[-1], reset)
        h.append(new)
        gates.append(step_gates)
    return h, gates


def loss(params, x, first, weights, reset="after"):
    h, _ = run(params, x, first, reset)
    return float(np.sum(weights * np.reshape(h[1:], weights.shape)))


def sums(dh, h_old, gates, drop=""):
    """Return da of r, z and n by the displayed equations, with the reset after the product."""
    r, z, n, q = gates
    da_n = dh * (1 if drop == "1 - z" else 1 - z) * (1 - n**2)
    da_z = dh * (h_old if drop == "n" else h_old - n) * z * (1 - z)
    return da_n * (1 if drop == "q" else q) * r * (1 - r), da_z, da_n


def back(params, dh, da, gates, drop=""):
    """Return the gradient of the old state by the displayed equation, reset after."""
    r, z, _, _ = gates
    w_hr, w_hz, w_hn = np.split(params.w_h, 3)
    ways = {"road": dh * z, "r": w_hr.T @ da[0], "z": w_hz.T @ da[1], "n": w_hn.T @ (da[2] * r)}
    return sum(way for name, way in ways.items() if name != drop)


def walk(drop=""):
    """Return da of every step and the gradient of the first state by the displayed equations."""
    params, x, first, weights = small()
    h, gates = run(params, x, first)
    da, dh = [], np.zeros(H)
    for t in reversed(range(T)):
        dh = dh + weights[t]
        da.insert(0, sums(dh, h[t], gates[t], drop))
        dh = back(params, dh, da[0], gates[t], drop)
    return da, dh


def gates_are_right(drop=""):
    """The gradient of what is added to one step's three sums is that step's da."""
    params, x, first, weights = small()
    da, _ = walk()
    h, gates = run(params, x, first)
    right = True
    for t in range(T):
        shown = da[t]
        if drop:
            dh = weights[t] + (back(params, *_next(params, t, h, gates, weights)) if t + 1 < T else 0)
            shown = sums(dh, h[t], gates[t], drop)

        def from_here(added, t=t):
            h_t, _ = one_step(params, x[t], h[t], da=added)
            return float(weights[t] @ h_t) + loss(params, x[t + 1 :], h_t, weights[t + 1 :])

        right &= gradcheck.check(from_here, np.zeros(3 * H), np.concatenate(shown)).ok
    return right


def _next(params, t, h, gates, weights):
    """Return dh, da and the gates of step t + 1, from which `back` makes the gradient that arrives at h_t."""
    dh = np.zeros(H)
    for s in reversed(range(t + 1, T)):
        dh = dh + weights[s]
        da = sums(dh, h[s], gates[s])
        if s == t + 1:
            return dh, da, gates[s]
        dh = back(params, dh, da, gates[s])
    raise AssertionError("there is no next step")


def ways_are_right(drop=""):
    params, x, first, weights = small()
    return gradcheck.check(lambda v: loss(params, x, v, weights), first, walk(drop)[1]).ok


def index_form_is_right(drop=""):
    """The four sums, unit by unit, of one step."""
    params, x, first, weights = small()
    _, (gates,) = run(params, x[:1], first)
    da_r, da_z, da_n = sums(weights[0], first, gates)
    w_hr, w_hz, w_hn = np.split(params.w_h, 3)
    r, z, _, _ = gates
    dh = np.zeros(H)
    for unit in range(H):
        dh[unit] = 0 if drop == "road" else weights[0][unit] * z[unit]
        for j in range(H):
            dh[unit] += w_hr[j, unit] * da_r[j] + w_hz[j, unit] * da_z[j]
            dh[unit] += w_hn[j, unit] * da_n[j] * (1 if drop == "r in n" else r[j])
    return gradcheck.check(lambda v: loss(params, x[:1], v, weights[:1]), first, dh).ok


def before_is_right(drop=""):
    """One step with the reset before the product; its da of r is worked out here, as the assignment asks."""
    params, x, first, weights = small()
    _, (gates,) = run(params, x[:1], first, "before")
    r, z, _, _ = gates
    w_hr, w_hz, w_hn = np.split(params.w_h, 3)
    dh = weights[0]
    _, da_z, da_n = sums(dh, first, gates)
    da_r = (w_hn.T @ da_n) * first * r * (1 - r)
    last = w_hn.T @ (da_n * r) if drop == "place" else (w_hn.T @ da_n) * r
    shown = (0 if drop == "road" else dh * z) + w_hr.T @ da_r + w_hz.T @ da_z + last
    return gradcheck.check(lambda v: loss(params, x[:1], v, weights[:1], "before"), first, shown).ok


def weights_are_right(drop=""):
    params, x, first, weights = small()
    h, gates = run(params, x, first)
    da, _ = walk()
    stacked = np.array([np.concatenate(step) for step in da])
    dq = np.array([step[2] * (1 if drop == "r" else gates[t][0]) for t, step in enumerate(da)])
    old = np.array(h[:-1])
    recurrent = np.concatenate([stacked[:, : 2 * H].T @ old, dq.T @ old])
    kept = slice(1 if drop == "step" else 0, None)
    shown = gru.Params(stacked[kept].T @ x[kept], recurrent, stacked.sum(0), dq.sum(0))
    return gradcheck.check(lambda p: loss(p, x, first, weights), params, shown).ok


def jacobian_is_right(drop=""):
    params, x, first, _ = small()
    _, (gates,) = run(params, x[:1], first)
    r, z, n, q = gates
    w_hr, w_hz, w_hn = np.split(params.w_h, 3)
    a_z, a_n = np.diag((first - n) * z * (1 - z)), np.diag((1 - z) * (1 - n**2))
    a_r, reset = np.diag(q * r * (1 - r)), np.diag(r)
    terms = {"diag": np.diag(z), "z": a_z @ w_hz, "n": a_n @ reset @ w_hn, "r": a_n @ a_r @ w_hr}
    shown = sum(term for name, term in terms.items() if name != drop)
    return all(
        gradcheck.check(lambda v, i=i: one_step(params, x[0], v)[0][i], first, row).ok for i, row in enumerate(shown)
    )


GRADIENTS = {  # the label of a displayed gradient: its check, and what can be left out of it
    "grad-gru-gates": (gates_are_right, ("1 - z", "n", "q")),
    "grad-gru-index": (index_form_is_right, ("road", "r in n")),
    "grad-gru-after": (ways_are_right, ("road", "r", "z", "n")),
    "grad-gru-before": (before_is_right, ("road", "place")),
    "grad-gru-weights": (weights_are_right, ("r", "step")),
    "grad-gru-jacobian": (jacobian_is_right, ("diag", "z", "n", "r")),
}


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_passes_central_differences(label):
    assert GRADIENTS[label][0]()


@pytest.mark.parametrize(
    ("label", "drop"), [(label, drop) for label, (_, drops) in GRADIENTS.items() for drop in drops]
)
def test_a_dropped_term_or_factor_is_noticed(label, drop):
    assert not GRADIENTS[label][0](drop)


@pytest.mark.parametrize("reset", gru.RESETS)
def test_the_step_shown_is_the_library_s(page, reset):
    params, x, first, _ = small()
    tape = gru.forward(params, x[:, None], first[None], reset=reset)
    h = first
    for t in range(T):
        h, (r, z, n, _) = page.step(x[t], h, *params, reset)
        np.testing.assert_allclose(h, tape.h[t + 1, 0], rtol=1e-12)
        np.testing.assert_allclose(np.concatenate([r, z, n]), tape.gates[t, 0], rtol=1e-12)


def test_the_step_back_shown_is_the_library_s(page):
    params, x, first, weights = small()
    tape = gru.forward(params, x[:, None], first[None])
    dparams, _, dh_0 = gru.backward(tape, weights[:, None])
    h, dh, db = [first], np.zeros(H), 0
    kept = []
    for x_t in x:
        new, gates = page.step(x_t, h[-1], *params)
        kept.append(gates)
        h.append(new)
    for t in reversed(range(T)):
        dh, ways, da = page.step_back(dh + weights[t], h[t], kept[t], params.w_h)
        assert len(ways) == 4, "four ways, as the prose says"
        db = db + np.concatenate(da)
    np.testing.assert_allclose(dh, dh_0[0], rtol=1e-10)
    np.testing.assert_allclose(db, dparams.b_h, rtol=1e-10)


def test_the_steps_by_hand_are_what_the_cell_computes(page):
    zeros, one = np.zeros((3, 1)), np.ones(1)
    for reset, q, n, h in (("after", 2, "0.7616", "0.9404"), ("before", 1.5, "0.9051", "0.9763")):
        w_h, b_h = np.array([[0.0], [0], [1]]), np.array([0, np.log(3), 0])
        new, gates = page.step(np.zeros(1), one, zeros, w_h, b_h, one, reset)
        assert (gates[0][0], gates[3][0]) == pytest.approx((0.5, q))
        assert gates[1][0] == pytest.approx(0.75)
        assert (f"{gates[2][0]:.4f}", f"{new[0]:.4f}") == (n, h)
        assert n in chapters.text(CHAPTER)
        assert h in chapters.text(CHAPTER)


def test_the_step_back_by_hand_is_what_the_cell_computes(page):
    np.testing.assert_allclose(np.concatenate(page.ways), [0.75, 0, 0, 0.0525], atol=5e-5)
    assert page.dh_old[0] == pytest.approx(0.8025, abs=5e-5)
    assert page.da[2][0] == pytest.approx(0.105, abs=5e-4)
    assert f"{1 - np.tanh(1) ** 2:.2f}" == "0.42"


def test_the_leaky_unit_fades_as_the_prose_says(page):
    assert [f"{0.75**n:.2f}" for n in (1, 2, 3, 4)] == ["0.75", "0.56", "0.42", "0.32"]
    gate = page.mixed(~page.mark)
    np.testing.assert_allclose(gate[4:45], 0.6, rtol=1e-12)
    np.testing.assert_allclose(gate[45:], -0.4, rtol=1e-12)
    assert np.flatnonzero(page.mark).tolist() == [4, 45], "forty steps of noise between them"


def test_only_an_open_update_gate_holds(page):
    for r in (0.0, 0.5, 1.0):
        assert "h$ = 0.60; on the way it was up to 0.00" in page.held(1.0, r)[1]
        for z in (0.0, 0.25, 0.5, 0.75):
            assert "up to 0.00" not in page.held(z, r)[1]


def test_an_update_gate_of_one_is_the_identity_and_a_lower_one_is_not():
    params, x, first, _ = small()
    for bias, is_identity in ((60.0, True), (2.0, False)):
        held = np.where((np.arange(3 * H) // H) == 1, bias, params.b_h)
        rows = slice(H, 2 * H)
        cell = params._replace(w_x=params.w_x.copy(), w_h=params.w_h.copy(), b_h=held)
        cell.w_x[rows], cell.w_h[rows] = 0, 0
        numeric = [gradcheck.numeric(lambda v, i=i, c=cell: run(c, x, v)[0][-1][i], first) for i in range(H)]
        assert np.allclose(numeric, np.eye(H), atol=1e-6) == is_identity


def test_what_held_gates_leave(page):
    assert f"{0.9**30:.3f} {0.99**30:.2f}" == "0.042 0.74"
    assert page.left_after(page.p, page.x, page.u)[30] == pytest.approx(1), "the last gate held is 1"


def test_what_the_prose_says_of_the_rates_holds(page):
    medians = np.median(page.rates, axis=0)
    assert (np.diff(medians) > 0).all(), "the more open the gate, the less fades"
    low = page.biases <= 2
    assert (page.rates[:, low] > page.sigmoid(page.biases[low])).all(), "other roads add where the gate is half shut"
    assert page.rates.max() < 1, "no network lets it grow"
    halves = [np.log(0.5) / np.log(sigmoid(b)) for b in (0, 2, 3, 4, 5)]
    np.testing.assert_allclose(halves, [1.0, 5.5, 14.3, 38.2, 103.2], atol=0.05)


def test_what_the_prose_says_of_the_stored_runs_holds():
    found, lstm = (json.loads((chapters.BOOK / "results" / f"{n}_parts.json").read_text()) for n in ("gru", "lstm"))
    keys = ("n_seeds", "n_steps", "n_updates", "n_hidden", "smooth")
    assert [found[k] for k in keys] == [lstm[k] for k in keys] == [8, 50, 1200, 16, 50], (
        "the comparison is like for like"
    )
    for name in ("full", "before", "reset_open", "same_size"):
        assert found[name]["solved"] == 8, name
    assert found["update_shut"]["solved"] == 0
    floors = data.adding_baselines()
    assert found["update_shut"]["low"] > 0.9 * floors["one value"]
    long = found["long"]
    assert long["gru"]["high"] < 0.001 < floors["one value"] < long["tanh"]["low"]
    assert found["full"]["last_solved"] < lstm["full"]["first_solved"], "here the GRU learns sooner"
    assert found["same_size"]["last_solved"] < lstm["full"]["first_solved"]
    for size in found["time"].values():
        assert 0.75 < size["ratio"] < 1, "faster, but by less than the count suggests"


def test_the_counts_of_the_tables_are_right():
    def count(n_input, n_hidden):
        return sum(part.size for part in gru.init(np.random.default_rng(0), n_input, n_hidden))

    assert count(10, 64) == 14_464
    assert 14_464 + 2 * 64 == 14_592
    assert (count(2, 16) + 17, count(2, 18) + 19, 4 * (16 * 2 + 16 * 16 + 16) + 17) == (945, 1171, 1233)


def test_the_other_convention_gives_the_same_states(page):
    np.testing.assert_allclose(page.other_h, page.one_h, rtol=1e-12)


def test_every_slip_in_a_conversion_shows_and_none_is_none(page):
    for name, (*weights, reset) in page.slips.items():
        h = np.zeros(8)
        for x_t in page.inputs:
            h, _ = page.step(x_t, h, *weights, reset)
        off = np.abs(h - page.one_h).max()
        assert (off == 0) == (name == "none"), name
        assert name == "none" or 0.05 < off < 0.5, name


def test_the_drawn_unit_takes_at_the_marks_and_holds(page):
    on, off = page.z_gate[page.marked, page.chosen], page.z_gate[~page.marked, page.chosen]
    assert on.max() < off.mean() - 0.3
    assert off.mean() > 0.9


def test_the_wired_unit_holds_and_takes(page):
    np.testing.assert_allclose([page.shown[4], page.shown[44], page.shown[59]], [0.6, 0.6, -0.4], atol=1e-6)


def test_an_open_reset_gate_costs_a_little_where_much_is_forgotten(page):
    assert (np.array(page.open_r) > np.array(page.free)).all()
    assert max(page.open_r) < 0.1 * np.var(page.answers), "each learns the task"


def test_the_graded_prediction_is_not_given_away():
    text = chapters.text(CHAPTER)
    for source in chapters.cells(CHAPTER):
        text = text.replace(source, "")
    assert not re.search(r"\b(7|seven)\b", text)
