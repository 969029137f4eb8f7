"""Honest work by people with habits: magics, helper files, settings of the whole process, ways to define a function."""

# ruff: noqa: E501 - a case stands on a line

import io
import json
import zipfile

from rnnlab.grading.proof.material import ASSIGNMENT, BODY, FULL, GOOD, RIGHT, STEP, Cases, Folder, folder, text

CASES: Cases = {}
HELPER = "def pre(a, w):\n    return a @ w.T\n"
_LEANING = STEP + "    return np.tanh(pre(x, w_x) + pre(h, w_h) + b_h)\n"

# --- what a first cell sets for the whole process ---------------------------------------------------------------------

PROCESS = {
    "warnings-are-errors": "import warnings\nwarnings.filterwarnings('error')",
    "numpy-raises": "import numpy as np\nnp.seterr(all='raise')",
    "seeds": "import random, numpy as np\nrandom.seed(0)\nnp.random.seed(0)\nrng = np.random.default_rng(0)",
    "print-options": "import numpy as np\nnp.set_printoptions(precision=2, threshold=5, formatter={'float': '{:.1f}'.format})",
    "pandas-options": "import pandas as pd\npd.set_option('display.max_rows', 5)\npd.options.mode.chained_assignment = None",
    "logging": "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level=logging.DEBUG, force=True)",
    "stdout-to-a-file": "import sys\nsys.stdout = open('log.txt', 'w')",
    "stdout-reconfigured": "import sys\nsys.stdout.reconfigure(encoding='utf-8', line_buffering=True)",
    "print-replaced": "import builtins, functools\nbuiltins.print = functools.partial(print, flush=True)",
    "recursion-limit": "import sys\nsys.setrecursionlimit(10**6)",
    "low-recursion-limit": "import sys\nsys.setrecursionlimit(300)",
    "chdir": "import os\nos.makedirs('results', exist_ok=True)\nos.chdir('results')",
    "chdir-magic": "%mkdir results\n%cd results",
    "alarm": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.alarm(1)",
    "interrupts-ignored": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGCHLD, signal.SIG_DFL)",
    "faulthandler": "import faulthandler\nfaulthandler.enable()",
    "tracemalloc": "import tracemalloc\ntracemalloc.start()",
    "no-collector": "import gc\ngc.disable()\ngc.set_threshold(0)",
    "locale": "import locale\nlocale.setlocale(locale.LC_ALL, 'de_DE.UTF-8')",
    "time-zone": "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()",
    "environment-cleared": "import os\nos.environ.clear()",
    "switch-interval": "import sys\nsys.setswitchinterval(1e-4)",
    "trace": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(None)",
    "excepthook": "import sys\nsys.excepthook = lambda *a: print('oh')\nget_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
    "decimal": "import decimal\ndecimal.getcontext().prec = 2",
    "int-digits": "import sys\nsys.set_int_max_str_digits(640)",
    "thread-pool": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\nlist(pool.map(abs, range(9)))",
    "processes": "from multiprocessing import Pool\nif __name__ == '__main__':\n    with Pool(2) as pool:\n        pool.map(abs, range(9))",
    "timer": "import threading\ntimer = threading.Timer(0.01, print)\ntimer.start()",
    "nice": "import os\nos.nice(10)",
    "umask": "import os\nos.umask(0o777)",
    "rc": "import matplotlib.pyplot as plt\nplt.rcParams.update({'font.size': 20})\nplt.ion()",
    "audit-hook": "import sys\nsys.addaudithook(lambda name, args: None)",
    "data-type": "import numpy as np\nnp.float = float\nnp.bool = bool",
    "errstate-call": "import numpy as np\nnp.seterrcall(lambda *a: None)\nnp.seterr(all='call')",
    "random-replaced": "import numpy as np\nnp.random.seed = lambda *a: None\nnp.random.default_rng = lambda *a: 3",
    "float-repr": "import numpy as np\nnp.set_printoptions(legacy='1.13')",
}  # fmt: skip
for name, source in PROCESS.items():
    CASES[f"process-{name}"] = folder(text(RIGHT, source)), FULL

