"""A warm process that forks one child per submission.

Three processes stand behind a submission. The *guard*, outside its room, watches its memory and clears it away;
*process 1* of the room only waits; the third runs the student's code. When process 1 ends, the kernel ends everything
in the room.
"""

import array
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
import time

from . import linux, loop, room

_POLL_SECONDS = 0.05


def main(control: socket.socket, config: dict, load) -> None:
    """Set up the sandbox, warm the imports, then fork for every pair of sockets that arrives."""
    linux_ = config["isolated"]
    if linux_:
        linux.die_with_parent()
        room.enter()
        room.build(config["root"], config["shown"], config["masked"], config["view"], config["view_at"])
    os.environ.clear()
    os.environ.update(config["environment"])
    sys.path[:] = config["path"]
    for name in config["path"]:
        sys.path_importer_cache.pop(name, None)
    os.chdir(config["environment"]["HOME"])
    codec, event_count = load("codec"), load("event_count")
    shell = _warm(config["warm"], config["setup"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    control.sendall(b"ready")
    while True:
        data, fds = _receive(control)
        if not data:
            os._exit(0)
        channel, status = fds
        if os.fork() == 0:
            control.close()
            try:
                _guard(channel, status, shell, config["limits"], codec, event_count)
            finally:
                os._exit(70)
        os.close(channel)
        os.close(status)


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    fds = array.array("i")
    data, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(2 * fds.itemsize))
    for _, kind, payload in ancillary:
        if kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, list(fds)


def _warm(modules: list[str], setup: list[str]):
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    for name in ("run_line_magic", "run_cell_magic", "system"):
        setattr(shell, name, _harmless(getattr(shell, name)))
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for source in setup:
        with contextlib.suppress(Exception, SystemExit):
            exec(shell.transform_cell(source), {"__name__": "warm"})
    if "numba" in sys.modules:
        numba = sys.modules["numba"]
        numba.njit(lambda n: n + 1.0)(1.0)
    return shell


def _harmless(magic):
    def run(*args, **options):
        try:
            return magic(*args, **options)
        except Exception:  # as in a notebook, where a magic that is not there does not take the cell's functions along
            return None

    return run


def _guard(channel: int, status: int, shell, limits: dict, codec, event_count) -> None:
    linux_ = limits["isolated"]
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report, told = os.pipe()
    if linux_:
        linux.die_with_parent()
        linux.become(room.STUDENT)
    first = os.fork()
    if first == 0:
        os.close(report)
        os.close(status)
        try:
            _first(channel, told, shell, limits, codec, event_count)
        finally:
            os._exit(70)
    os.close(channel)
    os.close(told)
    reason = _watch(first, report, status, limits)
    if not linux_:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(first, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    with contextlib.suppress(OSError):
        os.write(status, reason.encode())
    os._exit(0)


def _watch(first: int, report: int, status: int, limits: dict) -> str:
    """Return how the submission ended: "memory", "exit 3", "signal 11", or "" when the judge hung up."""
    while True:
        ready, _, _ = select.select([report, status], [], [], _POLL_SECONDS)
        if report in ready:
            raw = os.read(report, 4)
            return _words(struct.unpack("<i", raw)[0]) if len(raw) == 4 else "signal 9"
        if status in ready:
            if os.read(status, 1) != b"?":
                return ""
            with contextlib.suppress(OSError):  # the judge may be gone: then it hangs up
                os.write(status, f"waited {_waited() if limits['isolated'] else 0.0:.6f}\n".encode())
        if limits["isolated"] and _megabytes() > limits["memory_mb"]:
            return "memory"


def _waited() -> float:
    """Return how many seconds that process of the room that did so longest was ready to run and had no processor."""
    longest = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/schedstat") as file:
                longest = max(longest, int(file.read().split()[1]))
    return longest / 1e9


def _words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code}" if code >= 0 else f"signal {-code}"


def _megabytes() -> float:
    """Return what all processes and disks of the room hold, by the kernel's count of memory that is no file's."""
    kilobytes = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/status") as file:
                lines = (line.split() for line in file if line.startswith(("RssAnon", "RssShmem")))
                kilobytes += sum(int(words[1]) for words in lines)
    disk = os.statvfs("/tmp"), os.statvfs(room.HOME)
    used = sum((fs.f_blocks - fs.f_bfree) * fs.f_frsize for fs in disk)
    return kilobytes / 2**10 + used / 2**20


def _first(channel: int, told: int, shell, limits: dict, codec, event_count) -> None:
    if limits["isolated"]:
        linux.die_with_parent()
        room.settle(limits["disk_mb"])
        room.lock()
        linux.open_to_others(False)  # the code that it waits for shall not get at it
    else:
        os.setpgid(0, 0)
    child = os.fork()
    if child == 0:
        os.close(told)
        _student(channel, shell, limits, codec, event_count)
        os._exit(0)
    os.close(channel)
    while True:
        pid, status = os.wait()
        if pid == child:
            os.write(told, struct.pack("<i", status))
            os._exit(0)


def _student(channel: int, shell, limits: dict, codec, event_count) -> None:
    if limits["isolated"]:
        linux.open_to_others(True)
        os.setsid()  # its process group is its own, so that killing it spares the guard
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)
    room.limit(limits)
    os.chdir(os.environ["HOME"])
    time.tzset()
    counted = event_count.counter(alone=True)
    loop.serve(loop.Channel(socket.socket(fileno=channel), codec), shell, limits["isolated"], counted)
