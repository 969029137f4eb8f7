"""Feedback pages: mathematics without a network."""

from rnnlab.grading import feedback
from rnnlab.grading.feedback import with_mathematics

MATHJAX = '<script src="https://cdn.example/mathjax/latest.js?config=x"> </script>'
CONFIG = '<script type="text/x-mathjax-config">inlineMath: [["$", "$"]]</script>'


def test_formulas_are_set_and_the_script_that_would_is_gone():
    page = with_mathematics(f"<head>{MATHJAX}{CONFIG}</head><p>with $w_h$ and</p><p>$$a &lt; b$$</p>")
    assert page.count("<math") == 2
    assert page.count('display="block"') == 1
    assert "<msub><mi>w</mi><mi>h</mi></msub>" in page
    assert "mathjax" not in page
    assert "$" not in page


def test_what_is_no_formula_stays_as_it_is():
    page = "<pre>a $x$ b</pre><code>$y$</code><p title='$z$'>it costs $5 or $6 a day, \\$1 or $ 2 $</p><!-- $c$ -->"
    assert with_mathematics(page) == page


def test_a_formula_that_cannot_be_set_stays_beside_those_that_can():
    page = with_mathematics(r"<p>$\frac{1}$ and $x$</p>")
    assert r"$\frac{1}$" in page
    assert page.count("<math") == 1


def test_nothing_in_a_formula_becomes_an_element_of_the_page():
    tex = r"\text{&lt;img src=x onerror=alert(1)&gt;} \href{javascript:alert(2)}{x} \htmlStyle{color:red}{y}"
    page = with_mathematics(f"<p>${tex}$ $x$ $\\text{{&lt;img src=x&gt;}}$</p>")
    assert page.count("<math") == 3
    assert "<img" not in page
    assert "href=" not in page
    assert "color:red" not in page.replace("{color:red}", "")


def test_without_katex_the_page_is_left_alone(monkeypatch):
    monkeypatch.setattr(feedback, "_set", lambda formulas: [None] * len(formulas))
    page = f"<head>{MATHJAX}</head><p>$x$</p>"
    assert with_mathematics(page) == page
