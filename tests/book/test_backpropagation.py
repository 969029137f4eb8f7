"""Chapter 4: its numbers by hand and measured, its mistakes, and its figures in a browser."""

import contextlib
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import chapters
import numpy as np
import pytest
from built import needs_chromium

from rnnlab import gradcheck, rnn
from rnnlab.checks import find

CHAPTER = "04_backpropagation"
T, D, H, O = 5, 3, 4, 2  # noqa: E741


@pytest.fixture(scope="module")
def page():
    with contextlib.redirect_stdout(io.StringIO()):
        return chapters.run(CHAPTER)


@pytest.mark.parametrize("seed", range(3))
def test_the_pages_backward_pass_is_that_of_the_library(page, seed):
    rng = np.random.default_rng(seed)
    n, d, n_hidden, o = rng.integers(1, 6, 4)
    w = page.Weights(*(rng.normal(size=s) for s in [(n_hidden, d), (n_hidden, n_hidden), n_hidden, (o, n_hidden), o]))
    x, h_0, dy = rng.normal(size=(n, d)), rng.normal(size=n_hidden), rng.normal(size=(n, o))
    h, _ = page.forward(x, h_0, *w)
    found, dh_0 = page.backward(dy, x, h, w.w_x, w.w_h, w.w_y)
    tape = rnn.forward(rnn.Params(*w[:3]), x[:, None], h_0[None])
    cell, _, expected = rnn.backward(tape, (dy @ w.w_y)[:, None])
    for one, other in zip(found, cell, strict=False):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dh_0, expected[0], rtol=1e-12, atol=1e-14)
    assert gradcheck.check(lambda v: float((page.forward(x, h_0, *v)[1] * dy).sum()), w, found).ok


# By hand


def by_library(targets):
    """Return states, dh (through what is carried too), dw_x, dw_h, dh_0 of the network by hand."""
    one = np.ones((1, 1))
    tape = rnn.forward(rnn.Params(one, one / 2, np.zeros(1)), np.array([1.0, 0, 1])[:, None, None], activation="linear")
    h = tape.h[:, 0, 0]
    e = np.array([0.0 if p is None else h[t] - p for t, p in enumerate(targets, start=1)])
    params, dx, dh_0 = rnn.backward(tape, e[:, None, None])
    return h, dx[:, 0, 0], params, dh_0.item()


def first_table():
    """Return the rows of the table by hand: t or "sum", then fractions."""
    lines = re.findall(r"^\| (3|2|1|sum) \|(.*)\|$", chapters.text(CHAPTER), re.M)
    return {name: [Fraction(cell) if cell.strip() else None for cell in rest.split("|")] for name, rest in lines}


def test_the_first_table_is_what_the_library_computes():
    h, dh, params, _ = by_library([None, None, 1])
    table = first_table()
    for t, x in ((1, 1), (2, 0), (3, 1)):
        assert [float(v) for v in table[str(t)]] == [dh[t - 1], x, dh[t - 1] * x, h[t - 1], dh[t - 1] * h[t - 1]]
    sums = [params.b_h.item(), None, params.w_x.item(), None, params.w_h.item()]
    assert [v if v is None else float(v) for v in table["sum"]] == sums


def test_the_cell_below_the_first_table_prints_the_same_numbers():
    source = next(cell for cell in chapters.cells(CHAPTER) if "dh, dw_x, dw_h = h[3] - 1, 0, 0" in cell)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(source, {})
    *rows, last = out.getvalue().splitlines()
    table = first_table()
    assert [[Fraction(v) for v in row.split()] for row in rows] == [[t, *table[str(t)]] for t in (3, 2, 1)]
    assert last == f"dw_x = {float(table['sum'][2])}, dw_h = {float(table['sum'][4])}"


