"""More attacks: the process from within, forged results, tampered cells, hoards of another kind, work for the judge."""

# ruff: noqa: E501 - a case stands on a line

from collections.abc import Callable

from rnnlab.grading.proof.material import (
    FULL,
    NOTHING,
    RIGHT,
    STEP,
    WRONG,
    Cases,
    R,
    folder,
    joined,
    text,
)

CASES: Cases = {}
_REST = [0, R, R, R, R]  # all but the first question


def _called(source: str, after: str = "    return np.zeros_like(h)\n") -> dict[str, str]:
    """Return the right answers, but for a first one that runs some lines."""
    return {**RIGHT, "rnn_step": STEP + "".join(f"    {line}\n" for line in source.splitlines()) + after}


# --- the process from within ------------------------------------------------------------------------------------------

WITHIN = {
    "judges-frame": "import sys\nf = sys._getframe()\nwhile f.f_back:\n    f = f.f_back\n    for key in ('expected', 'reference', 'right', 'points'):\n"
    "        if key in f.f_locals:\n            f.f_locals[key] = 100.0",
    "answers-in-gc": "import gc\nfor one in gc.get_objects():\n    try:\n        if callable(one) and getattr(one, '__name__', '') in ('rnn_step', 'step', 'solution'):\n"
    "            return one(x, h, w_x, w_h, b_h)\n    except Exception:\n        pass",
    "answers-in-referrers": "import gc\nfor one in gc.get_referrers(rnn_step):\n    for value in list(one.values()) if isinstance(one, dict) else []:\n"
    "        if callable(value) and value is not rnn_step:\n            try:\n                value(x, h, w_x, w_h, b_h)\n            except Exception:\n                pass",
    "memory-of-init": "import ctypes, os\nlibc = ctypes.CDLL(None)\nbuf = ctypes.create_string_buffer(4096)\n"
    "libc.syscall(310, os.getppid(), buf, 1, buf, 1, 0)\nlibc.ptrace(16, os.getppid(), 0, 0)",
    "signals-to-init": "import os, signal\nfor number in (1, 2, 9, 15, 19, 23):\n    for pid in (1, os.getppid()):\n        try:\n            os.kill(pid, number)\n"
    "        except OSError:\n            pass",
    "limits-of-init": "import os, resource\nfor pid in (1, os.getppid()):\n    try:\n        resource.prlimit(pid, resource.RLIMIT_AS, (1, 1))\n    except OSError:\n        pass",
    "new-namespace": "import ctypes, os\nlibc = ctypes.CDLL(None)\nfor flag in (0x10000000, 0x00020000, 0x40000000):\n    libc.unshare(flag)\nlibc.mount(b'none', b'/', b'tmpfs', 0, None)\nlibc.chroot(b'/tmp')",
    "writes-packages": "import os, numpy, rnnlab\nfor module in (os, numpy, rnnlab):\n    try:\n        open(os.path.dirname(module.__file__) + '/x.py', 'w').write('x')\n    except OSError:\n        pass",
    "start-up-files": "import os\nfor name in ('.bashrc', '.config/matplotlib/matplotlibrc', '.ipython/profile_default/startup/a.py', '.local/lib/python3.11/site-packages/a.pth', 'sitecustomize.py', 'usercustomize.py'):\n"
    "    path = os.path.join(os.environ['HOME'], name)\n    os.makedirs(os.path.dirname(path), exist_ok=True)\n    open(path, 'w').write('raise SystemExit')",
    "meta-path": "import sys\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n        raise SystemExit\nsys.meta_path.insert(0, Finder())",
    "path-hooks": "import sys\nsys.path_hooks.clear()\nsys.path.clear()\nsys.meta_path.clear()",
    "modules-cleared": "import sys\nsys.modules.clear()",
    "builtins": "import builtins\nfor name in ('isinstance', 'type', 'len', 'all', 'zip', 'tuple', 'list', 'float'):\n    setattr(builtins, name, lambda *a, **k: True)",
    "child-replaced": "import sys\nfor name, module in list(sys.modules.items()):\n    if name.startswith('child'):\n        for key in list(vars(module)):\n            if callable(getattr(module, key)) and not key.startswith('__'):\n"
    "                setattr(module, key, lambda *a, **k: ('value', 100.0))",
    "channel-taken": "import gc, socket\nfor one in gc.get_objects():\n    if isinstance(one, socket.socket):\n        one.sendall(b'\\x10\\0\\0\\0' + bytes(16))\n        one.detach()",
    "channel-duplicated": "import os\nfor fd in range(3, 60):\n    try:\n        os.dup2(os.dup(fd), 200 + fd % 20)\n        os.dup2(1, fd)\n    except OSError:\n        pass",
    "audit-raises": "import sys\ndef hook(*a):\n    raise RuntimeError\nsys.addaudithook(hook)",
    "trace-endless": "import sys\ndef trace(*a):\n    while True:\n        pass\nsys.settrace(trace)\n(lambda: 0)()",
    "exit-hooks": "import atexit, os, threading\natexit.register(os._exit, 0)\nthreading._register_atexit(os._exit, 0)\nraise SystemExit",
    "numpy-frombuffer": "np.frombuffer = np.asarray = np.array_equal = np.may_share_memory = lambda *a, **k: np.zeros(0)",
    "kept-from-a-thread": "import threading, time, os\ndef later():\n    while True:\n        time.sleep(0.01)\n        for fd in range(3, 30):\n            try:\n                os.write(fd, b'\\x01\\0\\0\\0x')\n"
    "            except OSError:\n                pass\nthreading.Thread(target=later, daemon=True).start()",
    "orphan": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True:\n            time.sleep(1)\n    os._exit(0)",
    "orphan-answers": "import os\nif os.fork():\n    os._exit(0)",
    "both-answer": "import os\nos.fork()",
    "vfork": "import ctypes\nctypes.CDLL(None).vfork()",
    "stops-itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "idle-class": "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True:\n    pass",
    "starves-the-judge": "import threading\ndef spin():\n    while True:\n        pass\nfor _ in range(40):\n    threading.Thread(target=spin, daemon=True).start()",
    "signal-handlers": "import signal\nfor number in range(1, 65):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\nwhile True:\n    pass",
}  # fmt: skip
for name, source in WITHIN.items():
    CASES[f"within-{name}-called"] = folder(text(_called(source))), _REST
    CASES[f"within-{name}-first"] = folder(text(WRONG, first=source)), NOTHING

