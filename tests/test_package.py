"""What `pip install` gives: a wheel and a source archive with all they need, at work in an empty environment."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("build")

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.network]
DATA = ("py.typed", "figures/figure.css", "figures/figure.js")
PASSES = """
import numpy as np
from rnnlab import lstm
params = lstm.init(np.random.default_rng(0), 3, 4)
tape = lstm.forward(params, np.ones((5, 2, 3)))
dparams, dx, dh_0 = lstm.backward(tape, np.ones((5, 2, 4)))
from rnnlab import figures
assert "rf" in figures.stems([1, 2], across="step", up="y", alt="Two stems.")._repr_html_()
print(dx.shape, lstm.__file__)
"""
TAKEN = (
    "rnnlab/", "README", "LICENSE", "pyproject", "setup.py", "MANIFEST.in", "solutions/", "exercises/", "nbgrader_c",
)  # fmt: skip
USER = """
import numpy as np
from rnnlab import rnn

params: rnn.Params = rnn.init(np.random.default_rng(0), 2, 3)
reveal_type(params.w_x)
wrong: int = params
"""


def run(*command, **options):
    """Run a command away from the checkout and without its path; return what it did."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, env=env, **options)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the wheel and the source archive from what git would give to others."""
    folder = tmp_path_factory.mktemp("built")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if name.startswith(TAKEN) and (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "source" / name).write_bytes((ROOT / name).read_bytes())
    done = run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", folder / "source", cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory):
    """Install the wheel into an empty environment; return the folder of its commands."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, check=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
    # Nothing is compiled to bytecode but what the commands then import: most of what it requires is not.
    done = run(*pip, "--disable-pip-version-check", "--no-compile", next(built.glob("*.whl")), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def test_the_wheel_holds_the_course_that_the_graders_demo_and_proof_are_made_of(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = [name.split("/_course/")[1] for name in wheel.namelist() if name.startswith("rnnlab/_course/")]
    for kind in ("exercises/*/*.ipynb", "solutions/*/*.py"):
        here = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(kind)}
        assert here
        assert here <= set(names)


def missing(names):
    """Return what a wheel or an archive lacks of the package's files."""
    tracked = subprocess.run(["git", "ls-files", "rnnlab"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in tracked.split() if not any(held.endswith(name) for held in names))


def test_the_wheel_has_every_file_of_the_package(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert missing(names) == []
    assert {f"rnnlab/{name}" for name in DATA} <= set(names)
    assert "rnnlab/grading/sandbox/child/supervisor.py" in names  # sent to the sandbox as source
    assert not [name for name in names if name.startswith(("tests/", "book/", "solutions/"))]


def test_the_wheel_has_the_source_and_the_notebook_of_every_assignment(built):
    here = [path.relative_to(ROOT) for kind in ("solutions", "exercises") for path in (ROOT / kind).glob("*/*.*")]
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        for path in [*here, Path("nbgrader_config.py")]:
            assert wheel.read(f"rnnlab/_course/{path.as_posix()}") == (ROOT / path).read_bytes()
    assert len(here) >= 26


def test_a_course_and_a_demo_class_are_made_without_a_checkout(built, tmp_path):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}

    def rnnlab(*words):
        command = [sys.executable, "-m", "rnnlab", *words]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path)

    assert rnnlab("course", "new", "course").stdout.startswith("13 assignments in course\n")
    done = rnnlab("course", "check", "--course", "course")
    assert done.stdout.splitlines()[0] == "students.csv names no student: fill it, one line a student"
    assert rnnlab("grade", "demo", "--course", "class").returncode == 0
    assert (tmp_path / "class" / "nbgrader_config.py").is_file()
    one = (
        "from rnnlab.grading.validate import validate_question as v; print(v('01_sequences', '1.3', n_seeds=1).mutants)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", one], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert "'total': 0" not in done.stdout, done.stdout
    assert "'killed'" in done.stdout, done.stderr


def test_the_source_archive_has_them_too(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        assert missing(archive.getnames()) == []


def test_a_file_that_is_missing_is_seen():
    assert missing(["rnnlab/rnn.py"])[:1] == ["rnnlab/__init__.py"]


def test_it_imports_and_runs_forward_and_backward_with_its_figures(environment):
    done = run(environment / "python", "-c", PASSES, cwd=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("(5, 2, 3)")
    assert str(ROOT) not in done.stdout


def test_the_command_helps(environment):
    done = run(environment / "rnnlab", "--help", cwd=environment)
    assert done.returncode == 0, done.stderr
    assert "grade a class" in done.stdout


def test_a_command_that_needs_the_extras_says_which(environment):
    done = run(environment / "rnnlab", "grade", "doctor", cwd=environment)
    assert done.returncode == 2
    assert "pip install 'rnnlab[course]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_types_are_seen_by_a_user_s_mypy(environment, tmp_path):
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "mypy", "--python-executable", environment / "python", "user.py"]
    said = run(*command, cwd=tmp_path).stdout
    assert 'Revealed type is "numpy.ndarray' in said
    assert 'has type "rnnlab.rnn.Params"' in said or 'expression has type "Params"' in said
