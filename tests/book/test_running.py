"""Which pages run again: those whose library has changed, and no others."""

import pytest

pytest.importorskip("jupyter_cache")
pytest.importorskip("myst_nb")

from rnnbook import running


@pytest.fixture
def package(tmp_path):
    """A small library: `net` uses `base`; `plot` is a folder with a drawing; `grading` is used by nobody."""
    root = tmp_path / "lib"
    (root / "plot").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "base.py": "",
        "net.py": "def f():\n    from lib.base import g",
        "plot/__init__.py": "",
        "plot/a.js": "1",
        "grading.py": "",
    }
    for name, content in files.items():
        (root / name).write_text(content)
    return root


PAGE = "import numpy as np\nfrom lib import net, plot"


@pytest.mark.parametrize("file", ["net.py", "base.py", "plot/a.js", "plot/__init__.py", "__init__.py"])
def test_a_change_in_what_a_page_uses_is_seen(package, file):
    before = running.fingerprint(PAGE, package)
    (package / file).write_text("changed = 1")
    assert running.fingerprint(PAGE, package) != before


def test_a_change_elsewhere_is_not(package):
    before = running.fingerprint(PAGE, package)
    (package / "grading.py").write_text("changed = 1")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "net.pyc").write_text("compiled")
    assert running.fingerprint(PAGE, package) == before


@pytest.mark.parametrize(
    "code",
    [
        "from lib import net",
        "import lib.net",
        "from lib.net import f",
        "import lib\nlib.net.f()",
        "import lib.net as n",
    ],
)
def test_every_way_to_import_is_read(package, code):
    assert running.imported(code, package) == {"net"}


def test_a_page_that_uses_nothing_of_it_never_runs_again_for_it(package):
    before = running.fingerprint("import numpy", package)
    (package / "__init__.py").write_text("changed = 1")
    assert running.fingerprint("import numpy", package) == before


def test_a_chapter_depends_on_the_library_and_not_on_the_grading():
    assert running.imported("from rnnlab import figures, readout, rnn") == {"figures", "readout", "rnn"}


def test_a_page_reads_the_stored_runs_that_it_names(tmp_path):
    folder = tmp_path / "results"
    (folder / "papers").mkdir(parents=True)
    for name in ("speed.json", "speed.py", "echo.json", "papers/reber.json"):
        (folder / name).write_text("{}")

    def names(code):
        return [file.name for file in running.stored(code, folder)]

    assert names('read("results", "speed")') == ["speed.json"]
    assert names('read("results", "papers")') == ["reber.json"]
    assert names("speed = 1") == []


def test_a_page_runs_again_when_a_stored_run_changes(tmp_path):
    import nbformat

    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "echo.json").write_text("1")
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('open("results/echo.json")')])
    before = running.state_of(page, folder)
    (folder / "echo.json").write_text("2")
    assert running.state_of(page, folder) != before


def test_a_notebook_is_run_once_and_forgotten_when_its_library_changes(tmp_path):
    import nbformat
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    cache = get_cache(tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    assert running.forget(cache, notebook, keep=True)
    cache.cache_notebook_bundle(CacheBundleIn(notebook, "a.md"), check_validity=False)
    assert not running.forget(cache, notebook, keep=True)
    assert running.forget(cache, notebook, keep=False)
    assert running.forget(cache, notebook, keep=True)
