"""One figure of each kind, for the tests of all of them."""

import numpy as np

from rnnlab import figures as f
from rnnlab.figures.frame import source

rng = np.random.default_rng(0)
STEPS = np.arange(1, 61)
WORDS = ["the", "film", "was", "never", "boring", "although", "the", "plot", "was", "not", "moving"]
STATES = np.tanh(rng.normal(size=(11, 16)))
BELIEF = np.array([0.5, 0.5, 0.5, 0.5, 0.89, 0.99, 0.99, 0.99, 0.98, 0.98, 0.98])
SHAPES = [
    *[("a_t", (4, "H"), (1, "1"), "h"), "=", ("w_x", (4, "H"), (2, "D"), "x"), ("x_t", (2, "D"), (1, "1"), "x"), "+"],
    *[("w_h", (4, "H"), (4, "H"), "h"), ("h_{t-1}", (4, "H"), (1, "1"), "h")],
]


def cell_by_hand():
    """Return a drawing of an LSTM's road for c, from single parts."""
    d = f.Canvas(330, 170)
    old, new = d.cell(40, 60, "c_{t-1}", 2, role="c", scale=2), d.cell(290, 60, "c_t", 1.9, role="c", scale=2)
    forget, add, gate = d.valve(115, 60, 0.75, "f"), d.operation(215, 60), d.valve(215, 125, 0.5, "i")
    d.rail(old.right[0], 60, forget.left[0])
    d.rail(forget.right[0], 60, add.left[0])
    d.arrow(add, new, role="c")
    d.arrow(gate, add, role="h")
    d.bar(175, 60, label="reset")
    d.loss(60, 140, "L", 0.03)
    d.arrow(new, old, back=True, bend=32, cut=True)
    return f.Figure(d, alt="The road for c.", caption="Only $f$ multiplies $c_{t-1}$.")


def still():
    """Return the figures that do not move, by name."""
    runs = 0.46 + 0.2 * np.exp(-np.arange(30) / 6) * rng.uniform(0.8, 1.2, (8, 30))
    tanh = STATES.T[:5]
    return {
        "unfolded": f.unfolded(
            *([1, 1, 0, 1], [(1, 0), (2, 1), (0, 0), (1, 0)], [1, 0, 0, 1]),
            h0=(0, 0), loop="unfold 4 times", alt="A loop and four copies.", caption="One cell, used four times.",
        ),
        "backward": f.unfolded(
            *([1, 0, 1], [1, 0.5, 1.25], [1, 0.5, 1.25]),
            h0=0, losses=["⅛", 0, "1/32"], dh=["9/16", "⅛", "¼"], alt="Three steps and their gradients.",
        ),
        "cut": f.unfolded(3, outputs=False, cuts=[2], ghosts=[3], lit=[1, 2], alt="Three steps, one cut."),
        "loop": f.network_loop(alt="The loop."),
        "hand": cell_by_hand(),
        "curves": f.curves(
            STEPS, {"ρ = 0.5": 0.5**STEPS, "ρ = 0.9": 0.9**STEPS, "ρ = 1.1": 1.1**STEPS},
            across="lag (steps)", up="norm of the gradient", log="y", dashed=["ρ = 0.9"], alt="Three norms.",
        ),
        "seeds": f.curves(
            np.arange(0, 1500, 50), {"tanh": runs, "linear": runs + 0.03},
            across="updates", up="loss (nats)", baselines={"lag-3 floor": 0.519, "floor": 0.454}, alt="Seeds.",
        ),
        "stems": f.stems(0.8 ** np.arange(20), across="step $t$", up="state $h_t$", first=1, alt="An echo."),
        "bars": f.bars(
            {f"k = {k}": rng.uniform(320, 480, 8) for k in (1, 2, 3, 6)},
            up="squared error, 1906–2008", baselines={"AR(2)": 409, "AR(9)": 314, "persistence": 854}, alt="Errors.",
        ),
        "ranges": f.bars({"$w_1$": 0.2, "$w_2$": -0.3}, ranges={"$w_1$": (0.1, 0.3)}, up="slope", alt="Two slopes."),
        "cloud": f.cloud(
            rng.normal(60, 40, 99), rng.normal(60, 40, 99),
            across="$s_t$", up="$s_{t+1}$", diagonal=True, line=(0.5, 30), alt="A cloud.",
        ),
        "cobweb": f.cobweb(lambda h: np.tanh(1.5 * h), 0.1, resting=[-0.859, 0, 0.859], alt="A cobweb."),
        "heat": f.heat({"tanh": tanh, "relu": np.maximum(tanh, 0)}, marks={5: "kick"}, alt="Two strips."),
        "numbers": f.heat([[0.5, -0.5, 1, 0.2], [-0.9, 0.1, 0.3, 0]], write=True, row=30, alt="Eight numbers."),
        "blame": f.blame(0.7 ** STEPS[::-1] + 1e-6, log=True, alt="Blame falls to the left."),
        "letters": f.blame(
            [0.1, 0.3, 0.05, 0.8, 0.2], texts=list("hello"), lit=[2, 4], write=True, across="", alt="Five letters.",
        ),
        "grid": f.grid(
            [[2, 4, 3, 5, 4, 6, 5, ""]], [["lit", "lit", "kept", "", "cut", "", "", "pad"]],
            columns=[f"$s_{i}$" for i in range(1, 9)], alt="A window.",
        ),
        "triangle": f.grid(
            [[""] * 12 for _ in range(12)],
            [["none" if j > i else "kept" if i - j < 4 else "cut" for j in range(12)] for i in range(12)],
            rows=[str(i) for i in range(1, 13)], columns=[str(i) for i in range(1, 13)],
            across="step", down="loss", alt="Pairs of loss and step.",
        ),
        "matrix": f.matrix([[0.8, 3], [0, -0.8]], rows=["h_1", "h_2"], columns=["h_1", "h_2"], alt="A matrix."),
        "shapes": f.shapes(SHAPES, alt="Shapes."),
        "chains": f.stack(
            f.chain(12, name="cut short", losses=[12], back=range(9, 13), cuts=[8], lit=range(8, 13), alt="a"),
            f.chain(12, name="carried forward", carried="a matrix", losses=range(1, 13), alt="b"),
            f.chain(12, name="by chance", losses=[12], back=[2, 3], cuts=[4], marks={4: "tails"}, alt="c"),
            alt="Three chains.",
        ),
        "reading": f.reading(
            WORDS, STATES, BELIEF, BELIEF, abs(STATES[:, 0]), at=6, ends=("negative", "positive"), alt="A sentence.",
        ),
        "beside": f.beside(
            f.stems([1, 0.5], across="step", up="state", alt="One."),
            f.stems([0.5, 1], across="step", up="state", alt="Two."),
            alt="Two plots.", caption="The same twice.",
        ),
    }  # fmt: skip