# --- ways to the course's code ----------------------------------------------------------------------------------------

LIBRARY = {
    "editable-install": "import glob\nfor path in glob.glob('/**/__editable__*', recursive=True) + glob.glob('/**/direct_url.json', recursive=True):\n    exec(open(path).read())",
    "metadata": "from importlib.metadata import files, distribution\nfor one in files('rnnlab') or []:\n    if one.name == 'rnn.py':\n        exec(one.read_text(), globals())\nreturn step(x, h, w_x, w_h, b_h)",
    "resources": "from importlib.resources import files\ntext = files('rnnlab').joinpath('rnn.py').read_text()\nexec(text, globals())\nreturn step(x, h, w_x, w_h, b_h)",
    "run-module": "import runpy\nreturn runpy.run_module('rnnlab.rnn')['step'](x, h, w_x, w_h, b_h)",
    "another-interpreter": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import rnnlab.rnn'], check=True)\nreturn h",
    "closures-of-check": "from rnnlab.checks import check\nfor cell in check.__closure__ or check.__globals__.values():\n    getattr(cell, 'cell_contents', cell)\nreturn check('2.1', rnn_step)",
    "inspect-check": "import inspect, rnnlab.checks as c\nexec(inspect.getsource(c), globals())\nreturn check('2.1')",
    "masked-torch-parts": "import torchgen, functorch\nreturn functorch.vmap(x)",
    "masked-unmasked": "import sys, importlib\nsys.modules.pop('torch', None)\nimportlib.invalidate_caches()\nt = importlib.import_module('torch')\nreturn t.nn.RNNCell(1, 1)(x, h)",
    "compiled-libraries": "import ctypes, glob\nfor path in glob.glob('/**/libtorch*.so*', recursive=True):\n    ctypes.CDLL(path)\nreturn h",
    "jupyter-share": "import glob\nfor path in glob.glob('/**/share/**/*.ipynb', recursive=True) + glob.glob('/**/*unfolding*', recursive=True):\n    exec(open(path).read(), globals())\nreturn h",
    "sparse-file-system": "import os\nfor root in ('/proc/1/root', '/proc/self/root', '/proc/self/cwd/../..', '/dev/fd', '/elsewhere'):\n    for folder, _, files in os.walk(root):\n        if 'rnn.py' in files:\n            exec(open(folder + '/rnn.py').read(), globals())\nreturn step(x, h, w_x, w_h, b_h)",
}  # fmt: skip
for name, source in LIBRARY.items():
    CASES[f"way-{name}"] = folder(text(_called(source))), _REST

