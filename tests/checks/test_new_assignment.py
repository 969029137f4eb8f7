"""The skeleton of an assignment works as it is written, and the validation says what is missing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    kept = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    shutil.copytree(ROOT / "rnnlab", tmp_path / "rnnlab", ignore=kept)
    (tmp_path / "solutions").mkdir()
    return tmp_path


def run(folder, *command):
    surroundings = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "rnnlab", *command], cwd=folder, env=surroundings, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_what_is_written_works_and_what_is_missing_is_said(checkout, capsys):
    assert main(["assign", "new", "14_attention", "--course", str(checkout)]) == 0
    said = capsys.readouterr().out
    assert "rnnlab assign validate 14_attention" in said
    assert all(Path(line).is_file() for line in said.splitlines() if line.endswith(".py"))
    code, text = run(checkout, "assign", "validate", "14_attention", "--seeds", "5", "--workers", "1", "--json")
    complaints = [line for line in text.splitlines() if line.startswith("14.1: ")]
    assert (code, complaints) == (
        3,
        [
            "14.1: known mistakes: 1, expected at least 5",
            "14.1: other right answers: 1, expected at least 4",
        ],
    ), text
    (found,) = json.loads(text[text.index("[") : text.rindex("]") + 1])
    assert found["known_mistakes"] == {"total": 1, "caught": 1}
    assert found["alternatives"] == {"total": 1, "accepted": 1}
    assert found["mutants"]["killed"] + found["mutants"]["equivalent"] == found["mutants"]["total"] > 10
    code, text = run(checkout, "release", "14_attention")
    assert code == 0, text
    assert (checkout / "exercises" / "14_attention" / "14_attention.ipynb").exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("attention", "the name is 'attention', expected a number of two digits and a name, such as 14_attention"),
        ("14_Attention", "the name is '14_Attention', expected a number"),
        ("14_unfolding", "unfolding: is there already"),
        ("02_folding", "02_unfolding: is there already"),
    ],
)
def test_a_name_that_is_none_or_taken_is_refused(name, says, capsys):
    assert main(["assign", "new", name, "--course", str(ROOT)]) == 2
    assert says in capsys.readouterr().err


def test_a_folder_without_the_package_is_named(tmp_path, capsys):
    assert main(["assign", "new", "14_attention", "--course", str(tmp_path)]) == 2
    assert "no such folder, expected a checkout of the repository; --course names it" in capsys.readouterr().err
