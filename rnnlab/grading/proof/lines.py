"""Honest work with a line in it that does not run where it is graded: in the cell of an answer, and before a helper."""

from rnnlab.grading.proof.material import BODY, FULL, RIGHT, STEP, Cases, folder, text

CASES: Cases = {}
LINES = {
    "getlogin": "import os\nme = os.getlogin()",
    "logname": "import os\nme = os.environ['LOGNAME']",
    "ls": "files = !ls",
    "ls-bang": "!ls -la",
    "pip": "!{sys.executable} -m pip install numpy",
    "pip-magic": "%pip install numpy",
    "conda": "%conda install numpy",
    "git": "import subprocess\nsubprocess.run(['git', 'status'], check=True)",
    "subprocess": "import subprocess\nout = subprocess.check_output('ls')",
    "getoutput": "files = get_ipython().getoutput('ls')",
    "popen": "import os\nos.popen('ls').read()",
    "tqdm": "from tqdm import tqdm\nfor i in tqdm(range(3)): pass",
    "tqdm-auto": "from tqdm.auto import trange\nfor i in trange(3): pass",
    "seaborn": "import seaborn as sns\nsns.set_theme()",
    "pandas": "import pandas as pd\npd.DataFrame()",
    "torch": "import torch\nprint(torch.__version__)",
    "torch-seed": "import torch\ntorch.manual_seed(0)",
    "jax": "import jax.numpy as jnp",
    "sklearn-missing": "from sklearn.nothing import nothing",
    "colab": "from google.colab import drive\ndrive.mount('/content/drive')",
    "colab-try": "try:\n    import google.colab\n    IN_COLAB = True\nexcept ImportError:\n    IN_COLAB = False",
    "colab-files": "from google.colab import files\nfiles.upload()",
    "backend-tk": "import matplotlib\nmatplotlib.use('TkAgg')",
    "backend-qt": "import matplotlib.pyplot as plt\nplt.switch_backend('QtAgg')",
    "backend-macosx": "import matplotlib\nmatplotlib.use('MacOSX')",
    "widget": "%matplotlib widget",
    "notebook": "%matplotlib notebook",
    "inline": "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "style": "import matplotlib.pyplot as plt\nplt.style.use('seaborn-v0_8-nothing')",
    "font": "import matplotlib\nmatplotlib.font_manager.findfont('Nothing', fallback_to_default=False)",
    "autoreload": "%load_ext autoreload\n%autoreload 2",
    "load-ext": "%load_ext nothing_like_it",
    "watermark": "%load_ext watermark\n%watermark -v",
    "reset": "%reset -f",
    "reset-selective": "%reset_selective -f x",
    "timeit": "%timeit 1 + 1",
    "time": "%time x = 1",
    "who": "%who",
    "cd": "%cd ..",
    "env": "%env OMP_NUM_THREADS=4",
    "threads": "import numba\nnumba.set_num_threads(4)",
    "threadpoolctl": "from threadpoolctl import threadpool_limits\nthreadpool_limits(1)",
    "event-loop": "import asyncio\nloop = asyncio.get_running_loop()",
    "event-loop-run": "import asyncio\nasyncio.run(asyncio.sleep(0))",
    "event-loop-task": "import asyncio\ntask = asyncio.create_task(asyncio.sleep(0))\nawait task",
    "nest-asyncio": "import nest_asyncio\nnest_asyncio.apply()",
    "data-file": "rows = open('data.csv').read()",
    "data-url": "import urllib.request\nurllib.request.urlopen('https://example.org')",
    "load-npy": "import numpy as np\ntable = np.load('weights.npy')",
    "absolute-path": "text = open('/Users/me/notes.txt').read()",
    "chdir": "import os\nos.chdir('/Users/me/course')",
    "file-name": "from pathlib import Path\nhere = Path(__file__).parent",
    "screen": "import turtle\nturtle.Screen()",
    "input": "name = input('your name? ')",
    "widgets": "import ipywidgets as widgets\nwidgets.IntSlider()",
    "division": "1 / 0",
    "assertion": "assert False, 'not yet'",
    "assert-check": "assert check('2.1', rnn_step) > 3.9",
    "assert-sum": "assert check('2.1', rnn_step) + check('2.2', rnn_forward) == 9",
    "undefined": "print(not_defined_anywhere)",
    "deleted": "del nothing_here",
    "absent-module": "from rnnlab import rnn",
    "absent-used": "from rnnlab.rnn import step\nstep(1, 2, 3)",
    "absent-compared": "from rnnlab import rnn\nprint(rnn.forward)",
    "absent-star": "from rnnlab.losses import mse\nassert mse is not None",
    "sys-exit": "import sys\nif False: sys.exit()",
    "recursion": "def loop(n):\n    return loop(n + 1)\nloop(0)",
    "warnings-error": "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('x')",
    "seterr": "import numpy as np\nnp.seterr(all='warn')\nnp.log(np.zeros(1))",
    "print-options": "import numpy as np\nnp.set_printoptions(precision=2, suppress=True)",
    "display": "display('here')",
    "html": "from IPython.display import HTML, Image\nImage('missing.png')",
    "help": "rnn_step?",
    "latex": "import matplotlib.pyplot as plt\nplt.rcParams['text.usetex'] = True\nplt.plot([1])\nplt.savefig('x.png')",
}
_HELPER = "def pre(a, w):\n    return a @ w.T\n"
_LEANING = STEP + "    return np.tanh(pre(x, w_x) + pre(h, w_h) + b_h)\n"

