"""The few Linux calls that make a sandbox, through the C library."""

import ctypes
import os
import platform
import struct

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NAMESPACES = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWPID | NEWNET

NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 1 << 18
DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 0x1, 0x2, 0x4, 0x8
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
_SYS_MOUNT_SETATTR, _SYS_LANDLOCK = 442, 444  # the same number on every architecture; Landlock has 444 to 446

_libc = ctypes.CDLL(None, use_errno=True)


def _check(name: str, result: int) -> int:
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def _prctl(option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    _check("prctl", _libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero))


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that made it ends."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def unshare(flags: int) -> None:
    """Leave the namespaces in `flags` for new ones."""
    _check("unshare", _libc.unshare(flags))


def become(uid: int) -> None:
    """Appear as user `uid` in the user namespace just made, whoever it was outside."""
    outside, group = os.geteuid(), os.getegid()
    unshare(NEWUSER | NAMESPACES)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outside} 1"), ("gid_map", f"{uid} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount as mount(2) does."""
    options = [text.encode() if text else None for text in (source, target, kind)]
    _check(f"mount {target}", _libc.mount(*options, ctypes.c_ulong(flags), data.encode()))


def restrict_mount(target: str, attributes: int, recursive: bool = True) -> None:
    """Add `attributes` (read-only and so on) to a mount and to those beneath it."""
    attr = struct.pack("<QQQQ", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    result = _libc.syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, target.encode(), flags, attr, ctypes.c_size_t(len(attr)))
    _check(f"mount_setattr {target}", result)


def pivot(root: str) -> None:
    """Make `root`, a mount, the root of this mount namespace and let go of the old one."""
    os.chdir(root)
    number = {"x86_64": 155, "aarch64": 41}.get(platform.machine())
    if number is None:
        raise OSError(f"the sandbox knows x86_64 and aarch64, not {platform.machine()}")
    _check("pivot_root", _libc.syscall(number, b".", b"."))
    _check("umount", _libc.umount2(b".", DETACH))
    os.chdir("/")


def open_to_others(yes: bool) -> None:
    """Say whether other processes of the same user may trace this one and read its memory and files."""
    _prctl(_PR_SET_DUMPABLE, int(yes))


def drop_to(uid: int) -> None:
    """Go from root to the unprivileged `uid` for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    open_to_others(True)  # else /proc/self belongs to root and no user namespace can be set up


def drop_capabilities() -> None:
    """Give up every capability, and the ways to get one back."""
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for capability in range(last + 1):
        _prctl(_PR_CAPBSET_DROP, capability)
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    _check("capset", _libc.capset(header, nothing))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def landlock_version() -> int:
    """Return the kernel's Landlock version, 0 where it has none."""
    return max(0, _libc.syscall(_SYS_LANDLOCK, None, ctypes.c_size_t(0), ctypes.c_uint(1)))


def landlock(writable: list[str]) -> bool:
    """Allow reading everywhere and writing only under `writable`; False where the kernel knows no Landlock."""
    version = landlock_version()
    if not version:
        return False
    everything = (1 << (13 + (version >= 2) + (version >= 3))) - 1
    read = 0b1101  # execute, read a file, read a folder
    attr = struct.pack("<Q", everything)
    rules = _check("landlock", _libc.syscall(_SYS_LANDLOCK, attr, ctypes.c_size_t(8), ctypes.c_uint(0)))
    for path, allowed in [("/", read), ("/dev/null", 0b110), *((path, everything) for path in writable)]:
        beneath = os.open(path, os.O_PATH)
        rule = struct.pack("<Qi", allowed, beneath)
        _check("landlock rule", _libc.syscall(_SYS_LANDLOCK + 1, rules, 1, rule, ctypes.c_uint(0)))
        os.close(beneath)
    _check("landlock", _libc.syscall(_SYS_LANDLOCK + 2, rules, ctypes.c_uint(0)))
    os.close(rules)
    return True


_DENIED = {  # architecture: its audit number, socket(2), mmap(2), and calls that no exercise needs
    "x86_64": (0xC000003E, 41, 9, "29 64 68 101 155 161 165 166 175 240 246 248 249 250 272 298 300 304 308 310 311 "
               "313 319 321 323 425 428 429 430 442 447"),
    "aarch64": (0xC00000B7, 198, 222, "40 39 41 51 97 104 105 117 180 186 190 194 217 218 219 241 262 265 268 270 271 "
                "273 279 280 282 425 428 429 430 442 447"),
}  # fmt: skip


def seccomp() -> bool:
    """Refuse mounts, namespaces, tracing, unnamed shared memory, kernel keys and every socket but a local one.

    Shared memory that is no file's counts for no process once its pages are let go of, and stays all the same.
    """
    if platform.machine() not in _DENIED:
        return False
    audit, socket, mmap, text = _DENIED[platform.machine()]
    denied = [int(number) for number in text.split()]
    load, equal, at_least, both, give = 0x20, 0x15, 0x35, 0x54, 0x06
    refuse, allow = 0x00050000 | 1, 0x7FFF0000  # errno EPERM; go on
    program = [(load, 0, 0, 4), (equal, 1, 0, audit), (give, 0, 0, refuse)]
    program += [(load, 0, 0, 0), (at_least, 0, 1, 0x40000000), (give, 0, 0, refuse)]
    for number in denied:
        program += [(equal, 0, 1, number), (give, 0, 0, refuse)]
    unnamed = 0x01 | 0x20  # MAP_SHARED, MAP_ANONYMOUS
    program += [(equal, 0, 5, mmap), (load, 0, 0, 40), (both, 0, 0, unnamed), (equal, 0, 1, unnamed)]
    program += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    program += [(equal, 0, 3, socket), (load, 0, 0, 16), (equal, 1, 0, 1), (give, 0, 0, refuse), (give, 0, 0, allow)]
    code = b"".join(struct.pack("<HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    filter_ = Program(len(program), ctypes.addressof(buffer))
    zero = ctypes.c_ulong(0)
    result = _libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(filter_), zero, zero)
    _check("seccomp", result)
    return True
