"""What holds for every test: one thread for BLAS, and costly shared work done once."""

import os

import pytest

# Two threads that wait for each other on a busy machine make a product of 1 ms take 200.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Modules whose tests all look at one graded class, or at one chapter that was run: a second worker would do it again.
SHARED_WORK = ("test_hostile", "test_demo", "test_gradebook")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol():
    """Put back how arrays are printed: a chapter's first cell sets it, and examples in docstrings depend on it."""
    import numpy as np  # not above: BLAS reads its threads when NumPy is imported

    with np.printoptions():
        yield


def pytest_collection_modifyitems(items):
    """Keep tests that share costly work on one worker, under ``pytest -n 2 --dist loadgroup``."""
    for item in items:
        module = item.path.stem
        if module in SHARED_WORK or (item.path.parent.name == "book" and "chapters" in vars(item.module)):
            item.add_marker(pytest.mark.xdist_group(module))


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
