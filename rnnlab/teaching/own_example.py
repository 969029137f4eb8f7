"""A small assignment to begin with: what `rnnlab course edit` writes for a new name. TITLE stands for the name."""

SOURCE = '''# %% [markdown]
# # TITLE
#
# What the assignment is about.

# %%
import numpy as np

from rnnlab.checks import check

# %% [markdown]
# ## A leaky sum
#
# A unit that forgets: h_t = a h_{t-1} + x_t, from h_0 = 0. Return h_1 to h_T.

# %%
def leaky_sum(x, a):
    """Return the states for the inputs `x` (T,) and the factor `a`."""
    ### BEGIN SOLUTION
    h = np.zeros(len(x) + 1)
    for t in range(len(x)):
        h[t + 1] = a * h[t] + x[t]
    return h[1:]
    ### END SOLUTION

# %%
check("TITLE.1", leaky_sum)

# %% [markdown]
# ## A function with a test cell

# %%
def double(x):
    """Return twice `x`."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="test_double" points=2
assert double(2) == 4
### BEGIN HIDDEN TESTS
assert (double(np.arange(3)) == [0, 2, 4]).all()
### END HIDDEN TESTS

# %% [markdown] written="why" points=2
# ## Why is it linear?
#
# ### BEGIN SOLUTION
# A full answer says that double(a + b) is double(a) + double(b).
#
# Rubric: 1 point for the sum, 1 point for the factor.
# ### END SOLUTION
'''
CHECKS = '''"""What TITLE asks for: its questions, as rnnlab's own are defined."""

import numpy as np

from rnnlab.checks import CaseGenerator, Part, Question, StudentProxy

from .mistakes import MISTAKES

ALLOWS = ()  # the modules of rnnlab that students may import, as "rnnlab.data"


def leaky_sum(x, a):
    h = np.zeros(len(x))
    for t in range(len(x)):
        h[t] = x[t] + (a * h[t - 1] if t else 0.0)
    return h


def _states(ask: StudentProxy, draw: CaseGenerator):
    """Draw an input and a factor, and return what the function makes of them: the reference's is compared with it."""
    return ask("leaky_sum", draw.array(draw.size(1, 9)), float(draw.rng.uniform(0.2, 0.9)))


def _impulse(ask: StudentProxy, draw: CaseGenerator):
    x = np.zeros(draw.size(2, 9))
    x[0] = 1.0
    return ask("leaky_sum", x, float(draw.rng.uniform(0.2, 0.9)))


QUESTIONS = (
    Question(
        "TITLE.1",
        "A leaky sum: leaky_sum",
        ("leaky_sum",),
        {"leaky_sum": leaky_sum},
        (Part("any input", 2, _states, answer="h"), Part("a single impulse fades", 1, _impulse, answer="h")),
        MISTAKES["TITLE.1"],
    ),
)
'''
MISTAKES = '''"""Wrong answers to the questions of TITLE that are recognised, each with the sentence that helps."""

import numpy as np

from rnnlab.checks import Mistake

MISTAKES = {
    "TITLE.1": (
        Mistake(
            "never forgets",
            "your h is a plain sum of the inputs. Where does the factor a come in?",
            {"leaky_sum": lambda x, a: np.cumsum(x)},
        ),
    ),
}
'''
