"""What a user can put right, in one line instead of a trace."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from rnnlab.cli import UserError
from rnnlab.grading.errors import ClusterUnusable, CourseLocked, DatabaseProblem, SandboxUnavailable
from rnnlab.grading.sandbox.host import doctor


@contextmanager
def mistakes() -> Iterator[None]:
    """Turn the errors that the course raises on purpose, and those of disks and databases, into a `UserError`."""
    try:
        yield
    except SandboxUnavailable as error:
        raise UserError(f"the sandbox cannot be built here: {error}\n{doctor.ADVICE}") from None
    except (ClusterUnusable, CourseLocked, DatabaseProblem, ValueError) as error:
        raise UserError(str(error)) from None
    except SQLAlchemyError as error:
        said = f"{error.__class__.__name__}: {str(error).splitlines()[0]}"
        raise UserError(f"the gradebook cannot be used: {said}") from None
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""  # what is only written to has no name
        raise UserError(f"{error.strerror}{where}" if error.strerror else str(error)) from None
