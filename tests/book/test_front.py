"""The front page and chapter 0: their numbers, their length, and what their figures do under the keyboard."""

import re
from fractions import Fraction

import numpy as np
import pytest
from built import HTML, ROOT, Tags, needs_book, needs_chromium, text
from chapters import run
from chapters import text as source
from rnnbook import sketches, toc
from rnnbook.words import count_words

from rnnlab import analysis, data, rnn


@pytest.mark.parametrize(("page", "most"), [("index", 250), ("00_start", 900)])
def test_the_page_is_short(page, most):
    assert count_words(source(page)) <= most


# The reading strip


@pytest.fixture(scope="module")
def front():
    return run("index")


def naive(front, words):
    """Return the belief after each word, from scalar loops over the trained weights."""
    cell, head = front.params
    h, beliefs = [0.0] * 16, []
    for word in words:
        column = data.SENTIMENT_WORDS.index(word)
        h = [
            np.tanh(cell.w_x[i, column] + sum(cell.w_h[i, j] * h[j] for j in range(16)) + cell.b_h[i])
            for i in range(16)
        ]
        score = sum(head.w_y[0, i] * h[i] for i in range(16)) + head.b_y[0]
        beliefs.append(1 / (1 + np.exp(-score)))
    return np.array(beliefs)


def positions(front):
    return [(number, at) for number in range(len(front.SENTENCES)) for at in front.WORDS]


def test_each_sentence_of_the_strip_says_what_the_network_and_the_grammar_say(front):
    for number, at in positions(front):
        words = front.SENTENCES[number].split()
        said = front.strip(number, at)[1]
        belief, exact = naive(front, words)[at - 1], data.sentiment_belief(words[:at])
        assert said.startswith(f"After “{words[at - 1]}”: network {belief:.2f}, exactly {exact:.2g}.")


def test_it_says_settled_where_the_exact_belief_is_0_or_1_from_there_on(front):
    for number, at in positions(front):
        words, said = front.SENTENCES[number].split(), front.strip(number, at)[1]
        settled = [data.sentiment_belief(words[:n]) in (0, 1) for n in (at - 1, at)]
        assert ("This word settles it." in said) == (settled == [False, True])
        assert ("It was settled before." in said) == (settled == [True, True])


def test_what_the_page_says_of_its_sentences_is_so(front):
    first, second, *others = (sentence.split() for sentence in front.SENTENCES)
    assert sorted(first) == sorted(second)
    for words in (first, second):
        assert words[5] == "although"
        beliefs = [data.sentiment_belief(words[:n]) for n in range(1, 12)]
        assert beliefs[4] not in (0, 1)
        assert set(beliefs[5:]) in ({0.0}, {1.0})
    for words in others:
        assert words[5] == "but"
        assert data.sentiment_belief(words[:5]) != 0.5 == data.sentiment_belief(words[:6])


def test_the_network_has_learned_the_grammar_and_not_only_these_sentences(front):
    assert np.mean(front.misses) < 0.05
    assert len(front.misses) > 5000
    for sentence in front.SENTENCES:
        words = sentence.split()
        assert np.abs(naive(front, words) - front.exactly(words)).max() < 0.15


def test_blame_is_the_largest_change_that_a_fitting_word_makes(front):
    words = front.SENTENCES[0].split()
    found, now = front.blame(words), naive(front, words)[-1]
    swapped = [*words[:5], "but", *words[6:]]  # the only other word that fits there
    assert found[5] == pytest.approx(abs(naive(front, swapped)[-1] - now), abs=1e-12)
    assert found[0] == 0  # nothing but "the" begins a clause
    assert {word for word, size in zip(words, found, strict=True) if size > 0.5} == {"never", "boring", "although"}
    assert found[6:].max() < 0.01


# The three beliefs


