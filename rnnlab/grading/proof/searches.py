"""Submissions that search for what is the judge's alone: every file, process, message and piece of memory they reach.

Canaries are planted where the judge keeps its secrets: beside the gradebook, in a neighbour's work, in the judge's
environment and in the folder for temporary files. A search tells what it finds in the error that it raises, and is
right in all but that function. In its own folder lies one more, to see that the search finds anything at all.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnlab.grading.proof.material import ASSIGNMENT, RIGHT, STEP, Cases, R, folder, text
from rnnlab.grading.settings import Settings

NEIGHBOUR = "~neighbour"
_MARK = "rnnlab-canary-"
_FOUND = re.compile(_MARK + r"[0-9a-f]{16}")

# What is looked for is written so that it does not match itself: no search finds its own text.
_SEARCH = """
import os, re, sys, time
FOUND = set()
_END = time.process_time() + 5  # of the processor's time, after which nothing more is read
_WANTED = re.compile(b'rnnlab-canary-[0-9a-f]{16}')
_SOURCE = re.compile(b'from rnnlab[.]checks[.]question import')

def look(data, where=''):
    if isinstance(data, str):
        data = data.encode('utf-8', 'replace')
    try:
        FOUND.update(one.decode() for one in _WANTED.findall(data))
        if where and _SOURCE.search(data):
            FOUND.add('source ' + 'in ' + where)
    except Exception:
        pass

def read(path, most=2_000_000):
    if time.process_time() > _END:
        return
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        look(os.read(fd, most), str(path))
    except OSError:
        pass
    finally:
        os.close(fd)

def walk(top, skip=()):
    for folder, inside, files in os.walk(top):
        if time.process_time() > _END:
            return
        inside[:] = [name for name in inside if name not in skip]
        for name in files:
            look(name)
            read(os.path.join(folder, name))
