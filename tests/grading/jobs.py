"""Jobs whose judges fail. A grading process is fresh: it imports this module, so that little else stands here."""

import os
import time

import numpy as np

from rnnlab.grading import workers
from rnnlab.grading.errors import SandboxUnavailable

LONG = "at it for a long time"  # the file that is there once a judge takes too long


class DyingJob(workers.Job):
    """A job whose grading process ends when it comes to bo."""

    def grader(self):
        made = super().grader()
        original = made.grade
        made.grade = lambda name, known="": os._exit(9) if name == "bo" else original(name, known)
        return made


class GreedyJob(workers.Job):
    """A job whose judge takes too much of something at one student's work."""

    def grader(self):
        made = super().grader()
        original = made.grade

        def grade(name, known=""):
            if name == "bo":
                held = []
                while True:  # each allocation is small: a single large one would be refused at once
                    held.append(np.ones(2**17))
            if name == "cy":
                (self.root / LONG).touch()
                time.sleep(3600)
            return original(name, known)

        made.grade = grade
        return made


class BarredJob(workers.Job):
    """A job on a machine that lets no sandbox be built: grading processes are fresh and see nothing patched here."""

    def grader(self):
        made = super().grader()
        made.fork_server.open, made.prepare = _cannot, _nothing
        return made


def _cannot():
    raise SandboxUnavailable("unshare: Operation not permitted")


def _nothing():
    """Begin no sandbox and ask no reference: nothing of it would be used."""