def test_the_fractions_in_the_text_are_those_of_the_table(page):
    text, table = chapters.text(CHAPTER), first_table()

    def latex(value):
        top, bottom = (f"{{{n}}}" if n > 9 else str(n) for n in (value.numerator, value.denominator))
        return rf"\tfrac{top}{bottom}"

    h, e, dh, _ = page.walk(page.LAST)
    assert rf"$dw_x = {latex(table['sum'][2])}$, $dw_h = {latex(table['sum'][4])}$" in text
    assert rf"$L = \tfrac12 e^2 = {latex(e[3] ** 2 / 2)}$" in text
    assert f"$e = y_3 - p_3 = {latex(e[3])}$" in text
    assert f"{latex(table['sum'][0])}$.)" in text
    assert all(f"{latex(dh[t])} \\delta" in text for t in (1, 2, 3))
    assert h[3] == Fraction(5, 4)
    rise = page.loss_by_hand(0.51) - page.loss_by_hand(0.5)
    assert abs(rise - 0.0025) < 1e-4


@pytest.mark.parametrize("name", ["LAST", "ALL"])
def test_the_walk_of_the_figures_is_what_the_library_computes(page, name):
    targets = getattr(page, name)
    h, _, dh, carried = page.walk(targets)
    states, found, _, dh_0 = by_library([None if p is None else float(p) for p in targets])
    assert [float(v) for v in h] == list(states)
    assert [float(v) for v in dh] == [dh_0, *found]
    assert [dh[t] / 2 for t in (1, 2, 3)] == carried[:3]


def test_the_sentences_of_the_stepping_figure(page):
    said = [page.one_step_back(reached)[1] for reached in (4, 3, 2, 1, 0)]
    assert "½, 0, ¼; nothing" in said[0]
    assert "$dh_3$ = ¼. This copy of $w_h$ gets ¼ · ½ = ⅛." in said[1]
    assert "0 from its own error and ½ · ¼ = ⅛ from step 3: $dh_2$ = ⅛" in said[2]
    assert "½ from its own error and ½ · ⅛ = 1/16 from step 2: $dh_1$ = 9/16" in said[3]
    assert "⅛ + ⅛ + 0 = ¼, and $dh_0$ = 9/32" in said[4]
    text = chapters.text(CHAPTER)
    assert "gets ⅛, although its own answer is right" in text
    assert "½ and 1/16" in text


def test_one_label_at_the_end_is_shared_among_all_steps():
    rows = first_table()
    shares = [str(rows[t][column]) for column in (2, 4) for t in "123"]
    assert shares == ["1/16", "0", "1/4", "0", "1/8", "1/8"]
    text = chapters.text(CHAPTER).replace("\n", " ")
    assert "1/16, 0 and ¼ to $dw_x$, 0, ⅛ and ⅛ to $dw_h$" in text
    assert rows["3"][4] == rows["sum"][4] / 2  # "Stopping at the last step would leave ⅛, half of the right answer."


def test_the_nudged_copies_have_the_slopes_of_the_last_column(page):
    s, rows = 1e-5, first_table()
    for t in (1, 2, 3):
        move = s * np.eye(3)[t - 1]
        slope = (page.loss_of_copies(*(0.5 + move)) - page.loss_of_copies(*(0.5 - move))) / (2 * s)
        assert abs(slope - float(rows[str(t)][4])) < 1e-9


def test_practice_a_is_what_the_library_computes(page):
    one = np.ones((1, 1))
    tape = rnn.forward(rnn.Params(one, one / 2, np.zeros(1)), page.x_hand[:, None])
    dh = np.zeros((3, 1, 1))
    dh[2] = tape.h[3] - 1
    params, _, _ = rnn.backward(tape, dh)
    assert (page.by_tanh.w_x.item(), page.by_tanh.w_h.item()) == pytest.approx((params.w_x.item(), params.w_h.item()))
    assert page.by_tanh.w_x.item() < 0 > page.by_tanh.w_h.item()  # "both gradients are negative"
    assert round(params.w_x.item(), 4) == -0.059
    assert round(params.w_h.item(), 4) == -0.0375


# Measured


