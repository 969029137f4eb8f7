"""A term from end to end: own material, 60 submissions from two platforms, marking in a browser, changes, handing back.

The steps are one test, since each begins where the one before ended. With RNNLAB_SCREENSHOTS set to a folder the pages
are kept there to be looked at.
"""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import made_up
import pytest
from big_class import (
    AGAIN,
    COPY,
    CRASH,
    CUT_OFF,
    FORGER,
    HTML,
    LATE,
    LONG_ONE,
    N_ABSENT,
    N_CANVAS,
    N_MOODLE,
    OWN,
    WRITTEN,
    BigClass,
)
from formgrader import formgrader
from test_own_material import table

from rnnlab.cli import main

# Runs with one worker grade in this process; those with two as they do for a teacher.
pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.usefixtures("here")]
N = N_MOODLE + N_CANVAS
DUE = "2026-05-04 23:59"
# What the person at the formgrader enters, by the student's number: points, and a comment.
MARKS = {2: ("1", "And factors?"), 9: ("0", ""), 33: ("1.5", "Almost: say it of factors, too.")}
COMMENT = "#written_why-comment"


class Term:
    """A course, and the person who teaches it."""

    def __init__(self, root: Path, capsys, browser):
        self.root, self._capsys, self._browser = root, capsys, browser
        self._shots = os.environ.get("RNNLAB_SCREENSHOTS", "")

    def does(self, *words: str, code: int = 0) -> str:
        """Type a command and return what it said."""
        assert main([*words, "--course", str(self.root)]) == code, self._capsys.readouterr()
        said = self._capsys.readouterr()
        return said.out + said.err

    def looks(self, page, name: str) -> None:
        if self._shots:
            page.screenshot(path=Path(self._shots, f"{name}.png"), full_page=True)

    def page(self):
        return self._browser.new_page(viewport={"width": 1200, "height": 900})

    def scores(self) -> dict[str, dict]:
        return {who: row["cells"] for who, row in table(self.root, OWN).items()}


@pytest.fixture
def term(tmp_path, capsys, chromium, monkeypatch):
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setenv("TZ", "UTC")
    return Term(tmp_path / "autumn", capsys, chromium)


def test_a_term_is_taught_from_the_new_course_to_the_marks_handed_back(term):
    people = begin(term)
    collect(term, people)
    grade(term, people)
    mark_by_hand(term)
    move_the_date(term)
    collect_again(term, people)
    change_a_question(term)
    understand(term, people)
    hand_back(term)


def begin(term) -> BigClass:
    """Make the course: an own question, one of the course's, and one that a person marks."""
    assert main(["course", "new", str(term.root), "--assignments", "02_unfolding"]) == 0
    term.does("course", "edit", OWN)
    path = term.root / "assignments" / OWN / f"{OWN}.py"
    text = path.read_text()
    start, end = (
        text.index("# %% [markdown]\n# ## A function with a test cell"),
        text.index('# %% [markdown] written="why"'),
    )
    step = "### BEGIN SOLUTION\n    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)\n    ### END SOLUTION"
    asked = f'# %%\ndef rnn_step(x, h, w_x, w_h, b_h):\n    {step}\n\n# %%\ncheck("2.1", rnn_step)\n\n'
    path.write_text(text[:start] + asked + text[end:])
    term.does("release", OWN)
    people = BigClass(term.root / "release" / OWN / f"{OWN}.ipynb")
    (term.root / "students.csv").write_text(people.class_list())
    config = term.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("# c.Assign", "c.Assign"))
    assert "Nothing is missing." in term.does("course", "check")
    term.does("course", "due", OWN, DUE, "--zone", "UTC")
    return people


def collect(term, people) -> None:
    """Take both platforms' archives; what is not taken is named, and one name is put right."""
    moodle = made_up.archive(term.root / "moodle.zip", people.moodle())
    canvas = made_up.archive(term.root / "canvas.zip", people.canvas())
    (term.root / "times.csv").write_text(people.times())
    words = ["--assignment", OWN, "--times", str(term.root / "times.csv"), "--zone", "UTC"]
    said = term.does("collect", str(moodle), "--from", "moodle", *words, code=3)
    assert f"{OWN}: {N_MOODLE - 1} new" in said
    assert "Not taken: Nane0 Sur0_900_assignsubmission_file_" in said
    assert "evil.ipynb: its path points outside of the archive" in said
    fixed = {name.replace("Nane0", "Name0"): data for name, data in people.moodle().items() if "evil" not in name}
    said = term.does("collect", str(made_up.archive(moodle, fixed)), "--from", "moodle", *words)
    assert f"{OWN}: 1 new, 0 changed, {N_MOODLE - 1} unchanged" in said
    said = term.does("collect", str(canvas), "--from", "canvas", "--assignment", OWN, code=3)
    assert f"{OWN}: {N_CANVAS} new" in said
    for text in ("nobody on the class list", "my homework.ipynb: it is not named like", "it is a link", "to do harm"):
        assert text in said, text