for name, line in LINES.items():
    CASES[f"line-{name}-in-answer"] = folder(text({**RIGHT, "rnn_step": f"{line}\n{RIGHT['rnn_step']}"})), FULL
    CASES[f"line-{name}-by-helper"] = folder(text({**RIGHT, "rnn_step": _LEANING}, f"{line}\n{_HELPER}")), FULL

_CELLS = {
    "writefile": ["%%writefile helpers.py\n" + _HELPER, "from helpers import pre"],
    "file-magic": ["%%file helpers.py\n" + _HELPER, "from helpers import pre"],
    "write-text": [f"from pathlib import Path\nPath('helpers.py').write_text({_HELPER!r})\nfrom helpers import pre"],
    "time-cell": ["%%time\n" + _HELPER],
    "capture-cell": ["%%capture\n" + _HELPER],
    "unknown-cell-magic": ["%%nothing\nx = 1", _HELPER],
    "future": ["from __future__ import annotations\n" + _HELPER],
    "async": ["import asyncio\nawait asyncio.sleep(0)\n" + _HELPER],
    "lambda": ["pre = lambda a, w: a @ w.T"],
    "class": ["class Layer:\n    def __call__(self, a, w):\n        return a @ w.T\npre = Layer()"],
    "partial": ["from functools import partial\ndef two(a, w, t):\n    return a @ w.T\npre = partial(two, t=0)"],
    "cached": ["import functools\n@functools.wraps(len)\ndef pre(a, w):\n    return a @ w.T"],
    "jitted": ["import numba\n@numba.njit\ndef pre(a, w):\n    return a @ np.ascontiguousarray(w.T)"],
    "dataclass": ["from dataclasses import dataclass\n@dataclass\nclass L:\n    t: int = 0\n    def of(self, a, w):\n"
                  "        return a @ w.T\npre = L().of"],
}  # fmt: skip
for name, cells in _CELLS.items():

    def _with(tree: dict, cells: list[str] = cells) -> None:
        made: list[dict] = [
            {"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None} for c in cells
        ]
        tree["cells"][2:2] = made

    CASES[f"cell-{name}"] = folder(text({**RIGHT, "rnn_step": _LEANING}, change=_with)), FULL
CASES["own-helpers"] = (
    folder(text({**RIGHT, "rnn_step": _LEANING}, "from helpers import pre"), **{"helpers.py": _HELPER.encode()}),
    FULL,
)
CASES["own-data"] = (
    folder(text({**RIGHT, "rnn_step": f"scale = float(open('scale.txt').read())\n{STEP}    h = scale * h\n{BODY}"}),
           **{"scale.txt": b"1.0"}),
    FULL,
)  # fmt: skip
