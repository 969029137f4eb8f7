"""No value that a student's function returns is the course's fault."""

import pytest

from rnnlab import checks
from rnnlab.checks.fuzz import KINDS, fuzz
from rnnlab.checks.student import LocalStudent

EVERY = [q for assignment in checks.packages() for q in checks.load(assignment)]


def test_no_kind_of_value_in_any_place_ends_a_check(capsys):
    """One of seventeen in all parts of all questions; test_validate.py asks more of the first parts of each."""
    found = [(q.id, *one) for q in EVERY for one in fuzz(q, stride=1 if q.points == 1 else 17)]
    with capsys.disabled():
        print(f"\n{len(found)} combinations of {len(KINDS)} kinds with the results of {len(EVERY)} questions")
    assert len(found) >= 1000
    assert [one for one in found if one[-1]] == []


QUICK = [q for q in EVERY if q.seconds is None]


@pytest.mark.parametrize(("i", "question"), list(enumerate(QUICK)), ids=[q.id for q in QUICK])
def test_a_report_on_any_kind_of_value_is_short_and_has_no_points(i, question):
    for name, make in list(KINDS.items())[i % 5 :: 5]:
        report = question.examine(LocalStudent(dict.fromkeys(question.names, lambda *args, m=make: m(args))), 1)
        assert report.points == 0, name
        assert len(str(report)) < 6000
        assert report.as_dict()["points"] == 0
        assert "rnnlab-check" in report._repr_html_()
