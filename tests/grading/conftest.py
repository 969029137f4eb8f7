"""Sandboxes, one fork server for the tests of a module and a session in it for each; and a graded class."""

import hostile
import nbgrader.api
import pytest
from graded_class import CLASS, QUICK, A
from sandboxed import QUICK as SHORT

from rnnlab.grading import grader
from rnnlab.grading.course import Course
from rnnlab.grading.pipeline import run
from rnnlab.grading.sandbox.host.fork_server import ForkServer


@pytest.fixture(scope="module")
def fork_server():
    with ForkServer(["rnnlab.rnn"], SHORT) as warm:
        yield warm


@pytest.fixture
def session(fork_server):
    with_child = fork_server.open()
    yield with_child
    with_child.close()


@pytest.fixture(scope="module")
def warm():
    """Keep one warm sandbox for each kind of run, and ask only once which version nbgrader's tables have."""
    kept: dict[tuple, ForkServer] = {}

    class Kept(ForkServer):
        def __new__(cls, hidden, settings, setup, says, points):
            return kept.setdefault((tuple(hidden), settings, says), super().__new__(cls))

        def __init__(self, *args):
            if not hasattr(self, "settings"):
                super().__init__(*args)

        def __exit__(self, *_exc):
            pass

    version = nbgrader.api.get_alembic_version()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: version)
        patch.setattr(grader.Grader, "__exit__", lambda self, *_exc: None)
        patch.setattr(grader, "ForkServer", Kept)
        yield
    for fork_server in kept.values():
        fork_server.close()


@pytest.fixture
def course(tmp_path, warm) -> Course:
    hostile.write(tmp_path, CLASS)
    return Course(tmp_path)


@pytest.fixture(scope="module")
def graded(tmp_path_factory, warm) -> Course:
    root = tmp_path_factory.mktemp("graded")
    hostile.write(root, CLASS)
    found = Course(root)
    run(found, A, QUICK, seed=987654321)
    return found
