# %% [markdown]
# # Assignment 3: Activation functions
#
# Between the weights of one step and the next stands a function that is applied to every number by itself. Without it a
# recurrent network would be one linear map after another. It decides two things: which values a state can take, and how
# much of a small change gets through a step, forward and on the way back. In this notebook you write five such functions
# with their slopes, and find the most that one step can do to a small change.
#
# It belongs to the chapter *Activation functions* of the book. Symbols and shapes:
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $a_t$ | `a` | any | pre-activations, what $f$ is applied to: $a_t = w_x x_t + w_h h_{t-1} + b_h$ |
# | $f(a)$ | `value` | that of `a` | the new state, $h_t = f(a_t)$ |
# | $f'(a)$ | `slope` | that of `a` | the derivative at each `a` |
# | $w_h$ | `w_h` | (H, H) | the recurrent weights |
#
# How to work: run the cells from the top (Shift+Enter), replace `raise NotImplementedError()` by your own code, run the
# cell, then run the check below it. A check tells what is right, what is not yet, and the first case that fails. You may
# run it as often as you like. Your grade comes from the same checks on other numbers. All arrays are float64, the ones
# that you are given and the ones that you return.
#
# Write your answers with NumPy. They may import nothing of `rnnlab`: its modules are not there when your answers are
# graded.

# %%
try:
    from rnnlab.checks import check, when_written
except ModuleNotFoundError:
    raise SystemExit(
        "This notebook needs the package rnnlab, which is not installed for this kernel. In a terminal, in the folder\n"
        "of the course:  pip install '.[course]'   (then restart the kernel and run this cell again)"
    ) from None

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## 3.1 Values and slopes
#
# | name | value $f(a)$ | slope $f'(a)$ |
# |---|---|---|
# | `"tanh"` | $\tanh a$ | $1 - f(a)^2$ |
# | `"sigmoid"` | $1 / (1 + e^{-a})$ | $f(a)\,(1 - f(a))$ |
# | `"relu"` | $a$ for $a > 0$, else 0 | 1 for $a > 0$, else 0 |
# | `"leaky_relu"` | $a$ for $a > 0$, else $a / 100$ | 1 for $a > 0$, else 1/100 |
# | `"linear"` | $a$ | 1 |
#
# The slopes of the first two are written with the *value*: a network that has kept its states need not keep its
# pre-activations. At exactly 0 relu and leaky_relu have no derivative; take the slope on the left, as PyTorch does.
#
# Write the sigmoid with care. `np.exp(710)` is more than a float can hold: NumPy warns, gives infinity, and infinity divided
# by infinity is not a number. Your functions should be finite and silent for $a = \pm 1000$ too. Two ways out: make sure
# that `exp` is only ever taken of negative numbers, or use $\sigma(a) = \tfrac12 (1 + \tanh \tfrac a2)$.


# %%
def activation(name, a):
    """Return an activation function's values and slopes.

    Parameters
    ----------
    name : {"tanh", "sigmoid", "relu", "leaky_relu", "linear"}
        Which function.
    a : array of any shape
        Pre-activations, finite. Leave them as they are. The shape may be () or have a 0 in it.

    Returns
    -------
    value, slope : arrays
        Of the shape of `a`. For a single pre-activation, of shape (), two floats will do;
        the value of the linear function may be `a` itself.
    """
    ### BEGIN SOLUTION
    if name == "tanh":
        value = np.tanh(a)
        return value, 1 - value**2
    if name == "sigmoid":
        value = 0.5 * (1 + np.tanh(0.5 * a))
        return value, value * (1 - value)
    below = {"relu": 0.0, "leaky_relu": 0.01, "linear": 1.0}[name]
    slope = np.where(a > 0, 1.0, below)
    return slope * a, slope
    ### END SOLUTION


# %%
check("3.1", activation)

# %% [markdown]
# ### See it
#
# Values and slopes. Where a slope is near 0 the unit is *saturated*: whatever changes below it, it does not pass it on.

# %%
with when_written(activation):
    a = np.linspace(-5, 5, 501)
    curves = {name: activation(name, a) for name in ("tanh", "sigmoid", "relu", "leaky_relu", "linear")}
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
    for name, (value, slope) in curves.items():
        left.plot(a, value, label=name)
        right.plot(a, slope)
    left.set(xlabel="a", title="value f(a)", ylim=(-1.5, 2.5))
    right.set(xlabel="a", title="slope f'(a)", ylim=(-0.05, 1.05))
    left.legend()
    plt.show()

