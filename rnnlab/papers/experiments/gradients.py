"""Claims about gradients that need little or no training."""

import time
from types import SimpleNamespace

import numpy as np

from rnnlab import bptt, rnn
from rnnlab.papers.claim import Claim, Number, Order

_N_UNITS, _N_PLUS = 23, 10
_LEARNED, _DIVERGED = 1e-3, 1e3


def latching(seed: int) -> dict[str, float]:
    """Compare how a single tanh unit holds its sign under noise with the slope that a gradient meets there."""
    rng = np.random.default_rng([seed, 4])
    w = rng.uniform(1.05, 3, 40)
    rest = np.ones_like(w)
    for _ in range(5000):
        rest = np.tanh(w * rest)
    h = np.tile(rest, (400, 1))
    for _ in range(100):
        h = np.tanh(w * h + rng.normal(0, 0.4, h.shape))
    held = np.mean(h > 0, axis=0)
    slope = w * (1 - rest**2)
    robust = held >= np.median(held)
    return {
        "slope where it holds well": float(np.exp(np.log(slope[robust]).mean())),
        "slope where it holds badly": float(np.exp(np.log(slope[~robust]).mean())),
        "held, well": float(held[robust].mean()),
        "held, badly": float(held[~robust].mean()),
    }


def balance(n_back: int | None = None) -> float:
    """Return the gradient of the first unit's state by θ, exactly or with only the last terms."""
    keep = 0.5 * np.eye(_N_UNITS) + 0.5 * np.eye(_N_UNITS, k=1)
    sign = np.where(np.arange(_N_UNITS) < _N_PLUS, 1.0, -1.0)
    if n_back is None:
        return float(np.linalg.solve(np.eye(_N_UNITS) - keep, sign)[0])
    term, total = sign, np.zeros(_N_UNITS)
    for _ in range(n_back):
        total, term = total + term, keep @ term
    return float(total[0])


def first_right() -> int:
    """Return from how many steps back on the truncated gradient has the sign of the exact one."""
    exact = balance()
    wrong = [n for n in range(1, 500) if balance(n) * exact <= 0]
    return wrong[-1] + 1


def influence(seed: int) -> dict[str, float]:
    """Descend the loss ½(s₁ - 1)² by the exact gradient and by one that is cut after ten steps."""
    theta = np.random.default_rng([seed, 5]).uniform(-0.5, 0.0)
    exact, found = balance(), {}
    for name, slope in (("error, whole", exact), ("error, cut", balance(10))):
        own = theta
        for _ in range(300):
            own -= 0.001 * (exact * own - 1) * slope  # the state has settled: s₁ is exact · θ
        found[name] = float(np.clip(abs(exact * own - 1), _LEARNED, _DIVERGED))
    return {**found, "first right": float(first_right())}


def random_truncation(seed: int) -> dict[str, float]:
    """Return the mean of many randomly truncated gradients, each term of which is divided by its chance to be kept."""
    rng = np.random.default_rng([seed, 6])
    keep = 0.5 * np.eye(_N_UNITS) + 0.5 * np.eye(_N_UNITS, k=1)
    term = np.where(np.arange(_N_UNITS) < _N_PLUS, 1.0, -1.0)
    goes_on = 0.99
    n_terms = rng.geometric(1 - goes_on, 20_000)
    total = 0.0
    for n in range(600):
        total += term[0] * goes_on**-n * float(np.mean(n_terms > n))
        term = keep @ term
    return {"gradient": float(total), "whole": balance(), "cut after 10": balance(10)}


def windows(seed: int) -> dict[str, float]:
    """Count the steps that BPTT(20; 10) goes back for each step ahead, and time it beside BPTT(20; 1)."""
    params = rnn.init(np.random.default_rng(seed), 8, 32)
    x = np.random.default_rng(seed + 1).standard_normal((400, 1, 8))
    seconds, n_back = {}, {}
    for every in (1, 10):
        counted: list[int] = []

        def backward(tape, *given, counted=counted):
            counted.append(len(tape.x))
            return rnn.backward(tape, *given)

        cell = SimpleNamespace(forward=rnn.forward, backward=backward)
        spent = []
        for _ in range(3):
            counted.clear()
            start = time.process_time()
            bptt.truncated(cell, params, x, lambda _, h: h, k1=every, k2=20)
            spent.append(time.process_time() - start)
        seconds[every] = min(spent)
        n_back[every] = counted[len(counted) // 2] / every
    return {
        "steps back": n_back[10],
        "steps back, every step": n_back[1],
        "times as long": seconds[1] / seconds[10],
    }


CLAIMS = (
    Claim(
        name="bengio-latch",
        title="robust latch, flat slope",
        key="bengio1994",
        source="Bengio, Simard and Frasconi 1994, abstract",
        status="A",
        says="Latching information robustly and learning by gradient descent trade off.",
        setting="one tanh unit, 40 recurrent weights from U(1.05, 3), 100 steps of noise with a standard deviation "
        "of 0.4: "
        "the slope w(1 - h²) at rest, of the half that keeps its sign more often and of the other half",
        deviations=("the paper proves it for any such system; this measures one unit",),
        metric="slope per step, geometric mean",
        rule=Order("slope where it holds well", "slope where it holds badly", own_setting=True),
        run=latching,
        fast=True,
    ),
    Claim(
        name="influence-balance",
        title="cut gradient diverges",
        key="tallec2017",
        source="Tallec and Ollivier 2017, abstract",
        status="A",
        says="Truncated backpropagation is biased and may diverge where the whole gradient learns.",
        setting="influence balancing: s ← A s + θ·sign, A = ½I + ½ shift, 23 units, the first ten signs +, loss "
        "½(s₁ - 1)²; "
        "300 steps of 0.001, the gradient whole or cut after 10",
        deviations=(
            "the sizes are those of a public rerun; the state is taken at rest, so nothing but the bias is left",
        ),
        metric="distance of s₁ from 1 after 300 updates, at least 0.001, at most 1,000",
        rule=Order("error, whole", "error, cut", own_setting=True),
        run=influence,
        fast=True,
    ),
    Claim(
        name="unbiased-cut",
        title="random cut, no bias",
        key="tallec2017",
        source="Tallec and Ollivier 2017, abstract",
        status="A",
        says="Truncation at random places, with each term divided by its chance to be kept, is unbiased.",
        setting="the system of influence-balance, whose whole gradient is -6 and whose gradient cut after ten "
        "steps is +10; "
        "each step goes on with chance 0.99; one seed is the mean of 20,000 draws",
        deviations=("a constant chance to go on; the paper's grows with the length",),
        metric="gradient",
        rule=Number("gradient", -6, rival=0.0),
        run=random_truncation,
        fast=True,
    ),
    Claim(
        name="williams-peng",
        title="BPTT(2k; k) costs 2",
        key="williams1990",
        source="Williams and Peng 1990, abstract; the count from two secondary sources",
        status="S",
        says="Going back h steps every h' steps costs h/h' steps back for each step ahead: 2 for BPTT(20; 10).",
        setting="counted over 400 steps, and timed with 32 units",
        deviations=("the time is that of compiled code, where a call costs something too",),
        metric="steps back for each step ahead",
        rule=Number("steps back", 2, exact=True),
        run=windows,
        fast=True,
    ),
)
