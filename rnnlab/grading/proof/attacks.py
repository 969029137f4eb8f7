"""Attacks: submissions that try to earn what they do not know, to see what they should not, or to do harm.

Each stands with the points that are its due: what is right in it is to be paid, and nothing else.
"""

from collections.abc import Callable
from textwrap import indent

from rnnlab.grading.proof.honest import METADATA
from rnnlab.grading.proof.material import (
    BODY,
    FULL,
    NOTHING,
    RIGHT,
    STEP,
    WRONG,
    Cases,
    R,
    folder,
    text,
)
from rnnlab.grading.sandbox.host.view import PACKAGE

CASES: Cases = {}


def add(name: str, points: list, *args, **options) -> None:
    """Add a notebook and the points that it must get."""
    CASES[name] = folder(text(*args, **options)), points


def breaks(name: str, in_call: str, in_cell: str = "") -> None:
    """Add a student whose rnn_step does something bad when called, and one whose cell does."""
    body = "".join(f"    {line}\n" for line in in_call.splitlines())
    add(f"{name}-called", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + body + BODY})
    add(f"{name}-cell", [0, R, R, R, R], {**RIGHT, "rnn_step": (in_cell or in_call) + "\n" + STEP + BODY})


# --- tags, transformers, patches, forged outputs -------------------------------------------------------------------


def _tags(only_grade: bool) -> Callable[[dict], None]:
    def change(tree: dict) -> None:
        for cell in tree["cells"]:
            if not only_grade or cell["metadata"].get("nbgrader", {}).get("grade"):
                cell["metadata"]["tags"] = ["skip-execution"]

    return change


def _forged_outputs(tree: dict) -> None:
    for cell in tree["cells"]:
        if cell["cell_type"] == "code":
            data = {"text/plain": "100.0"}
            cell["outputs"] = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}]


add("skips-tests", NOTHING, WRONG, change=_tags(only_grade=True))
add("skips-all", NOTHING, WRONG, change=_tags(only_grade=False))
add("forges-outputs", NOTHING, WRONG, change=_forged_outputs)
PATCHES = {
    "patches-allclose": "import numpy.testing as t\nt.assert_allclose = np.allclose = lambda *a, **k: True\n"
    "np.array_equal = np.array_equiv = lambda *a, **k: True",
    "ast-transformer": "import ast\nclass All(ast.NodeTransformer):\n    def visit_Call(self, node):\n"
    "        return ast.Constant(100.0)\nget_ipython().ast_transformers.append(All())",
    "input-transformer": "get_ipython().input_transformers_post.append(lambda lines: ['100.0\\n'])",
    "replaces-run-cell": "ip = get_ipython()\nip.run_cell = lambda *a, **k: 100.0\ntype(ip).run_cell = ip.run_cell",
    "display-hook": "import sys\nsys.displayhook = lambda value: print(100.0)",
    "iopub": "import sys, json\nsys.__stdout__.write(json.dumps({'output_type': 'execute_result', "
    "'data': {'text/plain': '100.0'}}))",
    "replaces-check": "import rnnlab.checks as q\ndef check(*a):\n    return 100.0\nq.check = check",
    "patches-codec": "import sys\nfor name, module in list(sys.modules.items()):\n"
    "    if name.startswith('child'):\n        for key in ('encode', 'decode'):\n"
    "            if hasattr(module, key):\n                setattr(module, key, lambda *a, **k: b'100.0')",
    "writes-to-channel": "import os\nfor fd in range(3, 50):\n    try:\n        os.write(fd, b'\\x08\\0\\0\\0forged')\n"
    "    except OSError:\n        pass",
    "closes-channel": "import os\nos.closerange(3, 200)",
    "huge-message": "import os\nfor fd in range(3, 50):\n    try:\n        os.write(fd, b'\\xff\\xff\\xff\\x7f')\n"
    "    except OSError:\n        pass",
    "score-in-names": "score = points = grade = max_points = 100.0\n_ = __ = ___ = Out = 100.0",
}
for name, source in PATCHES.items():
    add(name, NOTHING, WRONG, first=source)
    add(f"{name}-last", NOTHING, WRONG, last=source)

# --- answers that compare equal to anything -------------------------------------------------------------------------

