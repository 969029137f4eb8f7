"""What was handed in is found, repaired where that is certain, and refused with its reason where it is not."""

import contextlib
import os
import socket
import tempfile
import zipfile
from pathlib import Path

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.grading import intake, notebook_file, submission
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.grading.proof import damaged
from rnnlab.grading.settings import Settings

LIMITS = Settings()
WANTED = frozenset({f"{hostile.ASSIGNMENT}.ipynb"})


def put(root: Path, files: hostile.Folder) -> Path:
    hostile.write(root, {"ada": (files, [])})
    return root / "submitted" / "ada" / hostile.ASSIGNMENT


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"<html>", "the file is a web page, not a notebook: download the notebook itself and hand that in"),
        (b"[]", "the file holds a JSON list, not a notebook"),
        (b"{}", "the file is JSON, but no notebook: it has no list of cells"),
        (b'{"cells": [', "the file is cut off: it ends in the middle of the notebook. Download or save it again"),
        (b'{"cells": ["text', "the file is cut off: it ends in the middle of the notebook. Download or save it again"),
        (b'{"cells": [],\n}', "the file is no notebook: it stops being JSON at line 2"),
        (b"x = 1", "the file is no notebook: it does not begin as one does"),
        (b"{\\rtf1", "the file is a document in rich text (RTF), not a notebook: hand in the notebook itself"),
        (b"PK\3\4.. word/x", "the file is a Word document, not a notebook: hand in the notebook itself"),
        (
            b'{"cells": []\n<<<<<<< a\n}',
            "the file holds merge-conflict markers (<<<<<<<): resolve them and hand it in again",
        ),
        (b'{"cells": []}\n} and more', "more text stands behind the end of the notebook, from line 2: take it away"),
        (b'{"cells": [1,2,3,4]}', "the notebook has 4 cells, at most 3 are read"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused_with_what_it_is(data, says):
    with pytest.raises(Refused) as caught:
        notebook_file.cells(data, 3)
    assert str(caught.value) == says


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda b: hostile.GOOD.encode()[:500] + b)))
def test_any_bytes_give_cells_or_a_refusal(data):
    cells = []
    with contextlib.suppress(Refused):
        cells, _ = notebook_file.cells(data, 100)
    assert all(isinstance(cell.source, str) for cell in cells)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["source", "metadata", "nbgrader", "grade_id", "cell_type", "x"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["two-boms", "utf-32", "a-long-integer", "nan-in-metadata", "lone-surrogate"])
def test_a_file_that_is_odd_outside_of_its_cells_is_read(name):
    wanted, _ = notebook_file.cells(damaged.TEXTS["tabs"], 100)
    found, _ = notebook_file.cells(damaged.TEXTS[name], 101)
    assert [cell.source for cell in found[: len(wanted)]] == [cell.source for cell in wanted]


@given(st.lists(_JSON, max_size=5))
def test_any_cells_give_work_that_can_be_run_and_written(cells):
    import json

    read, _ = notebook_file.cells(json.dumps({"cells": cells}).encode(), 100)
    work = submission.assemble(hostile.RELEASE_NOTEBOOK, read)
    for _, source in work.cells:
        source.encode()
    assert set(work.solutions) == set(hostile.RELEASE_NOTEBOOK.solutions)


def test_the_released_notebook_is_no_work_at_all():
    import nbformat

    cells, notes = notebook_file.cells(nbformat.writes(hostile.RELEASE_NOTEBOOK.notebook).encode(), 600)
    work = submission.assemble(hostile.RELEASE_NOTEBOOK, cells)
    assert notes == []
    assert work.extra == {}
    assert work.solutions == hostile.RELEASE_NOTEBOOK.solutions
    assert {label for label, _ in work.cells} == {"setup 1", *hostile.RELEASE_NOTEBOOK.solutions}


def test_the_checks_and_plots_of_the_notebook_are_not_run():
    cells, _ = notebook_file.cells(hostile.text(hostile.RIGHT).encode(), 600)
    run = "\n".join(source for _, source in submission.assemble(hostile.RELEASE_NOTEBOOK, cells).cells)
    assert 'check("2' not in run
    assert "with when_written" not in run


@pytest.mark.parametrize(
    "name",
    [
        "Doe, Jr.",
        "=HYPERLINK(1)",
        "@cmd",
        "-1+1",
        "Zoë Ünsal",
        "李雷",
        "a b",
        "o'hara",
        'say "hi"',
        "x+y",
        "100%",
        "a;b",
        "{x}",
    ],
)
def test_names_of_people_are_student_ids(name):
    assert intake.check_student_id(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "a\nb",
        "a\tb",
        "x*",
        "a?",
        "[ab]",
        "<script>",
        "\udcff",
        "a\u202eb",
        "x" * 129,
        " a",
        "a ",
    ],
)
def test_names_that_would_break_something_are_refused(name):
    with pytest.raises(Refused):
        intake.check_student_id(name)


