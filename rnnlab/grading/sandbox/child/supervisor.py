"""Watch a submission from outside its sandbox: how it ends, how long it waited for a processor, what it holds."""

import contextlib
import os
import select
import struct

from . import rootfs

_POLL_SECONDS = 0.05
_HELD = ("RssAnon", "RssShmem", "VmSwap")


def watch(init: int, report: int, status: int, limits: dict) -> str:
    """Return how the submission ended: "memory", "exit 3", "signal 11", or "" when the judge hung up."""
    while True:
        ready, _, _ = select.select([report, status], [], [], _POLL_SECONDS)
        if report in ready:
            raw = os.read(report, 4)
            return _in_words(struct.unpack("<i", raw)[0]) if len(raw) == 4 else "signal 9"
        if status in ready:
            if os.read(status, 1) != b"?":
                with contextlib.suppress(OSError):
                    os.write(status, f"used {_used() if limits['isolated'] else 0.0:.6f}\n".encode())
                return ""
            with contextlib.suppress(OSError):  # the judge may be gone: then it hangs up
                os.write(status, f"waited {_waited() if limits['isolated'] else 0.0:.6f}\n".encode())
        if limits["isolated"] and _megabytes() > limits["memory_mb"]:
            return "memory"


def _waited() -> float:
    """Return how many seconds that process of the sandbox that did so longest was ready to run and had no processor."""
    longest = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/schedstat") as file:
                longest = max(longest, int(file.read().split()[1]))
    return longest / 1e9


def _used() -> float:
    """Return the processor time in seconds of the sandbox's processes, this one included, as far as they are there."""
    total = sum(os.times()[:2])
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += _seconds(f"/proc/{name}")
    return total


def _seconds(folder: str) -> float:
    """Return a process's time: of its main thread exactly, or of all threads in the clock's coarse ticks."""
    with open(f"{folder}/schedstat") as file:
        exactly = int(file.read().split()[0]) / 1e9
    with open(f"{folder}/stat") as file:
        ticks = map(int, file.read().rpartition(")")[2].split()[11:15])
    return max(exactly, sum(ticks) / os.sysconf("SC_CLK_TCK"))


def _in_words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code}" if code >= 0 else f"signal {-code}"


def _megabytes() -> float:
    """Return what all processes and disks of the sandbox hold, by the kernel's count of memory that is no file's."""
    kilobytes = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/status") as file:
                lines = (line.split() for line in file if line.startswith(_HELD))
                kilobytes += sum(int(words[1]) for words in lines)
    disk = os.statvfs("/tmp"), os.statvfs(rootfs.HOME)
    used = sum((fs.f_blocks - fs.f_bfree) * fs.f_frsize for fs in disk)
    return kilobytes / 2**10 + used / 2**20
