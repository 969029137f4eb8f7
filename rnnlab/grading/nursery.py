"""One process in which everything is ready, and from which every grading process is forked.

The imports, the released notebooks, the compiled kernels, what the reference answers and the warm sandbox are made
there once a run, whatever the number of workers. It judges nothing itself, so that what a submission does to a judge
is gone with that judge.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import Pipe, reduction
from multiprocessing.connection import Connection
from typing import Any, Protocol

from rnnlab.grading.grader import Grader
from rnnlab.grading.sandbox.child.linux import die_with_parent

_SMALL = 250  # megabytes: what a process may hold of its own so that its copies have space to judge in
_PROGRAM = "import sys; from rnnlab.grading import nursery; nursery.main(int(sys.argv[1]))"


class Job(Protocol):
    """What is to be done, as `workers.Job`."""

    def grader(self) -> Grader: ...


Serve = Callable[[Connection, Grader, Any], None]


class Nursery:
    """The process and the way to it.

    Parameters
    ----------
    job : Job
    serve : callable
        What a grading process does: it is given its end of a pipe, the grader, and the job.
    """

    def __init__(self, job: Job, serve: Serve):
        self._pipe, far = Pipe()
        self._program: subprocess.Popen | None = None
        self._pid = 0
        if _alone():
            self._pid = os.fork()
            if self._pid == 0:
                _close_all_but(far.fileno())  # a lock on the course among them, which is held as long as it is open
                _until_done(far, job, serve)
        else:
            self._program = _started(far)
            self._pipe.send((job, serve))
        far.close()

    def fork(self) -> tuple[int, Connection]:
        """Return a new grading process: its id, and this end of the pipe to it.

        Raises
        ------
        OSError, EOFError
            If the process that should fork it is gone.
        """
        near, far = Pipe()
        with far:
            self._pipe.send(0)
            reduction.send_handle(self._pipe, far.fileno(), 0)
        return self._pipe.recv(), near

    def reap(self, pid: int) -> int:
        """Wait until a grading process has ended, and return its exit code."""
        try:
            self._pipe.send(pid)
            return self._pipe.recv()
        except (OSError, EOFError):  # then it has ended with the one that forked it
            return -signal.SIGKILL

    def end(self, pid: int) -> None:
        """End a grading process at once. Its id is no other's until it has been waited for."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.reap(pid)

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        if self._program is not None:
            self._program.wait()
        elif self._pid:
            os.waitpid(self._pid, 0)
            self._pid = 0


def _close_all_but(fd: int) -> None:
    os.closerange(3, fd)
    os.closerange(fd + 1, 2**16)


def _alone() -> bool:
    """Say whether this process can be copied as it is: it has one thread, so that no lock is held, and is small."""
    return (
        threading.active_count() == 1 and len(os.listdir("/proc/self/task")) == 1 and held("RssAnon") < _SMALL * 2**20
    )


def held(name: str) -> int:
    """Return a size of this process in bytes, by the kernel's name for it."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 2**10 for line in file if line.startswith(f"{name}:"))


def _started(far: Connection) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-c", _PROGRAM, str(far.fileno())]
    return subprocess.Popen(command, pass_fds=[far.fileno()], env=environment, stdin=subprocess.DEVNULL)


def main(fd: int) -> None:
    """Be the process, in a new interpreter, with an inherited end of a pipe."""
    pipe = Connection(fd)
    job, serve = pipe.recv()
    _until_done(pipe, job, serve)


def _until_done(pipe: Connection, job: Job, serve: Serve) -> None:
    """Fork grading processes when asked; never return."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with job.grader() as grader:
            grader.prepare()
            with contextlib.suppress(EOFError, OSError):
                while True:
                    _answer(pipe, grader, job, serve)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def _answer(pipe: Connection, grader: Grader, job: Job, serve: Serve) -> None:
    pid = pipe.recv()
    if pid:
        _, status = os.waitpid(pid, 0)
        pipe.send(os.waitstatus_to_exitcode(status))
        return
    handle = reduction.recv_handle(pipe)
    pid = os.fork()
    if pid == 0:
        try:
            die_with_parent()
            pipe.close()
            grader.fork_server.lent = True
            serve(Connection(handle), grader, job)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        finally:
            os._exit(0)
    os.close(handle)
    pipe.send(pid)
