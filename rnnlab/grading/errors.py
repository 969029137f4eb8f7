"""Everything that the grader raises on purpose, each error with what it means to whoever meets it."""


class ClusterUnusable(RuntimeError):
    """No Dask cluster could be reached, or none of its workers can grade."""


class CourseLocked(RuntimeError):
    """Another grading run is at work in this course."""


class DatabaseProblem(RuntimeError):
    """The gradebook cannot be read or written."""


class NotReleased(ValueError):
    """There is no released notebook to grade against."""


class Refused(Exception):
    """What was handed in cannot be graded; the text says why, to the student."""


class ReleaseError(ValueError):
    """A source that cannot be released: the message names the file and what was expected."""


class SandboxUnavailable(RuntimeError):
    """This machine does not let the sandbox be built."""
