"""Build the sandbox that a submission lives in: its own file tree, network, processes and limits."""

import os
import resource

from . import linux

HOME = "/home/student"
NOBODY = 65534
STUDENT = 1000
_MASKED = 'raise ImportError(f"{__name__} is not available while your work is graded")\n'
_PASSWD = f"student:x:{STUDENT}:{STUDENT}:student:{HOME}:/nonexistent\n"


def enter() -> None:
    """Go to new namespaces and become process 1 there; the process left behind waits and ends with it.

    Root keeps its rank until the file tree stands; anyone else gets it inside a user namespace only.
    """
    user, group, privileged = os.geteuid(), os.getegid(), False
    if user == 0:
        try:
            linux.unshare(linux.NAMESPACES)
            privileged = True
        except PermissionError:
            pass
    if not privileged:
        linux.unshare(linux.NEWUSER | linux.NAMESPACES)
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    linux.die_with_parent()


def build(root: str, shown: list[tuple[str, str]], masked: list[str], view: dict[str, str], view_at: str) -> None:
    """Make the file tree under the empty folder `root` and move into it.

    Parameters
    ----------
    shown : list of (str, str)
        Files and folders to be seen, read-only: where they are now, and where they are then.
    masked : list of str
        Packages among them that cannot be imported.
    view : dict
        Files to be written under `view_at`.
    """
    linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
    linux.mount("tmpfs", root, "tmpfs", linux.NOSUID | linux.NODEV, "size=64m,nr_inodes=16384,mode=755")
    for path, place in shown:
        if os.path.islink(path) and not os.path.isdir(path):
            path_in = root + place
            os.makedirs(os.path.dirname(path_in), exist_ok=True)
            if not os.path.lexists(path_in):
                os.symlink(os.readlink(path), path_in)
            continue
        _bind(path, root + place)
    nothing = f"{root}/.masked"
    os.mkdir(nothing)
    with open(f"{nothing}/__init__.py", "w") as file:
        file.write(_MASKED)
    for path in masked:
        _bind(nothing, root + path)
    for name, text in {f"{view_at}/{name}": text for name, text in view.items()}.items():
        os.makedirs(os.path.dirname(root + name), exist_ok=True)
        with open(root + name, "w", encoding="utf-8") as file:
            file.write(text)
    _furnish(root)
    _let_read(root)
    linux.restrict_mount(root, linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NODEV, recursive=False)
    linux.pivot(root)
    if os.geteuid() == 0 and _is_real_root():
        linux.drop_to(NOBODY)


def _is_real_root() -> bool:
    with open("/proc/self/uid_map") as file:
        return file.read().split() == ["0", "0", "4294967295"]


def _bind(path: str, target: str) -> None:
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(path, target, flags=linux.BIND | linux.REC)
    linux.restrict_mount(target, linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NODEV)


def _furnish(root: str) -> None:
    for folder in ("/dev", "/proc", "/tmp", "/etc", HOME):
        os.makedirs(root + folder, exist_ok=True)
    for name in ("null", "zero", "full", "random", "urandom"):
        device = f"{root}/dev/{name}"
        os.close(os.open(device, os.O_CREAT | os.O_WRONLY, 0o644))
        linux.mount(f"/dev/{name}", device, flags=linux.BIND)
        linux.restrict_mount(device, linux.ATTR_NOSUID | linux.ATTR_NOEXEC)
    os.symlink("/tmp", f"{root}/dev/shm")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    with open(f"{root}/etc/passwd", "w") as file:
        file.write(_PASSWD)
    linux.mount("proc", f"{root}/proc", "proc", linux.NOSUID | linux.NODEV | linux.NOEXEC)
    size = "size=16m,nr_inodes=2048,mode=1777"
    for folder in ("/tmp", HOME):
        linux.mount("tmpfs", root + folder, "tmpfs", linux.NOSUID | linux.NODEV, size)


def _let_read(root: str) -> None:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not os.path.ismount(f"{folder}/{name}")]
        os.chmod(folder, 0o755)
        for name in files:
            if not os.path.ismount(f"{folder}/{name}") and not os.path.islink(f"{folder}/{name}"):
                os.chmod(f"{folder}/{name}", 0o644)


def settle(disk_mb: int) -> None:
    """Give the process-1-to-be of a submission its own disk of `disk_mb` and its own view of processes."""
    options = f"size={disk_mb}m,nr_inodes=4096,mode=1777"
    for folder in ("/tmp", HOME):
        linux.mount("tmpfs", folder, "tmpfs", linux.NOSUID | linux.NODEV, options)
    linux.mount("proc", "/proc", "proc", linux.NOSUID | linux.NODEV | linux.NOEXEC)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")


def lock() -> None:
    """Give up every right that running a notebook does not need, for this process and all that it will fork."""
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    linux.drop_capabilities()
    linux.landlock([HOME, "/tmp"])
    linux.seccomp()


def release_data_limit() -> None:
    """Lift the bound on data that this process has inherited from the judge: its own bounds are set by `limit`."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def limit(limits: dict) -> None:
    """Bound what one process may take."""
    mb = 2**20
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_FSIZE: limits["disk_mb"] * mb,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_AS: limits["address_mb"] * mb,
    }
    if limits["isolated"]:
        bounds[resource.RLIMIT_NPROC] = limits["processes"]
    for which, bound in bounds.items():
        _, hard = resource.getrlimit(which)
        value = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(which, (value, value))
