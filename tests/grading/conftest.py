"""Sandboxes, one fork server for the tests of a module and a session in it for each; and a graded class."""

import hostile
import pytest
from graded_class import CLASS, QUICK, A
from sandboxed import QUICK as SHORT
from warm_sandboxes import graded_here, kept

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
    """Keep one warm sandbox for each kind of run."""
    with kept():
        yield


@pytest.fixture
def here(warm):
    """Let the command grade in this process."""
    with graded_here():
        yield


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
