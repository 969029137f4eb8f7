"""PostgreSQL as gradebook, with a real server: the same marks as with SQLite, and readers beside the writer."""

import csv
import threading
from contextlib import contextmanager

import made_up
import pytest
import sqlalchemy as sa
from made_up import A
from nbgrader.apps.api import NbGraderAPI
from postgres import server

from rnnlab.cli import main
from rnnlab.grading import pipeline
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore

pytestmark = pytest.mark.sandbox
N = 18  # more than are written at once
SEED = 20_261_129


@pytest.fixture(scope="module")
def address():
    with server() as found:
        yield found


def course(root, *options):
    """Make a course with a class, a few of them right, and a mark by hand to keep."""
    assert main(["course", "new", str(root), "--assignments", A, *options]) == 0
    ids = [f"student-{i:02}" for i in range(N)]
    (root / "students.csv").write_text("id,last_name\n" + "".join(f"{i},Łuk\n" for i in ids) + "absent,Ash\n")
    kinds = {**made_up.notebooks(), "page": b"<html>Log in</html>"}
    for i, student in enumerate(ids):
        folder = root / "submitted" / student / A
        folder.mkdir(parents=True)
        kind = {5: "only step", 7: "blank", 10: "right"}.get(i, "page")  # the others take no time
        (folder / f"{A}.ipynb").write_bytes(kinds[kind])
        if i % 5 == 0:
            (folder / "timestamp.txt").write_text("2026-05-05 12:00:00 UTC\n")
    with open(root / "nbgrader_config.py", "a") as config:
        config.write('c.AssignLatePenalties.plugin_class = "late_policy.TenPercentADay"\n')
    assert main(["course", "due", A, "2026-05-04 23:59", "--zone", "UTC", "--course", str(root)]) == 0
    return Course(root)


@contextmanager
def connection(url, **options):
    engine = sa.create_engine(url, **options)
    with engine.connect() as link:
        yield link
    engine.dispose()


class Reader(threading.Thread):
    """Ask again and again for what the formgrader lists, and keep a transaction open meanwhile, as a slow one would."""

    def __init__(self, course):
        super().__init__()
        self.seen: list[int] = []
        self.faults: list[Exception] = []
        self._api = NbGraderAPI(config=course.config)
        self._url = course.db_url
        self._stop_now = threading.Event()

    def run(self):
        try:
            with connection(self._url) as held:
                held.execute(sa.text("SELECT count(*) FROM grade"))
                ended = False
                while not ended:
                    ended = self._stop_now.wait(0.05)
                    entries = self._api.get_submissions(A)
                    self.seen.append(sum(entry["autograded"] for entry in entries))
        except Exception as error:
            self.faults.append(error)

    def end(self):
        self._stop_now.set()
        self.join(60)
        assert not self.is_alive()


def exported(root, *words) -> list[list[str]]:
    path = root / "marks.csv"
    assert main(["grade", "export", *words, "--course", str(root), "--file", str(path)]) == 0
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_the_export_is_that_of_sqlite_and_the_formgrader_reads_while_marks_are_written(tmp_path, address, capsys):
    by_file = course(tmp_path / "by file")
    by_server = course(tmp_path / "by server", "--db", address)
    assert by_server.db_url == address
    for one in (by_file, by_server):
        pipeline.run(one, A, students=["student-00"], timestamps=True, seed=SEED)
    reader = Reader(by_server)
    reader.start()
    try:
        summary = pipeline.run(by_server, A, timestamps=True, seed=SEED)
    finally:
        reader.end()
    assert reader.faults == []
    assert len(reader.seen) > 2  # it was not kept waiting until the end
    assert reader.seen == sorted(reader.seen)
    assert (reader.seen[0], reader.seen[-1]) == (1, N)
    assert (len(summary.graded) + len(summary.recorded), len(summary.unchanged), summary.absent) == (
        N - 1,
        1,
        ["absent"],
    )
    pipeline.run(by_file, A, timestamps=True, seed=SEED)
    for words in ([A], ["--all"], [A, "--to", "canvas"]):
        assert exported(by_file.root, *words) == exported(by_server.root, *words)
    assert not (by_server.root / "gradebook.db").exists()
    lines = exported(by_server.root, A)
    assert len(lines) == N + 2
    penalty = lines[0].index("late_penalty")
    assert {line[1] for line in lines[1:] if line[penalty] not in ("", "0.0")} == {"student-05", "student-10"}
    assert main(["grade", "feedback", A, "--student", "student-10", "--course", str(by_server.root)]) == 0
    assert main(["grade", "stats", A, "--course", str(by_server.root)]) == 0
    assert pipeline.run(by_server, A, timestamps=True, seed=SEED).unchanged == [f"student-{i:02}" for i in range(N)]


def test_a_dropped_question_goes_on_postgresql_as_well(tmp_path, address):
    root = tmp_path / "by server"
    name = address.replace("/postgres?", "/other?")
    with connection(address, isolation_level="AUTOCOMMIT") as link:
        link.execute(sa.text("CREATE DATABASE other"))
    main(["course", "new", str(root), "--assignments", A, "--db", name])
    folder = root / "submitted" / "ada" / A
    folder.mkdir(parents=True)
    (folder / f"{A}.ipynb").write_bytes(b"<html>")
    pipeline.run(Course(root), A)
    main(["course", "edit", A, "--course", str(root)])
    path = root / "assignments" / A / f"{A}.py"
    text = path.read_text()
    path.write_text(text[: text.rindex("# %%", 0, text.index('check("2.5"'))])
    main(["release", A, "--course", str(root)])
    assert any("was dropped" in line for line in pipeline.run(Course(root), A).changes)
    with GradebookStore(Course(root)) as book:
        assert book.max_score(A) == 16


def test_a_server_that_cannot_be_reached_is_one_line(tmp_path, capsys):
    root = tmp_path / "course"
    main(["course", "new", str(root), "--assignments", A, "--db", f"postgresql://nobody@/none?host={tmp_path}"])
    capsys.readouterr()
    assert main(["grade", "show", A, "--course", str(root)]) == 2
    err = capsys.readouterr().err
    assert "the gradebook cannot be used" in err
    assert len(err.splitlines()) == 1
