"""Attacks on the library: every way to its code, in every assignment, with everything that is found there tried."""

from rnnlab import checks
from rnnlab.grading.proof.material import Cases, Material
from rnnlab.grading.sandbox.host.view import PACKAGE

ASSIGNMENTS = tuple(name for name in checks.packages() if name[:2] not in ("11", "13"))  # those allow whole networks

_NAMES = (
    "NAMES = ['rnn', 'gru', 'lstm', 'bptt', 'rtrl', 'stack', 'bidirectional', 'variants', 'sampling', 'training', "
    "'losses', 'readout', 'activations', 'initializers', 'analysis', 'gradcheck', 'convert', 'fused', 'kernels.rnn', "
    "'kernels.gru', 'kernels.lstm', 'kernels.sample', 'kernels.train_step', 'kernels.numpy_ops', 'kernels.numba_ops', "
    "'kernels.scalar', '_recurrence', '_pytree', '_arrays', 'optimizers', 'data.sequences', 'data']\n"
)
_MODULES = {
    "import": "import importlib\nfor n in NAMES:\n    try: FOUND.append(importlib.import_module('rnnlab.' + n))\n"
    "    except BaseException: pass\n",
    "attribute": "import rnnlab\nfor n in NAMES:\n    m = rnnlab\n    try:\n"
    "        for part in n.split('.'): m = getattr(m, part)\n        FOUND.append(m)\n    except BaseException: pass\n",
    "sys-modules": "import sys\nFOUND += [m for n, m in list(sys.modules.items())\n"
    "          if n.startswith(('rnnlab', 'child'))]\n",
    "walk": "import pkgutil, importlib, rnnlab\nfor info in pkgutil.walk_packages(rnnlab.__path__, 'rnnlab.'):\n"
    "    try: FOUND.append(importlib.import_module(info.name))\n    except BaseException: pass\n",
    "get-data": "import pkgutil, types\nfor n in NAMES:\n    try:\n"
    "        text = pkgutil.get_data('rnnlab', n.replace('.', '/') + '.py')\n        m = types.ModuleType(n)\n"
    "        exec(text, m.__dict__)\n        FOUND.append(m)\n    except BaseException: pass\n",
    "get-code": "import importlib.util, types\nfor n in NAMES:\n    try:\n"
    "        spec = importlib.util.find_spec('rnnlab.' + n)\n        m = types.ModuleType(n)\n"
    "        exec(spec.loader.get_code('rnnlab.' + n), m.__dict__)\n        FOUND.append(m)\n"
    "    except BaseException: pass\n",
    "source-text": "import glob, types\nfor p in glob.glob('/course/**/*.py', recursive=True):\n    try:\n"
    "        m = types.ModuleType(p)\n        exec(open(p).read(), m.__dict__)\n        FOUND.append(m)\n"
    "    except BaseException: pass\n",
    "by-path": "import glob, importlib.util\nfor p in glob.glob(" + repr(f"{PACKAGE}/**/*.py") + ", recursive=True):\n"
    "    try:\n        s = importlib.util.spec_from_file_location('x', p)\n"
    "        m = importlib.util.module_from_spec(s)\n"
    "        s.loader.exec_module(m)\n        FOUND.append(m)\n    except BaseException: pass\n",
    "assignments": "import importlib\nfor n in ['unfolding', 'gru', 'lstm', 'backpropagation', 'sequences', 'speed']:\n"
    "    for part in ['checks', 'mistakes', 'alternatives']:\n"
    "        try: FOUND.append(importlib.import_module(f'rnnlab.assignments.{n}.{part}'))\n"
    "        except BaseException: pass\n",
    "frames": "import gc, types\nFOUND += [o for o in gc.get_objects() if isinstance(o, types.ModuleType) "
    "and 'rnnlab' in getattr(o, '__name__', '')]\n",
    "other-packages": "import importlib\nfor n in ['torch.nn.functional', 'torch', 'keras', 'jax', 'nbgrader.api']:\n"
    "    try: FOUND.append(importlib.import_module(n))\n    except BaseException: pass\n",
    "bytecode": "import glob, marshal, types\nfor p in glob.glob('/**/__pycache__/*.pyc', recursive=True):\n"
    "    if 'rnnlab' not in p: continue\n    try:\n        m = types.ModuleType(p)\n"
    "        exec(marshal.loads(open(p, 'rb').read()[16:]), m.__dict__)\n        FOUND.append(m)\n"
    "    except BaseException: pass\n",
}
# Whatever was found is called with the question's arguments, as they are and packed as the library packs them.
_TRY = """
import itertools
FUNCTIONS = []
for m in FOUND:
    for name in sorted(getattr(m, '__dict__', {})):
        f = m.__dict__[name]
        foreign = callable(f) and not name.startswith('__') and type(f).__module__ != 'builtins'
        if foreign or type(f).__name__ == 'function':
            FUNCTIONS.append((m, name, f))
WANTED = {words}
FUNCTIONS = [f for f in FUNCTIONS if any(w in f[1].lower() for w in WANTED)][:60]

def attempt(args):
    for m, name, f in FUNCTIONS:
        ways = [lambda: f(*args)]
        P = getattr(m, 'Params', None)
        if P is not None:
            ways += [lambda: f(P(*args[2:5]), args[0], args[1]), lambda: f(P(*args[:3]), *args[3:])]
        for way in ways:
            try:
                value = way()
            except BaseException:
                continue
            if value is not None:
                yield value
"""
_ANSWER = """def {name}(*args):
    for value in attempt(args):
        return value
    raise ValueError('nothing was found')
"""


def _answers(material: Material, route: str) -> tuple[dict[str, str], str]:
    words = {part for name in material.right for part in name.lower().split("_") if len(part) > 2}
    words |= {"step", "forward", "backward", "init", "update", "after", "gates", "sample", "windows", "softmax", "mse"}
    first = f"FOUND = []\n{_NAMES}{_MODULES[route]}{_TRY.replace('{words}', repr(sorted(words)))}"
    return {name: _ANSWER.format(name=name) for name in material.right}, first


def cases(assignment: str) -> Cases:
    """Return the attacks on an assignment: none of its questions may earn a point."""
    material = Material(assignment)
    nothing = [0] * len(material.released.questions)
    return {
        f"library-{route}": (material.folder(material.text(*_answers(material, route))), nothing) for route in _MODULES
    }