def _link(target: str):
    return lambda path: os.symlink(target, path)


def _socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


@pytest.mark.parametrize(
    "make",
    [
        _link("/etc/passwd"),
        _link("/dev/zero"),
        _link("../nowhere"),
        _link("02_unfolding.ipynb"),
        os.mkfifo,
        _socket,
        os.mkdir,
    ],
    ids=["file", "device", "nowhere", "itself", "pipe", "socket", "folder"],
)
def test_what_is_no_plain_file_is_not_read(tmp_path, make):
    folder = put(tmp_path, {"02_unfolding.ipynb": make})
    with pytest.raises(Refused, match="no notebook was found"):
        intake.read(folder, LIMITS, WANTED)


@pytest.mark.parametrize("which", ["student", "assignment"])
def test_a_link_in_place_of_a_folder_is_refused(tmp_path, which):
    folder = put(tmp_path / "other", hostile.folder(hostile.GOOD))
    mine = tmp_path / "submitted" / "eve" / hostile.ASSIGNMENT
    if which == "student":
        mine.parent.parent.mkdir()
        mine.parent.symlink_to(folder.parent)
    else:
        mine.parent.mkdir(parents=True)
        mine.symlink_to(folder)
    with pytest.raises(Refused, match="a link to another place"):
        intake.read(mine, LIMITS, WANTED)


def test_a_neighbours_notebook_is_not_reached_by_a_link_among_the_files(tmp_path):
    put(tmp_path / "other", hostile.folder(hostile.GOOD))
    folder = put(tmp_path, {"data": lambda path: os.symlink(tmp_path / "other", path)})
    with pytest.raises(Refused, match="data is a link or a device"):
        intake.read(folder, LIMITS, WANTED)


def test_a_large_file_is_refused_without_being_read_whole(tmp_path):
    folder = put(tmp_path, {"02_unfolding.ipynb": b""})
    with open(folder / "02_unfolding.ipynb", "wb") as file:
        file.truncate(10**12)
    with pytest.raises(Refused, match="it has 953674 MB, at most 32 MB are read"):
        intake.read(folder, LIMITS, WANTED)


def test_the_notebook_of_the_right_name_is_read_even_among_ten_thousand_files(tmp_path):
    folder = put(tmp_path, {f"a{i}.txt": b"" for i in range(2000)} | hostile.folder(hostile.GOOD))
    handed_in = intake.read(folder, LIMITS, WANTED)
    found, notes = handed_in.notebooks, handed_in.notes
    assert list(found) == ["02_unfolding.ipynb"]
    assert "the submission holds more than 200 files; the rest was not read" in notes


def test_the_student_is_told_which_files_stood_beside_the_notebook(tmp_path):
    folder = put(tmp_path, hostile.folder(hostile.GOOD, **{"numpy.py": b"", "data.csv": b""}))
    notes = intake.read(folder, LIMITS, WANTED).notes
    assert notes == ["data.csv, numpy.py stood beside the notebook; the course's own packages come first"]


def test_of_two_notebooks_the_one_with_work_in_it_is_taken_and_that_is_said(tmp_path):
    folder = put(tmp_path, hostile.folder(hostile.text({}), "a.ipynb", **{"b.ipynb": hostile.GOOD.encode()}))
    found = intake.read(folder, LIMITS, WANTED).notebooks
    cells, notes = submission.choose(hostile.RELEASE_NOTEBOOK, found, LIMITS)
    assert notes == ["b.ipynb was taken for 02_unfolding.ipynb", "a.ipynb was not graded: b.ipynb was"]
    assert submission.assemble(hostile.RELEASE_NOTEBOOK, cells).solutions["rnn_step"] == hostile.RIGHT["rnn_step"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("doejane_4711_815_work.ipynb", "doejane_4711_817_work-2.ipynb"),
        ("work (9).ipynb", "work (10).ipynb"),
        ("HW_jd_attempt_2026-01-09-00-00-00_w.ipynb", "HW_jd_attempt_2026-01-10-00-00-00_w.ipynb"),
        ("work_2026-01-31.ipynb", "work_2026-02-01.ipynb"),
        ("work (1).ipynb", "02_unfolding.ipynb"),  # the name that was asked for
    ],
)
def test_of_several_attempts_the_last_is_taken(earlier, later):
    found = {earlier: hostile.text(hostile.WRONG).encode(), later: hostile.GOOD.encode()}
    cells, notes = submission.choose(hostile.RELEASE_NOTEBOOK, found, LIMITS)
    assert submission.assemble(hostile.RELEASE_NOTEBOOK, cells).solutions["rnn_step"] == hostile.RIGHT["rnn_step"]
    assert f"{earlier} was not graded: {later} was" in notes


def test_an_attempt_with_nothing_in_it_is_not_the_last():
    found = {"work (1).ipynb": hostile.GOOD.encode(), "work (2).ipynb": hostile.text({}).encode()}
    assert submission.choose(hostile.RELEASE_NOTEBOOK, found, LIMITS)[1][0].startswith("work (1).ipynb was taken")


