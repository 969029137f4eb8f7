"""What the commands need and take a second for, once in a module: a warm sandbox, and whether this machine has one."""

from functools import cache

import pytest
from warm_sandboxes import graded_here, kept

from rnnlab.grading.sandbox.host import doctor


@pytest.fixture(scope="module")
def here():
    """Let the commands grade in this process and examine the machine's sandbox once."""
    with kept(), graded_here(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "examine", cache(doctor.examine))
        yield
