"""What an examination does with an answer, whatever the question: what it shows, shares, draws again and tells."""

import re
from dataclasses import replace

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks import hints
from rnnlab.checks.question import SHAPES, Mistake, Part, Question
from rnnlab.checks.student import LocalStudent, wrong


def graded(question, functions, seed=0):
    return question.examine(LocalStudent(functions), seed)


def step():
    return checks.find("2.1")


def test_the_first_failing_case_is_shown_with_expected_and_got():
    text = str(graded(step(), {"rnn_step": lambda x, h, w_x, w_h, b_h: np.tanh(x @ w_x.T + h @ w_h.T)}))
    assert "First case that fails, in “the bias alone”" in text
    assert "expected [[" in text
    assert "got      [[" in text
    assert re.search(r"rnn_step\(\s*x = \[\[", text)


def test_an_input_changed_in_place_costs_the_part_where_it_is_read_only_and_is_told():
    def overwrites(x, h, w_x, w_h, b_h):
        h[:] = np.tanh(x @ w_x.T + h @ w_h.T + b_h)
        return h.copy()

    report = graded(step(), {"rnn_step": overwrites})
    assert [p.name for p in report.parts if not p.passed] == ["the input term alone", SHAPES]
    assert "rnn_step changed its input h in place" in report.notes[0]
    assert "ValueError: assignment destination is read-only (line 2 of overwrites)" in str(report)


def test_a_result_in_single_precision_is_said_to_be_that():
    report = graded(step(), {"rnn_step": lambda *a: step().reference["rnn_step"](*a).astype(np.float32)})
    assert "h is in single precision (float32); float64 was expected" in str(report)
    assert report.points == 0


def test_a_function_that_fails_now_and_then_keeps_its_other_parts():
    def fragile(x, h, w_x, w_h, b_h):
        if b_h.any():
            raise ZeroDivisionError("division by zero")
        return np.tanh(x @ w_x.T + h @ w_h.T)

    report = graded(step(), {"rnn_step": fragile})
    assert report.points == 1.0  # the two terms without a bias
    assert "rnn_step stopped with an error: ZeroDivisionError: division by zero" in str(report)


def test_a_function_that_is_missing_costs_only_the_parts_that_need_it():
    question = checks.find("2.3")

    def unfold(*args):
        raise NotImplementedError

    report = graded(question, {**question.reference, "unfold": unfold})
    passed = [part.name for part in report.parts if part.passed]
    assert passed == ["feedforward uses each layer in its turn"]
    assert report.reason == "unfold is not written yet."
    assert report.first_failing is None


def luck(chance, judges=False):
    """Return a question that wants luck, two drawings a case, and its reference, which has it with this chance."""

    def probe(ask, draw):
        if ask("guess", float(draw.rng.random())) != "lucky":
            raise wrong("it had no luck")
        return "luck"

    def guess(drawn):
        return "lucky" if drawn < chance else "unlucky"

    part = Part("luck", 1, probe, n_cases=1, tries=2, judges=judges)
    return Question("0.1", "Luck", ("guess",), {"guess": guess}, (part,)), guess


def test_where_chance_decides_a_mark_is_lost_only_by_two_misfortunes_in_a_row():
    question, _ = luck(chance=1.0)  # of the reference; the answer's luck is one half
    _, answer = luck(chance=0.5)
    lost = sum(graded(question, {"guess": answer}, seed).points == 0 for seed in range(2000))
    assert 400 < lost < 600  # 500 expected, of standard deviation 19.4: a chance of 3e-7
    report = graded(question, {"guess": lambda drawn: "unlucky"})
    assert report.points == 0
    assert "it had no luck" in str(report)


@pytest.mark.parametrize("judges", [False, True])
def test_a_drawing_that_the_reference_fails_is_no_drawing(judges):
    question, answer = luck(0.9, judges)
    assert all(graded(question, {"guess": answer}, seed).points == 1 for seed in range(30))
    with pytest.raises(RuntimeError, match=r"the reference of 0\.1, part 'luck': .*it had no luck"):
        graded(luck(0.0, judges)[0], {"guess": lambda drawn: "unlucky"})


