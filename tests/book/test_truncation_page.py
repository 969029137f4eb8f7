"""The chapter on truncation: its gradients as displayed, its hand examples, its claims about stored runs."""

import importlib.util
import itertools
import json

import chapters
import numpy as np
import pytest

from rnnlab import bptt, data, gradcheck, rnn, rtrl

CHAPTER = "05_truncation"
RESULTS = chapters.BOOK / "results"


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


class Case:
    """A small tanh network with half the squared error at every step."""

    def __init__(self, n_steps=6, n_input=2, n_hidden=3):
        rng = np.random.default_rng(5)
        self.x = rng.normal(size=(n_steps, n_input))
        self.target = rng.normal(size=n_steps)
        self.w_y = rng.normal(size=n_hidden)
        self.weights = rng.normal(size=(n_hidden, n_input + n_hidden + 1)) * 0.8
        self.n_input, self.n_hidden = n_input, n_hidden

    def split(self, weights):
        return weights[:, : self.n_input], weights[:, self.n_input : -1], weights[:, -1]

    def read(self, weights, x, h):
        w_x, w_h, b_h = self.split(weights)
        states = [h]
        for x_t in x:
            states.append(np.tanh(w_x @ x_t + w_h @ states[-1] + b_h))
        return np.array(states)

    def states(self, weights=None):
        return self.read(self.weights if weights is None else weights, self.x, np.zeros(self.n_hidden))

    def loss(self, weights):
        return np.sum((self.states(weights)[1:] @ self.w_y - self.target) ** 2) / 2

    def dh(self):
        return (self.states()[1:] @ self.w_y - self.target)[:, None] * self.w_y

    def with_w_h(self, w_h):
        w_x, _, b_h = self.split(self.weights)
        return np.hstack([w_x, w_h, b_h[:, None]])


def by_lag(page, drop):
    case = Case()
    w_h = case.split(case.weights)[1].copy()
    parts = page.by_lag(w_h, case.states(), case.dh())
    found = parts.sum(axis=0) - (parts[1] if drop else 0)
    return gradcheck.check(lambda w: case.loss(case.with_w_h(w)), w_h, found)


def truncated(page, drop):
    """BPTT(1, k2) is the gradient of the loss in which every step starts from a given state k2 steps before."""
    case, k2 = Case(), 3
    w_h, given = case.split(case.weights)[1].copy(), case.states()

    def loss(w):
        total = 0.0
        for t in range(1, len(case.x) + 1):
            start = max(0, t - k2)
            h = case.read(case.with_w_h(w), case.x[start:t], given[start])[-1]
            total += (h @ case.w_y - case.target[t - 1]) ** 2 / 2
        return total

    parts = page.by_lag(w_h, given, case.dh())
    return gradcheck.check(loss, w_h, parts[: k2 - drop].sum(axis=0))


def linear(page, drop):
    w_h, n_steps, target = 0.7, 6, 0.4

    def last(w_x):
        h = 0.0
        for _ in range(n_steps):
            h = w_h * h + w_x
        return h

    e = last(1.3) - target
    found = e * (1 - w_h ** (n_steps - drop)) / (1 - w_h)
    assert np.isclose(e * sum(w_h**lag for lag in range(n_steps)), e * (1 - w_h**n_steps) / (1 - w_h))
    return gradcheck.check(lambda w: float((last(w.item()) - target) ** 2 / 2), np.array([1.3]), np.array([found]))


def influences(case, drop):
    """Return P_1, P_2, ... by the recursion as displayed."""
    w_h, states = case.split(case.weights)[1], case.states()
    p, found = np.zeros((case.n_hidden, *case.weights.shape)), []
    for t, x_t in enumerate(case.x):
        z = np.concatenate([x_t, states[t], [1.0]])
        new = np.zeros_like(p)
        for i, j, m in np.ndindex(*p.shape):
            through = sum(w_h[i, n] * p[n, j, m] for n in range(case.n_hidden))
            new[i, j, m] = (1 - states[t + 1, i] ** 2) * ((i == j) * z[m] + (0 if drop else through))
        p = new
        found.append(p)
    return np.array(found)


def influence(page, drop):
    case, v = Case(), np.array([1.0, -2.0, 0.5])
    last = influences(case, drop)[-1]
    return gradcheck.check(lambda w: v @ case.states(w)[-1], case.weights, np.einsum("i,ijm->jm", v, last))


def real_time(page, drop):
    case = Case()
    found = np.einsum("ti,tijm->jm", case.dh(), influences(case, drop))
    return gradcheck.check(case.loss, case.weights, found)


