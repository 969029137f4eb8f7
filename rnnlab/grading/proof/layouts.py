"""Honest work once more: definitions that lean on what is absent or odd, and helpers in every layout of folders."""

# ruff: noqa: E501 - a case stands on a line

import json

from rnnlab.grading.proof.habits import HELPER, PLAIN, PRODUCT, USES, zipped
from rnnlab.grading.proof.material import ASSIGNMENT, BODY, FULL, GOOD, RIGHT, STEP, Cases, Folder, folder, text

CASES: Cases = {}
WAYS = {
 "errors-raised-earlier": "np.seterr(all='raise')\n" + STEP + "    np.exp(np.full(2, -1e4)), np.log(np.zeros(2))\n" + BODY,
 "warnings-as-errors-earlier": "import warnings\nwarnings.filterwarnings('error')\n" + STEP + "    warnings.warn('careful')\n" + BODY,
 "errors-called-earlier": "def oh(*a):\n    raise FloatingPointError\nnp.seterrcall(oh)\nnp.seterr(all='call')\n" + STEP + "    np.exp(np.full(2, -1e4))\n" + BODY,
 "recursion-bounded-earlier": "import sys\nsys.setrecursionlimit(120)\n" + STEP + "    def down(n):\n        return n and down(n - 1)\n    down(300)\n" + BODY,
 "default-of-torch": "import torch\ndef rnn_step(x, h, w_x, w_h, b_h, kind=torch.float64, *, device=torch.device('cpu')):\n" + BODY,
 "base-of-torch": "import torch.nn as nn\nclass Cell(nn.Module):\n    def step(self, x, h, w_x, w_h, b_h):\n        return np.tanh(" + PRODUCT + ")\nrnn_step = Cell().step\n",
 "metaclass-absent": "from somewhere import Absent\nclass Settings(metaclass=Absent):\n    k = 1\n" + STEP + "    assert Settings.k\n" + BODY,
 "hints-in-class": "class Cell:\n    def step(self, x: torch.Tensor, h, w_x, w_h, b_h) -> torch.Tensor:\n        return np.tanh(" + PRODUCT + ")\nrnn_step = Cell().step\n",
 "hints-in-if": "if True:\n    def rnn_step(x: torch.Tensor, h, w_x, w_h, b_h):\n        return np.tanh(" + PRODUCT + ")\n",
 "hints-in-nested": STEP+"    def inner(a: torch.Tensor) -> 'x':\n        return np.tanh(a)\n    return inner(" + PRODUCT + ")\n",
 "decorator-torch": "import torch\n@torch.no_grad()\n"+STEP+BODY,
 "decorator-jaxtyped": "from jaxtyping import jaxtyped\n@jaxtyped(typechecker=None)\n"+STEP+BODY,
 "class-of-torch": "import torch.nn as nn\nclass Net(nn.Module):\n    pass\n"+STEP+BODY,
 "decorator-of-a-method": "class A:\n    def f(self):\n        return np.tanh\nclass B(A):\n    @override\n    def f(self):\n        return np.tanh\n" + STEP + "    return B().f()(" + PRODUCT + ")\n",
 "typevar": "from typing import TypeVar, Generic\nT = TypeVar('T')\nclass B(Generic[T]):\n    pass\n"+STEP+BODY,
 "annotated-global": "LR: float = 0.1\nARR: np.ndarray = np.zeros(1)\n"+STEP+BODY,
 "namedtuple-absent": "from typing import NamedTuple\nclass P(NamedTuple):\n    a: jnp.ndarray\n    b: int = 2\n"+STEP+"    assert P(1).b == 2\n"+BODY,
 "cell-magic-with-comment": "# my answer\n%%time\n"+STEP+BODY,
 "double-time": "%%time\n%%capture\n"+STEP+BODY,
 "leading-spaces": "  "+(STEP+BODY).replace("\n","\n  ")+"\n",
 "prompts": ">>> def rnn_step(x, h, w_x, w_h, b_h):\n...     return np.tanh(" + PRODUCT + ")\n",
 "trailing-backslash": STEP+"    return np.tanh(x @ w_x.T + \\\n        h @ w_h.T + b_h)\n",
 "semicolons": STEP+"    a = " + PRODUCT + "; b = np.tanh(a); return b\n",
 "help-after": STEP+BODY+"rnn_step?\n",
 "bang-in-def": "def rnn_step(x, h, w_x, w_h, b_h):\n    files = !ls\n    return np.tanh(" + PRODUCT + ")\n",

 "unicode-fullwidth": "def ｒnn_step(x, h, w_x, w_h, b_h):\n"+BODY,
 "mixed-newlines": (STEP+BODY).replace("\n","\r\n",1),
 "vertical-tab": STEP+"    \x0c\n"+BODY,
 "bom-in-cell": "\ufeff"+STEP+BODY,
 "nbsp-comment": STEP+"    # \u00a0x\n"+BODY,
 "zero-width": STEP+"    # a\u200bb\n"+BODY,
 "print-heavy": STEP+"    for i in range(2000): print('x' * 100)\n"+BODY,
 "stderr-heavy": STEP+"    import sys\n    sys.stderr.write('x' * 10**6)\n"+BODY,
 "closes-stdout": "import sys\nsys.stdout.close()\n"+STEP+BODY,
 "ipython-display-in-call": "from IPython.display import display, clear_output\n"+STEP+"    display(h); clear_output()\n"+BODY,
 "plt-in-call": STEP+"    plt.plot(h.ravel()); plt.savefig('x.png'); plt.close('all')\n"+BODY,
 "df-in-call": STEP+"    try:\n        import pandas as pd; pd.DataFrame(h).describe()\n    except ImportError: pass\n"+BODY,
 "float32-consts": STEP+"    return np.tanh(" + PRODUCT + " + np.float32(0))\n",
 "out-arg": STEP+"    out = np.empty(h.shape)\n    np.matmul(h, w_h.T, out=out)\n    out += x @ w_x.T\n    out += b_h\n    return np.tanh(out, out=out)\n",
 "np-errstate-global": "np.seterr(over='raise', under='ignore')\n"+STEP+BODY,
 "warnings-error-in-call": STEP+"    import warnings\n    warnings.simplefilter('error')\n"+BODY,
 "random-seed-in-call": STEP+"    np.random.seed(0); np.random.rand(3)\n"+BODY,
 "chdir-in-call": STEP+"    import os; os.chdir('/tmp')\n"+BODY,
 "global-counter": "calls = 0\n"+STEP+"    global calls\n    calls += 1\n"+BODY,
 "lambda-default": "rnn_step = lambda x, h, w_x, w_h, b_h, f=np.tanh: f(" + PRODUCT + ")\n",
 "functools-reduce": "import functools, operator\n"+STEP+"    return np.tanh(functools.reduce(operator.add, [x @ w_x.T, h @ w_h.T, b_h]))\n",
 "importlib-reload-np": "import importlib\nimport numpy\n"+STEP+BODY,
 "sympy": "try:\n    import sympy\nexcept ImportError:\n    pass\n"+STEP+BODY,
 "scipy": "from scipy.special import expit\n"+STEP+"    return 2 * expit(2 * (" + PRODUCT + ")) - 1\n",
 "tempfile": "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    open(d + '/x', 'w').close()\n"+STEP+BODY,
 "sqlite": "import sqlite3\nsqlite3.connect(':memory:')\n"+STEP+BODY,
 "joblib-memory": "from joblib import Memory\nm = Memory('cache', verbose=0)\n"+STEP+BODY,
 "multiproc-in-call": STEP+"    from multiprocessing.pool import ThreadPool\n    with ThreadPool(2) as p:\n        p.map(abs, [1])\n"+BODY,
 "subclass-result": "class A(np.ndarray): pass\n"+STEP+"    return np.tanh(" + PRODUCT + ").view(A)\n",
 "matrix-result": STEP+"    return np.asmatrix(np.tanh(" + PRODUCT + "))\n",
 "fortran-result": STEP+"    return np.asfortranarray(np.tanh(" + PRODUCT + "))\n",
 "readonly-result": STEP+"    y = np.tanh(" + PRODUCT + "); y.flags.writeable = False\n    return y\n",
 "view-result": STEP+"    y = np.zeros((2, *h.shape)); y[1] = np.tanh(" + PRODUCT + ")\n    return y[1]\n",
}  # fmt: skip
for name, way in WAYS.items():
    CASES[f"style-{name}"] = folder(text({**RIGHT, "rnn_step": way})), FULL

