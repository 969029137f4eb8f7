"""Words and pictures: no chapter is long, and none goes on without a picture."""

import pytest
from built import CHAPTERS as PAGES
from built import needs_book, text
from rnnbook import figure_list, words


@needs_book
def test_a_chapter_has_at_most_2500_words_and_a_picture_for_every_400():
    chapters = words.chapters()
    assert len(chapters) == len(PAGES)
    assert [name for name, count, _ in chapters if count > words.MOST_WORDS] == []
    assert [name for name, count, pictures in chapters if pictures < words.pictures_needed(count)] == []


@pytest.mark.parametrize(
    ("markdown", "count"),
    [
        ("---\ntitle: not counted\n---\n\n# One two", 2),
        ("one\n```{code-cell} ipython3\n:tags: [x]\nx = 1\n```\ntwo", 2),
        ("one\n```python\nx = 1\n```\ntwo", 2),
        ("one\n```{mistakes}\nopening here\n\n4.3: not counted\n: but this\n```", 5),
        ("one\n```{mistakes}\n-: not counted\n: two\n```\nthree\n```console\n$ no\n```\nfour\n```{listing}\n```", 4),
        (":::{admonition} PyTorch\n:class: pytorch\none two\n:::", 2),
        ("one $a + b$ two\n\n$$\na = b\n$$ (eq-x)\n\nthree", 3),
        ("(q-L001)=\none [two three](#there) {term}`four <five>` {cite:p}`key`", 4),
        ('<details class="answer"><summary>Answer</summary>\n\n93 `x`\n\n</details>', 3),
        ("it's well-known: 2.5 % {glue:text}`loss:.3f`", 3),
        ("| a | b |\n|---|---|\n| c | d e |", 5),
    ],
)
def test_prose_is_counted_and_nothing_else(markdown, count):
    assert words.count_words(markdown) == count


def test_a_figure_is_one_picture_whatever_is_in_it():
    page = "<img><article><figure><img><figure><img></figure></figure><img><p></p></article><img>"
    assert words.count_pictures(page) == 2


@pytest.mark.parametrize(("count", "needed"), [(1, 1), (400, 1), (401, 2), (2500, 7)])
def test_a_picture_for_every_400_words_begun(count, needed):
    assert words.pictures_needed(count) == needed


LIVE = """<figure class="rf rf-live"><p class="rf-ask">Which <i>w</i>?</p><svg aria-label="Two &lt; bars."></svg>
<figcaption>Seed 0.</figcaption><script type="application/json">[1, 2]</script></figure>"""
STILL = '<figure><img alt="A plot." src="x.png"><figcaption>It falls.</figcaption></figure>'


def test_a_figure_is_listed_by_its_question_or_else_its_caption():
    asks, stands = figure_list.figures_of(f"<p>One.</p>{LIVE}<p>Two.</p>{STILL}")
    assert asks == figure_list.Listed("Which w?", "Two < bars.", data=6)
    assert stands == figure_list.Listed("It falls.", "A plot.", data=0)


@needs_book
@pytest.mark.parametrize("page", PAGES)
def test_every_figure_of_a_chapter_says_what_it_is_for(page):
    found = figure_list.figures_of(text(page))
    assert found
    assert [figure for figure in found if not figure.purpose or len(figure.alternative) < 15] == []
    assert any(figure.data for figure in found), "a chapter has at least one interactive figure"
    assert max(figure.data for figure in found) <= 12_000, "the numbers of a figure are small"
