"""What stands beside a notebook, definitions that lean on what is absent, and the time that a question may take."""

import io
import time
import zipfile
from types import SimpleNamespace

import hostile
import pytest

from rnnlab.checks.student import Failed
from rnnlab.grading import graded_notebook, intake, judge, strangers, submission
from rnnlab.grading.proof import downloads
from rnnlab.grading.sandbox.child import cells
from rnnlab.grading.settings import Settings

LIMITS = Settings()
NAME = "02_unfolding.ipynb"
HELPER = b"def pre(a, w):\n    return a @ w.T\n"


def read(tmp_path, files):
    """Return a submission and what is told of the choice of its notebook."""
    hostile.write(tmp_path, {"ada": (files, [])})
    found = intake.read(tmp_path / "submitted" / "ada" / hostile.ASSIGNMENT, LIMITS, frozenset({NAME}))
    return submission.read(hostile.RELEASE_NOTEBOOK, found, LIMITS)


def packed(*members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    return data.getvalue()


def test_the_notebook_runs_in_its_own_folder_among_the_others(tmp_path):
    work, _ = read(
        tmp_path, {f"my/notes/{NAME}": hostile.GOOD.encode(), "my/notes/lib/a.py": HELPER, "my/b.py": HELPER}
    )
    assert (work.folder, work.beside) == ("my/notes", {"my/notes/lib/a.py": HELPER, "my/b.py": HELPER})


def test_helpers_in_an_archive_are_there(tmp_path):
    members = [("hw/" + NAME, hostile.GOOD), ("hw/a.py", HELPER), ("__MACOSX/hw/._a.py", b"x"), ("hw/.git/x", b"x")]
    work, _ = read(tmp_path, {"hw.zip": packed(*members, ("hw/../../b.py", HELPER), ("/tmp/c.py", HELPER))})
    assert (work.folder, work.beside) == ("hw", {"hw/a.py": HELPER})


def test_an_archive_does_not_replace_the_notebook_that_stands_beside_it(tmp_path):
    work, notes = read(tmp_path, {NAME: hostile.GOOD.encode(), "a.zip": packed((NAME, hostile.text({})))})
    assert work.solutions["rnn_step"] == hostile.RIGHT["rnn_step"]
    assert notes == [f"a.zip/{NAME} was not graded: {NAME} was"]


def test_another_notebook_is_beside_only_where_this_one_speaks_of_it(tmp_path):
    other = hostile.text({}, "x = 1").encode()
    for first, beside in (("%run helpers.ipynb", {"helpers.ipynb": other}), ("x = 2", {})):
        files = hostile.folder(hostile.text(hostile.RIGHT, first), **{"helpers.ipynb": other})
        assert read(tmp_path / str(len(beside)), files)[0].beside == beside


@pytest.mark.parametrize("name", downloads.NAMES)
def test_a_notebook_under_another_name_is_one(name, tmp_path):
    work, _ = read(tmp_path, {name: hostile.GOOD.encode()})
    assert work.solutions["rnn_step"] == hostile.RIGHT["rnn_step"]


def test_a_table_in_json_is_no_notebook():
    assert not strangers.is_notebook("table.json", b'{"cells": [], "rows": 3}')
    assert not strangers.is_notebook("a.txt", b'x {"cells": [], "nbformat": 4}')
    assert strangers.is_notebook("a.ipynb.txt", '{"cells": [], "nbformat": 4}'.encode("utf-16"))


class Shell:
    """As much of IPython's shell as running a cell takes."""

    def __init__(self):
        self.user_ns = {"__name__": "__main__"}
        self.compile = SimpleNamespace(cache=lambda code, number: f"<cell {number}>")

    def transform_cell(self, source):
        return source

    def find_cell_magic(self, name):
        return name if name in ("html", "time") else None


@pytest.mark.parametrize(
    "source",
    [
        "def f(x: torch.Tensor) -> Float[Array, 'b d']:\n    return x + 1",
        "@beartype\n@profile(1)\ndef f(x):\n    return x + 1",
        "class Cell:\n    w: torch.Tensor\n    def __call__(self, x):\n        return x + 1\nf = Cell()",
        "scale: torch.Tensor = 1\ndef f(x):\n    return x + scale",
        "import functools\n@missing\n@functools.wraps(len)\ndef f(x):\n    return x + 1",
    ],
)
def test_a_definition_stands_without_hints_and_decorators_that_are_absent(source):
    shell = Shell()
    assert cells.run(shell, 1, source) == []
    assert shell.user_ns["f"](1) == 2


@pytest.mark.parametrize("line", ["%%memit", "%%ipytest -q", "%%debug", "%%matplotlib inline"])
def test_a_cell_magic_that_is_not_there_costs_no_definition_below_it(line):
    shell = Shell()
    assert cells.run(shell, 1, f"{line}\ndef f(x):\n    return x + 1") == []
    assert shell.user_ns["f"](1) == 2


def test_a_cell_that_is_to_be_skipped_does_not_run():
    shell = Shell()
    (failed,) = cells.run(shell, 1, "%%skip\nf = 1")  # IPython makes a call of the first line
    assert "f" not in shell.user_ns
    assert failed[2].startswith("SyntaxError")


def test_decorators_that_are_absent_cost_no_class_whose_methods_have_them():
    shell = Shell()
    assert cells.run(shell, 1, "class C:\n    @override\n    def f(self):\n        return 1") == []
    assert shell.user_ns["C"]().f() == 1


def test_a_cell_that_only_a_newer_python_reads_is_told_so():
    (failed,) = cells.run(Shell(), 1, "def f[T](x: T[:\n    return x")
    assert failed[1] == ["f"]
    assert "as Python 3." in failed[2]


def test_progress_bars_show_nothing_and_do_nothing(monkeypatch):
    for name in [name for name in cells.sys.modules if name.partition(".")[0] == "tqdm"]:
        monkeypatch.delitem(cells.sys.modules, name)
    cells._stand_in_for_tqdm()
    try:
        import tqdm.contrib
        import tqdm.std

        assert len(tqdm.tqdm(range(3))) == 3
        assert list(tqdm.contrib.tenumerate("a")) == [(0, "a")]
        bar = tqdm.std.tqdm(total=3, unit="b")
        bar.n += 1
        assert bar.update(1)
        assert not bar.write("x")
    finally:
        for name in [name for name in cells.sys.modules if name.partition(".")[0] == "tqdm"]:
            del cells.sys.modules[name]


def test_what_fails_for_another_reason_still_fails():
    shell = Shell()
    for source, error in (
        ("def f(x=missing):\n    return x", "NameError: name 'missing' is not defined"),
        ("@int\ndef f(x):\n    return x", "TypeError: int() argument"),
        ("from json import nothing", "ImportError: cannot import name 'nothing'"),
    ):
        ((_, _, told, _),) = cells.run(shell, 1, source)
        assert told.startswith(error)


def test_what_could_not_be_imported_costs_no_definition_that_names_it_as_a_default_or_a_base():
    shell = Shell()
    source = "import nowhere\ndef f(x, kind=nowhere.kind):\n    return x\nclass C(nowhere.Base):\n    k = 1"
    (failed,) = cells.run(shell, 1, source)
    assert failed[2].startswith("ModuleNotFoundError")
    assert (shell.user_ns["f"](3), shell.user_ns["C"].k) == (3, 1)


def test_a_file_under_a_modules_name_is_what_an_import_from_it_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "chunk_of_mine.py").write_text("early = 1")
    (tmp_path / "this.py").write_text("def pre(a):\n    return a")
    monkeypatch.setitem(cells.sys.modules, "this", SimpleNamespace(__name__="this"))
    shell = Shell()
    assert cells.run(shell, 1, "from this import pre as f") == []
    assert shell.user_ns["f"](3) == 3
    assert str(tmp_path) not in cells.sys.path