def test_where_a_probe_judges_by_itself_the_reference_is_asked_about_failures_alone():
    calls = []

    def reference(drawn):
        calls.append(drawn)
        return "lucky"

    question, _ = luck(1.0, judges=True)
    question = replace(question, reference={"guess": reference})
    assert graded(question, {"guess": lambda drawn: "lucky"}).points == 1
    assert calls == []
    report = graded(question, {"guess": lambda drawn: "unlucky"})
    assert report.points == 0
    assert "it had no luck" in str(report)
    assert len(calls) == len(set(calls)) == 2  # both drawings


def test_a_mistake_is_not_named_for_a_drawing_that_neither_it_nor_the_reference_passes():
    question, _ = luck(0.0, judges=True)
    other = Part("one", 1, lambda ask, draw: ask("guess", 2.0), n_cases=1)
    mistake = Mistake("m", "a hint", {"guess": lambda drawn: "unlucky"})
    question = replace(question, parts=(*question.parts, other), reference={"guess": lambda drawn: "1"[: drawn > 1]})
    report = graded(
        replace(question, mistakes=(mistake,)), {"guess": lambda drawn: "lucky" if drawn < 1 else "unlucky"}
    )
    assert report.points == 1
    assert report.hints == ()


def doubling(reference):
    """Return a question that asks for the double of a number."""
    part = Part("the double", 1, lambda ask, draw: ask("double", float(draw.rng.random())), n_cases=3, twice=False)
    return Question("0.2", "Double", ("double",), {"double": reference}, (part,))


def test_the_reference_answers_each_case_once_for_all_who_are_asked():
    calls = []

    def reference(x):
        calls.append(x)
        return 2 * x

    question = doubling(reference)
    assert [graded(question, {"double": answer}).points for answer in (lambda x: x + x, lambda x: 3 * x)] == [1, 0]
    assert len(calls) == len(set(calls)) == 3
    assert graded(question, {"double": lambda x: x + x}, seed=1).points == 1
    assert len(calls) == 6


def test_a_reference_that_was_interrupted_is_asked_again():
    stops = [KeyboardInterrupt]

    def reference(x):
        if stops:
            raise stops.pop()
        return 2 * x

    question = doubling(reference)
    with pytest.raises(RuntimeError, match=r"the reference of 0\.2"):
        graded(question, {"double": lambda x: 2 * x})
    assert graded(question, {"double": lambda x: 2 * x}).points == 1


def test_a_mistake_is_replayed_once_for_all_answers_that_fail_in_the_same_case():
    calls = []

    def tripled(x):
        calls.append(x)
        return 3 * x

    question = replace(doubling(lambda x: 2 * x), mistakes=(Mistake("tripled", "it is 3 x", {"double": tripled}),))
    for answer, told in ((lambda x: 3 * x, ("it is 3 x",)), (lambda x: 4 * x, ()), (lambda x: 5 * x, ())):
        calls_before = len(calls)
        assert graded(question, {"double": answer}).hints == told
    assert len(calls) == calls_before


def test_what_raises_is_not_drawn_again():
    question, calls = luck(chance=1.0)[0], []

    def guess(drawn):
        calls.append(drawn)
        raise KeyError("luck")

    assert graded(question, {"guess": guess}).points == 0
    assert len(calls) == 1


def test_of_an_answer_that_only_stops_the_cases_are_asked_until_one_brings_a_value():
    """With this seed the sizes are equal in none of the first cases: what was forgotten shows in a later one."""
    question = checks.find("7.1")
    (forgotten,) = (mistake for mistake in question.mistakes if mistake.name == "w_x not transposed")
    report = graded(question, question.reference | forgotten.functions, 138681383936405322436764260285948665393)
    assert report.points == 0
    assert forgotten.hint in report.hints


def test_half_an_explanation_is_not_given():
    def both(cell, d, h, o):
        gates = {"rnn": 1, "gru": 2, "lstm": 3, "bidirectional": 1}[cell]
        two = 2 if cell == "bidirectional" else 1
        return gates * h * (d + h + 1) * two + (h if cell == "gru" else 0) + o * (two * h + 1)

    named = graded(checks.find("2.4"), {"count_parameters": both})
    assert named.points == 1.25
    # Two mistakes in one part: neither explains all of its wrong cases.
    assert named.hints == ()