def test_a_relu_layer_grows_at_the_rate_of_its_own_states(front):
    rng = np.random.default_rng(7)
    w_h = rng.normal(size=(50, 50))
    w_h /= abs(np.linalg.eigvals(w_h)).max()
    h = rng.normal(size=50)
    h /= np.linalg.norm(h)
    for _ in range(100):
        h = np.maximum(w_h @ h, 0)
    assert front.relu_rate(7) == pytest.approx(np.linalg.norm(h) ** (1 / 100), rel=1e-10)
    assert not any(1.5 * front.relu_rate(seed) == 1 for seed in range(200))


def test_the_gradient_rate_is_that_of_the_product_of_jacobians(front):
    rng, noise = np.random.default_rng(3), np.random.default_rng([3, 1])
    w_h = rng.standard_normal((50, 50))
    w_h *= 1.5 / abs(np.linalg.eigvals(w_h)).max()
    cell = rnn.Params(rng.standard_normal((50, 1)), w_h, np.zeros(50))
    x, delta = noise.standard_normal((150, 1, 1)), noise.standard_normal(50)
    lengths = [np.linalg.norm(delta)]
    for jacobian in analysis.jacobians(rnn, cell, x)[::-1, 0]:
        delta = delta @ jacobian
        lengths.append(np.linalg.norm(delta))
    assert front.gradient_rate(3) == pytest.approx((lengths[100] / lengths[20]) ** (1 / 80), rel=1e-9)
    assert np.mean([front.gradient_rate(seed) for seed in range(20)]) < 1  # it shrinks


def test_the_count_of_gradients_that_point_away_is_that_of_negative_cosines(front):
    assert sum(front.cosine(seed) < 0 for seed in range(20)) == sum(each < 0 for each in front.cosines) > 0
    assert all(-1 <= each <= 1 for each in front.cosines)


# Chapter 0


@pytest.fixture(scope="module")
def start():
    return run("00_start")


def test_the_first_network_gives_the_numbers_that_are_drawn(start):
    states = [Fraction(0)]
    for x in (1, 0, 1):
        states.append(x + states[-1] / 2)
    assert states[1:] == [1, Fraction(1, 2), Fraction(5, 4)]
    assert start.tape.h.ravel().tolist() == states  # the cell that the reader pastes
    assert start.h.tolist() == states  # the drawing
    assert "0, 1, ½ and 1¼" in source("00_start")


def test_the_answers_of_the_self_test_are_right():
    answers = re.search(r"<details.*?</details>", source("00_start"), re.S)[0]
    assert (np.array([[1, 2], [0, 3]]) @ [4, 5]).tolist() == [14, 15]
    assert "$(14, 15)$" in answers
    step = 1e-6
    assert ((3 * (1 + step) - 1) ** 2 - (3 * (1 - step) - 1) ** 2) / (2 * step) == pytest.approx(12)
    assert "2. $12$." in answers
    w = 1.3
    both = [(w + d) ** 2 * 3 * (w + d) for d in (step, -step)]
    assert (both[0] - both[1]) / (2 * step) == pytest.approx(3 * w * 2 * w + w**2 * 3)
    assert (np.ones((5, 3)) @ np.ones((4, 3)).T).shape == (5, 4)
    assert "3. (5, 4)." in answers


@pytest.mark.parametrize(
    ("answer", "points", "failing"),
    [
        ("right", "4 of 4", []),
        ("bias twice", "1.5 of 4", ["the bias alone", "all three together"]),
        ("w_h not transposed", "1.5 of 4", ["the state term alone", "all three together"]),
    ],
)
def test_the_card_shows_which_parts_fail(start, answer, points, failing):
    panel, said = start.card(answer)
    shown = panel.parts[0][1]
    assert f"{points} points" in said
    assert re.findall(r"✗ (.+?) \(", shown) == failing
    assert ("Looks familiar" in shown) == bool(failing) == ("It names the mistake." in said)


def test_the_readme_tells_students_the_same_commands():
    console = re.search(r"```console\n(.*?)```", source("00_start"), re.S)[1].replace("$ ", "")
    assert console in (ROOT / "README.md").read_text(encoding="utf-8")


# Made from the list of pages


