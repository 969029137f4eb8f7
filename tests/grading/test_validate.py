"""The validation of the checks is itself a check that can fail."""

import json

import pytest

from rnnlab import checks
from rnnlab.checks.mutants import mutants
from rnnlab.checks.question import Mistake, Question
from rnnlab.cli import main
from rnnlab.grading.validate import validate, validate_question

TEXT = '''
def f(x, t=3):
    """Do it 2 times."""
    total = x[t] - 2 * x[0]
    for i in range(1, len(x)):
        if x[i] < total:
            total += x[i - 1]
    return -total
'''


def changes():
    return [m.change for m in mutants(TEXT)]


@pytest.mark.parametrize(
    "change",
    [
        "total = x[t] + 2 * x[0]",
        "total = x[t] - (2 + x[0])",
        "total = x[t] - 3 * x[0]",
        "total = x[t + 1] - 2 * x[0]",
        "total = x[t] - 2 * x[1]",
        "total = x[t]",
        "for i in range(0, len(x)):",
        "for i in range(len(x), 1):",
        "if x[i] <= total:",
        "total -= x[i - 1]",
        "total += x[i]",
        "return total",
        "without: total += x[i - 1]",
    ],
)
def test_mutants_change_one_thing(change):
    assert change in changes()


def test_mutants_leave_docstring_and_defaults_alone():
    assert all("Do it 2 times." in m.text and "t=3" in m.text for m in mutants(TEXT))
    assert len(set(changes())) == len(changes())


@pytest.mark.parametrize("assignment", checks.packages())
def test_every_check_of_the_course_is_proven(assignment):
    """A part of what the command does: test_questions.py asks every known mistake and every alternative."""
    for validation in validate(assignment, n_seeds=0, n_mutants=2, n_answers=1):
        assert validation.complaints == []
        assert validation.mutants["killed"] > 0
        assert validation.kinds["total"] > 0


def test_a_check_with_a_gap_is_complained_about(monkeypatch):
    whole = checks.load("02_unfolding")
    gap = Question("2.1", "one part only", ("rnn_step",), whole[0].reference, whole[0].parts[2:3], whole[0].mistakes)
    monkeypatch.setattr(checks, "load", lambda assignment: (gap, *whole[1:]))
    validation = next(validate("02_unfolding", n_seeds=1))
    assert validation.mutants["killed"] < validation.mutants["total"]
    assert any("mutant survives in rnn_step" in c for c in validation.complaints)
    assert any("known mistake not caught by name: w_h not transposed" in c for c in validation.complaints)


def test_a_wrong_reference_is_a_false_alarm(monkeypatch):
    whole = checks.load("02_unfolding")
    calls = iter(range(10**6))
    wobbling = {"predicted_weights": lambda: next(calls)}
    bad = Question("2.5", "wobbles", ("predicted_weights",), wobbling, whole[4].parts, (Mistake("m", "m", {}),))
    monkeypatch.setattr(checks, "load", lambda assignment: (*whole[:4], bad))
    validation = validate_question("02_unfolding", "2.5", n_seeds=3, n_mutants=1)
    assert validation.false_alarms == {"seeds": 3, "count": 3}


def test_the_command_prints_the_proof_as_json(capsys):
    assert main(["assign", "prove", "03_activation_functions", "--seeds", "2", "--mutants", "2", "--json"]) == 0
    first, *_ = validations = json.loads(capsys.readouterr().out)
    assert [validation["question"] for validation in validations] == ["3.1", "3.2", "3.3"]
    assert validations[2]["other_mutants"]["total"] == 0  # other ways to a number have none
    assert first == {
        "question": "3.1",
        "assignment": "03_activation_functions",
        "points": 4.0,
        "known_mistakes": {"total": first["known_mistakes"]["total"], "caught": first["known_mistakes"]["total"]},
        "mutants": {**first["mutants"], "total": 2},
        "alternatives": {"total": 5, "accepted": 5},
        "other_mutants": {**first["other_mutants"], "total": first["other_mutants"]["killed"]},
        "false_alarms": {"seeds": 2, "count": 0},
        "drawn": {"seen": first["drawn"]["all"], "all": first["drawn"]["all"]},
        "kept": {"found": 3, "total": 3},
        "kinds": {"handled": first["kinds"]["total"], "total": first["kinds"]["total"]},
        "hints": {**first["hints"], "mistakes": first["known_mistakes"]["total"], "false": 0},
        "seconds": first["seconds"],
    }
    assert first["known_mistakes"]["total"] >= 5
    assert first["mutants"]["killed"] + first["mutants"]["equivalent"] == 2
    assert first["other_mutants"]["total"] >= 5
    assert first["drawn"]["all"] >= 1
    assert first["kinds"]["total"] >= 1


def test_the_command_names_an_assignment_that_is_not_there(capsys):
    assert main(["assign", "prove", "99"]) == 2
    assert "there is no assignment '99', only 01_sequences" in capsys.readouterr().err


def test_every_question_has_four_other_right_answers():
    for assignment in checks.packages():
        others = checks.other_answers(assignment)
        assert not [q.id for q in checks.load(assignment) if len(others.get(q.id, ())) < 4]


def test_the_assignments_are_listed_with_their_points(capsys):
    assert main(["assign", "list"]) == 0
    points = sum(question.points for assignment in checks.packages() for question in checks.load(assignment))
    assert f"{points:g}" in capsys.readouterr().out