def test_the_gradient_check_passes_and_fails_where_the_page_says(page):
    assert gradcheck.check(page.loss, page.weights, page.found).ok
    w = page.weights
    for n, ok in ((1, True), (2, False)):
        h, y = page.forward(page.x[:n], np.zeros(4), *w)
        wrong, _ = page.backward(y - page.p[:n], page.x[:n], h, w.w_x, w.w_h.T, w.w_y)
        assert gradcheck.check(lambda v, n=n: page.loss(v, n), w, wrong).ok is ok


def test_two_sides_beat_one_and_the_cube_root_is_a_good_step(page):
    assert page.errors["central"].min() < page.errors["one-sided"].min() / 10
    best = page.sizes[page.errors["central"].argmin()]
    assert 0.1 < best / np.finfo(float).eps ** (1 / 3) < 10
    large = (page.sizes > 1e-4) & (page.sizes < 1e-2)
    rates = {n: np.polyfit(np.log(page.sizes[large]), np.log(e[large]), 1)[0] for n, e in page.errors.items()}
    assert abs(rates["central"] - 2) < 0.1
    assert abs(rates["one-sided"] - 1) < 0.1


def test_training_moves_the_blame_to_the_flip_that_matters(page):
    assert page.lag_3_first == page.N_SEEDS
    assert (page.shares[:, 1, 7] > page.shares[:, 0, 7]).all()
    for table in page.tables[0]:
        assert (np.triu(table, 1) == 0).all()  # the future reaches nothing
    best = page.tables[0][1][3:].argmax(axis=1)
    assert (best == np.arange(3, page.N_STEPS) - 3).all()  # "the highest bar keeps its distance"


def test_the_stored_errors_are_those_of_the_loop_on_the_page(page):
    assert page.k == 3
    assert page.error == pytest.approx(page.stored["error"]["k3"]["seeds"][0], rel=1e-3)


def test_what_the_page_says_of_the_stored_errors(page):
    errors, lines = page.stored["error"], page.stored["baselines"]
    assert min(errors, key=lambda k: errors[k]["median"]) == "k3"
    assert all(errors[k]["lowest"] < errors["k3"]["highest"] for k in errors)  # the seeds overlap
    assert min(e["lowest"] for e in errors.values()) > lines["ar9"]  # no network beats AR(9)
    assert errors["k1"]["highest"] < lines["ar1"]
    assert page.stored["below_ar2"]["k1"] == sum(e < lines["ar2"] for e in errors["k1"]["seeds"])
    assert {k: len(e["seeds"]) for k, e in errors.items()} == dict.fromkeys(errors, 8)


def test_a_softmax_before_the_cross_entropy_leaves_a_floor():
    y = np.array([[800.0, 0.0]])
    chances = np.exp(y - y.max()) / np.exp(y - y.max()).sum()
    floor = float(np.log(np.exp(chances).sum()) - chances[0, 0])
    assert floor == pytest.approx(np.log(1 + np.exp(-1)))
    assert f"{floor:.3f}" == "0.313"


# What people get wrong


def mistake(question, name, function):
    return next(m for m in find(question).mistakes if m.name == name).functions[function]


def verdicts(wrong, n_steps, n_hidden=3, n_batch=2, symmetric=False):
    """Return whether each gradient of a wrong backward pass passes the check."""
    rng = np.random.default_rng(n_steps)
    w_h = rng.normal(size=(n_hidden, n_hidden))
    w_h = w_h + w_h.T if symmetric else w_h
    values = {"w_x": rng.normal(size=(n_hidden, 2)), "w_h": w_h, "b_h": rng.normal(size=n_hidden)}
    values |= {"w_y": rng.normal(size=(2, n_hidden)), "b_y": rng.normal(size=2)}
    x, dy = rng.normal(size=(n_steps, n_batch, 2)), rng.normal(size=(n_steps, n_batch, 2))

    def run(v):
        h = np.zeros((n_steps + 1, n_batch, n_hidden))
        for t in range(n_steps):
            h[t + 1] = np.tanh(x[t] @ v["w_x"].T + h[t] @ v["w_h"].T + v["b_h"])
        return h, h[1:] @ v["w_y"].T + v["b_y"]

    h, _ = run(values)
    found = dict(zip(values, wrong(dy, x, h, values["w_x"], w_h, values["w_y"]), strict=False))
    return {
        name: gradcheck.check(
            lambda v, name=name: float((run(values | {name: v})[1] * dy).sum()), values[name], found[name]
        ).ok
        for name in values
    }