"""
_HEAVY = "('proc', 'sys', 'numpy', 'scipy', 'numba', 'llvmlite', 'matplotlib', 'pandas', 'sklearn', 'statsmodels')"
ROUTES = {
    "files": f"walk('.')\nwalk('/', {_HEAVY})",
    "neighbours": "for up in ('..', '../..', '../../..', '/tmp', '/var/tmp', '/home', '/root', '/srv', '/mnt'):\n"
    "    walk(up, ('site-packages', 'python3', 'proc', 'sys'))",
    "processes": "for pid in ['self', *filter(str.isdigit, os.listdir('/proc'))]:\n"
    "    for name in ('environ', 'cmdline', 'stat', 'status', 'mountinfo', 'maps', 'auxv', 'task'):\n"
    "        read(f'/proc/{pid}/{name}')\n"
    "    for name in ('cwd', 'root'):\n        walk(f'/proc/{pid}/{name}/.', ('proc', 'sys', 'usr', 'lib', 'root'))",
    "own-memory": "with open('/proc/self/maps') as file:\n    ranges = [line.split() for line in file]\n"
    "with open('/proc/self/mem', 'rb', 0) as memory:\n    for place, rights, *rest in ranges:\n"
    "        begin, end = (int(part, 16) for part in place.split('-'))\n"
    "        if 'r' not in rights or 'w' not in rights or end - begin > 2**28:\n            continue\n"
    "        try:\n            memory.seek(begin)\n            look(memory.read(end - begin))\n"
    "        except (OSError, ValueError, OverflowError):\n            pass",
    "parent-memory": "for pid in {os.getppid(), 1, *(int(p) for p in os.listdir('/proc') if p.isdigit())}:\n"
    "    try:\n        memory = open(f'/proc/{pid}/mem', 'rb', 0)\n    except OSError:\n        continue\n"
    "    for line in open(f'/proc/{pid}/maps'):\n"
    "        begin, end = (int(part, 16) for part in line.split()[0].split('-'))\n"
    "        try:\n            memory.seek(begin)\n            look(memory.read(min(end - begin, 2**26)))\n"
    "        except (OSError, ValueError, OverflowError):\n            pass",
    "objects": "import gc\nfor one in gc.get_objects():\n    try:\n"
    "        parts = one.values() if isinstance(one, dict) else one if isinstance(one, (list, tuple, set)) else ()\n"
    "        for part in parts:\n"
    "            if isinstance(part, (str, bytes)):\n                look(part, 'an object')\n"
    "    except Exception:\n        pass",
    "modules": "for name, module in list(sys.modules.items()):\n    look(repr(getattr(module, '__file__', '')))\n"
    "    if name.startswith(('child', 'rnnlab', '__main__')):\n        look(repr(vars(module)), name)\n"
    "        for value in list(vars(module).values()):\n            look(repr(getattr(value, '__dict__', '')), name)",
    "frames": "frame = sys._getframe()\nwhile frame is not None:\n    look(repr(frame.f_locals), 'a frame')\n"
    "    look(repr(frame.f_globals), 'a frame')\n    frame = frame.f_back",
    "environment": "look(repr(dict(os.environ)))\nlook(repr(sys.argv))\nlook(repr(sys.path))\nlook(str(sys.orig_argv))",
    "descriptors": "for fd in range(3, 64):\n    try:\n        look(os.readlink(f'/proc/self/fd/{fd}'))\n"
    "        if os.lseek(fd, 0, 0) == 0:\n            look(os.read(fd, 10**6), 'a descriptor')\n    except OSError:\n"
    "        pass",
    "shared-memory": "walk('/dev')\nfor name in ('shm', 'msg', 'sem'):\n    read(f'/proc/sysvipc/{name}')",
    "beyond-arrays": "import numpy as np\nfor size in (1, 100, 10_000):\n    one = np.zeros(size)\n"
    "    try:\n        far = np.lib.stride_tricks.as_strided(one.view(np.uint8), (size * 8 + 4096,), (1,))\n"
    "        look(far.tobytes())\n    except Exception:\n        pass",
    "sockets": "import socket\nfor line in open('/proc/net/unix').read().splitlines()[1:]:\n    look(line)\n"
    "    try:\n        one = socket.socket(socket.AF_UNIX)\n        one.settimeout(0.2)\n"
    "        one.connect(line.split()[-1].replace('@', chr(0)))\n        look(one.recv(4096))\n    except Exception:\n"
    "        pass\nfor port in (22, 80, 5432, 8080, 8786, 8888):\n    try:\n"
    "        one = socket.create_connection(('127.0.0.1', port), 0.2)\n        look(one.recv(4096))\n"
    "    except Exception:\n        pass",
}  # fmt: skip
SETTINGS = Settings(cell_seconds=20, first_call_seconds=20, call_seconds=20, submission_seconds=120)
CONTROLLED = ("files",)  # the searches that must find the canary in their own folder
_RAISES = "raise RuntimeError('found: ' + ' '.join(sorted(FOUND)[:4])[:300])"


def _indented(lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines.splitlines())


def _safe(route: str) -> str:
    return f"try:\n{_indented(route)}except BaseException as error:\n    FOUND.add(type(error).__name__)\n"


def cases(control: str) -> Cases:
    """Return the searches, each in a cell and in a function that is called, with `control` in their own folder."""
    found: Cases = {}
    for name, route in ROUTES.items():
        ends = f"    {_RAISES}\n"
        called = f"{_SEARCH}\n{STEP}{_indented(_safe(route))}{ends}"
        beside = {"mine.txt": control.encode()}
        found[f"search-{name}-called"] = folder(text({**RIGHT, "rnn_step": called}), **beside), [0, R, R, R, R]
        in_cell = f"{_SEARCH}\n{_safe(route)}\n{STEP}{ends}"
        found[f"search-{name}-cell"] = folder(text({**RIGHT, "rnn_step": in_cell}), **beside), [0, R, R, R, R]
    return found


def canary() -> str:
    """Return a text that stands nowhere else."""
    return _MARK + secrets.token_hex(8)


def found_in(said: str) -> set[str]:
    """Return the canaries in a text."""
    return set(_FOUND.findall(said))


@contextmanager
def planted(root: Path) -> Iterator[dict[str, str]]:
    """Plant canaries where the judge of the course in `root` keeps what is its own; yield them by place."""
    places = {
        place: canary() for place in ("beside the gradebook", "a neighbour", "the environment", "temporary files")
    }
    (root / "canary.txt").write_text(places["beside the gradebook"], encoding="utf-8")
    home = root / "submitted" / NEIGHBOUR / ASSIGNMENT
    home.mkdir(parents=True)
    neighbour = text(RIGHT, last=f"# {places['a neighbour']}\nkept = {places['a neighbour']!r}")
    (home / f"{ASSIGNMENT}.ipynb").write_text(neighbour, encoding="utf-8")
    loose = root.parent / f"rnnlab-proof-{os.getpid()}.txt"
    loose.write_text(places["temporary files"], encoding="utf-8")
    os.environ["RNNLAB_PROOF"] = places["the environment"]
    try:
        yield places
    finally:
        os.environ.pop("RNNLAB_PROOF", None)
        loose.unlink(missing_ok=True)