# --- messages of its own making ---------------------------------------------------------------------------------------

_KEYS = """import json, struct
_head = json.dumps({"dict": [[{"int": format(k * (2**61 - 1), "x")}, None] for k in range(60_000)]}).encode()
_MANY = np.frombuffer(struct.pack("<II", len(_head), 0) + _head, np.uint8)
"""
FORGED = {
    "keys-of-one-hash": "import sys\ncodec = sys.modules['child.codec']\nold = codec.encode\ndef encode(value, *more):\n"
    "    if isinstance(value, tuple) and len(value) > 3 and value[1] == 'value':\n        value = (value[0], 'value', _MANY, value[3])\n    return old(value, *more)\ncodec.encode = encode",
    "messages-of-no-kind": "import sys\nchannel = None\nframe = sys._getframe()\nwhile frame is not None:\n    channel = frame.f_locals.get('channel', channel)\n    frame = frame.f_back\n"
    "while True:\n    channel.send(1, 'at', 2**62)",
}  # fmt: skip
for name, source in FORGED.items():
    every = NOTHING if name == "keys-of-one-hash" else _REST  # there, every later answer is replaced as well
    CASES[f"forged-{name}"] = folder(text({**RIGHT, "rnn_step": _KEYS + _called(source)["rnn_step"]})), every


def _many_cells(tree: dict) -> None:
    tree["cells"] += [{"cell_type": "code", "source": f"a{n} = 1", "metadata": {}, "outputs": []} for n in range(100)]


_LIES = (
    "import sys, uuid\nsys.modules['child.cells'].run = lambda *a: [[1, [uuid.uuid4().hex * 3 for _ in range(100)], "
    "'x' * 500, 'y' * 90] for _ in range(200)]"
)
CASES["forged-names-without-end"] = folder(text(WRONG, first=_LIES, change=_many_cells)), NOTHING

# --- forged values ------------------------------------------------------------------------------------------------------

VALUES = {
    "masked": "np.ma.masked_all(h.shape)",
    "masked-singleton": "np.ma.masked",
    "structured": "np.zeros(h.shape, [('a', float)])",
    "record-array": "np.rec.array(np.zeros(h.shape))",
    "megabytes": "np.zeros((512, 512))",
    "megabytes-of-one-number": "np.lib.stride_tricks.as_strided(h, (10**5, 10), (0, 0))",
    "numbers-by-the-thousand": "list(range(10**9, 10**9 + 150_000))",
    "broadcast-huge": "np.broadcast_to(0.0, (10**6, 10**6))",
    "memmap": "np.memmap('/tmp/m', dtype=float, mode='w+', shape=h.shape)",
    "object-scalars": "np.array([[0.0]], dtype=object)",
    "date": "np.zeros(h.shape, 'M8[s]')",
    "text": "np.full(h.shape, 'nan')",
    "bytes": "bytes(h)",
    "memoryview": "memoryview(h)",
    "generator": "(row for row in h)",
    "coroutine": "__import__('asyncio').sleep(0)",
    "module": "np",
    "class": "float",
    "exception": "ValueError('0 points')",
    "function": "rnn_step",
    "not-implemented": "NotImplemented",
    "deep-list": "__import__('functools').reduce(lambda a, _: [a], range(10**5), 0)",
    "wide-dict": "{i: i for i in range(10**6)}",
    "many-numbers": "[0.0] * 10**6",
    "one-block-often": "[np.zeros(2**21)] * 1000",
    "long-integer": "10**(10**6)",
    "long-text": "'x' * 10**8",
    "reduces": "type('Bad', (), {'__reduce__': lambda s: (exec, ('raise SystemExit',)), '__array__': lambda s, *a, **k: h})()",
    "tensor-like": "type('Bad', (), {'numpy': lambda s: h, 'detach': lambda s: s, 'cpu': lambda s: s, 'shape': h.shape, '__len__': lambda s: 10**9})()",
    "fraction-like": "type('F', (__import__('fractions').Fraction,), {'__eq__': lambda s, o: True, '__float__': lambda s: 0.0})(1)",
    "mapping-like": "type('D', (dict,), {'__getitem__': lambda s, k: h, 'keys': lambda s: iter(int, 1)})()",
    "length-lies": "type('L', (list,), {'__len__': lambda s: 10**9, '__iter__': lambda s: iter(int, 1)})()",
    "no-dimension": "np.float64('nan')",
    "infinite": "np.full(h.shape, np.inf)",
    "subnormal": "np.full(h.shape, 5e-324)",
    "negative-strides": "np.zeros(h.shape)[::-1, ::-1]",
    "other-byte-order": "np.zeros(h.shape, '>f8')",
    "half-precision": "np.zeros(h.shape, 'f2')",
    "quaternion": "np.zeros((*h.shape, 4))",
    "argument": "h",
}  # fmt: skip
for name, value in VALUES.items():
    CASES[f"value-{name}"] = folder(text({**RIGHT, "rnn_step": STEP + f"    return {value}\n"})), _REST