def test_the_carried_gradient_dropped_passes_where_the_page_says():
    wrong = mistake("4.3", "carried dh dropped", "rnn_backward")
    assert all(verdicts(wrong, 1).values())
    assert verdicts(wrong, 3) == {"w_x": False, "w_h": False, "b_h": False, "w_y": True, "b_y": True}


def test_the_state_after_for_the_state_before_fails_where_the_page_says():
    wrong = mistake("4.3", "h[t + 1] for h[t]", "rnn_backward")
    for n_steps in (1, 3):
        assert [name for name, ok in verdicts(wrong, n_steps).items() if not ok] == ["w_h"]


def test_a_missing_transpose_hides_where_the_page_says():
    wrong = mistake("4.3", "w_h as in the forward pass", "rnn_backward")
    assert all(verdicts(wrong, 1).values())
    assert all(verdicts(wrong, 3, n_hidden=1).values())
    assert all(verdicts(wrong, 3, symmetric=True).values())
    assert not all(verdicts(wrong, 3).values())


def test_the_other_mistakes_look_as_the_page_says():
    one = np.ones((1, 1))
    h = -0.5 * one
    wrong_slope = mistake("4.2", "1 - h", "rnn_step_backward")(one, one, one, h, one, one)[4]
    assert (wrong_slope.item(), 1 - h.item() ** 2) == (1.5, 0.75)
    softmax_only = mistake("4.1", "softmax only", "cross_entropy")
    mask = np.ones((1, 1), bool)
    assert (softmax_only(np.array([[[3.0, -2.0, 0.5]]]), np.array([[1]]), mask)[1] >= 0).all()
    shrinking = mistake("4.1", "mask ignored in the number of steps", "mse")
    y, zero = np.ones((4, 1, 1)), np.zeros((4, 1, 1))
    losses = [shrinking(y[:n], zero[:n], np.arange(n)[:, None] < 2)[0] for n in (2, 3, 4)]
    assert losses[0] > losses[1] > losses[2]
    lets_pass = mistake("4.4", "NaN passes", "gradcheck")
    assert lets_pass(lambda v: float((v**2).sum()), np.ones(2), np.array([np.nan, np.nan]))[0] is True
    absolute, x = mistake("4.4", "absolute error", "gradcheck"), np.ones(2)
    verdict = [absolute(lambda v, u=u: float((v**2).sum()) * u, x, 2.002 * x * u)[0] for u in (1.0, 1e-6)]
    assert verdict == [False, True]  # the same gradient, 0.1 % off, in two units


@pytest.mark.parametrize(("name", "hidden_by"), [("state of the window's end", "k"), ("averaged over the batch", "B")])
def test_the_loops_mistakes_hide_where_the_page_says(name, hidden_by):
    wrong, right = mistake("4.5", name, "train"), find("4.5").reference
    right = right["train"] if isinstance(right, dict) else right
    rng = np.random.default_rng(0)
    for size, same in ((1, True), (3, False)):
        k, n_batch = (size, 2) if hidden_by == "k" else (2, size)
        x, target = rng.normal(size=(8, n_batch, 2)), rng.normal(size=(8, n_batch, 1))
        start = tuple(rng.normal(size=s) / 2 for s in [(3, 2), (3, 3), 3, (1, 3), 1])
        pairs = zip(wrong(x, target, k, 0.1, 2, start)[0], right(x, target, k, 0.1, 2, start)[0], strict=True)
        assert all(np.allclose(a, b, rtol=1e-10) for a, b in pairs) is same


