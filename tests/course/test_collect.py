"""Collecting: what the platforms hand out comes into its place, and whatever is not taken is named with the reason."""

import os
import zipfile
from datetime import UTC
from zoneinfo import ZoneInfo

import made_up
import pytest
from made_up import A

from rnnlab.cli import main
from rnnlab.grading import collected
from rnnlab.grading.class_list import Person
from rnnlab.grading.course import Course
from rnnlab.grading.errors import Refused
from rnnlab.teaching.collect import times
from rnnlab.teaching.collect.arriving import arriving
from rnnlab.teaching.collect.matching import Matching
from rnnlab.teaching.collect.patterns import PLATFORMS, Pattern

N = made_up.notebooks()
NAME = "02_unfolding.ipynb"


@pytest.fixture
def root(tmp_path):
    return made_up.course(tmp_path / "course")


@pytest.fixture
def collect(root, tmp_path, capsys):
    """Collect entries from an archive and return exit code and lines."""

    def run(entries, platform, *more):
        path = entries if not isinstance(entries, dict) else made_up.archive(tmp_path / "a.zip", entries)
        code = main(["collect", str(path), "--from", platform, "--course", str(root), *more])
        said = capsys.readouterr()
        return code, (said.out + said.err).splitlines()

    return run


def held(root) -> dict[str, bytes]:
    top = root / "submitted"
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def everything(root) -> dict[str, tuple]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in (root / "submitted").rglob("*")}


def line(lines, *words):
    """Return the one line that holds all the words."""
    (found,) = (text for text in lines if all(word in text for word in words))
    return found


# --- a class of ten


def test_canvas_archives_are_taken_and_everything_else_is_named(root, collect):
    code, lines = collect(made_up.canvas(), "canvas")
    assert code == 3
    assert lines[0] == f"{A}: 8 new, 0 changed, 0 unchanged"
    assert held(root) == {
        f"ada/{A}/{NAME}": N["right"],
        f"bo/{A}/{NAME}": N["right"],
        f"cy_m/{A}/my homework.ipynb": N["no step"],
        f"di/{A}/{NAME}": b"<html>Log in</html>",
        f"ed/{A}/{NAME}": N["blank"],
        f"flo/{A}/essay.pdf": b"%PDF",
        f"gus/{A}/{NAME}": N["only step"],
        f"hal/{A}/{NAME}": N["right"],
    }
    assert line(lines, "late, as the platform says") == "1 late, as the platform says: bo"
    assert line(lines, "handed in nothing") == "2 handed in nothing: ida, jo"
    assert "nobody on the class list: add the student" in line(lines, "stranger")
    assert "not named like doejane_4711" in line(lines, "homework of ida")
    assert "points outside" in line(lines, "9011")
    assert "points outside" in line(lines, "9012")
    assert "a link or a device" in line(lines, "celikida")
    assert "made to do harm" in line(lines, "bomb")
    assert "no notebook among" in line(lines, "essay.pdf")
    assert "time comes from the platform" in line(lines, "timestamp.txt")
    assert line(lines, "my homework.ipynb").startswith("Left out")
    assert collected.read(Course(root), A)["bo"]["late"] is True


def test_a_second_time_changes_nothing(root, collect):
    collect(made_up.canvas(), "canvas")
    before = everything(root)
    _, lines = collect(made_up.canvas(), "canvas")
    assert lines[0] == f"{A}: 0 new, 0 changed, 8 unchanged"
    assert everything(root) == before


def test_a_dry_run_writes_nothing_and_says_the_same(root, collect):
    before = everything(root)
    code, dry = collect(made_up.canvas(), "canvas", "--dry-run")
    assert everything(root) == before
    assert not list((root / ".rnnlab").glob("collected*"))
    _, wet = collect(made_up.canvas(), "canvas")
    assert dry[0] == f"{A}: 8 would be new, 0 would be changed, 0 unchanged"
    assert dry[1:] == wet[1:]
    assert code == 3


