"""A warm process that forks one child per submission.

Three processes stand behind a submission. The *supervisor*, outside the sandbox, watches the submission's memory and
clears it away; *init*, process 1 inside, only waits; the third runs the student's code. When init ends, the kernel ends
everything in the sandbox.
"""

import array
import contextlib
import gc
import importlib
import os
import signal
import socket
import struct
import sys
import time

from . import cells, linux, rootfs, rpc_server, supervisor


def main(control: socket.socket, config: dict, load) -> None:
    """Set up the sandbox, warm the imports, then fork for every pair of sockets that arrives."""
    rootfs.release_data_limit()
    linux_ = config["isolated"]
    if linux_:
        linux.die_with_parent()
        rootfs.enter()
        rootfs.build(config["root"], config["shown"], config["masked"], config["view"], config["view_at"])
    os.environ.clear()
    os.environ.update(config["environment"])
    sys.path[:] = config["path"]
    for name in config["path"]:
        sys.path_importer_cache.pop(name, None)
    os.chdir(config["environment"]["HOME"])
    _, codec, _, event_count = (load(name) for name in ("values", "codec", "calling", "event_count"))
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
                _supervise(channel, status, shell, config["limits"], codec, event_count)
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
    cells.prepare(shell)
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


def _supervise(channel: int, status: int, shell, limits: dict, codec, event_count) -> None:
    linux_ = limits["isolated"]
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report, told = os.pipe()
    if linux_:
        linux.die_with_parent()
        linux.become(rootfs.STUDENT)
    init = os.fork()
    if init == 0:
        os.close(report)
        os.close(status)
        try:
            _init(channel, told, shell, limits, codec, event_count)
        finally:
            os._exit(70)
    os.close(channel)
    os.close(told)
    reason = supervisor.watch(init, report, status, limits)
    if not linux_:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(init, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(init, signal.SIGKILL)
    os.waitpid(init, 0)
    with contextlib.suppress(OSError):
        os.write(status, reason.encode())
    os._exit(0)


def _init(channel: int, told: int, shell, limits: dict, codec, event_count) -> None:
    if limits["isolated"]:
        linux.die_with_parent()
        rootfs.settle(limits["disk_mb"])
        rootfs.lock()
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
        os.setsid()  # its process group is its own, so that killing it spares the supervisor
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)
    rootfs.limit(limits)
    os.chdir(os.environ["HOME"])
    time.tzset()
    counted = event_count.counter(alone=True)
    rpc_server.serve(rpc_server.Channel(socket.socket(fileno=channel), codec), shell, limits["isolated"], counted)
