"""The skeleton of an assignment: one question that works, with a mark at everything that is to be replaced."""

import re
from pathlib import Path

_NAME = re.compile(r"([0-9]{2})_([a-z][a-z0-9_]*)")

_INIT = '''"""Assignment {n}: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "{name}"
'''

_CHECKS = '''"""Assignment {n}, {title}: TODO say in a line what it asks for."""

import numpy as np

from rnnlab.assignments.{package}.mistakes import MISTAKES
from rnnlab.checks.question import CaseGenerator, Part, Question, StudentProxy

ALLOWS = ()  # modules of rnnlab that the answers may import
HIDES = ()  # modules that hold what is asked for, such as "rnnlab.rnn"


# TODO the reference answer: your own code, or the library's
def leak(x, keep):
    h = np.zeros_like(x)
    state = np.zeros_like(x[0])
    for t in range(len(x)):
        state = keep * state + (1 - keep) * x[t]
        h[t] = state
    return h


# TODO how a case is drawn, and what is asked of the answer in it
def _states(ask: StudentProxy, draw: CaseGenerator):
    x = draw.array(draw.size(1, 9, steps=True), draw.size())
    return ask("leak", x, draw.option(0.0, 0.5, 0.9))


def _constant(ask: StudentProxy, draw: CaseGenerator):
    """Probe a property: what is the same for ever is reached at last."""
    x = np.tile(draw.array(draw.size()), (60, 1))
    return ask("leak", x, 0.5)[-1] - x[0]


QUESTIONS = (
    Question(
        id="{n}.1",
        title="TODO a running average: leak",
        names=("leak",),
        reference={{"leak": leak}},
        parts=(
            Part("the states", 2, _states, n_cases=8, answer="h"),
            Part("a constant is reached", 1, _constant, answer="h - x"),
        ),
        mistakes=MISTAKES["{n}.1"],
        shape_points=1,
        hides=HIDES,
        keeps=("x",),
    ),
)
'''

_MISTAKES = '''"""Assignment {n}: the wrong ways that students take, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake


def _swapped(x, keep):
    h, state = np.zeros_like(x), np.zeros_like(x[0])
    for t in range(len(x)):
        state = (1 - keep) * state + keep * x[t]
        h[t] = state
    return h


MISTAKES = {{
    "{n}.1": (
        Mistake(
            "keep and 1 - keep swapped",
            "your h is the one you get when keep and 1 - keep change places. Which of the two weighs the old state?",
            {{"leak": _swapped}},
        ),
        # TODO four more: what students really write, each named by what it returns
    ),
}}
'''

_ALTERNATIVES = '''"""Assignment {n}: other right ways of writing the answers. All must get full marks."""

import numpy as np

from rnnlab.checks.question import Alternative


def _by_weights(x, keep):
    return np.stack([sum((1 - keep) * keep ** (t - s) * x[s] for s in range(t + 1)) for t in range(len(x))])


ALTERNATIVES = {{
    "{n}.1": (
        Alternative("a sum of weighted inputs", {{"leak": _by_weights}}),
        # TODO three more: loops over numbers, recursion, Numba, …
    ),
}}

# Mutants of the reference answers that change nothing that can be seen, each with the reason.
EQUIVALENT = {{
    "{n}.1": {{
        "h = np.ones_like(x)": "every row is written over",
        "state = np.zeros_like(x[-1])": "all rows have the same length",
    }},
}}
'''

_SOURCE = '''# %% [markdown]
# # Assignment {n}: {title}
#
# TODO what this notebook is about, and the symbols it uses.

# %%
try:
    from rnnlab.checks import check, when_written
except ModuleNotFoundError:
    raise SystemExit(
        "This notebook needs the package rnnlab, which is not installed for this kernel. In a terminal, in the\\n"
        "course's folder:  pip install '.[course]'   (then restart the kernel and run this cell again)"
    ) from None

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## {n}.1 TODO a running average
#
# $$h_t = k\\,h_{{t-1}} + (1 - k)\\,x_t, \\qquad h_0 = 0$$


# %%
def leak(x, keep):
    """Return the running average of a sequence.

    Parameters
    ----------
    x : (T, B) array
        T steps of B sequences. Leave it as it is.
    keep : float
        How much of the old state is kept, 0 to 1.

    Returns
    -------
    h : (T, B) array
        The state after each step.
    """
    ### BEGIN SOLUTION
    h = np.zeros_like(x)
    state = np.zeros_like(x[0])
    for t in range(len(x)):
        state = keep * state + (1 - keep) * x[t]
        h[t] = state
    return h
    ### END SOLUTION


# %%
check("{n}.1", leak)

# %% [markdown]
# ### See it
#
# TODO what the plot shows.

# %%
with when_written(leak):
    plt.plot(leak(np.ones((20, 1)), 0.8))
    plt.xlabel("step t")
    plt.ylabel("state h")
    plt.show()
'''


def new_assignment(name: str, root: Path = Path()) -> list[Path]:
    """Write the skeleton of an assignment into a checkout: one question that works, to be replaced.

    Parameters
    ----------
    name : str
        Number and name, such as "14_attention".
    root : Path
        The checkout's folder, with ``rnnlab/assignments`` and ``solutions`` in it.

    Returns
    -------
    written : list of Path
        The files, none of which was there before.

    Raises
    ------
    ValueError
        If the name has another form, its number or package is taken, or the folder is no checkout.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "rnnlab", "assignments").mkdir(parents=True)
    ...     Path(folder, "solutions").mkdir()
    ...     [path.name for path in new_assignment("14_attention", Path(folder))]
    ['__init__.py', 'checks.py', 'mistakes.py', 'alternatives.py', '14_attention.py']
    """
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise ValueError(f"the name is {name!r}, expected a number of two digits and a name, such as 14_attention")
    number, package = parts[1], parts[2]
    code, sources = root / "rnnlab" / "assignments", root / "solutions"
    for folder in (code, sources):
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder, expected a checkout of the repository; --course names it")
    taken = [path for path in (code / package, *sources.glob(f"{number}_*")) if path.exists()]
    if taken:
        raise ValueError(f"{taken[0]}: is there already, expected a number and a name that are not taken")
    words = {"n": int(number), "name": name, "package": package, "title": package.replace("_", " ")}
    texts = {
        code / package / "__init__.py": _INIT,
        code / package / "checks.py": _CHECKS,
        code / package / "mistakes.py": _MISTAKES,
        code / package / "alternatives.py": _ALTERNATIVES,
        sources / name / f"{name}.py": _SOURCE,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**words), encoding="utf-8")
    return list(texts)