def grade(term, people) -> None:
    """Everyone has what is due to them, whatever else some of them tried."""
    said = term.does("grade", "run", OWN, "--workers", "2")
    assert f"{N - 2} graded, 2 recorded as 0 with the reason, 0 unchanged" in said
    assert f"{N_ABSENT} handed in nothing: s60, s61" in said
    found = term.scores()
    for i, student in enumerate(people.ids()[:N]):
        assert (found[student]["check_leaky_sum"], found[student]["check_rnn_step"]) == people.due(i), student
        assert (found[student]["written_why"] is None) == (i in WRITTEN), student
    late = {who: row["late_penalty"] for who, row in table(term.root, OWN).items() if row["late_penalty"]}
    assert set(late) == {f"s{i:02}" for i in LATE}
    assert "web page" in term.does("grade", "audit", OWN, f"s{HTML:02}")
    assert {people.kind(CRASH), people.kind(FORGER)} == {"crashes", "forges"}
    assert CUT_OFF not in WRITTEN


def mark_by_hand(term) -> None:
    """Mark the written answers in the formgrader, as a person does it."""
    with formgrader(term.root, term.root.parent / "server.log") as address:
        page = term.page()
        page.set_default_timeout(90_000)
        page.goto(f"{address}/manage_assignments")
        page.get_by_role("link", name=OWN).first.wait_for()
        term.looks(page, "1-assignments")
        page.goto(f"{address}/gradebook/{OWN}/{OWN}")
        page.get_by_role("link", name="Submission #1", exact=True).wait_for()
        term.looks(page, "2-submissions")
        addresses = page.eval_on_selector_all(
            "a.name-shown, a.name-hidden", "links => Object.fromEntries(links.map(a => [a.textContent.trim(), a.href]))"
        )
        for i, (points, comment) in MARKS.items():
            page.goto(next(url for name, url in addresses.items() if f"Sur{i}, Name{i}" in name or name == f"s{i:02}"))
            mark(term, page, i, points, comment)
        page.close()
    found = term.scores()
    assert {i: found[f"s{i:02}"]["written_why"] for i in MARKS} == {
        i: float(points) for i, (points, _) in MARKS.items()
    }
    assert not any(row["needs_look"] for row in table(term.root, OWN).values())


def mark(term, page, i: int, points: str, comment: str) -> None:
    """Read one answer beside its rubric and enter points and a comment."""
    page.get_by_text(WRITTEN[i], exact=True).wait_for()
    rubric = page.locator("details.rnnlab-rubric")
    told = rubric.get_by_text("Rubric: 1 point for the sum, 1 point for the factor.")
    assert not told.is_visible()
    rubric.locator("summary").click()
    told.wait_for(state="visible")
    box = page.locator("input#written_why")
    box.wait_for(state="visible")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"):
        box.fill(points)
        box.press("Tab")
    if comment:
        with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"):
            page.locator(COMMENT).fill(comment)
            page.locator(COMMENT).press("Tab")
    term.looks(page, f"3-marked-{i}")


def move_the_date(term) -> None:
    """Nobody is late any more, but one who still is; nothing is executed again for it."""
    term.does("course", "due", OWN, "2026-05-05 12:00", "--zone", "UTC")
    said = term.does("grade", "run", OWN)
    assert f"0 graded, 0 recorded as 0 with the reason, {N} unchanged" in said
    assert "Lateness costs something else than before: s05, s12" in said
    term.does("course", "due", OWN, "2026-05-06 12:00", "--student", "s12", "--zone", "UTC")
    late = {who: row["late_penalty"] for who, row in table(term.root, OWN).items() if row["late_penalty"]}
    assert set(late) == {"s12"}


def collect_again(term, people) -> None:
    """A few hand in once more; only their work is graded again, and a mark by hand stays."""
    path = made_up.archive(term.root / "again.zip", people.again())
    said = term.does("collect", str(path), "--from", "canvas", "--assignment", OWN)
    assert f"{OWN}: 0 new, {len(AGAIN)} changed, 0 unchanged" in said
    said = term.does("grade", "run", OWN)
    assert f"{len(AGAIN)} graded, 0 recorded as 0 with the reason, {N - len(AGAIN)} unchanged" in said
    found = term.scores()
    for i in AGAIN:
        assert (found[f"s{i:02}"]["check_leaky_sum"], found[f"s{i:02}"]["check_rnn_step"]) == (3, 4)
    assert found["s33"]["written_why"] == 1.5
    assert not any(row["late_penalty"] for row in table(term.root, OWN).values())  # the extension counts by now


