"""With numba, without it, and where it cannot keep what it compiled."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rnnlab.kernels.compile import JIT

ROOT = Path(__file__).parents[1]
TRAIN = """
import json
from importlib import import_module
import numpy as np
from rnnlab.kernels import compile
found = {}
for name in NAMES:
    cell = import_module("rnnlab." + name)
    params = cell.init(np.random.default_rng(0), 3, 5)
    x = np.random.default_rng(1).standard_normal((6, 4, 3))
    tape = cell.forward(params, x, lengths=[6, 2, 5, 1])
    dparams, dx, dh_0 = cell.backward(tape, tape.h[1:])
    found[name] = [array.tolist() for array in (tape.h, dx, *dparams)]
print(json.dumps([compile.JIT, found]))
"""
CELLS = ("rnn", "gru", "lstm")
only_compiled = pytest.mark.skipif(not JIT, reason="nothing is compiled here")


def process(root=ROOT, *flags, before="", cells=("rnn",), **environment):
    """Run a forward and a backward pass of some cells in a new process, and return what it printed and wrote."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", before + TRAIN.replace("NAMES", repr(cells))],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@cache
def here(before="", **environment):
    """Return whether anything is compiled under these settings, and the numbers of all cells, with this package."""
    return process(before=before, cells=CELLS, **environment)[0]


def same(left, right):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


BLOCK_NUMBA = "import sys; sys.modules['numba'] = None\n"


@only_compiled
@pytest.mark.parametrize("cell", CELLS)
def test_the_numbers_are_the_same_without_numba_and_with_compiling_switched_off(cell):
    compiled, absent, off = here(), here(before=BLOCK_NUMBA), here(NUMBA_DISABLE_JIT="1")
    assert (compiled[0], absent[0], off[0]) == (True, False, False)
    same(compiled[1][cell], absent[1][cell])
    assert absent[1][cell] == off[1][cell]


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
    return root, process(root)[0]


@pytest.fixture
def copy_of_trained(tmp_path, trained):
    """A copy of that copy, and the numbers: files keep their times, for compiled code belongs to them."""
    root, first = trained
    return shutil.copytree(root, tmp_path / "copy"), first


def compiled_files(root, suffix):
    return sorted((root / "rnnlab/kernels/__pycache__").glob(f"*{suffix}"))


@pytest.mark.slow
@only_compiled
def test_compiled_code_is_kept_and_an_edit_to_an_inlined_helper_is_seen(copy_of_trained):
    copy, first = copy_of_trained
    kept = compiled_files(copy, ".nbi")
    assert len(kept) == 2  # forward and backward
    assert process(copy)[0] == first
    assert compiled_files(copy, ".nbi") == kept

    helpers = copy / "rnnlab/kernels/numba_ops.py"
    text = helpers.read_text()
    helpers.write_text(text.replace("row[j] = tanh(row[j])", "row[j] = tanh(row[j]) + 1"))
    assert helpers.read_text() != text
    assert process(copy)[0] != first


@only_compiled
def test_a_package_that_cannot_be_written_to_works_all_the_same(copy):
    # Files where folders should be: what a read-only disk does, also to a user who may write anywhere.
    (copy / "rnnlab/kernels/__pycache__").write_text("")
    (copy / "home").write_text("")
    nowhere = {name: str(copy / "home") for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")}
    (compiled, found), _ = process(copy, **nowhere)
    assert compiled is True
    same(found["rnn"], here()[1]["rnn"])


@only_compiled
def test_a_folder_that_goes_away_after_the_import_costs_no_more_than_compiling(copy):
    gone = (
        "import pathlib, shutil, rnnlab.rnn, rnnlab.kernels\n"
        "folder = pathlib.Path(rnnlab.kernels.__file__).parent / '__pycache__'\n"
        "shutil.rmtree(folder), folder.write_text('')\n"
    )
    (compiled, found), _ = process(copy, before=gone)
    assert compiled is True
    same(found["rnn"], here()[1]["rnn"])


def cut(content):
    return content[:-7]


@pytest.mark.slow
@only_compiled
@pytest.mark.parametrize(
    "broken",
    [
        (lambda content: b"", cut),
        (lambda content: b"\x80", lambda content: b"garbage in place of a pickle"),
    ],
    ids=["empty and cut", "a pickle's first byte and garbage"],
)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_broken_file_among_the_compiled_ones_costs_a_warning_and_a_compilation(copy_of_trained, suffix, broken):
    copy, first = copy_of_trained
    files = compiled_files(copy, suffix)
    for file, breaks in zip(files, broken, strict=True):  # of the pass back, and of the one forward
        file.write_bytes(breaks(file.read_bytes()))
    found, said = process(copy, before="import warnings\nwarnings.simplefilter('always')\n")
    assert found == first
    assert said.count("cannot be read") == said.count("compiled again") == 2
    assert process(copy, "-W", "error")[0] == first, "the broken files were not replaced"