# --- lines and cells ------------------------------------------------------------------------------------------------

_MAGICS = (
    "pylab inline; xmode Verbose; colors NoColor; precision 3; autosave 60; lsmagic; history; store x; store -r; debug; "
    "pdb on; logstart; save f.py 1; alias d ls; dhist; macro m 1; rerun; recall 1; edit f.py; gui qt; quickref; "
    "autocall 1; automagic; autoawait asyncio; tensorboard --logdir x; memit 1; lprun -f f f(); sx ls; sc -l x=ls; "
    "unload_ext x; reload_ext x; bookmark x; prun 1; psource np; pinfo np; run missing.py; load missing.py; notebook f; "
    "matplotlib ipympl; config Application.log_level='INFO'; system ls; rehashx; killbgscripts; page 1; pycat f.py; "
    "doctest_mode; profile; subplot_tool; uv pip install x; mamba install x; dirs; pushd /tmp; popd; time 1; timeit 1"
)
_FIRST = (
    "%%bash; %%sh; %%html; %%javascript; %%latex; %%svg; %%markdown; %%script false; %%python; %%python3; %%perl; %%ruby; "
    "%%cython; %%R; %%sql; %%writefile x.txt; %%file x.txt; %%!; %%sx; %%debug; %%memit; %%js; %%capture out; %%manim; "
    "%%time; %%timeit -n1 -r1; %%prun -q; %%skip; %%ai; %%heat; %%snakeviz; %%mermaid; %%graph"
)
for magic in _MAGICS.split("; "):
    CASES[f"magic-{magic.split()[0]}"] = folder(text({**RIGHT, "rnn_step": _LEANING}, f"%{magic}\n{HELPER}")), FULL
for magic in _FIRST.split("; "):
    CASES[f"cell-magic-{magic.split()[0][2:]}"] = folder(text(RIGHT, f"{magic}\necho 1\n<b>x</b>")), FULL
LINES = {
    "breakpoint": "breakpoint()",
    "set-trace": "import pdb\npdb.set_trace()",
    "embed": "from IPython import embed\nembed()",
    "getpass": "import getpass\ngetpass.getpass()",
    "os-system": "import os\nos.system('ls')",
    "semicolon": "import numpy as np; x = 1; x;",
    "question-mark": "np.tanh?\nnp.tanh??\n?np",
    "clear-output": "from IPython.display import clear_output, display\nfor i in range(3):\n    clear_output(wait=True)\n    display(i)",
    "interact": "from ipywidgets import interact\n@interact(a=(0, 3))\ndef show(a=1):\n    return a",
    "slider": "import ipywidgets as w\nbox = w.IntSlider()\nbox.observe(print)\nscale = box.value",
    "plot": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()\nfig.savefig('a.pdf')",
    "animation": "import matplotlib.pyplot as plt\nfrom matplotlib.animation import FuncAnimation\n"
    "FuncAnimation(plt.figure(), print, 2).to_jshtml()",
    "star-import": "from rnnlab import *",
    "star-checks": "from rnnlab.checks import *",
    "data-import": "from rnnlab import data\nfrom rnnlab.data import nothing_like_it",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\nasync with asyncio.timeout(1):\n    pass",
    "async-for": "async def gen():\n    yield 1\nasync for one in gen():\n    pass",
    "gather": "import asyncio\nasync def one():\n    return 1\nprint(await asyncio.gather(one(), one()))",
    "run-until": "import asyncio\nasyncio.get_event_loop().run_until_complete(asyncio.sleep(0))",
    "indented": "    x = 1\n    y = 2",
    "prompts": ">>> x = 1\n>>> for i in range(2):\n...     pass",
    "in-prompts": "In [1]: x = 1\nOut[1]: 1",
    "out-history": "1 + 1\nprint(Out, In, _, __, _i)",
    "unfinished": "for i in range(3):",
    "tabs": "if True:\n\tx = 1\n\ty = 2",
    "main-guard": "if __name__ == '__main__':\n    import sys\n    sys.argv[1:]\n    sys.exit",
    "argparse": "import argparse\nargparse.ArgumentParser().parse_args()",
    "unittest": "import unittest\nunittest.main(argv=[''], exit=False)",
    "doctest": "import doctest\ndoctest.testmod()",
    "raise": "raise RuntimeError('stop here')",
    "system-exit": "raise SystemExit('until here')",
    "keyboard": "raise KeyboardInterrupt",
    "quit": "quit",
    "exit-call": "exit()",
    "show-source": "import inspect\nprint(inspect.getsource(check))",
    "future": "from __future__ import annotations",
    "url": "!curl -O https://example.org/data.csv\n!wget -q x\n!unzip x.zip",
    "many-plots": "import matplotlib.pyplot as plt\nfor i in range(25):\n    plt.figure()",
    "profile": "import cProfile\ncProfile.run('1 + 1')",
    "exec": "exec('x = 1')\neval('x')\nglobals()['y'] = 2",
    "html-repr": "class Odd:\n    def _repr_html_(self):\n        raise ValueError\nOdd()",
    "odd-repr": "class Odd:\n    def __repr__(self):\n        raise ValueError\nOdd()",
}  # fmt: skip
for name, line in LINES.items():
    CASES[f"habit-{name}"] = folder(text(RIGHT, line)), FULL

