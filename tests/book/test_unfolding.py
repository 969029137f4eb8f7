"""Chapter 2: what its prose says is what its network does, its gradient is right, and its figures answer the reader."""

import re
from itertools import product

import chapters
import numpy as np
import pytest
from built import needs_book, needs_chromium

from rnnlab import gradcheck, readout, rnn

CHAPTER = "02_unfolding"
TEXT = chapters.text(CHAPTER)
PROSE = re.sub(r"\s+", " ", TEXT)  # whatever line a word stands on
BITS = [1, 1, 0, 1]


@pytest.fixture(scope="module")
def page():
    """What the chapter's cells define."""
    return chapters.run(CHAPTER)


def matrix(latex):
    """Return the numbers in the body of a LaTeX matrix."""
    return np.array([[float(entry) for entry in row.split("&")] for row in latex.split(r"\\")])


def displayed(name):
    """Return a weight as the page displays it."""
    return matrix(re.search(rf"^{name} = \\begin{{pmatrix}}(.*?)\\end", TEXT, re.M)[1])


def weights():
    """Return the weights of the parity network as the page displays them; b_y is 0."""
    return displayed("w_x")[:, 0], displayed("w_h"), displayed("b_h")[:, 0], displayed(".*w_y")[0]


def by_hand(bits, w_x, w_h, b_h, w_y, *, carry=True):
    """Return the sums, states and answers for a stream of bits, one number at a time."""
    old, rows = [0.0, 0.0], []
    for bit in bits:
        a = [w_x[i] * bit + sum(w_h[i][j] * old[j] for j in range(2)) + b_h[i] for i in range(2)]
        h = [max(number, 0.0) for number in a]
        rows.append((a, h, sum(w_y[i] * h[i] for i in range(2))))
        old = h if carry else old
    return [list(column) for column in zip(*rows, strict=True)]


# The parity network


def test_the_steps_worked_by_hand_are_those_of_the_displayed_weights():
    a, h, y = by_hand(BITS, *weights())
    for t in (1, 2):
        step = re.search(rf"^a_{t} &=.*?^\\end{{aligned}}", TEXT, re.M | re.S)[0]
        columns = [matrix(body)[:, 0] for body in re.findall(r"\\begin{pmatrix}([^&]*?)\\end", step)]
        w_x, before, b_h, total, state = (list(column) for column in columns)
        assert (w_x, b_h) == (list(weights()[0]), list(weights()[2]))
        assert before == ([0.0, 0.0] if t == 1 else h[t - 2])
        assert (total, state) == (a[t - 1], h[t - 1])
        formula = re.search(rf"y_{t} &= (\S+) \\cdot (\S+) - (\S+) \\cdot (\S+) = (\S+) \.", step)
        first, one, second, two, answer = (float(number) for number in formula.groups())
        assert [first, -second] == list(weights()[3])
        assert [one, two] == h[t - 1]
        assert answer == y[t - 1] == first * one - second * two


def test_the_cells_the_drawing_and_the_prose_have_the_same_network(page):
    w_x, w_h, b_h, w_y = weights()
    for network in (page.cell, page):
        assert np.array_equal(network.w_x[:, 0], w_x)
        assert np.array_equal(network.w_h, w_h)
        assert np.array_equal(network.b_h, b_h)
    assert np.array_equal(page.output.w_y[0], w_y)
    assert np.array_equal(page.w_y[0], w_y)
    _, h, y = by_hand(BITS, w_x, w_h, b_h, w_y)
    assert page.answers(BITS) == (h, y)
    said = "their states are " + ", ".join(f"({a:g}, {b:g})" for a, b in h)
    spoken = re.sub(r'"\n\s+"', "", chapters.cells(CHAPTER)[0])
    assert said in spoken
    assert f"they answer {', '.join(f'{answer:g}' for answer in y)}." in spoken


def test_it_answers_all_streams_of_ten_bits(page):
    for bits in product([0, 1], repeat=10):
        assert page.answers(bits)[1] == list(np.cumsum(bits) % 2)


@pytest.mark.parametrize("k", [1, 2, 5, 9, 10])
def test_no_function_of_a_shorter_window_beats_a_coin(k):
    targets: dict = {}
    for bits in product([0, 1], repeat=10):
        targets.setdefault(bits[10 - k :], []).append(sum(bits) % 2)
    right = sum(max(group.count(0), group.count(1)) for group in targets.values()) / 2**10
    assert right == (1.0 if k == 10 else 0.5)
    assert f"window of {k:2d}: {right:.0%} at best" in chapters.printed(CHAPTER, "bitwise_count")