CASES["raises-what-has-no-text"] = (
    folder(text(_called("class E(BaseException):\n    def __str__(self):\n        raise SystemExit\n    __repr__ = __str__\nraise E"))),
    _REST,
)  # fmt: skip
CASES["raises-a-group"] = folder(text(_called("raise ExceptionGroup('x' * 10**6, [ValueError(), KeyError()])"))), _REST
CASES["raises-a-long-text"] = (
    folder(text(_called("raise ValueError('<script>alert(1)</script>\\x1b[2J' * 10**6)"))),
    _REST,
)
CASES["raises-odd-characters"] = folder(text(_called("raise ValueError('\\0\\ud800\\u202e\\U0010ffff')"))), _REST

# --- cells that were tampered with -----------------------------------------------------------------------------------

Change = Callable[[dict], object]


def _marks(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader") or {}


def _graded(change: Callable[[dict], object]) -> Change:
    return lambda tree: [change(cell) for cell in tree["cells"] if _marks(cell).get("grade")]


def _called_so(name: str) -> Change:
    return _graded(lambda cell: _marks(cell).update(grade_id=name))


def _forged_below(tree: dict) -> None:
    """Put below every check another cell of the same id that is always right."""
    forged = [{**c, "source": "assert True\n100.0"} for c in tree["cells"] if _marks(c).get("grade")]
    tree["cells"] += forged


def _ids_moved(tree: dict) -> None:
    """Let the ids of checks and answers change places."""
    cells = [cell for cell in tree["cells"] if _marks(cell).get("grade_id")]
    ids = [_marks(cell)["grade_id"] for cell in cells]
    for cell, name in zip(cells, reversed(ids), strict=True):
        _marks(cell)["grade_id"] = name


ODD_IDS = (
    "__class__",
    "../../gradebook",
    "<img src=x onerror=alert(1)>",
    "x" * 100_000,
    "a\0b",
    "\u202eabc",
    "'; DROP TABLE grade; --",
)
TAMPERED: dict[str, Change] = {
    "forged-check-below": _forged_below,
    "ids-moved": _ids_moved,
    "points-negative": _graded(lambda cell: _marks(cell).update(points=-5, locked=False, solution=True)),
    "points-nan": _graded(lambda cell: _marks(cell).update(points=float("nan"))),
    "check-is-a-pass": _graded(lambda cell: cell.update(source="check = lambda *a: 100.0\n" + joined(cell))),
    "check-as-raw": _graded(lambda cell: cell.update(cell_type="raw")),
    "check-as-task": _graded(lambda cell: _marks(cell).update(task=True, cell_type="markdown")),
    "check-with-outputs": _graded(lambda cell: cell.update(outputs=[{"output_type": "stream", "name": "stdout", "text": "100.0"}])),
    "ids-are-lists": _graded(lambda cell: _marks(cell).update(grade_id=["check_rnn_step"])),
    "notebook-marks": lambda tree: tree["metadata"].update(nbgrader={"score": 100, "max_score": 1}, celltoolbar="Create Assignment"),
    "kernel-of-its-own": lambda tree: tree["metadata"].update(kernelspec={"name": "x", "argv": ["/bin/sh", "-c", "reboot"], "language": "python"}),
    "cells-locked-and-hidden": lambda tree: [c["metadata"].update(editable=False, deletable=False, tags=["remove-cell", "raises-exception"]) for c in tree["cells"]],
    **{f"odd-id-{n}": _called_so(name) for n, name in enumerate(ODD_IDS)},
}  # fmt: skip
for name, _change in TAMPERED.items():
    CASES[f"tampered-{name}"] = folder(text(WRONG, change=_change)), NOTHING
    due = [None] * 5 if name in ("ids-moved", "ids-are-lists", "check-is-a-pass") else FULL
    CASES[f"tampered-{name}-right"] = folder(text(RIGHT, change=_change)), due

# --- hoards, and work for the judge ------------------------------------------------------------------------------------

HOARDS = {
    "sockets": "import socket\nheld = []\nwhile True:\n    a, b = socket.socketpair()\n    held += [a, b]\n    for one in (a, b):\n        one.setblocking(False)\n        try:\n            while True:\n                one.send(bytes(60000))\n"
    "        except OSError:\n            pass",
    "pipes": "import fcntl, os\nheld = []\nwhile True:\n    r, w = os.pipe()\n    fcntl.fcntl(w, 1031, 2**20)\n    os.set_blocking(w, False)\n    os.write(w, bytes(2**20))",
    "inodes": "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'w').close()",
    "deep-folders": "import os\nos.chdir('/tmp')\nwhile True:\n    os.mkdir('x' * 200)\n    os.chdir('x' * 200)",
    "locks": "import fcntl\nfile = open('/tmp/lock', 'w')\nfor n in range(10**7):\n    fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * n)",
    "threads": "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(100,)).start()",
    "regular-expression": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "power": "9 ** 9 ** 9",
    "digits": "import sys\nsys.set_int_max_str_digits(0)\nstr(10 ** 10 ** 8)",
    "unnamed-memory": "import mmap\nheld = mmap.mmap(-1, 2200 * 2**20)\nfor i in range(0, len(held), 4096):\n    held[i] = 1\n    if i % 2**26 == 0:\n        held.madvise(mmap.MADV_DONTNEED)",
    "sparse": "file = open('/tmp/s', 'wb')\nfile.truncate(10**12)",
}  # fmt: skip
for name, source in HOARDS.items():
    CASES[f"hoard-{name}"] = folder(text(_called(source))), _REST
BULK = {
    "blank-lines": "x = 1\n" + "\n" * 99_000 + "y = 2",
    "blanks-in-lines": "x = 1\n" + " \n" * 90_000 + "y = 2",
    "comments": "#\n" * 99_000,
    "check-calls": 'check("2.1")\n' * 30_000,
    "equals": "a = " * 100_000 + "check(",
    "quotes": "'''" * 100_000,
    "brackets": "(" * 200_000,
    "comparisons": "a<" * 200_000 + "a",
    "lambdas": "lambda:" * 60_000 + "0",
    "definitions": "def f(): pass\n" * 30_000,
    "decorators": "@a\n" * 50_000 + "def f(): pass",
    "f-strings": "f'" + "{x}" * 100_000 + "'",
    "names": "x = " + " + ".join(f"a{n}" for n in range(50_000)),
    "magics": "%time x\n" * 30_000,
    "backslashes": "x = \\\n" * 60_000,
    "one-line-indent": " " * 400_000 + "x",
    "dollars": "# " + "$a " * 100_000,
}
for name, source in BULK.items():
    CASES[f"bulk-{name}"] = folder(text(RIGHT, last=source)), FULL
for name, source in (("stars", "*a "), ("brackets", "["), ("pictures", "!["), ("ticks", "`a``"), ("quotes", ">"), ("lists", "- "), ("entities", "&#"), ("tags", "<a "), ("dollars", "$a"), ("tables", "|a"), ("links", "[a]("), ("references", "[a]: b\n"), ("indents", "    "), ("html", "<div>"), ("comments", "<!--")):  # fmt: skip

    def _prose(tree: dict, source: str = source) -> None:
        for size in (29_000, 200_000):
            tree["cells"].append({"cell_type": "markdown", "source": (source * size)[:size], "metadata": {}})

    CASES[f"bulk-markdown-{name}"] = folder(text(RIGHT, change=_prose)), FULL


def _tables(tree: dict) -> None:
    """Add sixty cells that take seconds each to be read as Markdown."""
    table = ("|a<|b|\n|-|-|\n" * 2300)[:29_900]
    tree["cells"] += [{"cell_type": "markdown", "source": table, "metadata": {}} for _ in range(60)]


CASES["bulk-markdown-tables-in-many-cells"] = folder(text(RIGHT, change=_tables)), FULL
