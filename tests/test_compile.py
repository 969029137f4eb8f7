"""With numba, without it, and where it cannot keep what it compiled."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnnlab.kernels.compile import JIT

ROOT = Path(__file__).parents[1]
TRAIN = """
import json, sys
import numpy as np
from rnnlab import CELL as cell
from rnnlab.kernels import compile
params = cell.init(np.random.default_rng(0), 3, 5)
x = np.random.default_rng(1).standard_normal((6, 4, 3))
tape = cell.forward(params, x, lengths=[6, 2, 5, 1])
dparams, dx, dh_0 = cell.backward(tape, tape.h[1:])
print(json.dumps([compile.JIT, tape.h.tolist(), dx.tolist(), [d.tolist() for d in dparams]]))
"""
CELLS = ["rnn", "gru", "lstm"]
only_compiled = pytest.mark.skipif(not JIT, reason="nothing is compiled here")


def train(cell="rnn", root=ROOT, before="", **environment):
    """Run a forward and a backward pass in a new process."""
    process = subprocess.run(
        [sys.executable, "-c", before + TRAIN.replace("CELL", cell)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def same(left, right):
    for a, b in zip(left[1:3], right[1:3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
    for a, b in zip(left[3], right[3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


BLOCK_NUMBA = "import sys; sys.modules['numba'] = None\n"


@only_compiled
@pytest.mark.parametrize("cell", CELLS)
def test_the_numbers_are_the_same_without_numba_and_with_compiling_switched_off(cell):
    compiled = train(cell)
    absent = train(cell, before=BLOCK_NUMBA)
    off = train(cell, NUMBA_DISABLE_JIT="1")
    assert (compiled[0], absent[0], off[0]) == (True, False, False)
    same(compiled, absent)
    assert absent == off


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, with nothing compiled yet."""
    shutil.copytree(ROOT / "rnnlab", tmp_path / "rnnlab", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A copy of the package with what was compiled in a first pass, and the numbers of that pass."""
    root = tmp_path_factory.mktemp("trained")
    shutil.copytree(ROOT / "rnnlab", root / "rnnlab", ignore=shutil.ignore_patterns("__pycache__"))
    return root, train(root=root)


@pytest.mark.slow
@only_compiled
def test_compiled_code_is_kept_and_an_edit_to_an_inlined_helper_is_seen(copy):
    first = train(root=copy)
    kept = {file.name for file in (copy / "rnnlab/kernels/__pycache__").glob("*.nbi")}
    assert len(kept) == 2  # forward and backward
    assert train(root=copy) == first
    assert {file.name for file in (copy / "rnnlab/kernels/__pycache__").glob("*.nbi")} == kept

    helpers = copy / "rnnlab/kernels/numba_ops.py"
    text = helpers.read_text()
    helpers.write_text(text.replace("row[j] = tanh(row[j])", "row[j] = tanh(row[j]) + 1"))
    assert helpers.read_text() != text
    assert train(root=copy)[1] != first[1]


@only_compiled
def test_a_package_that_cannot_be_written_to_works_all_the_same(copy):
    # Files where folders should be: what a read-only disk does, also to a user who may write anywhere.
    (copy / "rnnlab/kernels/__pycache__").write_text("")
    (copy / "home").write_text("")
    nowhere = {name: str(copy / "home") for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")}
    found = train(root=copy, **nowhere)
    assert found[0] is True
    same(found, train())


@only_compiled
def test_a_folder_that_goes_away_after_the_import_costs_no_more_than_compiling(copy):
    gone = (
        "import pathlib, shutil, rnnlab.rnn, rnnlab.kernels\n"
        "folder = pathlib.Path(rnnlab.kernels.__file__).parent / '__pycache__'\n"
        "shutil.rmtree(folder), folder.write_text('')\n"
    )
    found = train(root=copy, before=gone)
    assert found[0] is True
    same(found, train())


@pytest.mark.slow
@only_compiled
@pytest.mark.parametrize("broken", [b"", b"\x80", b"garbage in place of a pickle", "cut"])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_broken_file_among_the_compiled_ones_costs_a_warning_and_a_compilation(tmp_path, trained, suffix, broken):
    compiled, first = trained
    copy = shutil.copytree(compiled, tmp_path / "copy")  # files keep their times: compiled code belongs to them
    files = list((copy / "rnnlab/kernels/__pycache__").glob(f"*{suffix}"))
    assert files
    for file in files:
        file.write_bytes(file.read_bytes()[:-7] if broken == "cut" else broken)
    noted = "import warnings\nwarnings.simplefilter('always')\n"
    process = subprocess.run(
        [sys.executable, "-c", noted + TRAIN.replace("CELL", "rnn")],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == first
    assert "cannot be read" in process.stderr
    assert "compiled again" in process.stderr
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", TRAIN.replace("CELL", "rnn")],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, f"the broken file was not replaced: {process.stderr}"
    assert json.loads(process.stdout) == first
