"""Warm sandboxes that the tests of a module share: each takes a second to start and the same one serves many runs."""

from contextlib import contextmanager

import pytest

from rnnlab.cli import grade
from rnnlab.grading import grader
from rnnlab.grading.sandbox.host.fork_server import ForkServer


@contextmanager
def kept():
    """Keep a warm sandbox for each kind of run in this process."""
    warm: dict[tuple, ForkServer] = {}

    class Kept(ForkServer):
        def __new__(cls, hidden, settings, setup, says, points):
            return warm.setdefault((tuple(hidden), settings, tuple(setup), says, str(points)), super().__new__(cls))

        def __init__(self, *args):
            if not hasattr(self, "settings"):
                super().__init__(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grader.Grader, "__exit__", lambda self, *_exc: None)
        patch.setattr(grader, "ForkServer", Kept)
        yield
    for fork_server in warm.values():
        fork_server.close()


@contextmanager
def graded_here():
    """Let `rnnlab grade run` with one worker grade in this process: for tests of what it says, not of its processes."""
    run = grade.run

    def here(*args, n_workers, **options):
        return run(*args, n_workers=0 if n_workers == 1 else n_workers, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "run", here)
        yield