_YES = "__eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True\n    __hash__ = None\n"
SUBCLASSES = {
    "array-subclass": f"class Yes(np.ndarray):\n    {_YES}",
    "list-subclass": f"class Yes(list):\n    {_YES}    def view(self, *a): return self",
    "float-subclass": f"class Yes(float):\n    {_YES}",
    "array-interface": f"class Yes:\n    {_YES}    def __array__(self, *a, **k): return np.zeros(1)\n"
    "    shape = (1, 1)\n    dtype = np.dtype(float)",
}
for name, source in SUBCLASSES.items():
    made = "np.zeros_like(h).view(Yes)" if name == "array-subclass" else "Yes.__new__(Yes)"
    add(name, [0, R, R, R, R], {**RIGHT, "rnn_step": f"{source}\n{STEP}    return {made}\n"})
add("object-array", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    return np.array([[object()]])\n"})
add("returns-nan", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    return np.full(h.shape, np.nan)\n"})
add("returns-zeros", NOTHING, WRONG)
add("returns-itself", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    a = []\n    a.append(a)\n    return a\n"})
add("returns-much", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    return np.zeros((9000, 9000))\n"})

# --- the library's own answer ---------------------------------------------------------------------------------------

LIBRARY = {
    "from-rnn": "    from rnnlab.rnn import step, Params\n    return step(Params(w_x, w_h, b_h), x, h)\n",
    "lazy-rnn": "    import rnnlab\n    return rnnlab.rnn.step(rnnlab.rnn.Params(w_x, w_h, b_h), x, h)\n",
    "kernel": "    from rnnlab.kernels import rnn\n    return rnn.step(w_x, w_h, b_h, x, h)\n",
    "reference": "    from rnnlab.assignments.unfolding.checks import rnn_step as f\n"
    "    return f(x, h, w_x, w_h, b_h)\n",
    "torch": "    import torch\n    return torch.nn.RNNCell(1, 1)(x, h)\n",
    "by-path": "    import importlib.util as u\n"
    f"    s = u.spec_from_file_location('r', {str(PACKAGE / 'rnn.py')!r})\n"
    "    m = u.module_from_spec(s)\n    s.loader.exec_module(m)\n    return m.step(m.Params(w_x, w_h, b_h), x, h)\n",
}
for name, source in LIBRARY.items():
    add(f"library-{name}", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + source})

# --- ends, loops, floods, hoards ------------------------------------------------------------------------------------

breaks("exits", "import os\nos._exit(3)")
breaks("quits", "import sys\nsys.exit(0)", "import os\nos._exit(0)")
breaks("kills-itself", "import os\nos.kill(os.getpid(), 9)")
breaks("kills-group", "import os\nos.killpg(0, 9)")
breaks("kills-all", "import os\nos.kill(-1, 9)\nos.kill(os.getpid(), 15)")
breaks("segfault", "import ctypes\nctypes.string_at(0)")
breaks("aborts", "import os\nos.abort()")
breaks("stack-overflow", "import sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return max((f(n + 1),))\nf(0)")
breaks("endless", "while True:\n    pass")
breaks("ignores-sigint", "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass")
breaks("sleeps", "import time\ntime.sleep(1000)")
breaks("prints-for-ever", "while True:\n    print('x' * 10**6)")
breaks("hoards", "held = []\nwhile True:\n    held.append(bytearray(10**7))")
_MAPS = "import mmap\nm = mmap.mmap(-1, 3 * 10**9{})\nfor i in range(0, 3 * 10**9, 4096):\n    m[i] = 1"
breaks("hoards-mapped", _MAPS.format(", mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS"))
add("hoards-shared", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + indent(_MAPS.format(""), "    ") + "\n" + BODY})
add("asks-input", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    input('?')\n" + BODY})
add("fork-bomb", [0, R, R, R, R], {**RIGHT, "rnn_step": STEP + "    import os\n    while True: os.fork()\n" + BODY})
add("fork-bomb-before", FULL, RIGHT, first="import os\nwhile True:\n    os.fork()")
add("fills-disk", FULL, RIGHT, first="for i in range(10**4):\n    open(f'/tmp/{i}', 'wb').write(bytes(10**7))")
add("much-output", FULL, RIGHT, first="for i in range(200):\n    print('x' * 10**6)")
add("exits-last", FULL, RIGHT, last="import os\nos._exit(0)")
add(
    "background-thread",
    FULL,
    RIGHT,
    first="import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
)


# --- the right damage around wrong answers ---------------------------------------------------------------------------

for name, change in METADATA.items():
    add(f"metadata-{name}-wrong", NOTHING, WRONG, change=change)
add("blank", NOTHING, {})
