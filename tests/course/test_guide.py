"""The guide's commands run, on a made-up class, and print what the guide says that they print."""

import re
import shlex
from pathlib import Path

import made_up
import pytest

from rnnlab.cli import main
from rnnlab.grading import rescore
from rnnlab.teaching import own_example

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "teaching_term.md"
pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.usefixtures("here")]


def blocks(text: str) -> list[tuple[str, str]]:
    """Return each command of the page's console blocks, and what stands below it."""
    inside = "\n".join(re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return [tuple(part.partition("\n")[::2]) for part in re.split(r"^\$ ", inside, flags=re.MULTILINE)[1:]]


def pattern(shown: str) -> str:
    """Return an expression for printed text: … stands for anything, blanks and rules of tables for each other."""
    pieces = [r"\s+".join(map(re.escape, piece.split())) for piece in shown.split("…")]
    return r"\s*" + r"\s*.*?\s*".join(pieces) + r"\s*"


def provide() -> None:
    """Put what the page takes for granted into the course's folder."""
    Path("students.csv").write_text(made_up.LIST, encoding="utf-8")
    made_up.archive(Path("canvas.zip"), made_up.canvas())
    Path("times.csv").write_text(
        "id,time\nada,2026-05-04 20:00\nbo,2026-05-05 13:00\ncy_m,2026-05-06 11:00\n", encoding="utf-8"
    )
    with open("nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("c.AssignLatePenalties.plugin_class = 'late_policy.TenPercentADay'\n")
    Path("own/ida/x").mkdir(parents=True)
    Path("own/ida/x/02_unfolding.ipynb").write_bytes(made_up.notebooks()["right"])


def test_every_command_of_the_guide_prints_what_stands_below_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TZ", "UTC")
    ran = 0
    for command, shown in blocks(PAGE.read_text(encoding="utf-8")):
        words = shlex.split(command)
        if words[0] == "cd":
            monkeypatch.chdir(tmp_path / words[1])
            provide()
            continue
        assert words[0] == "rnnlab", command
        main(words[1:])
        said = capsys.readouterr()
        assert re.fullmatch(pattern(shown), said.out + said.err, re.DOTALL), (command, said.out + said.err)
        ran += 1
    assert ran >= 4


def test_the_guides_own_question_is_the_one_that_edit_writes():
    (shown,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    written = own_example.CHECKS.replace("TITLE", "my_own")
    for piece in shown.strip().split("\n\n\n"):
        assert piece in written, piece


def test_what_the_guide_says_of_a_change_is_what_is_said():
    text = PAGE.read_text(encoding="utf-8")
    for said in (rescore.why("a", {"a": 3}, {"a": 6}, {}), rescore.why("a", {"a": 3}, {}, {})):
        assert f": {said}\n" in text
