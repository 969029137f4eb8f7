"""Words and pictures: no chapter is long, and none goes on without a picture."""

import pytest
from built import needs_book
from rnnbook import words

CHAPTERS = words.chapters()
on_every_chapter = pytest.mark.parametrize(
    ("name", "count", "pictures"), CHAPTERS, ids=[chapter[0] for chapter in CHAPTERS]
)


@on_every_chapter
def test_a_chapter_has_at_most_2500_words(name, count, pictures):
    assert count <= words.MOST_WORDS


@needs_book
@on_every_chapter
def test_a_chapter_has_a_picture_for_every_400_words(name, count, pictures):
    assert pictures >= words.pictures_needed(count)


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