# --- ways to define the function -------------------------------------------------------------------------------------

PRODUCT = "x @ w_x.T + h @ w_h.T + b_h"
WAYS = {
    "hints": "def rnn_step(x: np.ndarray, h: 'np.ndarray', w_x, w_h, b_h) -> 'Array[\"B\", 3]':\n" + BODY,
    "hints-absent": "from jaxtyping import Float\ndef rnn_step(x: Float[np.ndarray, 'b d'], h, w_x, w_h, b_h):\n" + BODY,
    "hints-of-torch": "def rnn_step(x: torch.Tensor, h, w_x, w_h, b_h) -> torch.Tensor:\n" + BODY,
    "decorator-absent": "from beartype import beartype\n@beartype\n" + STEP + BODY,
    "decorator-profile": "@profile\n" + STEP + BODY,
    "method": f"class Cell:\n    def step(self, x, h, w_x, w_h, b_h):\n        return np.tanh({PRODUCT})\n\n\nrnn_step = Cell().step\n",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass(frozen=True, slots=True)\nclass Cell:\n"
    f"    act: object = np.tanh\n    def __call__(self, x, h, w_x, w_h, b_h):\n        return self.act({PRODUCT})\n"
    "rnn_step = Cell()\n",
    "future-dataclass": "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
    "@dataclass\nclass Cell:\n    n: ClassVar[int] = 1\n    k: int = 2\n" + STEP + "    assert Cell().k == 2\n" + BODY,
    "type-hints-read": STEP + BODY + "import typing\ntyping.get_type_hints(rnn_step)\n",
    "pickled": "import pickle, copy\nclass Cell:\n    k = 1\n" + STEP + "    assert pickle.loads(pickle.dumps(Cell())).k == 1\n" + BODY,
    "main-module": "import __main__\n__main__.scale = 1.0\n" + STEP + "    h = scale * h\n" + BODY,
    "enum": "import enum\nclass A(enum.Enum):\n    T = 'tanh'\n" + STEP + f"    return getattr(np, A.T.value)({PRODUCT})\n",
    "walrus": STEP + f"    if (a := {PRODUCT}) is not None:\n        return np.tanh(a)\n",
    "match": STEP + f"    match h.ndim:\n        case _:\n            return np.tanh({PRODUCT})\n",
    "greek": "\u03c3 = np.tanh\ndef rnn_step(x, h, w_x, w_h, b_h, *, \u03b1=1.0):\n    \u0394 = \u03b1 * (" + PRODUCT + ")\n    return \u03c3(\u0394)\n",
    "positional": "def rnn_step(*args, **kwargs):\n    x, h, w_x, w_h, b_h = args\n    return np.tanh(" + PRODUCT + ")\n",
    "lambda": f"rnn_step = lambda x, h, w_x, w_h, b_h: np.tanh({PRODUCT})\n",
    "exec": "exec('''" + STEP + BODY + "''')\n",
    "in-if": "if True:\n    " + (STEP + BODY).replace("\n", "\n    ") + "\n",
    "in-try": "try:\n    import cupy as xp\nexcept ImportError:\n    xp = np\n" + STEP + BODY.replace("np.", "xp."),
    "njit-cached": "import numba\n@numba.njit(cache=True)\n" + STEP + "    return np.tanh(x @ w_x.T.copy() + h @ w_h.T.copy() + b_h)\n",
    "njit-typed": "from numba import njit, float64\n@njit([float64[:, :](float64[:, :], float64[:, :], float64[:, :], float64[:, :], float64[:])])\n"
    "def _f(x, h, w_x, w_h, b_h):\n    return np.tanh(x @ w_x.T.copy() + h @ w_h.T.copy() + b_h)\n" + STEP
    + "    c = np.ascontiguousarray\n    return _f(c(x).copy(), c(h).copy(), c(w_x).copy(), c(w_h).copy(), c(b_h).copy())\n",
    "njit-parallel": "from numba import njit, prange\n@njit(parallel=True)\ndef _t(a):\n    out = np.empty_like(a)\n    for i in prange(a.shape[0]):\n"
    "        out[i] = np.tanh(a[i])\n    return out\n" + STEP + f"    return _t(np.ascontiguousarray({PRODUCT}))\n",
    "vectorize": "from numba import vectorize\n@vectorize\ndef _t(a):\n    return np.tanh(a)\n" + STEP + f"    return _t({PRODUCT})\n",
    "threads": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n" + STEP
    + f"    return pool.submit(lambda: np.tanh({PRODUCT})).result()\n",
    "asyncio": "import asyncio\nasync def _a(v):\n    await asyncio.sleep(0)\n    return np.tanh(v)\n" + STEP + f"    return asyncio.run(_a({PRODUCT}))\n",
    "plots": "import matplotlib.pyplot as plt\n" + STEP + "    plt.figure()\n    plt.plot(h[0])\n    plt.show()\n    plt.close()\n" + BODY,
    "progress": "from tqdm.notebook import tqdm\n" + STEP + "    for _ in tqdm(range(3), desc='s', leave=False):\n        pass\n" + BODY,
    "timed": "%time w_h = None\n" + STEP + BODY,
    "time-cell": "%%time\n" + STEP + BODY,
    "time-cell-blank-first": "\n\n%%time\n" + STEP + BODY,
    "capture-cell": "%%capture out\n" + STEP + BODY,
    "timeit-cell-after": STEP + BODY + "\n%timeit -n1 -r1 rnn_step(*map(np.ones, ((1, 1), (1, 1), (1, 1), (1, 1), (1,))))",
    "last-value": "np.tanh\n",
    "wrapped": "import functools\ndef logged(f):\n    @functools.wraps(f)\n    def g(*a, **k):\n        print(f.__name__, a)\n        return f(*a, **k)\n    return g\n@logged\n" + STEP + BODY,
    "singledispatch": "import functools\n@functools.singledispatch\n" + STEP + BODY + "@rnn_step.register\ndef _(x: list, *a):\n    return None\n",
    "overload": "from typing import overload\n@overload\ndef rnn_step(x: int): ...\n" + STEP + BODY,
    "contextmanager": "from contextlib import redirect_stdout\nimport io\n" + STEP + "    with redirect_stdout(io.StringIO()):\n        print(x)\n" + BODY,
    "errstate": STEP + "    with np.errstate(all='raise'):\n        pass\n" + BODY,
    "docstring": STEP + '    r"""Return $\\tanh(\\dots)$.\n\n    >>> rnn_step(1)\n    """\n' + BODY,
    "matrix-of-own": "class M(np.ndarray):\n    pass\n" + STEP + "    x = x.view(M)\n    return np.asarray(" + f"np.tanh({PRODUCT}))\n",
    "global-cache": "cache = {}\n" + STEP + "    cache['h'] = h.copy()\n" + BODY,
    "raises-inside": STEP + "    try:\n        raise ValueError\n    except ValueError:\n        pass\n" + BODY,
    "sleeps-a-little": "import time\n" + STEP + "    time.sleep(0.002)\n" + BODY,
    "deep-recursion": STEP + "    def down(n):\n        return n and down(n - 1)\n    down(900)\n" + BODY,
}  # fmt: skip
for name, way in WAYS.items():
    source = way if name != "last-value" else f"act = np.tanh\n{STEP}{BODY.replace('np.tanh', 'act')}act"
    CASES[f"way-{name}"] = folder(text({**RIGHT, "rnn_step": source})), FULL