def randomly_cut(page, drop):
    """The mean over all patterns of cuts, each with its probability, is the gradient."""
    case, c = Case(), 0.3
    w_h, states, direct = case.split(case.weights)[1], case.states(), case.dh()
    mean = np.zeros_like(case.weights)
    for cuts in itertools.product((False, True), repeat=len(case.x) - 1):
        chance, total, da = 1.0, np.zeros_like(case.weights), None
        for t in reversed(range(len(case.x))):
            dh = direct[t]
            if da is not None:
                chance *= c if cuts[t] else 1 - c
                factor = 0.0 if cuts[t] else 1.0 if drop else 1 / (1 - c)
                dh = dh + factor * (w_h.T @ da)
            da = dh * (1 - states[t + 1] ** 2)
            total += np.outer(da, np.concatenate([case.x[t], states[t], [1.0]]))
        mean += chance * total
    return gradcheck.check(case.loss, case.weights, mean)


def lstm_unit(page, drop):
    rng = np.random.default_rng(1)
    x, i, g, o, rest = rng.normal(size=(5, 6))

    def run(v):
        c, q = 0.5, 0.0
        for t in range(len(x)):
            f = 1 / (1 + np.exp(-(v * x[t] + rest[t])))
            q = (0 if drop else f * q) + c * f * (1 - f) * x[t]
            c = f * c + i[t] * g[t]
        return o[-1] * np.tanh(c), o[-1] * (1 - np.tanh(c) ** 2) * q

    return gradcheck.check(lambda v: run(v.item())[0], np.array([0.8]), np.array([run(0.8)[1]]))


CHECKS = {
    "grad-by-lag": by_lag,
    "grad-truncated": truncated,
    "grad-linear": linear,
    "grad-influence": influence,
    "grad-rtrl": real_time,
    "grad-random": randomly_cut,
    "grad-lstm": lstm_unit,
}


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(CHECKS)


@pytest.mark.parametrize("label", CHECKS)
def test_a_displayed_gradient_agrees_with_central_differences(page, label):
    report = CHECKS[label](page, False)
    assert report.ok, str(report)


@pytest.mark.parametrize("label", CHECKS)
def test_a_dropped_term_is_noticed(page, label):
    assert not CHECKS[label](page, True).ok


@pytest.mark.parametrize(("k2", "numerator", "percent"), [(2, 24, "77.4"), (3, 28, "90.3"), (5, 31, "100.0")])
def test_the_opening_example_is_what_the_library_finds(page, k2, numerator, percent):
    one = np.ones((1, 1))
    unit = rnn.Params(one, one / 2, np.zeros(1))

    def at_the_end(start, h):
        return (start + np.arange(len(h)) == 4).astype(float)[:, None, None]

    found = bptt.truncated(rnn, unit, np.ones((5, 1, 1)), at_the_end, k1=1, k2=k2, activation="linear").dparams.w_x
    assert found.item() == pytest.approx(numerator / 16)
    assert f"{numerator / 31:.1%}" == f"{percent}%"
    assert percent == "100.0" or f"{percent}%" in chapters.text(CHAPTER)


def test_the_example_carried_forward_is_that_of_chapter_four(page):
    one = np.ones((1, 1))
    unit = rnn.Params(one, one / 2, np.zeros(1))

    def at_the_end(start, h):
        return (h - 1) * (start + np.arange(len(h)) == 2)[:, None, None]

    found = rtrl.rtrl(rnn, unit, np.array([1.0, 0, 1]).reshape(3, 1, 1), at_the_end, activation="linear").dparams
    assert found.w_h.item() == (page.h_t - 1) * page.influence == 0.25
    assert (page.h_t, page.influence) == (1.25, 1.0)


@pytest.mark.parametrize(("k1", "k2"), [(4, 4), (1, 4), (2, 3), (3, 12)])
def test_the_pairs_drawn_are_those_that_the_library_goes_back_to(page, k1, k2):
    one, n_steps = np.ones((1, 1)), page.T
    unit = rnn.Params(one, one, np.zeros(1))
    kept = set()
    for t, s in itertools.product(range(n_steps), repeat=2):
        x = (np.arange(n_steps) == s).astype(float).reshape(-1, 1, 1)

        def only(start, h, t=t):
            return (start + np.arange(len(h)) == t).astype(float)[:, None, None]

        if bptt.truncated(rnn, unit, x, only, k1=k1, k2=k2, activation="linear").dparams.w_x.item():
            kept.add((t + 1, s + 1))
    assert page.kept_pairs(k1, k2) == kept


def test_the_static_position_cuts_48_of_78_pairs(page):
    assert 78 - len(page.kept_pairs(4, 4)) == 48


def test_steps_without_a_gradient_are_those_that_nothing_goes_back_through(page):
    _, said = page.pairs(4, 2)
    assert "Steps without any gradient: 1,\u00a02,\u00a05,\u00a06,\u00a09,\u00a010." in said


def test_five_of_twenty_equal_copies_give_a_quarter(page):
    """Without input, the state w h must start somewhere: the first state is given."""
    w, h_0 = 0.9, np.ones((1, 1))
    unit = rnn.Params(np.zeros((1, 1)), np.full((1, 1), w), np.zeros(1))

    def at_the_end(start, h):
        return (start + np.arange(len(h)) == 19).astype(float)[:, None, None]

    short, full = (
        bptt.truncated(rnn, unit, np.zeros((20, 1, 1)), at_the_end, h_0, k1=1, k2=k2, activation="linear")
        for k2 in (5, 20)
    )
    assert short.dparams.w_h.item() / full.dparams.w_h.item() == pytest.approx(0.25)