def test_moodle_folders_are_matched_by_name(root, collect):
    code, lines = collect(made_up.moodle(), "moodle")
    assert code == 3
    assert sorted(held(root)) == [
        f"ada/{A}/{NAME}", f"bo/{A}/{NAME}", f"cy_m/{A}/{NAME}", f"di/{A}/{NAME}", f"ed/{A}/a/b/{NAME}",
    ]  # fmt: skip
    assert "Smith is nobody" in line(lines, "Smith_106")
    assert line(lines, "onlinetext").startswith("Left out")


def test_moodles_times_come_from_its_worksheet(root, collect, tmp_path):
    sheet = tmp_path / "grades.csv"
    sheet.write_text(
        "\ufeffIdentifier,Full name,Email address,Status,Last modified (submission)\n"
        'Participant 101,Ada Lovelace,ada@example.org,x,"Friday, 30 January 2026, 11:59 PM"\n'
        'Participant 102,Bo Li,bo@example.org,x,"Saturday, 31 January 2026, 12:30 AM"\n'
        "Participant 109,Ida Çelik,ida@example.org,x,-\n",
        encoding="utf-8",
    )
    collect(made_up.moodle(), "moodle", "--times", str(sheet), "--zone", "Europe/Berlin")
    found = collected.read(Course(root), A)
    assert found["ada"]["time"] == "2026-01-30 22:59:00.000000 UTC"
    assert (root / "submitted" / "bo" / A / "timestamp.txt").read_text() == "2026-01-30 23:30:00.000000 UTC\n"
    assert found["cy_m"]["time"] == ""


