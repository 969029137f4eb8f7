"""Chapter 3: its gradients, the numbers worked by hand, and what its prose claims."""

import json
import re
from collections.abc import Callable

import chapters
import numpy as np
import pytest

from rnnlab import activations, data, gradcheck

CHAPTER = "03_activation_functions"
LEAKS = {"relu": 0.0, "leaky_relu": 0.01, "linear": 1.0}
A = np.array([-3.0, -0.7, 0.2, 1.1, 2.5])
STARTS = np.array([-1.0, -0.3, 0.4, 1.0])
W, N_STEPS = 1.3, 6


def summed(name: str) -> Callable[[np.ndarray], float]:
    """Return the sum of a function's values: its gradient is the slope at each place."""
    return lambda a: float(activations.value(name, a).sum())


def walk(h: np.ndarray, n_steps: int) -> np.ndarray:
    """Return the states of tanh units that hear only themselves, (T + 1, N)."""
    states = [h]
    for _ in range(n_steps):
        states.append(np.tanh(W * states[-1]))
    return np.array(states)


def check_tanh() -> gradcheck.Report:
    return gradcheck.check(summed("tanh"), A, 1 - np.tanh(A) ** 2)


def check_sigmoid() -> gradcheck.Report:
    sigma = activations.sigmoid(A)
    return gradcheck.check(summed("sigmoid"), A, sigma * (1 - sigma))


def check_relu() -> gradcheck.Report:
    found = [gradcheck.check(summed(name), A, np.where(A > 0, 1.0, leak)) for name, leak in LEAKS.items()]
    return max(found, key=lambda report: report.error)


def check_step() -> gradcheck.Report:
    slope = W * activations.derivative("tanh", W * STARTS)
    return gradcheck.check(lambda h: float(walk(h, 1)[-1].sum()), STARTS, slope)


def check_chain(first: int = 1) -> gradcheck.Report:
    """Check the product over the steps from `first` on; the right one begins at 1."""
    h = walk(STARTS, N_STEPS)
    chain = W**N_STEPS * np.prod(1 - h[first:] ** 2, axis=0)
    return gradcheck.check(lambda h_0: float(walk(h_0, N_STEPS)[-1].sum()), STARTS, chain)


def layer() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)  # w_h, everything but w_h h, and h


def check_jacobian(
    build: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda slope, w_h: np.diag(slope) @ w_h,
) -> gradcheck.Report:
    """Check every row of the Jacobian of a step, as `build` makes it from slopes and w_h."""
    w_h, rest, h = layer()
    jacobian = build(activations.derivative("tanh", w_h @ h + rest), w_h)
    rows = [gradcheck.check(lambda h, i=i: float(np.tanh(w_h @ h + rest)[i]), h, row) for i, row in enumerate(jacobian)]
    return max(rows, key=lambda report: report.error)


def entries(slope: np.ndarray, w_h: np.ndarray) -> np.ndarray:
    return np.array([[slope[i] * w_h[i, j] for j in range(len(w_h))] for i in range(len(w_h))])


GRADIENTS: dict[str, Callable[[], gradcheck.Report]] = {
    "grad-tanh": check_tanh,
    "grad-sigmoid": check_sigmoid,
    "grad-relu": check_relu,
    "grad-step": check_step,
    "grad-chain": check_chain,
    "grad-jacobian-entry": lambda: check_jacobian(entries),
    "grad-jacobian": check_jacobian,
}


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def printed(text: str) -> str:
    """Return what the cell that contains `text` prints."""
    return chapters.printed(CHAPTER, text)


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?", text)]


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_agrees_with_central_differences(label):
    report = GRADIENTS[label]()
    assert report.ok, f"{label}: {report}"


def test_a_dropped_factor_or_a_square_that_is_missing_is_noticed():
    assert not gradcheck.check(summed("tanh"), A, 1 - np.tanh(A)).ok
    assert not gradcheck.check(summed("sigmoid"), A, 1 - activations.sigmoid(A)).ok
    assert not check_chain(first=2).ok
    assert not check_jacobian(lambda slope, w_h: w_h).ok
    assert not check_jacobian(lambda slope, w_h: w_h * slope).ok


def test_the_problem_prints_the_numbers_worked_by_hand():
    found = numbers(printed("for w in (0.8, 1.5, 2.0):"))
    np.testing.assert_allclose(found[5:10], [1.5, 0.9051, 0.8759, 0.8586, 0.8586])
    np.testing.assert_allclose(found[:2] + found[3:5], [0.8, 0.6640, 0.0723, 1.367e-10])
    for number in ("0.9051", "0.8759"):
        assert f"= {number}" in chapters.text(CHAPTER)


def test_values_and_slopes_worked_by_hand_are_printed():
    out = printed('for name in ("tanh", "sigmoid"):\n    for a in')
    for name, a, value, slope in (
        ("tanh", 0.5, "0.4621", "0.7864"),
        ("tanh", 2.0, "0.9640", "0.0707"),
        ("sigmoid", 0.0, "0.5000", "0.2500"),
        ("sigmoid", 2.0, "0.8808", "0.1050"),
    ):
        assert f"{name:8}{a:4}  {value}  {slope}\n" in out
        if a:
            assert value in chapters.text(CHAPTER)
            assert slope in chapters.text(CHAPTER)


def test_the_jacobian_worked_by_hand_is_the_one_computed(page):
    (matrix,) = re.findall(r"= \\begin\{pmatrix\} (0\.3932.*?) \\end", chapters.text(CHAPTER))
    by_hand = [[float(entry) for entry in line.split("&")] for line in matrix.split(r"\\")]
    np.testing.assert_allclose(page.J, by_hand, atol=5e-5)
    assert page.length <= page.bound


