"""Sandboxes for the tests of what code inside of them can reach and take."""

import pytest

from rnnlab.checks.student import Failed
from rnnlab.grading.sandbox.host.session import Session
from rnnlab.grading.settings import Settings

QUICK = Settings(memory_mb=600, cell_seconds=5, call_seconds=5)


def answer(session: Session, source: str, *args):
    """Return what a function f of that body makes of its arguments x."""
    body = "\n".join(f"    {line}" for line in source.splitlines())
    session.run(f"import os\ndef f(*x):\n{body}\n", 10)
    return session.call("f", args, 10)


def failure(session: Session, source: str) -> Failed:
    with pytest.raises(Failed) as caught:
        answer(session, source)
    return caught.value