def test_times_that_are_known_stay_where_the_same_work_comes_again_without_them(root, collect, tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text('Full name,Last modified (submission)\nBo Li,"2026-01-31 00:30"\n')
    entries = made_up.moodle()
    collect(entries, "moodle", "--times", str(sheet), "--zone", "UTC")
    stamp = root / "submitted" / "bo" / A / "timestamp.txt"
    before = stamp.read_text()
    _, lines = collect(entries, "moodle")
    assert stamp.read_text() == before
    assert ": 0 new, 0 changed" in lines[0]
    collect({name: data + b" " for name, data in entries.items()}, "moodle")  # other work, of which no time is known
    assert not stamp.exists()


def test_blackboard_takes_the_last_attempt_and_ids_with_underscores(root, collect):
    at = "Assignment_2_{}_attempt_2026-01-{}_{}"
    entries = {
        at.format("cy_m", "30-23-58-00", NAME): N["blank"],
        at.format("cy_m", "31-08-00-00", NAME): N["right"],
        "Assignment_2_cy_m_attempt_2026-01-31-08-00-00.txt": b"Name: Cy",
        at.format("ada", "30-10-00-00", NAME): N["right"],
    }
    code, lines = collect(entries, "blackboard", "--zone", "America/New_York")
    assert code == 0
    assert held(root)[f"cy_m/{A}/{NAME}"] == N["right"]
    assert (root / "submitted" / "cy_m" / A / "timestamp.txt").read_text() == "2026-01-31 13:00:00.000000 UTC\n"
    assert "a later attempt" in line(lines, "30-23-58-00")
    assert "zone America/New_York" in lines[1]


def test_brightspace_folders_give_name_and_time(root, collect):
    entries = {
        f"x/4711-22 - Ada Lovelace - Jan 30, 2026 1158 PM/{NAME}": N["right"],
        f"x/1-22 - Ed van den Berg - 5 February, 2026 905 AM/{NAME}": N["right"],
        f"x/1-22 - N0123456 - Diana O'Neil - Jan 3, 2026 1200 AM/{NAME}": N["right"],
        f"x/4712-22 - Bo Li - 30 janvier 2026/{NAME}": N["right"],
        "x/index.html": b"",
        "x/4711-22 - Ada Lovelace - Jan 30, 2026 1158 PM/index.html": b"",
    }
    _, lines = collect(entries, "brightspace", "--zone", "UTC")
    found = {student: one["time"][:16] for student, one in collected.read(Course(root), A).items()}
    assert found == {"ada": "2026-01-30 23:58", "ed": "2026-02-05 09:05", "di": "2026-01-03 00:00", "bo": ""}
    assert "but not its time" in line(lines, "janvier")


def test_classroom_and_plain_files_are_matched(root, collect):
    code, _ = collect({f"Ada Lovelace - {NAME}": N["blank"], f"Ada Lovelace - {NAME[:-6]} (1).ipynb": N["right"],
                       "Jo, Jr. Ash - data.csv": b"1", f"Jo, Jr. Ash - {NAME}": N["right"]}, "classroom")  # fmt: skip
    assert code == 0
    assert held(root) == {f"ada/{A}/{NAME}": N["right"], f"jo/{A}/{NAME}": N["right"], f"jo/{A}/data.csv": b"1"}
    code, _ = collect({f"bo/{A}/{NAME}": N["right"], f"CY_M/{NAME}": N["right"], f"gus_{NAME}": N["right"],
                       "hal.ipynb": N["right"]}, "plain", "--assignment", A)  # fmt: skip
    assert code == 0
    assert {f"bo/{A}/{NAME}", f"cy_m/{A}/{NAME}", f"gus/{A}/gus_{NAME}", f"hal/{A}/hal.ipynb"} <= set(held(root))


def test_own_patterns_find_the_student_and_the_time(root, collect):
    own = r"(?P<student>[^/]+)/(?P<time>[^/]+)/(?P<file>.+)"
    code, _ = collect({f"ada@example.org/2026-01-30T10:00:00Z/{NAME}": N["right"]}, "plain", "--pattern", own)
    assert code == 0
    assert collected.read(Course(root), A)["ada"]["time"] == "2026-01-30 10:00:00.000000 UTC"
    assert "no regular expression" in collect({}, "plain", "--pattern", "(")[1][0]
    assert "no group student" in collect({}, "plain", "--pattern", "x")[1][0]


# --- what is there already


def test_a_later_collection_replaces_and_an_earlier_one_does_not(root, collect):
    name = "HW_ada_attempt_2026-01-{}-10-00-00_" + NAME
    collect({name.format(30): N["blank"]}, "blackboard")
    assert collect({name.format(31): N["right"]}, "blackboard")[1][0] == f"{A}: 0 new, 1 changed, 0 unchanged"
    _, lines = collect({name.format(29): N["blank"]}, "blackboard")
    assert "collected before is later" in line(lines, "Not taken")
    assert held(root)[f"ada/{A}/{NAME}"] == N["right"]


def test_work_that_came_another_way_is_replaced_only_when_told(root, collect):
    folder = root / "submitted" / "ada" / A
    folder.mkdir(parents=True)
    (folder / "mine.ipynb").write_bytes(N["blank"])
    entries = {f"ada/{NAME}": N["right"]}
    _, lines = collect(entries, "plain")
    assert "--replace" in line(lines, "Not taken")
    assert held(root) == {f"ada/{A}/mine.ipynb": N["blank"]}
    assert collect(entries, "plain", "--replace")[0] == 0
    assert held(root) == {f"ada/{A}/{NAME}": N["right"]}


def test_a_link_in_the_place_of_a_submission_is_never_written_through(root, collect, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "submitted" / "ada").mkdir()
    os.symlink(outside, root / "submitted" / "ada" / A)
    collect({f"ada/{NAME}": N["right"]}, "plain", "--replace")
    assert list(outside.iterdir()) == []
    assert not (root / "submitted" / "ada" / A).is_symlink()


# --- hostile archives


@pytest.mark.parametrize(
    "name", ["../ada/x.ipynb", "ada/../../x.ipynb", "C:/ada/x.ipynb", "..\\ada\\x.ipynb", "/ada/x.ipynb", "ada/.bashrc",
             "ada/" + "d/" * 20 + "x.ipynb", "ada/a\u202eb.ipynb"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(root, collect, name, tmp_path):
    before = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    code, lines = collect({name: N["right"], f"bo/{NAME}": N["right"]}, "plain")
    assert code == 3
    assert line(lines, "Not taken")
    assert list(held(root)) == [f"bo/{A}/{NAME}"]
    assert {path for path in tmp_path.rglob("*") if "submitted" not in path.parts} - before <= {
        tmp_path / "a.zip", root / ".rnnlab", root / ".rnnlab" / f"collected-{A}.json",
    }  # fmt: skip


def test_double_entries_encrypted_ones_and_spoiled_ones_are_one_line_each(root, collect, tmp_path):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"ada/{NAME}", N["right"])
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr(f"ada/{NAME}", N["blank"])
        file.writestr(f"bo/{NAME}", b"SPOILED-HERE")
        file.writestr(f"di/{NAME}", b"x")
    data = bytearray(path.read_bytes())
    data[data.index(b"SPOILED-HERE")] ^= 1
    at = data.rindex(b"PK\1\2")
    data[at + 8] |= 1  # the last entry says that it is encrypted
    path.write_bytes(data)
    code, lines = collect(path, "plain")
    assert code == 3
    assert "came before it" in line(lines, "Not taken", "ada/")
    assert "cannot be unpacked: Bad CRC" in line(lines, "bo/", "unpacked")
    assert "nothing of what this student" in line(lines, "bo/", "nothing")
    assert "encrypted" in line(lines, "di/")
    assert held(root) == {f"ada/{A}/{NAME}": N["right"]}


def test_a_file_that_no_file_system_holds_costs_nothing_else(root, collect):
    odd = {f"ada/{'x' * 300}.csv": b"1", "ada/data": b"1", "ada/data/deep.csv": b"1", f"bo/{'y' * 300}/{NAME}": b"{}"}
    code, lines = collect({f"ada/{NAME}": N["right"], f"di/{NAME}": N["right"], **odd}, "plain")
    assert code == 3
    assert "longer than a file's may be" in line(lines, "ada/xxx")
    assert "another file has the name of its folder" in line(lines, "ada/data/deep.csv")
    assert held(root) == {f"ada/{A}/{NAME}": N["right"], f"ada/{A}/data": b"1", f"di/{A}/{NAME}": N["right"]}


def test_folders_too_deep_to_be_read_are_named(root, collect, tmp_path):
    deep = tmp_path / "unpacked" / "ada" / "/".join("d" * 40)
    deep.mkdir(parents=True)
    (deep / NAME).write_bytes(N["right"])
    (tmp_path / "unpacked" / "ada" / NAME).write_bytes(N["right"])
    code, lines = collect(tmp_path / "unpacked", "plain")
    assert code == 3
    assert line(lines, "folders down")


def test_names_in_utf8_without_the_mark_and_in_windows_encoding_are_read(root, collect, tmp_path):
    for raw in ("Cy Müller".encode(), "Cy Müller".encode("cp1252")):
        path = made_up.archive(tmp_path / "c.zip", {"Cy M##ller - 02_unfolding.ipynb"[: len(raw) + 22]: N["right"]})
        plain = b"Cy M##ller"[: len(raw)] if len(raw) == 10 else b"Cy M##lle"
        data = path.read_bytes().replace(plain, raw)
        path.write_bytes(data)
        found = arriving(path)
        assert found.files[0].path.startswith("Cy Müller")


@pytest.mark.parametrize("data", [b"", b"<html>", b"PK\5\6" + b"\0" * 18, b"PK\3\4" + b"x" * 100])
def test_what_is_no_archive_is_one_line(root, collect, tmp_path, data):
    path = tmp_path / "d.zip"
    path.write_bytes(data)
    code, lines = collect(path, "plain", "--assignment", A)
    assert (code, len(lines)) in ((2, 1), (0, 2))
    assert "Traceback" not in "".join(lines)


def test_folders_are_read_without_following_links(root, collect, tmp_path):
    folder = tmp_path / "unpacked"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / NAME).write_bytes(N["right"])
    (folder / "bo").mkdir()
    os.symlink("/etc/passwd", folder / "bo" / NAME)
    os.symlink("/etc", folder / "di")
    os.mkfifo(folder / "pipe.ipynb")
    code, lines = collect(folder, "plain")
    assert code == 3
    assert held(root) == {f"ada/{A}/{NAME}": N["right"]}
    assert sum("a link or a device" in text for text in lines) == 3


# --- who is meant


def test_whoever_can_be_two_is_nobody_until_told_apart():
    matching = Matching([Person("a", "Jane", "Doe", "j@x.org", "1"), Person("b", "Jane", "Doe", "", "2")])
    with pytest.raises(Refused, match="may be a, b"):
        matching.find(["Jane Doe"])
    assert [matching.find([word]) for word in ("A", "J@x.org", "2")] == ["a", "a", "b"]
    assert matching.find(["2", "Jane Doe"]) == "b"


def test_names_match_without_accents_and_in_either_order():
    matching = Matching([Person("a", "Zoë", "Łukasz-Strauß")])
    assert {matching.find([name]) for name in ("Zoe Lukasz Strauss", "lukaszstrausszoe", "Łukasz-Strauß, Zoë")} == {"a"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_platforms_example_follows_its_pattern(platform):
    pattern = Pattern(platform)
    assert pattern.read(pattern.example) is not None


def test_times_without_a_zone_are_the_platforms():
    assert times.utc("2026-07-01 12:00", ZoneInfo("Europe/Berlin")) == "2026-07-01 10:00:00.000000 UTC"
    assert times.utc("2026-07-01T12:00:00Z", ZoneInfo("Europe/Berlin")) == "2026-07-01 12:00:00.000000 UTC"
    assert times.utc("Wednesday, 1 July 2026, 12:00 PM", UTC) == "2026-07-01 12:00:00.000000 UTC"
    with pytest.raises(ValueError, match="no time zone"):
        times.zone("Europe/Nowhere")


# --- mistakes in the call


def test_mistakes_in_the_call_are_one_line(root, collect, tmp_path):
    assert "which assignment is it?" in collect({"ada/x.ipynb": b"{}"}, "plain")[1][0]
    assert "no assignment '99'" in collect({}, "plain", "--assignment", "99")[1][0]
    assert "no file or folder" in collect(tmp_path / "none.zip", "plain")[1][0]
    (root / "students.csv").write_text("id\nada\nada\n")
    assert "stands in line 2 already" in collect({f"ada/{NAME}": b"{}"}, "plain")[1][0]


def test_without_a_class_list_ids_are_taken_as_they_are(root, collect):
    (root / "students.csv").write_text("id\n")
    assert collect({f"zed/{NAME}": N["right"]}, "plain")[0] == 0
    assert list(held(root)) == [f"zed/{A}/{NAME}"]


def test_a_damaged_record_is_one_line(root, collect):
    collect({f"ada/{NAME}": N["right"]}, "plain")
    (root / ".rnnlab" / f"collected-{A}.json").write_text("{")
    code, lines = collect({f"ada/{NAME}": N["right"]}, "plain")
    assert (code, len(lines)) == (2, 1)


def test_how_often_a_student_handed_in_is_counted(root, collect):
    name = "HW_ada_attempt_2026-01-{}-10-00-00_" + NAME
    collect({name.format(20): N["blank"], name.format(21): N["no step"]}, "blackboard", "--assignment", A)
    assert collected.read(Course(root), A)["ada"]["attempts"] == 2  # the archive holds both
    for kind, n in (("blank", 1), ("blank", 1), ("right", 2), ("no step", 3)):
        collect({f"bo/{A}/{NAME}": N[kind]}, "plain", "--assignment", A)
        assert collected.read(Course(root), A)["bo"]["attempts"] == n