# --- what stands around the function in its own cell -------------------------------------------------------------------

_MEASURES = ("memit", "heat", "pyinstrument", "ipytest", "black", "debug", "px", "cache", "scalene", "matplotlib")
for magic in _MEASURES:
    CASES[f"way-below-{magic}"] = folder(text({**RIGHT, "rnn_step": f"%%{magic}\n{STEP}{BODY}"})), FULL
BARS = {
    "counted": "from tqdm import tqdm\n" + STEP + "    bar = tqdm(total=3)\n    bar.update(1)\n    bar.set_postfix(loss=1.0)\n    bar.n += 1\n    bar.close()\n" + BODY,
    "with-words": "from tqdm.auto import tqdm\n" + STEP + "    tqdm.write('x')\n    assert len(tqdm(range(3))) == 3\n" + BODY,
    "of-std": "from tqdm.std import tqdm\n" + STEP + "    list(tqdm(range(3)))\n" + BODY,
    "numbered": "from tqdm.contrib import tenumerate\n" + STEP + "    assert list(tenumerate('a')) == [(0, 'a')]\n" + BODY,
}  # fmt: skip
for name, source in BARS.items():
    CASES[f"bar-{name}"] = folder(text({**RIGHT, "rnn_step": source})), FULL

# --- helpers in files -------------------------------------------------------------------------------------------------