def change_a_question(term) -> None:
    """The own question is worth more now; it alone is judged again, and what changed is named."""
    path = term.root / "assignments" / OWN / f"{OWN}.py"
    path.write_text(path.read_text().replace(f'# %%\ncheck("{OWN}.1"', f'# %% points=6\ncheck("{OWN}.1"'))
    term.does("release", OWN)
    before = term.scores()
    said = term.does("grade", "run", OWN, "--only", f"{OWN}.1", "--diff", "--workers", "2")
    assert f"Changed: {OWN}.1 is worth 6 now, before 3" in said
    right = [who for who, cells in before.items() if cells["check_leaky_sum"] == 3]
    assert f"{len(right)} scores have changed." in said
    assert f"{right[0]}, {OWN}.1: 3 → 6: worth 6 now, before 3" in said
    after = term.scores()
    for who, cells in before.items():
        assert after[who] == {**cells, "check_leaky_sum": 2 * cells["check_leaky_sum"]}, who


def understand(term, people) -> None:
    """Statistics as a page, with attempts; and the pair who share an answer."""
    page_of = term.root / "stats.html"
    found = json.loads(term.does("grade", "stats", OWN, "--json", "--html", str(page_of)))
    assert (found["handed_in"], found["absent"]) == (N, N_ABSENT)
    assert found["attempts"] == {"1": N - len(AGAIN), "2": len(AGAIN)}
    erred = sum(people.kind(i) == "known mistake" for i in set(range(N)) - {HTML, CUT_OFF})
    own = next(q for q in found["questions"] if q["question"] == f"{OWN}.1")
    assert [(m["name"], m["students"]) for m in own["mistakes"]] == [("never forgets", erred)]
    page = term.page()
    page.goto(page_of.as_uri())
    assert f"{len(AGAIN)} handed in more than once, at most 2 times" in page.inner_text("body")
    assert page.locator("svg").count() == 2
    term.looks(page, "4-statistics")
    page.close()
    pairs = json.loads(term.does("grade", "similar", OWN, "--json"))
    assert [(pair["one"], pair["other"]) for pair in pairs] == [(f"s{LONG_ONE:02}", f"s{COPY:02}")]


def hand_back(term) -> None:
    """Feedback as each platform takes it, without the rubric; and marks that read back are the gradebook's."""
    packed = {}
    for platform, n in (("moodle", N_MOODLE), ("canvas", N_CANVAS), ("plain", N)):
        path = term.root / f"{platform}.zip"
        term.does(
            "grade", "feedback", OWN, "--zip", platform, "--file", str(path), code=0 if platform == "plain" else 3
        )
        with zipfile.ZipFile(path) as archive:
            packed[platform] = {name: archive.read(name).decode() for name in archive.namelist()}
        assert len(packed[platform]) == n
    assert "Name2 Sur2_902_assignsubmission_file_/feedback.html" in packed["moodle"]
    mine = packed["plain"]["s33/feedback.html"]
    assert "Almost: say it of factors, too." in mine
    assert "Counted as 6 of 6 points." in mine
    assert not any("1 point for the factor" in text for text in packed["plain"].values())
    page = term.page()
    shown = term.root / "feedback.html"
    shown.write_text(mine)
    page.goto(shown.as_uri())
    term.looks(page, "5-feedback")
    page.close()
    rows = table(term.root, OWN)
    exported = term.root / "marks.csv"
    term.does("grade", "export", OWN, "--file", str(exported))
    with open(exported, newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == N + N_ABSENT
    assert {line["student_id"]: float(line["score"]) for line in lines[:N]} == {
        who: pytest.approx(row["total"]) for who, row in rows.items()
    }
    assert {line["status"] for line in lines[N:]} == {"absent"}
    said = term.does("grade", "export", OWN, "--to", "canvas", "--title", "Echoes (815)")
    head, most, *lines = csv.reader(io.StringIO(said))
    assert (head[-1], float(most[-1])) == ("Echoes (815)", 12)
    assert {line[3]: float(line[-1]) for line in lines if line[-1]} == {
        who: pytest.approx(row["total"]) for who, row in rows.items()
    }