def test_the_cut_slope_has_the_wrong_sign_below_41_steps(page):
    push = np.repeat([1.0, -1.0], [10, 13])

    def first_unit(theta):
        h = np.zeros(23)
        for _ in range(200):
            h = page.pass_on @ h + theta.item() * push
        return float(h[0])

    assert gradcheck.check(first_unit, np.array([0.3]), np.array([page.slopes[200]])).ok
    assert page.turn == 41
    assert (page.slopes[1:41] > 0).all()
    assert (page.slopes[41:] < 0).all()


def test_random_reaches_are_right_on_average_and_are_the_librarys(page):
    parts, c = page.parts, 0.1
    chance = c * (1 - c) ** np.arange(len(parts))
    chance[-1] = (1 - c) ** (len(parts) - 1)
    sums = np.cumsum(parts / (1 - c) ** np.arange(len(parts))[:, None, None], axis=0)
    assert np.allclose(np.einsum("r,rij->ij", chance, sums), parts.sum(axis=0), rtol=1e-12)
    drawn = page.draws(parts, c, 50, np.random.default_rng(0))
    assert all(any(np.array_equal(one, kept) for kept in sums) for one in drawn)

    p, x, dh = page.network(1.2, 0)

    def at_the_end(start, h):
        return dh[start : start + len(h)] * (start + np.arange(len(h)) == len(x) - 1)[:, None, None]

    rng = np.random.default_rng(3)
    for _ in range(10):
        one = bptt.randomly_truncated(rnn, p, x, at_the_end, p=c, rng=rng).dparams.w_h
        assert min(np.abs(one - kept).max() for kept in sums) < 1e-12 * np.abs(sums).max()


def stored(name):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def script(name):
    spec = importlib.util.spec_from_file_location(name, RESULTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["echo_truncation", "echo_online", "unbiased_noise"])
def test_a_stored_result_says_how_it_was_made(name):
    about = stored(name)["about"]
    assert about["command"] == f"python book/results/{name}.py"
    assert set(about) >= {"date", "versions", "seeds", "settings"}


def test_what_the_chapter_says_of_the_echo_holds_in_the_stored_runs():
    echo, floors = stored("echo_truncation"), data.echo_baselines()
    carried, fixed = echo["carried"], echo["readout_only"]["median"]
    assert carried["k5"]["high"] < floors["lag 3"]
    assert abs(carried["k5"]["median"] - fixed) < 0.01  # "nearly as good"
    assert all(carried[k]["median"] > fixed for k in ("k1", "k2", "k3"))
    assert echo["long"]["k1"]["median"] > carried["k1"]["median"]
    window = (3 * floors["nothing"] + 2 * floors["lag 3"]) / 5
    assert abs(echo["zeroed_as_trained"]["k5"]["median"] - window) < 0.005
    assert abs(echo["zeroed"]["k3"]["median"] - floors["nothing"]) < 0.005


def test_what_the_chapter_says_of_learning_online_holds_in_the_stored_runs():
    online = stored("echo_online")
    assert abs(online["rtrl"]["median"] - online["back10"]["median"]) < 0.005
    assert online["back1"]["median"] > online["rtrl"]["median"] + 0.03
    assert sum(last > 0.5 for last in online["rtrl"]["last"]) == 1  # one went astray
    assert online["rtrl_slow"]["high"] < 0.5


@pytest.mark.parametrize("k2", [None, 1, 4])
def test_the_online_scripts_gradients_are_the_librarys(k2):
    online = script("echo_online")
    n_hidden, n_steps = 4, 9
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(1, n_hidden, n_hidden + 2)) / 2
    x, dh = rng.normal(size=(n_steps, 1, 1)), rng.normal(size=(1, n_hidden))
    rule = online.Forward(1, n_hidden) if k2 is None else online.Back(k2)
    h, w_h = np.zeros((1, n_hidden)), weights[:, :, 1:-1]
    for x_t in x:
        z = np.concatenate([x_t, h, [[1.0]]], axis=1)
        h = np.tanh(np.einsum("sij,sj->si", weights, z))
        rule.read(z, 1 - h**2, w_h)
    found = rule.gradient(dh, w_h)[0]

    def at_the_end(start, h):
        return dh * (start + np.arange(len(h)) == n_steps - 1)[:, None, None]

    params = rnn.Params(weights[0, :, :1], weights[0, :, 1:-1], weights[0, :, -1])
    if k2 is None:
        expected = rtrl.rtrl(rnn, params, x, at_the_end).dparams
    else:
        expected = bptt.truncated(rnn, params, x, at_the_end, k1=1, k2=k2).dparams
    assert np.allclose(found, np.hstack([expected.w_x, expected.w_h, expected.b_h[:, None]]), rtol=1e-10, atol=1e-13)