def test_all_fourteen_chapters_are_found_with_their_notebooks():
    found = toc.chapters()
    assert [chapter.number for chapter in found] == list(range(14))
    assert all(chapter.notebook for chapter in found[1:])
    assert len({chapter.title for chapter in found}) == 14
    assert not any(re.match(r"\d|Assignment", chapter.title) for chapter in found)


def test_each_chapter_has_its_own_picture_which_screen_readers_pass_over():
    pictures = [sketches.picture(chapter.number) for chapter in toc.chapters()]
    assert len(set(pictures)) == 14
    for picture in pictures:
        assert picture.startswith('<svg class="rf-svg" aria-hidden="true"')
        assert "<text" not in picture


@needs_book
def test_the_pictures_lead_to_written_chapters_only_and_the_others_say_so():
    cards = re.findall(
        r"<li.*?</li>", re.search(r'<ul class="chapter-pictures.*?</ul>', text("book/index.html"), re.S)[0], re.S
    )
    for chapter, card in zip(toc.chapters(), cards, strict=True):
        assert ("in preparation" in card) == (not chapter.page)
        assert ("href=" in card) == (bool(chapter.page) and (HTML / f"{chapter.page}.html").is_file())


@needs_book
def test_the_table_names_every_chapter_with_a_notebook():
    rows = re.search(r'<table class="[^"]*chapter-table.*?</table>', text("book/00_start.html"), re.S)[0]
    for chapter in toc.chapters()[1:]:
        assert f"{chapter.number}. {chapter.title}" in rows
        assert f"Assignment {chapter.number}<" in rows


@needs_book
def test_the_anchors_that_other_pages_lead_to_are_there():
    ids = Tags("book/00_start.html").ids()
    assert {"q-l001", "q-l002", "q-l003", "q-l004", "concept-prerequisites", "concept-outcome", "handing-in"} <= ids


# In a browser


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_strip_is_read_word_by_word_with_the_arrow_keys(visit, front):
    tab = visit("book/index.html")
    live = tab.locator("figure.rf-live")
    said, steps = live.locator(".rf-said"), live.locator(".rf-control").nth(1).locator("button").first
    assert said.inner_text() == front.strip(0, 11)[1]
    for at in range(10, 0, -1):
        steps.press("ArrowLeft")
        assert said.inner_text() == front.strip(0, at)[1]
    seen = "(bars) => bars.filter((bar) => bar.getClientRects().length).length"
    assert live.locator("g.rf-y rect").evaluate_all(seen) == 1  # one word read, one belief
    for _ in range(5):
        steps.press("ArrowRight")
    assert said.inner_text() == front.strip(0, 6)[1]
    assert live.locator("g.rf-y rect").evaluate_all(seen) == 6
    live.get_by_role("button", name="3", exact=True).click()
    assert said.inner_text() == front.strip(2, 6)[1]
    assert "All is open again." in said.inner_text()


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_strip_plays_to_its_end(visit, front):
    live = visit("book/index.html").locator("figure.rf-live")
    live.get_by_role("button", name="Play").click()
    assert live.locator(".rf-said").inner_text() == front.strip(0, 1)[1]
    live.get_by_text(front.strip(0, 3)[1]).wait_for(timeout=5000)


@needs_book
@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(("width", "limit"), [(1280, 900), (390, 1250)])
@pytest.mark.parametrize("page", ["book/index.html", "book/00_start.html"])
def test_the_opening_picture_is_on_the_first_screens_and_fits(visit, page, width, limit):
    first = visit(page, width=width).locator("article figure.rf").first
    assert first.bounding_box()["y"] < limit / 2
    scroll = first.locator(".rf-scroll")
    place = scroll.bounding_box()
    assert place["y"] + place["height"] < limit
    assert scroll.evaluate("(box) => box.scrollWidth <= box.clientWidth")


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_card_changes_with_the_answer_chosen(visit, start):
    live = visit("book/00_start.html").locator("figure.rf-live")
    assert live.locator(".rf-said").inner_text() == start.card("bias twice")[1]
    live.get_by_role("button", name="right").click()
    assert live.locator(".rf-said").inner_text() == start.card("right")[1]
    assert "✗" not in live.locator("pre").locator("visible=true").inner_text()