def test_it_answers_ten_thousand_bits(page):
    bits = np.random.default_rng(0).integers(0, 2, 10_000)
    assert page.answers(bits)[1] == list(np.cumsum(bits) % 2)


def test_the_pair_differs_in_the_first_bit_alone(page):
    first, second = page.pair
    assert [a != b for a, b in zip(first, second, strict=True)] == [True] + [False] * 9
    assert page.ends == [sum(first) % 2, sum(second) % 2]


def looks_like(name):
    """Return the answers that the box gives for a mistake."""
    found = re.search(rf"^2\.\d: {name}\n: .*?answers? (\d(?:, \d)*)", TEXT, re.M)
    return [float(answer) for answer in found[1].split(", ")]


def test_what_a_wrong_network_answers_is_what_the_box_says():
    w_x, w_h, b_h, w_y = weights()
    right = by_hand(BITS, w_x, w_h, b_h, w_y)[2]
    assert f"The right ones are {', '.join(f'{answer:g}' for answer in right)}." in PROSE
    assert looks_like("w_h not transposed") == by_hand(BITS, w_x, w_h.T, b_h, w_y)[2]
    assert looks_like("bias twice") == by_hand(BITS, w_x, w_h, 2 * b_h, w_y)[2]
    assert looks_like("state not carried") == by_hand(BITS, w_x, w_h, b_h, w_y, carry=False)[2]
    assert looks_like("output one step late") == [0.0, *right[:-1]]


def test_the_mistakes_that_are_named_are_those_that_the_checks_know():
    from rnnlab.checks import find

    box = re.search(r"^```{mistakes}\n(.*?)^```", TEXT, re.M | re.S)[1]
    named = re.findall(r"^(2\.\d): (.+)$", box, re.M)
    assert len(named) == 7
    for question, name in named:
        assert name in [mistake.name for mistake in find(question).mistakes]


# Counting


def counted(n_input, n_hidden, n_output):
    """Return the size of all arrays of a network."""
    rng = np.random.default_rng(0)
    layers = rnn.init(rng, n_input, n_hidden), readout.init(rng, n_hidden, n_output)
    return sum(array.size for layer in layers for array in layer)


def test_the_count_is_the_size_of_the_arrays(page):
    for sizes in [(1, 2, 1), (10, 64, 1), (10, 128, 1), (5, 6, 3), (3, 1, 2)]:
        assert page.count(*sizes) == counted(*sizes)
    assert page.n_learned == counted(1, 2, 1)
    ours = counted(10, 64, 1)
    assert f"{ours + 64:,} instead of {ours:,} for $D = 10$, $H = 64$, $O = 1$" in PROSE
    copies = 4 * rnn_size(1, 2) + counted(1, 2, 1) - rnn_size(1, 2)
    assert f"you count {copies} numbers. There are {counted(1, 2, 1)}." in PROSE


def rnn_size(n_input, n_hidden):
    """Return the size of the recurrent layer's arrays."""
    return sum(array.size for array in rnn.init(np.random.default_rng(0), n_input, n_hidden))


def test_the_answer_to_the_first_question_is_the_count():
    cell, final = rnn_size(5, 6), counted(5, 6, 3) - rnn_size(5, 6)
    assert rf"$6 \cdot 5 + 6 \cdot 6 + 6 = {cell}$" in PROSE
    assert rf"$3 \cdot 6 + 3 = {final}$ in the final one: {cell + final}." in PROSE


# The unfolded network and its gradient


def states(x, layers, b_h):
    """Return the states of a feedforward network whose layer t has the weights layers[t] = (w_x w_h)."""
    s = [np.zeros((x.shape[1], len(b_h)))]
    for x_t, weight in zip(x, layers, strict=True):
        s.append(np.tanh(np.concatenate([x_t, s[-1]], axis=1) @ weight.T + b_h))
    return s


