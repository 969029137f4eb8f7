"""MyST as plain Markdown: what a notebook says where the page has a role, a directive or an anchor."""

import pytest
from rnnbook.plain import Known, plain, works

KNOWN = Known(
    values={"loss": "0.123456", "steps": "12", "name": "'tanh'"},
    equations={"eq-state": 3},
    works={"elman1990": ("Elman", "1990"), "cho2014": ("Cho et al.", "2014")},
    titles={"02_unfolding": "2. Unfolding"},
)


@pytest.mark.parametrize(
    ("myst", "expected"),
    [
        ("(q-L001)=\nText", "Text"),
        ("{.wide}\nText", "Text"),
        ("a [few words]{.screen-only} more", "a few words more"),
        ("a {term}`window` of {term}`tokens <token>`", "a window of tokens"),
        ("{glue:text}`loss:.3f` after {glue:text}`steps:d`, {glue:text}`name`", "0.123 after 12, tanh"),
        ("as {eq}`eq-state` says", "as (3) says"),
        ("{cite:t}`elman1990` and {cite:p}`cho2014,elman1990`", "Elman (1990) and (Cho et al., 2014; Elman, 1990)"),
        ("$$\na = b .\n$$ (eq-state)", "$$\na = b .\n\\tag{3}\n$$"),
        ("$$\na = b .\n$$\n\nText", "$$\na = b .\n$$\n\nText"),
        (":::{admonition} Keras\n:class: keras\nOne.\n\nTwo.\n:::", "> **Keras**\n>\n> One.\n>\n> Two.\n"),
        ("before\n```{chapter-table}\n```\nafter", "before\nafter"),
        ("```python\nx[0](1)\n```", "```python\nx[0](1)\n```"),
        ("[chapter 2](02_unfolding.md#there)", "[chapter 2](02_unfolding.ipynb)"),
        ("[](02_unfolding.md)", "[2. Unfolding](02_unfolding.ipynb)"),
        ("[here](#there), [words](glossary.md)", "here, words"),
        ("[a site](https://example.org/a)", "[a site](https://example.org/a)"),
        ("{unheard-of}`of` it", "of it"),
    ],
)
def test_what_only_sphinx_knows_is_said_in_words(myst, expected):
    assert plain(myst, KNOWN) == expected


def test_a_box_of_mistakes_has_the_sentences_of_the_checks():
    said = plain("```{mistakes}\n-: Cells are run out of order\n: Restart now and then.\n```", KNOWN)
    assert said == (
        "> **What people get wrong**\n>\n> - **Cells are run out of order.**\n>\n>   Restart now and then.\n"
    )


def test_works_have_their_authors_as_a_sentence_has_them(tmp_path):
    bibliography = tmp_path / "a.bib"
    bibliography.write_text(
        "@book{one, author={Ben{\\'i}tez, Jo}, title={T}, year=2001}\n"
        "@book{two, author={A, B and van den C, D}, title={T}, year=2002}\n"
        "@book{three, author={A, B and C, D and E, F}, title={T}, year=2003}\n"
    )
    assert works(bibliography) == {
        "one": ("Benítez", "2001"),
        "two": ("A and van den C", "2002"),
        "three": ("A et al.", "2003"),
    }
