"""A class of ten and what the learning platforms would hand out of it: late, absent, wrongly named and hostile."""

import stat
import zipfile
from functools import cache
from pathlib import Path

import nbformat

from rnnlab.grading.demo import Class
from rnnlab.grading.release_notebook import read
from rnnlab.grading.shipped import exercises
from rnnlab.teaching.new_course import new_course

A = "02_unfolding"
LIST = """id,first_name,last_name,email,lms_user_id
ada,Ada,Lovelace,ada@example.org,4711
bo,Bo,Li,bo@example.org,4712
cy_m,Cy,Müller,cy@example.org,4713
di,Diana,O'Neil,di@example.org,4714
ed,Ed,van den Berg,ed@example.org,4715
flo,Flo,Łuk,flo@example.org,4716
gus,Gus,Smith,gus@example.org,4717
hal,Hal,Smith,hal@example.org,4718
ida,Ida,Çelik,ida@example.org,4719
jo,"Jo, Jr.",Ash,jo@example.org,4720
"""
IDS = ("ada", "bo", "cy_m", "di", "ed", "flo", "gus", "hal", "ida", "jo")


@cache
def notebooks() -> dict[str, bytes]:
    """Return notebooks by what is in them."""
    people = Class(A, read(exercises(A))[0].notebook)
    right = people.right
    step = people.questions[0].names[0]
    rest = {name: text for name, text in right.items() if name != step}
    made = {"right": right, "blank": {}, "no step": rest, "only step": {step: right[step]}}
    return {name: nbformat.writes(people.handed_in(answers)).encode() for name, answers in made.items()}


def course(root: Path, *more: str) -> Path:
    """Make a course with the class of ten."""
    new_course(root, [A, *more])
    (root / "students.csv").write_text(LIST, encoding="utf-8")
    return root


def archive(path: Path, files: dict[str, bytes]) -> Path:
    """Write a ZIP archive; an entry whose name begins with "-> " is a symbolic link."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            info = zipfile.ZipInfo(name.removeprefix("-> "))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFLNK if name.startswith("-> ") else stat.S_IFREG | 0o644) << 16
            file.writestr(info, data)
    return path


def canvas() -> dict[str, bytes]:
    """Return an archive's entries as Canvas names them, the hostile ones last."""
    n = notebooks()
    return {
        "lovelaceada_4711_9001_02_unfolding.ipynb": n["right"],
        "libo_LATE_4712_9002_02_unfolding.ipynb": n["right"],
        "mllercy_4713_9003_my homework-1.ipynb": n["no step"],
        "mllercy_4713_9004_my homework.ipynb": n["blank"],
        "oneildiana_4714_9005_02_unfolding.ipynb": b"<html>Log in</html>",
        "vandenberged_4715_9006_02_unfolding.ipynb": n["blank"],
        "luk_4716_9007_essay.pdf": b"%PDF",
        "smithgus_4717_9008_02_unfolding.ipynb": n["only step"],
        "smithhal_4718_9009_02_unfolding.ipynb": n["right"],
        "stranger_9999_9010_02_unfolding.ipynb": n["right"],
        "homework of ida.ipynb": n["right"],
        "../../lovelaceada_4711_9011_evil.ipynb": n["right"],
        "/etc/lovelaceada_4711_9012_evil.ipynb": n["right"],
        "-> celikida_4719_9013_02_unfolding.ipynb": b"/etc/passwd",
        "ashjo_4720_9014_bomb.ipynb": b"\0" * (40 << 20),
        "ashjo_4720_9015_timestamp.txt": b"2001-01-01 00:00:00 UTC",
    }


def moodle() -> dict[str, bytes]:
    """Return an archive's entries as Moodle names them."""
    n = notebooks()
    return {
        "Ada Lovelace_101_assignsubmission_file_/02_unfolding.ipynb": n["right"],
        "Bo Li_102_assignsubmission_file_/02_unfolding.ipynb": n["no step"],
        "Bo Li_102_assignsubmission_onlinetext/onlinetext.html": b"<p>see file</p>",
        "Cy Müller_103_assignsubmission_file_/02_unfolding.ipynb": n["right"],
        "Group A-Diana O'Neil_104_assignsubmission_file_02_unfolding.ipynb": n["right"],
        "Ed van den Berg_105_assignsubmission_file_/a/b/02_unfolding.ipynb": n["right"],
        "Smith_106_assignsubmission_file_/02_unfolding.ipynb": n["right"],
        "__MACOSX/._x": b"",
    }


def with_answers(answers: dict[str, str]) -> bytes:
    """Return a notebook that is right but for some answers."""
    people = Class(A, read(exercises(A))[0].notebook)
    return nbformat.writes(people.handed_in({**people.right, **answers})).encode()