def slopes_by_layer(page):
    """Return the gradient of sum(s_k²) by w_h in each layer, by the chain rule, as a list of (H, H) arrays."""
    s = states(page.x, [page.W] * page.k, page.drawn.b_h)
    ds, slopes = 2 * s[-1], []
    for t in reversed(range(page.k)):
        da = ds * (1 - s[t + 1] ** 2)
        slopes.insert(0, da.T @ s[t])
        ds = da @ page.drawn.w_h
    return slopes


def check_tied(page, slopes):
    """Compare a gradient by the shared w_h, the sum of `slopes`, with central differences."""

    def loss(w_h):
        return np.sum(rnn.forward(page.drawn._replace(w_h=w_h), page.x).h_n ** 2)

    return gradcheck.check(loss, page.drawn.w_h, sum(slopes))


CHECKS = {"grad-tied": lambda page: check_tied(page, slopes_by_layer(page))}


def test_every_displayed_gradient_is_checked():
    assert set(CHECKS) == chapters.gradient_labels(CHAPTER)


@pytest.mark.parametrize("label", CHECKS)
def test_a_displayed_gradient_is_right(page, label):
    report = CHECKS[label](page)
    assert report.ok, str(report)


def test_a_copy_left_out_of_the_sum_is_noticed(page):
    slopes = slopes_by_layer(page)
    for t in range(1, page.k):  # the first copy adds 0: it meets h_0 = 0
        assert not check_tied(page, slopes[:t] + slopes[t + 1 :]).ok


def test_the_nudged_slopes_are_those_of_the_chain_rule(page):
    exact = np.array([slope[0, 0] for slope in slopes_by_layer(page)])
    np.testing.assert_allclose(page.slopes, exact, rtol=1e-6, atol=1e-8)
    assert page.slopes[0] == 0
    assert page.slope(np.ones(page.k)) == pytest.approx(exact.sum(), rel=1e-6)
    sizes = np.abs(exact)
    assert sizes[-3:].min() > sizes[:-3].max(), "the caption says that the largest are the late ones"


def test_the_unfolded_network_has_the_states_of_the_recurrent_one(page):
    s = states(page.x, [page.W] * page.k, page.drawn.b_h)
    np.testing.assert_allclose(np.array(s), rnn.forward(page.drawn, page.x).h, rtol=0, atol=1e-12)


def test_a_cut_sequence_ends_in_the_same_state_only_if_the_state_is_carried(page):
    assert page.gaps[0] == 0
    assert page.gaps[1] > 0.01


def test_one_new_input_and_the_kept_state_are_enough(page):
    h = np.zeros((page.B, page.drawn.w_h.shape[0]))
    for x_t in page.x:
        h = rnn.step(page.drawn, x_t, h)
    np.testing.assert_allclose(h, rnn.forward(page.drawn, page.x).h_n, rtol=0, atol=1e-14)


def test_a_change_moves_nothing_before_it_and_fades_after(page):
    assert np.abs(np.tril(page.reach, -1)).max() == 0
    assert np.diag(page.reach).min() > page.reach[:-1, -1].max()
    assert page.reach[0, 0] > 3 * page.reach[0, 7]


# Figures and practice


def test_one_unit_keeps_the_power_of_its_weight(page):
    for loop in page.loops:
        _, said = page.echo(loop)
        left = [f"{loop**n:.3g}" for n in (1, 10, 20)]
        assert said.startswith(f"$w_h$ = {loop:g}:")
        assert re.findall(r"(\S+) (?:is left|ten|twenty)", said) == left
    half_left = [loop for loop in page.loops if loop <= 1 and loop**20 >= 0.5 and loop > 0]
    assert min(half_left) == 0.97
    assert page.keeps_half**20 == pytest.approx(0.5)


def test_the_unfolding_says_what_its_bits_make_of_it(page):
    for k, *bits in product(range(1, 7), *[[0, 1]] * 6):
        _, said = page.copies_of(k, *bits)
        ones = sum(bits[:k])
        parity = "odd" if ones % 2 else "even"
        assert said.startswith(f"k = {k}, bits {' '.join(map(str, bits))}: {k} cop")
        assert f" {k + 1} layers from" in said
        assert said.replace("\u00a0", " ").endswith(f"y{'₁₂₃₄₅₆'[k - 1]} = {ones % 2}: {ones} ones, {parity}.")


def test_flipping_the_first_bit_changes_all_answers(page):
    for rest in product([0, 1], repeat=5):
        kept, flipped = page.answers([0, *rest])[1], page.answers([1, *rest])[1]
        assert all(a != b for a, b in zip(kept, flipped, strict=True))


