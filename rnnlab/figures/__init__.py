"""The figures of the book: inline SVG in one style, static or moved by the reader.

Every function below returns a `Figure`, the value of a cell. It needs `alt` (what is seen, for someone who cannot see
it) and takes `caption` (the claim) and `question` (asked above). In every text, mathematics stands between dollars
(``"state $h_{t-1}$"``); a lone symbol needs none (``"w_h"``). Values are numbers, short vectors such as (2, 1), or
texts such as "½". Roles are colours: x, h, y, g (gradient), c, p (target, baseline), ink, neg, pos. Keep drawings at
most 383 wide and they fit a phone; wider ones scroll there.

**Networks**: `unfolded`, `network_loop`::

    figures.unfolded([1, 1, 0, 1], [(1, 0), (2, 1), (0, 0), (1, 0)], [1, 0, 0, 1], h0=(0, 0),
                     loop="unfold 4 times", alt="...", caption="One cell, used four times.")
    figures.unfolded([1, 0, 1], [1, 0.5, 1.25], [1, 0.5, 1.25], h0=0, losses=[None, None, "1/32"],
                     dh=["1/16", "⅛", "¼"], alt="...")         # dh: dashed arrows back; None: not there yet
    figures.unfolded(12, outputs=False, cuts=[5, 9], lit=range(5, 9), ghosts=[1], weights=False, alt="...")

    figures.chain(12, name="cut short", losses=[12], back=range(9, 13), cuts=[8], lit=range(8, 13), alt="...")
    # many steps in little room; also marks={4: "tails"}, carried="a matrix", values=[...]

**Plots**: `curves`, `stems`, `bars`, `cloud`, `cobweb`. Names stand beside their curves; baselines are dashed; a
two-dimensional array is one thin line a seed and their median; `log` is "", "x", "y" or "xy"::

    figures.curves(updates, {"tanh": losses_of_8_seeds, "linear": other}, across="updates", up="loss (nats)",
                   baselines={"floor": 0.454}, alt="...")
    figures.stems(echo, across="step $t$", up="state $h_t$", first=1, alt="...")
    figures.bars({"k = 1": eight_errors, "k = 3": eight_more}, up="squared error", baselines={"AR(9)": 314}, alt="...")
    figures.bars({"$w_1$": 0.2}, ranges={"$w_1$": (0.1, 0.3)}, up="slope", alt="...")
    figures.cloud(now, later, across="$s_t$", up="$s_{t+1}$", diagonal=True, line=(slope, constant), alt="...")
    figures.cobweb(lambda h: np.tanh(1.5 * h), 0.1, resting=[-0.859, 0, 0.859], alt="...")
    a = figures.Axes("real part", "imaginary part", (-1, 1), (-1, 1), size=(320, 300))     # anything else
    a.line(xs, ys, "h", "dash"); a.dots(xs, ys, "x"); a.labels(a.baselines({"floor": 0.5}))
    figures.Figure(a.canvas, alt="...")

**Strips**: `heat` (units × steps), `blame` (a bar a step), `reading` (a sentence word by word)::

    figures.heat({"tanh": states.T, "relu": other.T}, scale=1, marks={5: "kick"}, alt="...")
    figures.blame(sizes, log=True, texts=list("hello"), lit=[1, 2], alt="...")
    figures.reading(words, states, belief, exact, blame, at=6, ends=("negative", "positive"), alt="...")
    # size=384: slanted words in equal columns, so that a sentence of a dozen words fits a phone

**Together**: `beside` (side by side, below each other on a phone), `stack` (one drawing, may be interactive)::

    figures.beside(one, another, alt="...", caption="...")
    figures.stack(strip, bars, alt="...")

**Tables**: `grid` (windows, padding, kept terms), `matrix` (numbers, shaded), `shapes` (arrays as rectangles)::

    figures.grid([[2, 4, 3, 5]], [["lit", "lit", "kept", ""]], columns=["$s_1$", "$s_2$", "$s_3$", "$s_4$"], alt="...")
    figures.matrix([[0.8, 3], [0, 0.8]], alt="...")          # kinds of grid squares: "", kept, lit, cut, pad, none
    figures.shapes([("a_t", (4, "H"), (1, "1"), "h"), "=", ("w_x", (4, "H"), (2, "D"), "x"),
                    ("x_t", (2, "D"), (1, "1"), "x")], alt="...")

**Your own drawing**: `Canvas`, whose methods draw the parts; nodes know their outlines, so arrows touch them::

    d = figures.Canvas(300, 120)
    old, new = d.cell(40, 60, "c_{t-1}", 2, role="c", scale=2), d.cell(260, 60, "c_t", 1.5, role="c", scale=2)
    f = d.valve(150, 60, 0.75, "f")                          # filled to its openness
    d.rail(65, 60, 135); d.rail(165, 60, 226); d.arrow((226, 60), new, role="c")
    d.arrow(new, old, back=True, bend=40, label="× f", cut=False)     # dashed; cut=True: scissors
    figures.Figure(d, alt="...", caption="...")
    # also d.circle, d.loss, d.operation (+, ×), d.bar (reset), d.text, d.add(kind, svg, role)

**Interactive**: `interactive` takes a function from values of the controls to (figure, sentence) and calls it for
every position; what changes between the drawings is found and stored by itself (at most 12 KB). Controls: `slider`,
`steps` (back, next, play), `choice`, `toggle`; up to a few of them. The sentence must name the position. Give all
positions the same size and ranges (`xlim`, `ylim`, `scale`)::

    def draw(w, bit):
        echo = w ** np.arange(20) * bit
        figure = figures.stems(echo, across="step", up="state", ylim=(-1, 1), alt="An echo that fades.")
        return figure, f"$w_h$ = {w}, input {bit}: after 10 steps {echo[10]:.2g} is left."
    figures.interactive(draw, figures.slider("w_h", [-0.5, 0.5, 0.8]), figures.toggle("input"), start=(0.8, 1),
                        question="How long does one unit remember?", caption="...")

`Panel` is text in place of a drawing (a checker's card): ``return figures.Panel(text), sentence``, with `alt` given to
`interactive`. `predict` asks before it tells::

    figures.predict("Flip the first bit: how many answers change?", ["one", "half", "all"], 2, "All: ...", figure)

`pianoroll` shows several piano rolls and plays one on a click (Web Audio)::

    figures.pianoroll({"A": roll, "B": other}, question="Which one is Bach's?", alt="...")

``figure.svg`` is the bare drawing, for thumbnails.
"""

from rnnlab.figures.axes import Axes
from rnnlab.figures.canvas import Canvas, Node
from rnnlab.figures.chain import beside, chain, stack
from rnnlab.figures.charts import bars, cloud, cobweb, curves, stems
from rnnlab.figures.frame import Figure
from rnnlab.figures.grids import grid, matrix, shapes
from rnnlab.figures.interactive import Panel, choice, interactive, predict, slider, steps, toggle
from rnnlab.figures.network import network_loop, unfolded
from rnnlab.figures.pianoroll import pianoroll
from rnnlab.figures.reading import reading
from rnnlab.figures.strips import blame, heat

__all__ = [
    "Axes",
    "Canvas",
    "Figure",
    "Node",
    "Panel",
    "bars",
    "beside",
    "blame",
    "chain",
    "choice",
    "cloud",
    "cobweb",
    "curves",
    "grid",
    "heat",
    "interactive",
    "matrix",
    "network_loop",
    "pianoroll",
    "predict",
    "reading",
    "shapes",
    "slider",
    "stack",
    "stems",
    "steps",
    "toggle",
    "unfolded",
]