def cobweb(w):
    """Return the cobweb of tanh at w, and its sentence."""
    h = 1.0
    for _ in range(300):
        h = float(np.tanh(abs(w) * h))
    resting = [-h, 0, h] if w > 1 else [0]
    drawing = f.cobweb(lambda state: np.tanh(w * state), 1, resting=resting, alt="A cobweb.")
    return drawing, f"w = {w:g}: rests at ±{h:.3f}, a change shrinks to {100 * w * (1 - h * h):.0f} % a step."


def bits(*xs):
    """Return the parity network's steps for four bits, and their sentence."""
    odd = [int(n) for n in np.cumsum(xs) % 2]
    drawing = f.unfolded(list(xs), [(n, 0) for n in odd], odd, h0=(0, 0), scale=2, alt="Four steps.")
    return drawing, f"Bits {' '.join(map(str, xs))}: the answers are {' '.join(map(str, odd))}."


def back(steps):
    """Return the backward pass after some steps, and its sentence."""
    dh = [value if 3 - i <= steps else None for i, value in enumerate(["1/16", "⅛", "¼"])]
    states, losses = [1, 0.5, 1.25], [None, None, "1/32"]
    drawing = f.unfolded([1, 0, 1], states, states, h0=0, losses=losses, dh=dh, alt="Three steps.")
    return drawing, f"After {steps} steps back the gradient has come to $h_{4 - steps}$."


def norms(rho, size):
    """Return two norms, predicted and measured, and their sentence."""
    lags = np.arange(0, 100, 2.0)
    rate = rho * (1 - 0.15 * size)
    drawing = f.curves(
        lags, {"predicted": rho**lags, "measured": rate**lags},
        dashed=["predicted"], log="y", ylim=(1e-12, 1e12), across="lag (steps)", up="norm", alt="Two norms.",
    )  # fmt: skip
    return drawing, f"ρ = {rho:g}, inputs of size {size:g}: predicted × {rho:g} a step, measured × {rate:.2f} a step."


def moving():
    """Return the interactive figures, by name."""
    cards = {"right": "All checks pass.", "bias twice": "expected 1 < 2\nthe bias is added twice"}
    return {
        "slider": f.interactive(
            cobweb, f.slider("w", [round(-2 + 0.2 * i, 1) for i in range(26)]),
            start=1.6, question="From which $w$ on does one unit remember a sign?", caption="Two resting points.",
        ),
        "toggles": f.interactive(
            bits, *[f.toggle(f"x_{i}") for i in range(1, 5)],
            start=(1, 1, 0, 1), question="Flip the first bit: how many answers change?",
        ),
        "steps": f.interactive(back, f.steps("steps back", [1, 2, 3]), start=2, question="What arrives at $h_2$?"),
        "choice": f.interactive(
            lambda key: (f.Panel(cards[key]), f"You chose {key}."),
            f.choice("answer", list(cards)), start="bias twice", question="What does the check say?", alt="The card.",
        ),
        "two sliders": f.interactive(
            norms, f.slider("ρ", [0.5, 0.9, 1, 1.1, 1.5, 2]), f.slider("input size", [0.01, 0.1, 0.5, 1]),
            start=(1.5, 1), question="ρ = 1.5: does it explode?",
        ),
        "lengths": f.interactive(
            lambda k: (f.unfolded(k, loop=f"unfold {k} times", alt="Copies."), f"k = {k}: {k + 1} layers."),
            f.slider("k", range(1, 9)), start=4, question="What grows with k?",
        ),
    }  # fmt: skip


def prediction():
    """Return a question to be answered before the answer is shown."""
    shown = f.stems([1, 0.5], across="step", up="state", alt="Two stems.")
    return f.predict("How many answers change?", ["one", "all"], 1, "All: each counts the first bit.", shown)


def page(theme="light"):
    """Return a page with all of them, as the book builds it: style and script once."""
    shown = [*still().values(), *moving().values(), prediction()]
    ground = "#fff" if theme == "light" else "#121212"
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8"><title>Figures</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        f"body {{ margin: 16px; font: 16px system-ui, DejaVu Sans; background: {ground}; max-width: 760px }}"
        f"{source('figure.css')}</style><main>{''.join(figure.html for figure in shown)}</main>"
        f"<script>{source('figure.js')}</script></html>"
    )