# %% [markdown]
# Finite *and silent*? The points are for the numbers alone: a warning costs none. This cell turns every warning of NumPy
# into an error.

# %%
with when_written(activation):
    for name in ("tanh", "sigmoid", "relu", "leaky_relu", "linear"):
        try:
            with np.errstate(all="raise", under="ignore"):  # what is too small becomes 0, and that is right
                value, slope = activation(name, np.array([-1000.0, 0.0, 1000.0]))
            print(f"{name:10}  value {value.round(3) + 0}  slope {slope.round(3)}")
        except FloatingPointError as error:
            print(f"{name:10}  {error}: infinity on the way, even if the result looks right")

# %% [markdown]
# ### See it: a hundred steps
#
# The same 50 units with the same random weights, once with each function. They are kicked at step 0, hear nothing more,
# and the curve shows the length of the state. Run the cell for `size` 0.8, 1.5 and 3.0. Which functions keep the state
# within bounds, whatever the weights are? Which one does not let it go to 0 even with small weights? And why does relu
# need larger weights than the linear function before the state grows?

# %%
size = 3.0  # the largest magnitude of an eigenvalue of w_h

with when_written(activation):
    rng = np.random.default_rng(0)
    w_h = rng.normal(size=(50, 50))
    w_h *= size / abs(np.linalg.eigvals(w_h)).max()
    kick = rng.normal(size=50)
    for name in ("tanh", "sigmoid", "relu", "leaky_relu", "linear"):
        h, lengths = kick, []
        for _t in range(100):
            h, _ = activation(name, w_h @ h)
            lengths.append(np.linalg.norm(h))
        plt.semilogy(lengths, label=name)
    plt.axhline(np.sqrt(50), color="0.5", ls="--", lw=1, label=r"$\sqrt{50}$: all units at ±1")
    plt.xlabel("step t")
    plt.ylabel("length of the state")
    plt.title(f"100 steps after one kick, size {size}")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 3.2 The most that one step can do
#
# Change the state before a step a little, by $\delta$. After the step it has changed by $J \delta$ (and less than any
# multiple of $\delta$ beside it), where $J$ is the *Jacobian*
#
# $$J = \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(f'(a_t))\, w_h .$$
#
# How long can $J\delta$ be if $\delta$ has length 1? That is the norm of $J$, its largest singular value. It depends on
# $a_t$, which changes from step to step, but the norm of a product is at most the product of the norms, and a diagonal
# matrix has its largest entry for a norm. So there is one number that holds at every step, the largest slope that $f$ has
# anywhere times the norm of $w_h$:
#
# $$\lVert J \rVert \le \max_a |f'(a)| \cdot \lVert w_h \rVert .$$
#
# No smaller number will do: when all units are where $f$ is steepest, both sides are equal. If the bound is below 1, every
# step shrinks every change, and gradients on their way back as well: the network *must* forget, at least as fast as the
# powers of the bound. Find the largest slope of each of the five functions, and which norm in `np.linalg.norm` is the
# largest singular value.


# %%
def slope_bound(w_h, name):
    """Return the smallest number that no Jacobian of a step is longer than, whatever the pre-activations are.

    Parameters
    ----------
    w_h : (H, H) array
        The recurrent weights.
    name : {"tanh", "sigmoid", "relu", "leaky_relu", "linear"}
        The activation function.

    Returns
    -------
    bound : float
        For the norm that is a matrix's largest singular value, to ten digits whatever the size of `w_h`; 0 if `w_h` is
        zero.
    """
    ### BEGIN SOLUTION
    steepest = 0.25 if name == "sigmoid" else 1.0
    return steepest * np.linalg.norm(w_h, 2)
    ### END SOLUTION


# %%
check("3.2", slope_bound)

# %% [markdown]
# ### See it
#
# Norms of Jacobians at random pre-activations, from very small ones to large ones, as dots; your bound as a line. The
# larger the pre-activations, the more units of tanh and sigmoid are saturated, and the more such a step shrinks what
# passes through it. The bound does not know where the units are: it is what happens at best.

