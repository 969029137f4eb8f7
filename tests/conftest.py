"""What holds for every test: one thread for BLAS, and costly shared work done once."""

import gc
import os

import hypothesis
import pytest
from scheduling import pytest_collection_modifyitems, pytest_configure, pytest_xdist_make_scheduler  # noqa: F401

# Two threads that wait for each other on a busy machine make a product of 1 ms take 200.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# How long an example takes depends on what else the machine does: beside six busy loops one of 0.5 ms took 300.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(hookwrapper=True)
def pytest_collection():
    """Leave what collection makes, near a million objects that stay, to no later search for garbage."""
    gc.disable()
    yield
    gc.enable()
    gc.freeze()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol():
    """Put back how arrays are printed: a chapter's first cell sets it, and examples in docstrings depend on it."""
    import numpy as np  # not above: BLAS reads its threads when NumPy is imported

    with np.printoptions():
        yield


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


@pytest.fixture(scope="module")
def tabs(chromium):
    """Return the browser's tabs, which the tests of a module use one after the other."""
    from rnnbook.tabs import Tabs

    return Tabs(chromium)