def test_the_answers_to_the_practice_hold(page):
    a, h, y = by_hand([1, 1, 1, 0], *weights())
    assert (a[2], h[2], y[2]) == ([1, 0], [1, 0], 1)
    assert (a[3], h[3], y[3]) == ([1, 0], [1, 0], 1)
    assert list(weights()[1] @ h[2]) == [1, 1]
    longer = rnn.forward(page.unit, np.ones((60, 1, 1)), activation="linear").h_n
    assert longer[0, 0] == pytest.approx(1)
    for bits in product([0, 1], repeat=6):
        x = np.array(bits, float)[:, None, None]
        equal = rnn.forward(page.same, x, activation="relu").h[1:, 0] @ [-1, -1, 0] + 1
        assert list(equal) == [float(a == b) for a, b in zip(bits, (0, *bits), strict=False)]
    passed = np.tanh(page.passed[2 * 3 :] + page.drawn.b_h)
    np.testing.assert_allclose(passed, rnn.forward(page.drawn, page.x).h[1, 0], rtol=0, atol=1e-14)
    assert np.array_equal(page.passed[:6], page.x[1:3, 0].ravel())


# The built page

PAGE = f"book/{CHAPTER}.html"


def browser_test(test):
    """Mark a test that drives the built page."""
    return needs_book(needs_chromium(pytest.mark.browser(test)))


def figure(tab, question):
    """Return the figure that asks a question, and its sentence."""
    found = tab.locator("figure.rf", has_text=question)
    return found, found.locator(".rf-said")


def said(sentence):
    return sentence.inner_text().replace("\u00a0", " ")


@browser_test
def test_the_unfolding_follows_keys_and_buttons(visit):
    found, sentence = figure(visit(PAGE), "Flip the first bit")
    slider = found.locator("input[type=range]")
    assert said(sentence).startswith("k = 4, bits 1 1 0 1 0 1: 4 copies")
    for key, k, end in [("ArrowRight", 5, "3 ones, odd."), ("End", 6, "4 ones, even."), ("Home", 1, "1 ones, odd.")]:
        slider.press(key)
        assert said(sentence).startswith(f"k = {k}, bits 1 1 0 1 0 1: {k} cop")
        assert said(sentence).endswith(end)
        assert slider.get_attribute("aria-valuetext") == str(k)
    first = found.locator("button").first
    assert first.get_attribute("aria-pressed") == "true"
    first.press("Enter")
    assert said(sentence).startswith("k = 1, bits 0 1 0 1 0 1: 1 copy")
    assert said(sentence).endswith("0 ones, even.")
    slider.press("End")
    assert said(sentence).endswith("3 ones, odd.")


@browser_test
def test_the_unfolding_follows_a_press_on_a_phone(visit):
    found, sentence = figure(visit(PAGE, width=390), "Flip the first bit")
    found.locator("button").nth(3).click()
    assert said(sentence).endswith("2 ones, even.")


@browser_test
def test_the_memory_follows_the_keyboard(visit):
    found, sentence = figure(visit(PAGE), "half of the input")
    before = found.locator("svg").inner_html()
    assert "0.107 ten steps later" in said(sentence)
    found.locator("input").press("ArrowRight")
    assert "0.539 ten steps later" in said(sentence)
    assert found.locator("svg").inner_html() != before
    found.locator("input").press("End")
    assert "1.49 twenty steps later" in said(sentence)


@browser_test
@pytest.mark.parametrize(
    ("question", "position"),
    [("Flip the first bit", "k = 4, bits 1 1 0 1 0 1: 4 copies"), ("half of the input", "wh = 0.8: of the 1")],
)
def test_without_script_the_static_position_stands_with_its_sentence(visit, question, position):
    found, sentence = figure(visit(PAGE, script=False), question)
    assert not found.locator("input").is_visible()
    assert found.locator("svg").is_visible()
    assert said(sentence).startswith(position)


@browser_test
def test_the_opening_picture_is_on_the_first_screen(visit):
    assert 0 < visit(PAGE).locator("figure.rf").first.bounding_box()["y"] < 900
    assert 0 < visit(PAGE, width=390).locator("figure.rf").first.bounding_box()["y"] < 1250
