"""The papers of the repository: versions that agree, forms that a machine can read, commands that exist."""

import importlib.util
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

import rnnlab

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

_spec = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
release = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(release)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [form for form in FORMS if form.stem != "config"], ids=lambda path: path.stem)
def test_an_issue_form_asks_for_what_is_needed(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "labels", "body"} == set(form)
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in asked} <= {"input", "textarea"}
    assert all(field["validations"]["required"] and field["attributes"]["label"] for field in asked)
    assert len({field["id"] for field in asked}) == len(asked)


def test_the_pull_request_template_has_five_lines():
    assert len(read(".github/pull_request_template.md").splitlines()) == 5


def test_every_file_names_the_same_version():
    assert set(release.versions().values()) == {rnnlab.__version__}


def test_no_file_that_is_installed_from_names_the_host_of_a_registry():
    names = ["requirements.lock", "pyproject.toml", "binder/requirements.txt", ".devcontainer/devcontainer.json"]
    named = [name for name in names if re.search(r"--(extra-)?index-url|files\.pythonhosted|mcr\.|ghcr\.", read(name))]
    assert named == []


def test_the_container_can_be_read_and_sets_up_with_make():
    assert json.loads(read(".devcontainer/devcontainer.json"))["postCreateCommand"] == "make setup"


def test_binder_installs_what_an_exercise_imports():
    listed = {
        re.split(r"[>=]", line)[0] for line in read("binder/requirements.txt").splitlines() if line[:1] not in "#."
    }
    project = tomllib.loads(read("pyproject.toml"))["project"]
    listed |= {re.split(r"[>=]", name)[0] for name in project["dependencies"]}
    imported = set()
    for path in ROOT.glob("exercises/*/*.ipynb"):
        code = "\n".join(
            "".join(c["source"]) for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"
        )
        imported |= set(re.findall(r"^\s*(?:import|from) (\w+)", code, re.M))
    ours_or_standard = {"rnnlab", *__import__("sys").stdlib_module_names}
    assert imported - ours_or_standard <= listed


def commands(text):
    """Return the commands of each section of a Markdown text, by its heading."""
    found = {}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        blocks = re.findall(r"^```\n(.*?)^```", body, re.M | re.S)
        lines = [line.partition("   #")[0].rstrip() for block in blocks for line in block.splitlines()]
        found[heading] = [line for line in lines if line]
    return found


def faults(line):
    """Return what a command names that does not exist: a target of make, a file, a command of rnnlab."""
    words = shlex.split(line)
    while words and "=" in words[0]:
        words.pop(0)
    program, *rest = words
    if program == "make":
        targets = [word for word in rest if "=" not in word]
        return [target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.M)]
    if program.endswith(("pytest", "python", "ruff")):
        return [word for word in rest if re.match(r"(tests|rnnlab|book|solutions)/", word) and not any(ROOT.glob(word))]
    if program.endswith("rnnlab"):
        return [] if rest[0] in ("assign", "grade", "release") else rest[:1]
    return [] if program in ("git", "$EDITOR", "cd") else [program]


def test_each_way_to_contribute_takes_at_most_five_commands_and_each_exists():
    found = commands(read("CONTRIBUTING.md"))
    ways = {heading: lines for heading, lines in found.items() if lines}
    assert len(ways) >= 6
    assert {heading: lines for heading, lines in ways.items() if len(lines) > 5} == {}
    assert {line: faults(line) for lines in ways.values() for line in lines if faults(line)} == {}


@pytest.mark.parametrize("line", ["make nothing", ".venv/bin/pytest tests/test_none.py", "npm install", "rnnlab prove"])
def test_a_command_that_does_not_exist_is_seen(line):
    assert faults(line) != []


def test_readme_contributing_and_package_agree_on_what_is_required():
    required = [re.split(r"[>=]", name)[0] for name in tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]]
    said = re.search(r"It needs ([^.]*)\.", read("README.md"))[1]
    assert [name.lower() for name in re.findall(r"\b(NumPy|Numba|SciPy)\b", said)] == required
    assert all(name in read("CONTRIBUTING.md").lower() for name in required)


@pytest.fixture
def repository(tmp_path):
    """A small repository that is ready for a release of 0.2.0."""
    files = {
        "pyproject.toml": 'version = "0.1.0"\n',
        "rnnlab/__init__.py": '__version__ = "0.1.0"\n',
        "CITATION.cff": "version: 0.1.0\ndate-released: 2026-01-01\n",
        "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- A thing.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"], ["tag", "v0.1.0"]):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *args]
        subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def test_a_release_is_described_and_nothing_is_changed(repository, capsys):
    assert release.main(["0.2.0"], repository) == 0
    assert "tag it v0.2.0" in capsys.readouterr().out
    assert release.git("status", "--porcelain", root=repository) == ""


@pytest.mark.parametrize(
    ("version", "file", "text", "objection"),
    [
        ("0.2", None, None, "'0.2' is no version, expected three numbers such as 1.2.3"),
        ("0.1.0", None, None, "there is a tag v0.1.0 already"),
        ("0.0.9", None, None, "0.0.9 is not above 0.1.0"),
        ("0.2.0", "pyproject.toml", 'version = "0.1.1"\n', "the files name different versions"),
        ("0.2.0", "notes.txt", "x", "the working tree has changes that are not committed"),
        ("0.2.0", "CHANGELOG.md", "## Unreleased\n", "CHANGELOG.md has nothing under Unreleased"),
    ],
)
def test_what_stands_against_a_release_is_said(repository, version, file, text, objection):
    if file:
        (repository / file).write_text(text)
    assert any(said.startswith(objection) for said in release.objections(version, repository))


def test_a_release_writes_one_version_everywhere(repository):
    release.write("0.2.0", repository, "2026-02-02")
    assert release.disagreements("0.2.0", repository) == []
    assert release.disagreements("0.3.0", repository) != []
    assert "date-released: 2026-02-02" in (repository / "CITATION.cff").read_text()
    changelog = (repository / "CHANGELOG.md").read_text()
    assert release.section(changelog, "0.2.0") == "- A thing."
    assert release.section(changelog, "Unreleased") == ""
