"""A failure that is kept holds nothing of what the student's function returned."""

import numpy as np
import pytest

from rnnlab.checks.student import Failed
from rnnlab.checks.verdict import answered


def test_a_kept_failure_holds_no_frame():
    class Part:
        @staticmethod
        def probe(_ask, _draw):
            returned = np.zeros(1000)
            try:
                raise ValueError(returned.shape)
            except ValueError:
                raise Failed("foreign", "no plain value") from None

    kept = answered(Part(), None, None)
    assert kept == Failed("foreign", "no plain value")
    assert kept.__traceback__ is None
    assert kept.__context__ is None


def test_a_function_that_is_not_asked_again_fails_each_time_alike():
    from rnnlab.checks.asking import StudentProxy

    class Student:
        changed = odd = ()

        def call(self, function, args):
            raise Failed("died", "exit status 0")

    ask = StudentProxy(Student(), dead={})
    for _ in range(5):
        with pytest.raises(Failed, match="exit status 0"):
            ask("f", 1.0)
    assert ask.dead["f"].__traceback__ is None