def test_code_in_a_cell_of_text_is_run_where_it_is_an_answer():
    source = f"```python\n{hostile.STEP}{hostile.BODY}```"
    cells = [
        notebook_file.Cell("markdown", source, "rnn_step"),
        notebook_file.Cell("markdown", source.replace("rnn_step", "unfold"), ""),
        notebook_file.Cell("markdown", f"Like this:\n\n{source}", ""),
    ]
    work = submission.assemble(hostile.RELEASE_NOTEBOOK, cells)
    assert work.solutions["rnn_step"] == f"{hostile.STEP}{hostile.BODY}".rstrip("\n")
    assert work.cells[-1][1].startswith("def unfold(")
    assert work.notes == ("cell 2 is text and holds an answer: it was run as code",)


@pytest.mark.parametrize(
    ("name", "says"),
    [("work", ""), ("work.zip.txt", ""), ("work.pyz", "work.pyz is none"), ("work.docx", "is an Office document")],
)
def test_an_archive_is_opened_under_other_names_that_say_nothing_else(tmp_path, name, says):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("02_unfolding.ipynb", hostile.GOOD)
    if says:
        with pytest.raises(Refused, match=says):
            intake.read(tmp_path, LIMITS, WANTED)
    else:
        assert list(intake.read(tmp_path, LIMITS, WANTED).notebooks) == ["02_unfolding.ipynb"]


def test_archives_that_are_not_opened_are_named(tmp_path):
    for number in range(4):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            archive.writestr("inner.zip", b"x")
    with pytest.raises(Refused, match=r"inner\.zip is an archive in an archive and was not opened"):
        intake.read(tmp_path, LIMITS, WANTED)
    (tmp_path / "02_unfolding.ipynb").write_text(hostile.GOOD)
    assert "3.zip: not looked at: of several archives, 3 are" in intake.read(tmp_path, LIMITS, WANTED).notes


@pytest.mark.parametrize(
    ("data", "sources", "says"),
    [
        (b'[{"source": 3}, {"source": "x"}]', ["x"], "not all of cell 1 could be read"),
        (b'[null, {"source": ["a\\n", 1, "b"]}]', ["a\nb"], "not all of cell 1, 2 could be read"),
        (b'[{"source": null}, 1, {"source": "x"}, [], "x"]', ["x"], "not all of cell 1, 2, 4 and 1 more could be read"),
        (b'[{"source": "a\0b"}]', ["ab"], "the file holds 1 zero bytes"),
        (b'[{"source": "x"}], "cells": []', ["x"], "the file holds 2 lists of cells: the longest was read"),
        (b'[], "worksheets": [{"cells": [{"input": "x"}]}]', ["x"], "the notebook is in the old format 3"),
        (b'[{"code": "x"}, {"text": "y"}]', ["", ""], "none of the notebook's 2 cells holds any text"),
        (b'[{"source": ["def f():", "    return 1"]}]', ["def f():\n    return 1"], ""),
    ],
)
def test_what_cannot_be_read_of_a_notebook_does_not_vanish_without_a_word(data, sources, says):
    cells, notes = notebook_file.cells(b'{"cells": ' + data + b"}", 100)
    assert [cell.source for cell in cells] == sources
    assert [note[: len(says)] for note in notes] == [says] * bool(says)


def test_a_folder_that_lies_too_deep_is_named(tmp_path):
    folder = put(tmp_path, {f"1/2/3/4/deep/{hostile.ASSIGNMENT}.ipynb": hostile.GOOD.encode()})
    with pytest.raises(Refused, match="deep lies more than 4 folders down and was not read"):
        intake.read(folder, LIMITS, WANTED)


@contextlib.contextmanager
def as_anyone():
    """Have the rights of an ordinary user, for whom a closed folder is closed."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


@pytest.fixture
def open_folder():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_closed_folder_is_named_and_ends_nothing(open_folder):
    course = Course(open_folder)
    inner = put(open_folder, hostile.folder(hostile.GOOD, **{"private/x.csv": b"1"})) / "private"
    inner.chmod(0)
    closed = open_folder / "submitted" / "bob" / hostile.ASSIGNMENT
    closed.mkdir(parents=True)
    closed.parent.chmod(0)
    with as_anyone():
        found = intake.read(inner.parent, LIMITS, WANTED)
        students, misplaced = course.students(hostile.ASSIGNMENT), course.misplaced(hostile.ASSIGNMENT)
        with pytest.raises(Refused, match="the folder cannot be opened: Permission denied"):
            intake.read(closed, LIMITS, WANTED)
    assert (list(found.notebooks), found.notes) == ([f"{hostile.ASSIGNMENT}.ipynb"], ["private: Permission denied"])
    assert (students, misplaced) == (["ada", "bob"], {})
    closed.parent.chmod(0o755)
    inner.chmod(0o755)
