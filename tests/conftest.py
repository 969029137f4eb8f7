"""What holds for every test: one thread for BLAS, and costly shared work done once."""

import os
import re

import pytest

# Two threads that wait for each other on a busy machine make a product of 1 ms take 200.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# These files last longest, so they begin first.
LONG = ("grading/test_accidents.py", "grading/test_gradebook.py", "grading/test_hostile.py", "grading/test_demo.py")
# These ask every question of the course: their tests stay together by assignment.
QUESTIONS = ("checks/test_questions.py", "grading/test_validate.py")


def _place(nodeid):
    """Return with which others a test stays on one worker, and when their turn is: a number, the lowest first.

    The tests of a file look at one graded class, one chapter that was run or one browser, or compile the same loops;
    those of an assignment compile the same answers and share what the reference answers.
    """
    file = nodeid.split("::")[0]
    chapter = re.search(r"\[(\d+)[._]", nodeid) if file.endswith(QUESTIONS) else None
    if chapter:
        return f"assignment {int(chapter[1])}", 100 - int(chapter[1])  # the short ones last
    return file, -file.endswith(LONG)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out tests by the place that they have together under ``pytest -n 2``.

    Not by xdist's own groups: they are part of a test's id, which newer releases of pytest no longer let it change.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _place(nodeid)[0]

    config.option.loadscopereorder = False  # the order is that of the collection, below
    return ByPlace(config, log)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol():
    """Put back how arrays are printed: a chapter's first cell sets it, and examples in docstrings depend on it."""
    import numpy as np  # not above: BLAS reads its threads when NumPy is imported

    with np.printoptions():
        yield


def pytest_collection_modifyitems(items):
    """Put what lasts long first, so that at the end no worker waits long for another."""
    items.sort(key=lambda item: _place(item.nodeid)[1])


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