FILES: dict[str, Folder] = {
 "zip-nested-folder": {"a.zip": zipped((f"x/y/{ASSIGNMENT}.ipynb", text(USES,"from helpers import pre")),("x/y/helpers.py",HELPER))},
 "zip-two-tops": {"a.zip": zipped((f"nb/{ASSIGNMENT}.ipynb", text(USES,"import sys\nsys.path.append('../src')\nfrom helpers import pre")),("src/helpers.py",HELPER))},
 "zip-data": {"a.zip": zipped((f"hw/{ASSIGNMENT}.ipynb", text({**RIGHT,"rnn_step":"s = float(open('data/one.txt').read())\n"+STEP+"    h = s * h\n"+BODY})),("hw/data/one.txt","1.0"))},
 "two-zips": {"a.zip": zipped((f"hw/{ASSIGNMENT}.ipynb", text({}))), "b.zip": zipped((f"hw/{ASSIGNMENT}.ipynb", GOOD))},
 "zip-misnamed": {"a.zip": zipped((f"{ASSIGNMENT}.ipynb.txt", GOOD))},
 "zip-of-folder-of-all": {"a.zip": zipped(("course/01_sequences/01_sequences.ipynb", "{}"),(f"course/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", GOOD))},
 "tests-package": folder(text(USES,"from tests.help import pre"), **{"tests/help.py": PLAIN, "tests/__init__.py": b""}),
 "runs-script": folder(text(USES,"%run -n helpers.py"), **{"helpers.py": PLAIN+b"if __name__ == '__main__':\n    raise SystemExit(3)\n"}),
 "runs-exit": folder(text(USES,"%run helpers.py"), **{"helpers.py": PLAIN+b"import sys\nsys.exit(0)\n"}),
 "notebook-import": folder(text(USES,"import nbformat\nfor c in nbformat.read('helpers.ipynb', 4).cells:\n    exec(c.source)"), **{"helpers.ipynb": json.dumps({"cells":[{"cell_type":"code","id":"a","source":HELPER,"metadata":{},"outputs":[],"execution_count":None}],"metadata":{},"nbformat":4,"nbformat_minor":5}).encode()}),
 "big-helper": folder(text(USES,"from helpers import pre"), **{"helpers.py": PLAIN, "zdata.csv": b"1,2\n"*1_000_000}),
 "big-data-first": folder(text(USES,"from helpers import pre"), **{"adata.csv": b"1,2\n"*1_900_000, "bdata.csv": b"1,2\n"*1_900_000, "helpers.py": PLAIN}),
 "many-files-with-helper": folder(text(USES,"from helpers import pre"), **{**{f"data/{i}.txt": b"x" for i in range(150)}, "helpers.py": PLAIN}),
 "capital-ending": folder(text(USES,"from helpers import pre"), f"{ASSIGNMENT}.IPYNB", **{"helpers.py": PLAIN}),
}  # fmt: skip
for name, files in FILES.items():
    CASES[f"layout-{name}"] = files, FULL
