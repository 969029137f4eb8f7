"""The workflows run targets of the Makefile, on the versions that the package names; actionlint reads them in CI."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z][\w-]*)(?=:)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
on_every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def steps(text):
    """Return all steps of a workflow."""
    return [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]


def complaints(text):
    """Return what a workflow does in YAML alone, targets that do not exist, and actions without a version."""
    found = []
    for step in steps(text):
        run, uses = step.get("run", ""), step.get("uses", "")
        if run.startswith("make "):
            wanted = [word for word in re.sub(r"\$\{\{.*?\}\}", "", run).split()[1:] if "=" not in word]
            found += [f"make has no target {target}" for target in wanted if target not in TARGETS]
        elif run and not run.startswith("gh "):  # gh exists there alone
            found.append(f"{run!r} is no target of the Makefile")
        if uses and not re.search(r"@(v\d+|release/v\d+)$", uses):
            found.append(f"{uses} names no version")
    return found


@on_every_workflow
def test_every_step_is_a_target_of_the_makefile_or_an_action_with_a_version(path):
    assert complaints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("run: pytest", "'pytest' is no target of the Makefile"),
        ("run: make nothing", "make has no target nothing"),
        ("uses: actions/checkout@main", "actions/checkout@main names no version"),
    ],
)
def test_a_step_of_another_kind_is_seen(step, expected):
    assert complaints(f"jobs:\n  a:\n    steps:\n      - {step}\n") == [expected]


@on_every_workflow
def test_a_workflow_can_only_read_unless_a_job_says_so(path):
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}


def test_the_tests_run_on_every_python_that_the_package_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["all"]["strategy"]["matrix"]["python"] == named
    assert f">={named[0]}" == project["requires-python"]


def test_the_oldest_versions_that_are_tested_are_those_that_the_package_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = re.search(r"^OLDEST := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1]
    tested = [name.replace("==", ">=").removesuffix(".*") for name in re.findall(r"'([^']+)'", oldest)]
    assert tested == project["dependencies"]


def test_every_target_of_the_makefile_can_be_read(tmp_path):
    names = sorted(TARGETS - {"setup"})
    command = ["make", "--dry-run", "--silent", "VERSION=1.0.0", *names]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stderr == ""