def test_what_is_printed_and_warned_costs_nothing():
    def noisy(x, h, w_x, w_h, b_h):
        print("debugging", x)
        np.float64(1) / np.float64(0)
        return np.tanh(x @ w_x.T + h @ w_h.T + b_h)

    assert graded(step(), {"rnn_step": noisy}).points == 4


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda *a: None, "h is None, expected an array of shape"),
        (lambda *a: 3.0, "h is a float, expected an array of shape"),
        (lambda *a: np.matrix("1"), "h has shape (1, 1), expected ("),
        (lambda *a: object(), "object is not a plain value"),
        (lambda *a: np.zeros((3, 3, 3)), "h has shape (3, 3, 3), expected ("),
        ("not a function", "it is 'not a function', not a function"),
    ],
)
def test_answers_of_the_wrong_kind_are_told_so(answer, says):
    report = graded(step(), {"rnn_step": answer})
    assert says in str(report)
    assert report.points == 0


def test_an_equal_to_everything_array_earns_nothing():
    class Agreeable(np.ndarray):
        def __eq__(self, other):
            return np.ones(self.shape, bool)

        __hash__ = None

    report = graded(step(), {"rnn_step": lambda x, h, *w: h.view(Agreeable)})
    assert report.points == 0
    assert "First case that fails" in str(report)


@pytest.mark.parametrize(
    "answer",
    [
        10**400,
        [[["x" * 10**6] * 9] * 9] * 9,
        {"k" * 10**5: 1},
        float("nan"),
        [0] * 10**4,
        1e308 + 1e308j,
        "\x00\x1b[31m",
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_an_outlandish_answer_gets_a_short_report(answer):
    report = graded(checks.find("2.4"), {"count_parameters": lambda *args: answer})
    assert report.points == 0
    assert len(str(report)) < 4000
    assert len(report._repr_html_()) < 8000


def test_a_long_list_of_numbers_gets_a_short_report_and_is_not_read_to_its_end():
    answer = [0.5] * 10**5
    report = graded(checks.find("2.5"), {"predicted_weights": lambda: answer})
    assert report.points == 0
    assert len(str(report)) < 4000
    assert len(report._repr_html_()) < 8000
    assert len(list(hints._news(answer, 42))) <= 2000


def test_check_prints_in_a_terminal_and_returns_the_points(capsys):
    assert checks.check("2.5", lambda: 42) == 1.0
    assert capsys.readouterr().out.startswith("2.5 A prediction: 1 of 1 points\n")


def test_check_says_what_it_does_not_know(capsys):
    assert checks.check("9.9", len) == 0.0
    assert re.search(r"there is no question '9\.9', only .*2\.1, 2\.2", capsys.readouterr().out)
    assert checks.check("2.3", len) == 0.0
    assert "question 2.3 takes unfold, feedforward, but 1 answers were given" in capsys.readouterr().out


def test_what_was_printed_and_warned_is_shown_below():
    def noisy(x, h, w_x, w_h, b_h):
        print("debugging")
        np.float64(1) / np.float64(0)
        return np.tanh(x @ w_x.T + h @ w_h.T + b_h)

    report = checks.examine("2.1", noisy)
    assert report.points == 4
    assert report.notes[0] == "Python warned: divide by zero encountered in scalar divide."
    assert report.notes[1].startswith("Your code printed: debugging")


def test_the_card_escapes_what_the_student_wrote():
    def evil(*args):
        raise ValueError("<script>alert(1)</script>")

    html = graded(step(), {"rnn_step": evil})._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_when_written_says_what_to_write_first(capsys):
    def rnn_step():
        raise NotImplementedError

    with checks.when_written(rnn_step):
        rnn_step()
    assert capsys.readouterr().out == "This shows something once rnn_step is written.\n"
    with pytest.raises(ZeroDivisionError), checks.when_written(rnn_step):
        raise ZeroDivisionError


def test_an_unknown_assignment_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"there is no assignment '99', only .*02_unfolding"):
        checks.load("99")