# %%
with when_written(activation, slope_bound):
    rng = np.random.default_rng(1)
    w_h = rng.normal(size=(20, 20)) / np.sqrt(20)
    spreads = np.geomspace(0.01, 30, 200)
    names = ("tanh", "sigmoid", "relu", "leaky_relu")
    bounds = [slope_bound(w_h, name) for name in names]
    slopes = [[activation(name, spread * rng.normal(size=20))[1] for spread in spreads] for name in names]
    fig, axes = plt.subplots(1, 4, figsize=(11, 3), sharey=True)
    for ax, name, bound, some in zip(axes, names, bounds, slopes):
        ax.semilogx(spreads, [np.linalg.norm(slope[:, None] * w_h, 2) for slope in some], ".")
        ax.axhline(bound, color="tab:red")
        ax.set(title=name, xlabel="spread of a", ylim=(0, 2.2))
    axes[0].set_ylabel("norm of the Jacobian")
    plt.show()

# %% [markdown]
# ## 3.3 Predict, then run
#
# One unit with tanh, no input, no bias and the weight $w_h = 1$, starts at $h_0 = 1$. So $h_t = \tanh(h_{t-1})$. Where is
# it after 100 steps: at 0.00, 0.12, 0.76 or 1.00 (to two digits)? Decide first, and write your number down; then run the
# cell that follows the steps.


# %%
def predicted_state():
    """Return the number that you predict: 0.00, 0.12, 0.76 or 1.00."""
    ### BEGIN SOLUTION
    return 0.12
    ### END SOLUTION


# %%
check("3.3", predicted_state)

# %%
with when_written(activation):
    for weight in (0.9, 1.0, 1.1):
        h, trace = np.ones(1), []
        for _t in range(1000):
            h, slope = activation("tanh", weight * h)
            trace.append(h[0])
        print(
            f"w_h = {weight}: h = {trace[99]:.6f} after 100 steps, {trace[999]:.6f} after 1000, slope there {slope[0]:.4f}"
        )
        plt.loglog(np.arange(1, 1001), trace, label=f"$w_h$ = {weight}")
    plt.ylim(1e-6, 2)
    plt.xlabel("step t")
    plt.ylabel("state h")
    plt.title("At weight 1 forgetting is slow: a power of t, no exponential")
    plt.legend()
    plt.show()

# %% [markdown] written="3.w" points=2
# ## 3.w In your own words
#
# A network with relu units reads sequences of 200 steps. After its first few updates its outputs are not numbers any
# more. With tanh in place of relu, and the same weights to begin with, it computes finite outputs. Explain in three to
# six sentences what happened in the relu network on the way *forward* and why it cannot happen with tanh. Then say what
# your `slope_bound` tells of the tanh network's gradients when it is below 1, and what it tells when it is above 1.
#
# ### BEGIN SOLUTION
# For positive pre-activations relu passes on what it gets. If the weights stretch some direction that keeps the units
# positive by more than 1, the state grows by about that factor at every step, and 200 factors overflow; from infinity
# minus infinity come NaNs. The values of tanh lie between -1 and 1, so the state of H units is never longer than √H,
# whatever the weights are.
#
# A bound below 1: every Jacobian shrinks every change, so the gradient through k steps is at most the bound to the power
# k and vanishes. A bound above 1: nothing is certain. The gradient may grow, but saturated units may shrink it all the
# same; the bound is for the steepest slope and the worst direction.
#
# Rubric: 1 point for the forward pass (½ that relu does not limit the state and factors above 1 multiply; ½ that tanh
# limits it to ±1 whatever the weights). 1 point for the bound (½ below 1: certain to vanish, exponentially in the number
# of steps; ½ above 1: an upper bound only, explosion is possible and not certain).
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - The cell of 3.2 shows relu's Jacobians below the bound as well, at every spread. Why can the bound not be reached when
#   half the units are off, and what does the number of units that are on do to the norm?
# - Near 0, $\tanh h \approx h - h^3/3$. Find from it how $1/h_t^2$ changes in a step at weight 1, and so where the state
#   of 3.3 is after $t$ steps. Compare with what the cell printed.
# - A sigmoid unit at 0 is not silent: its value is ½. Give the network of *a hundred steps* a bias for which the
#   state 0 is at rest under the sigmoid, or show that there is none.
