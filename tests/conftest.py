"""What holds for every test: one thread for BLAS, and costly shared work done once."""

import os

import pytest

# Two threads that wait for each other on a busy machine make a product of 1 ms take 200.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Each worker takes a file at a time, because a file's tests look at one graded class, at one chapter that was run, at one
# browser, or compile the same loops. These last longest, so they begin first.
LONG = ("grading/test_gradebook.py", "grading/test_hostile.py", "grading/test_demo.py")
# The tests of these share nothing and are handed out one by one, at the end, so that no worker waits long for another.
ONE_BY_ONE = ("grading/test_validate.py", "checks/test_questions.py")


def _turn(file):
    """Return when a file's turn is: a number, the lowest first."""
    late = [place for place, name in enumerate(ONE_BY_ONE, start=1) if file.endswith(name)]
    return late[0] if late else -file.endswith(LONG)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out work by file under ``pytest -n 2``.

    Not by xdist's own groups: they are part of a test's id, which newer releases of pytest no longer let it change.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return nodeid if file.endswith(ONE_BY_ONE) else file

    config.option.loadscopereorder = False  # the order is that of the collection, below
    return ByFile(config, log)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol():
    """Put back how arrays are printed: a chapter's first cell sets it, and examples in docstrings depend on it."""
    import numpy as np  # not above: BLAS reads its threads when NumPy is imported

    with np.printoptions():
        yield


def pytest_collection_modifyitems(items):
    """Put long files first and tests that are handed out one by one last."""
    items.sort(key=lambda item: _turn(item.nodeid.split("::")[0]))


@pytest.fixture(scope="module")
def chromium():
    """Start a browser for the tests of a module.

    It does not outlive the module: while it runs, the thread has a running event loop, and other tests start their own.
    """
    api, weigh = pytest.importorskip("playwright.sync_api"), pytest.importorskip("rnnbook.weigh")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=weigh.CHROMIUM, args=weigh.QUIET)
        yield browser
        browser.close()
