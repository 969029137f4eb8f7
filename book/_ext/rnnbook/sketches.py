"""A small picture for each chapter, drawn with the parts of its figures: what it opens with, without words."""

from itertools import pairwise

import numpy as np

from rnnlab.figures import Canvas

WIDE, HIGH = 132.0, 72.0


def picture(number):
    """Return the picture of a chapter as SVG, hidden from screen readers: its title stands beside it."""
    canvas = Canvas(WIDE, HIGH)
    SKETCHES[number](canvas)
    return canvas.svg("-").replace('role="img" aria-label="-"', 'aria-hidden="true"', 1).replace('rx="8"', 'rx="4"')


def boxes(canvas, y, count=4, size=16, look=""):
    """Draw a row of states with arrows between them, and return them."""
    found = [canvas.cell(x, y, size=(size, size), look=look) for x in np.linspace(16, WIDE - 16, count)]
    for old, new in pairwise(found):
        canvas.arrow(old, new, role="h")
    return found


def line(canvas, xs, ys, role, look=""):
    """Draw a curve."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    canvas.add("line", f'<polyline points="{points}"{f" class={chr(34)}{look}{chr(34)}" if look else ""}/>', role)


def block(canvas, x, y, wide, high, role):
    """Draw a bar, as in a bar chart."""
    canvas.add("bar", f'<rect class="f" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"/>', role)


def start(canvas):
    """Read, run, write, check."""
    for x, role in zip((18, 50, 82, 114), "xhpy", strict=True):
        canvas.cell(x, 36, size=(22, 28), role=role)
    canvas.add("line", '<path d="M11,30 h14 M11,36 h14 M11,42 h9"/>', "x")
    canvas.add("run", '<polygon class="f" points="46,29 57,36 46,43"/>', "h")
    canvas.add("pen", '<path d="M76,44 L87,28"/>', "p")
    canvas.add("tick", '<path class="thick" d="M108,37 l4,5 l8,-12"/>', "y")


def sequences(canvas):
    """A series in order, and the same values shuffled."""
    xs = np.linspace(6, WIDE - 6, 45)
    ys = 13 * np.sin(xs / 7) * (1 + 0.3 * np.sin(xs / 31))
    line(canvas, xs, 19 - ys, "x")
    line(canvas, xs, 53 - np.random.default_rng(0).permutation(ys), "p", "a")


def unfolding(canvas):
    """A loop, and the same cell three times."""
    cell = canvas.cell(22, 36, size=(18, 18))
    canvas.add("loop", '<path d="M31,32 C52,8 8,8 14,22"/><polygon class="f" points="16,27 10,20 17,18"/>', "h")
    canvas.arrow((22, 68), cell, role="x")
    before = None
    for x in (64, 92, 120):
        copy = canvas.cell(x, 36, size=(16, 16))
        canvas.arrow((x, 66), copy, role="x")
        canvas.arrow(copy, (x, 6), role="y")
        if before:
            canvas.arrow(before, copy, role="h")
        before = copy


def activation_functions(canvas):
    """Tanh and relu."""
    canvas.add("axes", '<path class="a" d="M6,36 H126 M66,4 V68"/>', "p")
    a = np.linspace(-3, 3, 41)
    line(canvas, 66 + 20 * a, 36 - 24 * np.tanh(a), "h")
    line(canvas, 66 + 20 * a[a < 1.5], 36 - 20 * np.maximum(a[a < 1.5], 0), "x")


def backpropagation(canvas):
    """A loss at the last state, and the way back."""
    states = boxes(canvas, 40)
    x = states[-1].x
    canvas.add("loss", f'<polygon points="{x},6 {x + 10},24 {x - 10},24"/>')
    for new, old in pairwise(states[::-1]):
        canvas.arrow((new.x, 58), (old.x, 58), back=True)


def truncation(canvas):
    """The way back, cut."""
    boxes(canvas, 24)
    canvas.arrow((116, 48), (52, 48), back=True)
    canvas.arrow((52, 48), (16, 48), back=True, cut=True)


def vanishing(canvas):
    """A gradient that gets smaller the further it goes back, and one that gets larger."""
    for t in range(16):
        x, small, large = 6 + 7.6 * t, 30 * 0.8 ** (15 - t), 30 * 0.8**t
        block(canvas, x, 33 - small, 5, small, "g")
        block(canvas, x, 69 - large, 5, large, "g")


def variants(canvas):
    """One answer to many inputs, and many answers to one."""
    for left, inputs, outputs in ((0, (0, 1, 2), (2,)), (68, (0,), (0, 1, 2))):
        row = [canvas.cell(left + 12 + 20 * i, 36, size=(13, 13)) for i in range(3)]
        for old, new in pairwise(row):
            canvas.arrow(old, new, role="h")
        for i in inputs:
            canvas.arrow((row[i].x, 66), row[i], role="x")
        for i in outputs:
            canvas.arrow(row[i], (row[i].x, 6), role="y")


def bidirectional(canvas):
    """One row reads to the right, the other to the left."""
    boxes(canvas, 22)
    back = [canvas.cell(x, 50, size=(16, 16), role="c") for x in np.linspace(16, WIDE - 16, 4)]
    for new, old in pairwise(back[::-1]):
        canvas.arrow(new, old, role="c")


def gru(canvas):
    """A gate between the old state and the new one."""
    old, new = canvas.cell(16, 36, size=(20, 20)), canvas.cell(116, 36, size=(20, 20))
    gate = canvas.valve(66, 36, 0.75, value=False)
    canvas.arrow(old, gate, role="h")
    canvas.arrow(gate, new, role="h")


def lstm(canvas):
    """The straight road of the cell state, with a gate on it and one below."""
    canvas.rail(4, 22, 128)
    canvas.valve(40, 22, 0.9, value=False)
    box = canvas.cell(90, 56, size=(20, 20))
    canvas.arrow(box, (90, 26), role="c")


def applications(canvas):
    """A series and its forecast."""
    xs = np.linspace(6, WIDE - 6, 50)
    ys = 36 - 16 * np.sin(xs / 8) - (xs - 66) / 8
    line(canvas, xs[:33], ys[:33], "x")
    line(canvas, xs[32:], ys[32:], "y", "dash")


def speed(canvas):
    """A stopwatch."""
    canvas.circle(66, 40, radius=26, role="h")
    canvas.add("hand", '<path class="thick" d="M66,40 V22 M60,8 h12 M66,8 v6 M88,14 l5,5"/>', "ink")
    canvas.add("past", '<path class="f" fill-opacity=".3" d="M66,40 V20 A20,20 0 0 1 86,40 Z"/>', "h")


def scoreboard(canvas):
    """A list of claims, each with a box for the verdict."""
    for y in (14, 36, 58):
        canvas.add("claim", f'<path d="M16,{y} h74"/>', "p")
        canvas.cell(110, y, size=(14, 14))


SKETCHES = (
    start,
    sequences,
    unfolding,
    activation_functions,
    backpropagation,
    truncation,
    vanishing,
    variants,
    bidirectional,
    gru,
    lstm,
    applications,
    speed,
    scoreboard,
)