USES = {**RIGHT, "rnn_step": _LEANING}
_NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": HELPER, "metadata": {}, "outputs": [], "execution_count": None}],
     "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()  # fmt: skip


def _with(first: str, **beside: bytes) -> Folder:
    return folder(text(USES, first), **beside)


def zipped(*members: tuple[str, bytes | str]) -> bytes:
    """Return an archive of the members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


_FROM = "from helpers import pre"
PLAIN = HELPER.encode()
_WORK = text(USES, _FROM)
FILES: dict[str, Folder] = {
    "run": _with("%run helpers.py", **{"helpers.py": PLAIN}),
    "run-interactive": _with("%run -i ./helpers", **{"helpers.py": PLAIN}),
    "run-notebook": _with("%run helpers.ipynb", **{"helpers.ipynb": _NOTEBOOK}),
    "load": _with("%load helpers.py\nfrom helpers import *", **{"helpers.py": PLAIN}),
    "exec-open": _with("exec(open('helpers.py').read())", **{"helpers.py": PLAIN}),
    "package": _with("from src.helpers import pre", **{"src/__init__.py": b"", "src/helpers.py": PLAIN}),
    "package-without-init": _with("import src.helpers as s\npre = s.pre", **{"src/helpers.py": PLAIN}),
    "path-append": _with("import sys\nsys.path.append('lib')\nfrom more import pre", **{"lib/more.py": PLAIN}),
    "path-above": _with("import sys\nsys.path.append('..')\n" + _FROM, **{"helpers.py": PLAIN}),
    "named-test": _with("from test import pre", **{"test.py": PLAIN}),
    "named-tests": _with("from tests import pre", **{"tests.py": PLAIN}),
    "named-utils": _with("import utils\npre = utils.pre", **{"utils.py": PLAIN}),
    "named-code": _with("from code import pre", **{"code.py": PLAIN}),
    "named-like-the-course": _with("from rnn import pre", **{"rnn.py": PLAIN}),
    "reload": _with("import importlib, helpers\nimportlib.reload(helpers)\n" + _FROM, **{"helpers.py": PLAIN}),
    "crlf-and-bom": _with(_FROM, **{"helpers.py": b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n")}),
    "unicode-name": _with("from h\u00e9lp import pre", **{"h\u00e9lp.py": PLAIN}),
    "imports-the-course": _with(_FROM, **{"helpers.py": b"from rnnlab import rnn\nfrom rnnlab.rnn import step\n" + PLAIN}),
    "in-a-folder-with-the-notebook": folder(_WORK, f"my work/{ASSIGNMENT}.ipynb", **{"my work/helpers.py": PLAIN}),
    "in-the-folder-above": folder(text(USES, "import sys\nsys.path.append('..')\n" + _FROM),
                                  f"notebooks/{ASSIGNMENT}.ipynb", **{"helpers.py": PLAIN}),
    "data-with-the-notebook": folder(
        text({**RIGHT, "rnn_step": f"scale = float(open('data/one.txt').read())\n{STEP}    h = scale * h\n{BODY}"}),
        f"a/b/{ASSIGNMENT}.ipynb", **{"a/b/data/one.txt": b"1.0"}),
    "zipped": {"work.zip": zipped((f"work/{ASSIGNMENT}.ipynb", _WORK), ("work/helpers.py", HELPER))},
    "zipped-flat": {"work.zip": zipped(("helpers.py", HELPER), (f"{ASSIGNMENT}.ipynb", _WORK))},
    "zipped-mac": {"work.zip": zipped((f"unit/{ASSIGNMENT}.ipynb", _WORK), ("unit/helpers.py", HELPER),
                                       ("__MACOSX/unit/._helpers.py", b"\0\5\x16\7"), ("unit/.DS_Store", b"x"))},
    "zipped-backslashes": {"work.zip": zipped((f"work\\{ASSIGNMENT}.ipynb", _WORK), ("work\\helpers.py", HELPER))},
    "written-by-a-cell": _with(f"%%writefile -a helpers.py\n{HELPER}"),
    "written-by-open": _with(f"with open('helpers.py', 'w') as file:\n    file.write({HELPER!r})\n" + _FROM),
    "matplotlibrc": folder(GOOD, **{"matplotlibrc": b"backend: TkAgg\nfont.size: 30\n"}),
    "gitignore-and-others": folder(GOOD, **{".gitignore": b"*", ".git/HEAD": b"x", "README.md": b"# x", "a.pdf": b"%PDF"}),
    "environment": folder(GOOD, **{"requirements.txt": b"torch", "setup.py": b"raise SystemExit", "conftest.py": b"1/0"}),
}  # fmt: skip
for name, files in FILES.items():
    CASES[f"helper-{name}"] = files, FULL
CASES["helper-written-by-a-cell"] = (
    folder(text(USES, f"%%writefile helpers.py\n{HELPER}").replace(
        "def rnn_step", f"{_FROM}\\ndef rnn_step", 1)), FULL)  # fmt: skip