def test_the_calls_of_a_question_leave_the_others_their_time(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(judge, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def call(function, args, seconds):
        now[0] += min(3.0, seconds)
        if seconds < 3.0:
            raise Failed("timeout", f"over {seconds:g} s")
        return 1

    session = SimpleNamespace(call=call, alive=True, extension=0.0, used=0.0, changed=(), odd=(), close=lambda: None)
    work = submission.Submission((), {})
    student = judge.SandboxedStudent(lambda: session, work, Settings(submission_seconds=20, call_seconds=5))
    student.begin(SimpleNamespace(seconds=None))
    for _ in range(3):
        assert student.call("slow", ()) == 1
    for _ in range(5):
        with pytest.raises(Failed, match="all calls for this question together took over 10 s"):
            student.call("slow", ())
    assert now[0] == 1010.0
    student.begin(SimpleNamespace(seconds=None))
    assert student.call("other", ()) == 1
    student.begin(SimpleNamespace(seconds=5.0))  # trains: no share
    assert [student.call("other", ()) for _ in range(2)] == [1, 1]
    with pytest.raises(Failed, match="the whole notebook took over 20 s"):
        student.call("other", ())


def test_pages_show_code_that_can_be_coloured_in_time():
    shown = graded_notebook._Code()
    assert shown.of("x = 1\n \t \n  y\n") == "x = 1\n\n  y\n"
    long = shown.of("a.b" * 100_000)
    assert len(long) < 20_100
    assert long.endswith("# ... 280000 more characters: see the notebook that was handed in")
    assert sum(len(shown.of("y" * 19_000)) for _ in range(100)) < 190_000  # with a line for each


def test_blank_lines_take_no_time_to_be_looked_through():
    blank = "x = 1\n" + "\n" * 200_000 + "y = 2"
    began = time.process_time()
    assert submission._CHECK_CALL.findall(blank) == submission._COMMENT.findall(blank) == []
    assert time.process_time() - began < 5  # it was over an hour
    assert submission._CHECK_CALL.findall('\n  p = check("2.1", f)\nprint(check( "2.2"') == ["2.1", "2.2"]
