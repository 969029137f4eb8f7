# %% [markdown]
# # Assignment 12: Making it fast
#
# A recurrent network is slow for a reason that no hardware removes: step $t$ cannot begin before step $t - 1$ is done. All
# that can be made shorter is the step. In Python with NumPy a step of a small network takes some microseconds, and of
# these nearly all are spent on finding out what to do and on making arrays, not on arithmetic. In this notebook you
# *compile* your network, forward and backward, and see what is left. Then you spend some of the time that you have won
# on memory: backpropagation that does not keep every state.
#
# It belongs to the chapter *Making it fast* of the book. Symbols and shapes:
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x`, `y` | (T, B, D), (T, B, O) | inputs and outputs |
# | `h` | (T+1, B, H) | the states: `h[0]` before anything is read, `h[t+1]` after reading `x[t]` |
# | `w_x`, `w_h`, `b_h` | (H, D), (H, H), (H,) | the recurrent layer's weights and its bias |
# | `w_y`, `b_y` | (O, H), (O,) | the output layer's weights and its bias |
#
# All arrays are float64, the ones that you are given and the ones that you return. Your grade comes from the checks below,
# on other numbers: sizes of 1, equal sizes and sequences of 5,000 steps are among them.
#
# Write your answers with NumPy and Numba. Of `rnnlab` they may import `optimizers`, and nothing else: the other modules
# are not there when your answers are graded.

# %%
try:
    from rnnlab.checks import check, when_written
except ModuleNotFoundError:
    raise SystemExit(
        "This notebook needs the package rnnlab, which is not installed for this kernel. In a terminal, in the folder\n"
        "of the course:  pip install '.[course]'   (then restart the kernel and run this cell again)"
    ) from None

import time
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np
from numba import njit

# %% [markdown]
# ## What compiling means
#
# `@njit` above a function makes Numba translate it to machine code when it is first called, for the types of the arguments
# of that call. The letter n stands for *nopython*: no part of the function runs in Python's interpreter, and what cannot be
# translated is an error. Four things to know:
#
# - The first call takes a second or more, for compiling. All later ones are fast. Call once before you measure.
# - Scalar loops, `for i in range(n)`, are no longer slow: they are the fastest there is. Array expressions work too, but each
#   makes a new array, and making one costs more than the arithmetic of a small network.
# - Numbers, arrays and tuples are fine. Dicts, lists of mixed things and most of Python's library are not.
# - **Nobody checks an index.** Reading or writing outside an array gives nonsense or ends the process. While you are
#   looking for an error, write `@njit(boundscheck=True)`, or leave the decorator away for a moment.
#
# To have something to compare with, put your `rnn_forward` from assignment 2 and your `rnn_backward` from assignment 4 into
# the next two cells. They are not graded here.


# %%
def rnn_forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Return h and y, as in assignment 2."""
    ### BEGIN SOLUTION
    h = np.empty((len(x) + 1, *h_0.shape))
    h[0] = h_0
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ w_x.T + h[t] @ w_h.T + b_h)
    return h, h[1:] @ w_y.T + b_y
    ### END SOLUTION


# %%
def rnn_backward(dy, x, h, w_x, w_h, w_y):
    """Return dw_x, dw_h, db_h, dw_y, db_y, dx and dh_0, as in assignment 4."""
    ### BEGIN SOLUTION
    da = np.empty_like(h[1:])
    dh = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        da[t] = (dy[t] @ w_y + dh) * (1 - h[t + 1] ** 2)
        dh = da[t] @ w_h
    dw_x = np.einsum("tbi,tbd->id", da, x)
    dw_h = np.einsum("tbi,tbj->ij", da, h[:-1])
    dw_y = np.einsum("tbo,tbi->oi", dy, h[1:])
    return dw_x, dw_h, da.sum(axis=(0, 1)), dw_y, dy.sum(axis=(0, 1)), da @ w_x, dh
    ### END SOLUTION


# %% [markdown]
# ## 12.1 Forward, compiled
#
# The same equations as ever, with every sum written out:
#
# $$h_{t,b,i} = \tanh\Bigl(b_i + \sum_d w^x_{id}\, x_{t,b,d} + \sum_j w^h_{ij}\, h_{t-1,b,j}\Bigr), \qquad
# y_{t,b,o} = b^y_o + \sum_i w^y_{oi}\, h_{t,b,i}$$
#
# The check compares the values, and then it counts how many instructions Python's interpreter executes while your function
# reads a sequence of 5000 steps that it has not seen before. A loop that is interpreted takes several instructions for
# every step, a compiled one none: three for every step is the limit. How fast your machine is makes no
# difference, and compiled array expressions pass as well as compiled scalar loops do. Numba's object mode (`forceobj=True`)
# does not: there, every step still goes through Python's objects. The first run of the check takes some seconds, for
# compiling.


# %%
@njit
def rnn_forward_fast(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Return all states and all outputs of a recurrent network that reads `x` from the state `h_0`.

    Parameters
    ----------
    x : (T, B, D) array
        The inputs.
    h_0 : (B, H) array
        The state before the first step.
    w_x, w_h, b_h : (H, D), (H, H) and (H,) arrays
        The recurrent layer, with tanh.
    w_y, b_y : (O, H) and (O,) arrays
        The output layer, which has no activation function.

    Returns
    -------
    h : (T+1, B, H) array
        The states, the first of them `h_0`.
    y : (T, B, O) array
        The outputs.
    """
    ### BEGIN SOLUTION
    n_steps, n_batch, n_input = x.shape
    n_hidden, n_output = len(b_h), len(b_y)
    h = np.empty((n_steps + 1, n_batch, n_hidden))
    y = np.empty((n_steps, n_batch, n_output))
    for b in range(n_batch):
        for i in range(n_hidden):
            h[0, b, i] = h_0[b, i]
    for t in range(n_steps):
        for b in range(n_batch):
            for i in range(n_hidden):
                a = b_h[i]
                for d in range(n_input):
                    a += w_x[i, d] * x[t, b, d]
                for j in range(n_hidden):
                    a += w_h[i, j] * h[t, b, j]
                h[t + 1, b, i] = np.tanh(a)
            for o in range(n_output):
                a = b_y[o]
                for i in range(n_hidden):
                    a += w_y[o, i] * h[t + 1, b, i]
                y[t, b, o] = a
    return h, y
    ### END SOLUTION


# %%
check("12.1", rnn_forward_fast)

# %% [markdown]
# ### See it
#
# The time of one step against the number of units, for a batch of one. Where do the two curves cross, and why do they?
# (NumPy's products call a library that does many multiplications at once. A plain loop adds one product after the other, and
# the compiler may not change that order: sums of rounded numbers depend on it.)

# %%


def seconds(function, *args):
    """Return the shortest of five times, after one call that does not count."""
    function(*args)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return min(times)


def layers_of(n_hidden, rng):
    shapes = [(n_hidden, 1), (n_hidden, n_hidden), (n_hidden,), (1, n_hidden), (1,)]
    return [rng.normal(0, 0.5 / np.sqrt(n_hidden), shape) for shape in shapes]


with when_written(rnn_forward, rnn_forward_fast):
    rng = np.random.default_rng(0)
    sizes = [1, 2, 4, 8, 16, 32, 64, 128]
    for name, function in (("NumPy, interpreted", rnn_forward), ("compiled", rnn_forward_fast)):
        per_step = []
        for n_hidden in sizes:
            x, h_0 = rng.normal(size=(300, 1, 1)), np.zeros((1, n_hidden))
            per_step.append(seconds(function, x, h_0, *layers_of(n_hidden, rng)) / 300 * 1e6)
        plt.loglog(sizes, per_step, "o-", label=name)
        print(f"{name}: {per_step[2]:.2f} µs a step with 4 units, {per_step[-1]:.1f} µs with 128")
    plt.xlabel("units H")
    plt.ylabel("µs a step")
    plt.title("What a step costs")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 12.2 Backward, compiled
#
# And the way back, sums written out in the same manner. With $\mathrm{d}a_t = \mathrm{d}h_t \odot (1 - h_t^2)$,
#
# $$\mathrm{d}h_{t,b,j} = \sum_o \mathrm{d}y_{t,b,o}\, w^y_{oj} + \sum_i \mathrm{d}a_{t+1,b,i}\, w^h_{ij}, \qquad
# \mathrm{d}w^h_{ij} = \sum_t \sum_b \mathrm{d}a_{t,b,i}\, h_{t-1,b,j},$$
#
# and the others alike. The trap of such loops is order: a number that is still needed must not be overwritten, and a sum
# must start at zero exactly once.


# %%
@njit
def rnn_backward_fast(dy, x, h, w_x, w_h, w_y):
    """Return the gradients of a recurrent network's weights, inputs and first state.

    Parameters
    ----------
    dy : (T, B, O) array
        The gradient of the loss with respect to the outputs.
    x : (T, B, D) array
        The inputs.
    h : (T+1, B, H) array
        The states, as `rnn_forward_fast` returned them.
    w_x, w_h, w_y : (H, D), (H, H) and (O, H) arrays
        The weights.

    Returns
    -------
    dw_x, dw_h, db_h, dw_y, db_y : arrays
        The gradients with respect to the weights and biases, summed over time and batch.
    dx : (T, B, D) array
        The gradient with respect to the inputs.
    dh_0 : (B, H) array
        The gradient with respect to the first state.
    """
    ### BEGIN SOLUTION
    n_steps, n_batch, n_input = x.shape
    n_hidden, n_output = len(w_h), len(w_y)
    dw_x, dw_h, dw_y = np.zeros(w_x.shape), np.zeros(w_h.shape), np.zeros(w_y.shape)
    db_h, db_y = np.zeros(n_hidden), np.zeros(n_output)
    dx = np.zeros(x.shape)
    dh = np.zeros((n_batch, n_hidden))
    da = np.empty(n_hidden)
    for t in range(n_steps - 1, -1, -1):
        for b in range(n_batch):
            for o in range(n_output):
                db_y[o] += dy[t, b, o]
                for i in range(n_hidden):
                    dw_y[o, i] += dy[t, b, o] * h[t + 1, b, i]
                    dh[b, i] += dy[t, b, o] * w_y[o, i]
            for i in range(n_hidden):
                da[i] = dh[b, i] * (1 - h[t + 1, b, i] ** 2)
                db_h[i] += da[i]
                dh[b, i] = 0.0
            for i in range(n_hidden):
                for d in range(n_input):
                    dw_x[i, d] += da[i] * x[t, b, d]
                    dx[t, b, d] += da[i] * w_x[i, d]
                for j in range(n_hidden):
                    dw_h[i, j] += da[i] * h[t, b, j]
                    dh[b, j] += da[i] * w_h[i, j]
    return dw_x, dw_h, db_h, dw_y, db_y, dx, dh
    ### END SOLUTION


# %%
check("12.2", rnn_backward_fast)

# %% [markdown]
# ### See it: a training run, twice
#
# A network with 4 units learns to name the number it read three steps ago, on sequences of 200 steps. Whoever does not
# remember cannot do better than the variance of the numbers, 1/3. The same 400 updates, first with the interpreted
# functions and then with yours: the curves lie on top of each other, and only the time differs.

# %%
with when_written(rnn_forward, rnn_backward, rnn_forward_fast, rnn_backward_fast):
    from rnnlab import optimizers

    def trained(forward, backward, n_updates=400):
        rng = np.random.default_rng(1)
        weights = layers_of(4, rng)
        adam = optimizers.Adam(lr=0.02)
        state = adam.init(weights)
        losses = []
        for _ in range(n_updates):
            x = rng.uniform(-1, 1, (203, 4, 1))
            h, y = forward(x, np.zeros((4, 4)), *weights)
            error = y[3:] - x[:-3]
            dy = np.zeros_like(y)
            dy[3:] = 2 * error / error.size
            gradients = backward(dy, x, h, weights[0], weights[1], weights[3])
            weights, state = adam.update(weights, list(gradients[:5]), state)
            losses.append(np.mean(error**2))
        return losses

    for style, name, pair in (
        ("-", "interpreted", (rnn_forward, rnn_backward)),
        ("--", "compiled", (rnn_forward_fast, rnn_backward_fast)),
    ):
        start = time.perf_counter()
        losses = trained(*pair)
        taken = time.perf_counter() - start
        plt.semilogy(losses, style, label=f"{name}: {taken:.2f} s")
    plt.axhline(1 / 3, color="0.5", linestyle=":", label="without memory: 1/3")
    plt.xlabel("update")
    plt.ylabel("mean squared error")
    plt.title("Name the number of three steps ago")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 12.3 With less memory
#
# Backpropagation needs every state again, in reverse order. To keep all $T$ of them is the simple way. The other extreme is to
# keep none and to compute each one again from the start, which takes $T^2/2$ steps. In between: cut the sequence into
# segments of about $\sqrt T$ steps and keep the *first state of each segment* only. On the way back take the segments
# from the last to the first; compute the states of one segment again, from its first; go back through it; forget them.
# At most about $2\sqrt T$ states are held at any time, and every step is computed twice.
#
# Your functions receive the cell as two functions, so they work for any cell:
#
# - `step(x_t, h)` returns the next state;
# - `step_backward(dh, x_t, h)` returns `dx_t`, the gradient `dh` with respect to the state *before* the step, and a dict of
#   gradients of the weights, for the step that starts in the state `h`.
#
# The cell, the number of its weights and their names differ from case to case, and so does T, from 1 to 420. Another
# sequence may go forward before the first one goes back: whatever the way back needs must be in what you return.
#
# The check watches in which order you ask for steps. From this it knows which states you must have been holding, wherever
# you keep them, and it allows $2\sqrt T + 1$ of them at once (rounded down). What you return to be kept may be no larger
# than that either, whether you use it or not. On the way back it allows $15\,T$ calls of `step` and `step_backward` in all,
# so that computing everything again from the start, at each step, is too much.


# %%
def forward_checkpointed(step, x, h_0):
    """Run a cell over a sequence and keep only some of its states.

    Parameters
    ----------
    step : function
        Takes x_t (B, D) and h (B, H) and returns the next state (B, H).
    x : (T, B, D) array
        The inputs, T at least 1.
    h_0 : (B, H) array
        The state before the first step.

    Returns
    -------
    kept : list, tuple, dict or array
        The states that `backward_checkpointed` starts from, in any form that suits you. It is handed on as a copy, a named
        tuple as a tuple.
    h_last : (B, H) array
        The state after the last step.
    """
    ### BEGIN SOLUTION
    every = int(np.ceil(np.sqrt(len(x))))
    kept, h = [], h_0
    for t in range(len(x)):
        if t % every == 0:
            kept.append(h)
        h = step(x[t], h)
    return kept, h
    ### END SOLUTION


# %%
def backward_checkpointed(step, step_backward, dh, x, kept):
    """Return the gradients of a cell's inputs, first state and weights.

    Parameters
    ----------
    step, step_backward : functions
        The cell, as described above.
    dh : (T, B, H) array
        The gradient of the loss with respect to the T states after the steps, as far as it reaches them directly.
    x : (T, B, D) array
        The inputs.
    kept : list, tuple, dict or array
        What `forward_checkpointed` returned.

    Returns
    -------
    dx : (T, B, D) array
        The gradient with respect to the inputs.
    dh_0 : (B, H) array
        The gradient with respect to the first state.
    dparams : dict of arrays
        The gradients of the weights, summed over time, under the names that `step_backward` gives them.
    """
    ### BEGIN SOLUTION
    every = int(np.ceil(np.sqrt(len(x))))
    dx, dh_0, dparams = np.empty_like(x), np.zeros_like(dh[0]), {}
    for k in reversed(range(len(kept))):
        times = range(k * every, min((k + 1) * every, len(x)))
        states = [kept[k]]
        for t in times[:-1]:
            states.append(step(x[t], states[-1]))
        for t in reversed(times):
            dx[t], dh_0, gradients = step_backward(dh[t] + dh_0, x[t], states.pop())
            for name, gradient in gradients.items():
                dparams[name] = dparams.get(name, 0) + gradient
    return dx, dh_0, dparams
    ### END SOLUTION


# %%
check("12.3", forward_checkpointed, backward_checkpointed)

# %% [markdown]
# ### See it
#
# The most memory that is taken while a network with 256 units goes forward and backward through T steps: once with
# every state kept, once with yours. The dotted lines grow as $T$ and as $\sqrt T$.

# %%


def layer(n_hidden, rng):
    """Return `step` and `step_backward` of a simple network with random weights."""
    w_x, w_h, b_h = layers_of(n_hidden, rng)[:3]

    def step(x_t, h):
        return np.tanh(x_t @ w_x.T + h @ w_h.T + b_h)

    def step_backward(dh, x_t, h):
        da = dh * (1 - step(x_t, h) ** 2)
        return da @ w_x, da @ w_h, {"w_x": da.T @ x_t, "b_h": da.sum(axis=0)}

    return step, step_backward


class LastOnly:
    """A gradient that comes from the last state alone, without the memory of T gradients."""

    def __init__(self, n_steps, dh):
        self.n_steps, self.dh = n_steps, dh

    def __getitem__(self, t):
        return self.dh if t in (-1, self.n_steps - 1) else 0 * self.dh


def keep_all(step, x, h_0):
    states = [h_0]
    for x_t in x:
        states.append(step(x_t, states[-1]))
    return states, states[-1]


def back_with_all(step, step_backward, dh, x, kept):
    dx, into = np.zeros_like(x), 0
    for t in reversed(range(len(x))):
        dx[t], into, _ = step_backward(dh[t] + into, x[t], kept[t])
    return dx, into


def peak(forward, backward, n_steps, rng):
    """Return the most memory, in MB, that is taken on the way forward and back."""
    step, step_backward = layer(256, rng)
    x, h_0 = rng.normal(size=(n_steps, 4, 1)), np.zeros((4, 256))
    tracemalloc.start()
    try:
        kept, last = forward(step, x, h_0)
        backward(step, step_backward, LastOnly(n_steps, last), x, kept)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


with when_written(forward_checkpointed, backward_checkpointed):
    rng = np.random.default_rng(2)
    lengths = np.array([25, 50, 100, 200, 400, 800])
    for name, forward, backward in (
        ("checkpointed", forward_checkpointed, backward_checkpointed),
        ("every state kept", keep_all, back_with_all),
    ):
        plt.loglog(lengths, [peak(forward, backward, n, rng) for n in lengths], "o-", label=name)
    plt.loglog(lengths, 4 * 256 * 8 * lengths / 1e6, "k:", linewidth=0.8)
    plt.loglog(lengths, 4 * 256 * 8 * 2 * np.sqrt(lengths) / 1e6, "k:", linewidth=0.8)
    plt.xticks(lengths, lengths)
    plt.minorticks_off()
    plt.xlabel("steps T")
    plt.ylabel("most memory taken, MB")
    plt.title("What backpropagation keeps")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 12.4 Predict, then run
#
# Suppose that a step backward costs twice as much as a step forward. By what factor does one run forward and backward take
# longer with checkpoints, where every state is computed twice, than with every state kept? Decide first and write your number
# down (to one in a hundred); then run the cell that measures. It will not find your number exactly: why not?


# %%
def predicted_factor():
    """Return the factor that you predict."""
    ### BEGIN SOLUTION
    return 4 / 3
    ### END SOLUTION


# %%
check("12.4", predicted_factor)

# %%
with when_written(forward_checkpointed, backward_checkpointed):
    step, step_backward = layer(128, np.random.default_rng(3))
    x, h_0 = np.random.default_rng(4).normal(size=(400, 16, 1)), np.zeros((16, 128))
    dh = np.ones((400, 16, 128))

    def whole(forward, backward):
        backward(step, step_backward, dh, x, forward(step, x, h_0)[0])

    ours, plain = seconds(whole, forward_checkpointed, backward_checkpointed), seconds(whole, keep_all, back_with_all)
    print(f"every state kept {plain * 1e3:.0f} ms, checkpointed {ours * 1e3:.0f} ms: a factor of {ours / plain:.2f}")

# %% [markdown] written="12.5" points=2
# ## 12.5 In your own words
#
# In the first picture the compiled function is many times faster for a few units and loses its lead as H grows. Explain both ends.
# Which costs does compiling remove, which does it leave, and how does each grow with H? Why does it not help to give the time
# loop to a graphics card, however many processors it has?
#
# ### BEGIN SOLUTION
# A step interpreted costs a fixed time for every operation on arrays (finding the function, checking types and shapes, making
# the result's array), whatever the arrays' size, and the arithmetic, about $H^2$ multiplications. Compiling removes the fixed
# part, and for small H that part is nearly all. The arithmetic stays. For large H it is nearly all of the time, and there NumPy
# calls a matrix library that uses vector instructions and the cache better than a plain loop does, so that the curves cross.
# The time loop is a chain: step t needs the result of step t − 1. Many processors can share the work of one step,
# over units and sequences, but not take different steps at once; for a small network there is too little in one step to share,
# and starting work on the card costs more than the step itself.
#
# Rubric: ½ point for the fixed cost of every interpreted operation, which compiling removes. ½ point for the arithmetic that grows
# as $H^2$ and stays. ½ point for the matrix library at large H. ½ point for the chain of dependent steps.
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - Take the product with $w_x$ out of the time loop, for all steps at once with `np.dot`. For which D is that worth it?
# - Lay the loops out so that the innermost one runs over the batch. What changes for B = 32?
# - Recursive halving keeps only about $\log_2 T$ states and computes every step about $\frac12 \log_2 T$ times more. Write it: it
#   passes the check of 12.3 too.