# The page


def test_no_graded_prediction_is_given_away():
    assert not re.search(r"\b92\b", chapters.text(CHAPTER))
    assert "forward runs" not in chapters.text(CHAPTER)


def test_the_results_can_be_repeated(page):
    script = Path(__file__).resolve().parents[2] / page.stored["command"].removeprefix("python ")
    assert script.is_file()
    assert page.stored["seeds"] == list(range(8))


@pytest.mark.parametrize("name", ["stepping", "blaming"])
def test_the_data_of_an_interactive_figure_are_small(page, name):
    data = re.search(r'<script type="application/json">(.*?)</script>', getattr(page, name).html, re.S)[1]
    assert len(data.encode()) <= 12 * 1024
    assert json.loads(data)


@pytest.fixture(scope="module")
def shown(page, chromium):
    """Return a function that opens both interactive figures in a browser page."""
    parts = "".join(figure._repr_html_() for figure in (page.stepping, page.blaming))

    def opened(**options):
        tab = chromium.new_context(viewport={"width": 390, "height": 900}, **options).new_page()
        tab.set_content(f"<!doctype html><html lang=en><meta charset=utf-8><title>4</title><body>{parts}</body>")
        return tab, *(tab.locator("figure").nth(i) for i in (0, 1))

    return opened


def drawn_back(figure):
    """Return how many dashed arrows are drawn: a level line has no area, so it never counts as visible."""
    shown = "p => getComputedStyle(p.closest('g')).display != 'none'"
    return figure.evaluate(f"f => [...f.querySelectorAll('path.back')].filter({shown}).length")


@needs_chromium
@pytest.mark.browser
def test_the_backward_pass_steps_by_button_key_and_touch(shown):
    tab, stepping, _ = shown(has_touch=True)
    said = stepping.locator(".rf-said")
    assert "⅛ from step 3" in said.inner_text()
    stepping.get_by_role("button", name="Next").click()
    assert "9/16" in said.inner_text()
    assert stepping.locator("text:visible", has_text="½ + 1/16").count() == 1
    tab.keyboard.press("ArrowLeft")
    assert "⅛ from step 3" in said.inner_text()
    stepping.get_by_role("button", name="Back").tap()
    assert "nothing from later" in said.inner_text()
    tab.keyboard.press("ArrowLeft")
    assert "nothing has gone back yet" in said.inner_text()
    assert drawn_back(stepping) == 0
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert "9/32" in said.inner_text()
    assert drawn_back(stepping) == 6  # three from the errors, three from state to state


@needs_chromium
@pytest.mark.browser
def test_the_blame_moves_with_the_slider_and_the_button(shown, page):
    tab, _, blaming = shown(has_touch=True)
    said = blaming.locator(".rf-said")
    assert said.inner_text().startswith("After training, the answer at step 11 depends most on flip 8")
    blaming.locator("input").focus()
    tab.keyboard.press("ArrowRight")
    assert "the answer at step 12 depends most on flip 9" in said.inner_text()
    blaming.get_by_role("button", name="before").tap()
    assert said.inner_text().startswith("Before training, the answer at step 12")
    row = page.tables[0][0][11]
    assert f"flip {row.argmax() + 1} " in said.inner_text()


@needs_chromium
@pytest.mark.browser
def test_without_scripts_and_in_print_the_static_position_stands(shown):
    tab, stepping, blaming = shown(java_script_enabled=False)
    for figure, words in ((stepping, "Step 2"), (blaming, "After training, the answer at step 11")):
        assert words in figure.locator(".rf-said").inner_text()
        assert not figure.locator(".rf-controls").is_visible()
    tab, stepping, _ = shown()
    tab.emulate_media(media="print")
    assert not stepping.locator(".rf-controls").is_visible()
    assert "Step 2" in stepping.locator(".rf-said").inner_text()