def test_overflow_spoils_the_slope_and_not_the_value():
    assert printed("e = np.exp(1000.0)") == "0.0 nan\n0.0 0.0\n"
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(chapters.run(CHAPTER).split_sigmoid(np.array([-1e3, 1e3])), [0, 1])


def test_linear_steps_are_one_matrix_times_all_inputs():
    assert printed("matrix_power") == "True\n"


def test_a_stored_bit_keeps_its_sign_and_loses_its_gradient(page):
    assert page.follow(1.5, -1.0)[-1] == -page.follow(1.5, 1.0)[-1]
    assert numbers(printed("gradient {chain[99]")) == [0.8586, 2.2e-41]
    assert abs(page.follow(0.8, 1.0)[-1]) < 1e-9
    # The text: a change shrinks to 39 % a step.
    h = page.follow(1.5, 1.0)[-1]
    assert f"{1.5 * (1 - h**2):.0%}" == "39%"


@pytest.mark.parametrize("w", [1.05, 1.2, 1.5, 2.0, 3.0])
def test_above_weight_one_zero_repels_and_the_pair_attracts(page, w):
    at = page.rest(w)
    assert at == pytest.approx(np.tanh(w * at), abs=1e-12)
    assert at > 0
    assert w * (1 - at**2) < 1
    assert page.follow(w, 1e-3, 3000)[-1] == pytest.approx(at, abs=1e-9)
    assert page.follow(w, -1e-3, 3000)[-1] == pytest.approx(-at, abs=1e-9)
    assert abs(page.follow(-w, 1e-3, 3001)[-2:]) == pytest.approx(at, abs=1e-9)


def test_the_slider_does_not_give_the_prediction_away():
    (source,) = [source for source in chapters.cells(CHAPTER) if "figures.cobweb" in source]
    (values,) = re.findall(r'slider\("w", \[(.*?)\]', source)
    weights = [float(value) for value in values.split(",")]
    assert 1.0 not in weights
    assert -1.0 not in weights
    assert 1.5 in weights
    assert "start=1.5" in source


@pytest.mark.parametrize("name", activations.NAMES)
def test_the_bound_holds_and_is_reached(name):
    rng = np.random.default_rng(2)
    w_h = rng.normal(size=(6, 6))
    bound = (0.25 if name == "sigmoid" else 1.0) * np.linalg.norm(w_h, 2)
    drawn = [np.linalg.norm(np.diag(activations.derivative(name, a)) @ w_h, 2) for a in rng.normal(size=(50, 6))]
    steepest = [np.linalg.norm(np.diag(activations.derivative(name, np.full(6, a))) @ w_h, 2) for a in (0.0, 1.0)]
    assert max(drawn) <= bound * (1 + 1e-12)
    assert max(steepest) == pytest.approx(bound, rel=1e-12)


def test_half_of_the_relu_layers_shrink_at_radius_one_and_a_half(page):
    grow = (1.5 * page.growth > 1).sum()
    assert 80 <= grow <= 120
    assert (3 * page.growth > 1).all()
    # Growth is proportional to the radius, so 200 layers serve for every radius.
    w_h, h = page.weights(7)
    rate = np.exp(np.diff(page.kick("relu", 1.5 * w_h, h)[[0, 100]]) / 100)
    assert rate[0] == pytest.approx(1.5 * page.growth[7], rel=0.02)


def test_bounded_functions_stay_within_their_bounds(page):
    for (rho, name), lengths in page.lengths.items():
        if name in ("tanh", "sigmoid"):
            assert lengths[1:].max() <= np.sqrt(50), (rho, name)


def test_stored_losses_are_above_the_floor_and_use_both_lags(page):
    stored = json.loads((chapters.BOOK / "results" / "echo_activations.json").read_text(encoding="utf-8"))
    floors = data.echo_baselines()
    for name in activations.NAMES:
        losses = stored["test_loss"][name]["losses"]
        assert len(losses) == len(stored["seeds"]) == 8
        assert floors["lags 3, 8"] < min(losses)
        assert max(losses) < floors["lag 3"]
    assert min(stored["test_loss"]["linear"]["losses"]) > page.summed > floors["lags 3, 8"]
    assert max(stored["test_loss"]["sigmoid"]["losses"]) < page.summed


def test_no_sum_of_shares_beats_the_one_on_the_page(page):
    def loss(score):
        total = page.flips @ score
        return float(np.mean(np.logaddexp(0, total) - page.chance * total))

    assert loss(page.score) == pytest.approx(page.summed)
    rng = np.random.default_rng(0)
    assert all(loss(page.score + 0.1 * rng.normal(size=3)) > page.summed for _ in range(200))


def test_a_sigmoid_unit_stores_a_bit_above_weight_four():
    low, high = numbers(printed("activations.sigmoid(6.0 * h - 3.0)"))
    assert low < 0.1
    assert high > 0.9
    assert low + high == pytest.approx(1)
    for w, apart in ((3.9, False), (4.3, True)):
        ends = []
        for h in (0.3, 0.7):
            for _ in range(2000):
                h = activations.sigmoid(w * h - w / 2)
            ends.append(h)
        assert (ends[1] - ends[0] > 0.1) == apart


def test_the_designed_unit_rests_at_one_half():
    assert printed("np.log(3), 1.0, 200") == "0.5000 0.8240\n"
    assert "0.824" in chapters.text(CHAPTER)
