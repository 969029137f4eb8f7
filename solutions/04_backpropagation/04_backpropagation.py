# %% [markdown]
# # Assignment 4: Backpropagation through time
#
# A recurrent network learns by asking, of every weight, how the loss would change if that weight changed a little. In this
# notebook you write the answer: the loss and its gradient, one step back through the network, the whole sequence back, a
# check that tells a right gradient from a wrong one, and the loop that trains.
#
# It belongs to the chapter *Backpropagation through time* of the book. Symbols and shapes:
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x` | (T, B, D) | T steps of input for B sequences at once, D numbers each |
# | `h` | (T+1, B, H) | the states: `h[0]` before anything is read, `h[t+1]` after reading `x[t]` |
# | `y`, `target` | (T, B, O) | the outputs, and what they should have been |
# | `w_x`, `w_h`, `b_h` | (H, D), (H, H), (H,) | the recurrent layer's weights and its bias |
# | `w_y`, `b_y` | (O, H), (O,) | the output layer's weights and its bias |
# | `dh`, `dw_h`, … | as `h`, `w_h`, … | a `d` before a name: the gradient of the loss with respect to it |
#
# A gradient always has the shape of what it belongs to. That alone finds many mistakes.
#
# The first cell defines `rnn_forward`, which you wrote in assignment 2: use it wherever you need a forward pass. Work as
# there: replace `raise NotImplementedError()` by your own code, run the cell, then run the check below it. Sizes of 1,
# sequences of 100 steps and gradients from 1e-8 to 1e8 are among what is asked. All arrays are float64, the ones that you
# are given and the ones that you return, except where 4.4 says otherwise.
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


def rnn_forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Return all states h (T+1, B, H) and all outputs y (T, B, O) of a network that reads `x` from the state `h_0`."""
    h = np.empty((len(x) + 1, *h_0.shape))
    h[0] = h_0
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ w_x.T + h[t] @ w_h.T + b_h)
    return h, h[1:] @ w_y.T + b_y


# %% [markdown]
# ## 4.1 Losses and their gradients
#
# The way back starts at the loss. Two losses cover most of what recurrent networks do. For numbers, the *mean squared
# error*, with N the number of numbers that count:
#
# $$L = \frac{1}{N} \sum (y - p)^2 \qquad \frac{\partial L}{\partial y} = \frac{2}{N} (y - p)$$
#
# For a choice among O classes, the *cross-entropy*. The network gives O scores $a$ (also called logits), the softmax makes
# probabilities of them, and the loss is the surprise at the right class $p$, averaged over the N steps that count:
#
# $$L = -\frac{1}{N} \sum \log \operatorname{softmax}(a)_p \qquad
#   \frac{\partial L}{\partial a} = \frac{1}{N} \left(\operatorname{softmax}(a) - \operatorname{onehot}(p)\right)$$
#
# Sequences in a batch have different lengths, so the short ones are filled up, and a *mask* (T, B) says which steps count.
# A masked step is no part of the sum, no part of N, and its gradient is 0, whatever it holds: NaN times 0 is NaN, so
# multiplying by the mask is not enough. A NaN in a step that *counts* must not be hidden, though: then the loss is NaN,
# and so is the gradient of that number (of that step's scores), as a warning that something has gone wrong.
#
# Scores may be large. `np.exp(1000)` is infinite, but subtracting the largest score from all of them changes no
# probability, and $\log \operatorname{softmax}(a)_p = a_p - \log \sum_o e^{a_o}$ needs no probability at all.


# %%
def mse(y, target, mask):
    """Return the mean squared error and its gradient.

    Parameters
    ----------
    y, target : (T, B, O) arrays
        The outputs, and what they should have been. Masked steps of both may hold anything: NaN, infinity, 1e200.
    mask : (T, B) array of bool
        True where a step counts. At least one does.

    Returns
    -------
    loss : float
        The mean over the steps that count and over the outputs.
    dy : (T, B, O) array
        Its gradient with respect to `y`.
    """
    ### BEGIN SOLUTION
    error = np.where(mask[..., None], y, 0) - np.where(mask[..., None], target, 0)
    n = mask.sum() * y.shape[2]
    return (error**2).sum() / n, 2 * error / n
    ### END SOLUTION


# %%
def cross_entropy(logits, target, mask):
    """Return the cross-entropy of one choice out of O and its gradient.

    Parameters
    ----------
    logits : (T, B, O) array
        The scores of the classes, before the softmax. Masked steps may hold anything: NaN, infinity, 1e200.
    target : (T, B) array of int64
        The number of the right class, 0 to O-1; in masked steps it may be -1.
    mask : (T, B) array of bool
        True where a step counts. At least one does.

    Returns
    -------
    loss : float
        The mean over the steps that count.
    dlogits : (T, B, O) array
        Its gradient with respect to `logits`.
    """
    ### BEGIN SOLUTION
    a = np.where(mask[..., None], logits, 0)
    a = a - a.max(axis=2, keepdims=True)
    right = np.arange(a.shape[2]) == target[..., None]
    exp = np.exp(a)
    total = exp.sum(axis=2, keepdims=True)
    surprise = np.log(total) - np.where(right, a, 0).sum(axis=2, keepdims=True)
    counts = mask[..., None] / mask.sum()
    return (surprise * counts).sum(), (exp / total - right) * counts
    ### END SOLUTION


# %%
check("4.1", mse, cross_entropy)

# %% [markdown]
# ### See it
#
# Two classes, of which the second is right. Its score goes from far too low to far too high; the other stays at 0. Beside
# it the squared error of the probability itself, with the gradient that the chain rule gives it. Which of the two would you
# rather learn from when you are completely wrong?

# %%
with when_written(cross_entropy):
    scores = np.linspace(-8, 8, 161)
    one = np.ones((1, 1), bool)
    answers = [cross_entropy(np.array([[[0.0, s]]]), np.array([[1]]), one) for s in scores]
    probability = 1 / (1 + np.exp(-scores))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    left.plot(scores, [loss for loss, _ in answers], label="cross-entropy")
    left.plot(scores, (1 - probability) ** 2, label="squared error of the probability")
    left.set_title("loss")
    left.legend()
    right.plot(scores, [d[0, 0, 1] for _, d in answers], label="cross-entropy")
    right.plot(scores, -2 * probability * (1 - probability) ** 2, label="squared error of the probability")
    right.set_title("gradient of the right class's score")
    for axis in (left, right):
        axis.set_xlabel("score of the right class")
    plt.show()

# %% [markdown]
# ## 4.2 One step back
#
# One step forward is $a = w_x x + w_h h_{\text{before}} + b_h$ and $h_{\text{after}} = \tanh(a)$. Suppose you know `dh`,
# the gradient of the loss with respect to $h_{\text{after}}$. The chain rule takes it back through the tanh, whose slope is
# $1 - \tanh(a)^2 = 1 - h_{\text{after}}^2$, and from there to everything that $a$ was made of. For one sequence, as columns:
#
# $$da = dh \odot (1 - h_{\text{after}}^2)$$
#
# $$dx = w_x^\top da \qquad dh_{\text{before}} = w_h^\top da$$
#
# $$dw_x = da\, x^\top \qquad dw_h = da\, h_{\text{before}}^\top \qquad db_h = da$$
#
# In code the batch stands in the rows. Every row uses the same weights, so the weights' gradients are *sums* over the rows.


# %%
def rnn_step_backward(dh, x, h_before, h_after, w_x, w_h):
    """Return the gradients of all that one step was made of.

    Parameters
    ----------
    dh : (B, H) array
        The gradient of the loss with respect to `h_after`. Leave it as it is: make new arrays.
    x : (B, D) array
        The step's input.
    h_before, h_after : (B, H) arrays
        The states before and after the step.
    w_x, w_h : (H, D) and (H, H) arrays
        The weights.

    Returns
    -------
    dx : (B, D) array
    dh_before : (B, H) array
    dw_x, dw_h, db_h : (H, D), (H, H) and (H,) arrays
        Summed over the batch.
    """
    ### BEGIN SOLUTION
    da = dh * (1 - h_after**2)
    return da @ w_x, da @ w_h, da.T @ x, da.T @ h_before, da.sum(axis=0)
    ### END SOLUTION


# %%
check("4.2", rnn_step_backward)

# %% [markdown]
# ### See it
#
# A single unit with $w_h = 1$. The gradient that arrives is 1; the curve shows how much of it is passed on to the state
# before, depending on how far the unit was driven. A saturated unit takes no blame and passes none on.

# %%
with when_written(rnn_step_backward):
    a = np.linspace(-4, 4, 161)[:, None]
    one = np.ones((1, 1))
    _, passed, *_ = rnn_step_backward(np.ones_like(a), np.zeros_like(a), a, np.tanh(a), one, one)
    plt.plot(a, np.tanh(a), label="state $h = \\tanh(a)$")
    plt.plot(a, passed, label="gradient passed on")
    plt.xlabel("pre-activation a")
    plt.title("What a unit passes back")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 4.3 Back through the whole sequence
#
# Unfolded, the network is T copies of the step, one above the other. The state $h_t$ is used twice: the output $y_t$ is
# read from it, and the next state is made from it. Both uses send a gradient back, and they add:
#
# $$dh_t = w_y^\top dy_t + w_h^\top da_{t+1} \qquad da_t = dh_t \odot (1 - h_t^2)$$
#
# The second term is what is *carried*. It comes from the step after, so the loop runs from the last step to the first, and
# after the last step nothing is carried yet. What is carried out of the first step is the gradient of $h_0$. All copies
# share one set of weights, so the weights' gradients are sums over the steps.
#
# In code `h[t+1]` is the state after reading `x[t]`: it made `y[t]`, and it was made from `h[t]`.


# %%
def rnn_backward(dy, x, h, w_x, w_h, w_y):
    """Return the gradients of a recurrent network's weights, of its inputs and of its first state.

    Parameters
    ----------
    dy : (T, B, O) array
        The gradient of the loss with respect to the outputs.
    x : (T, B, D) array
        The inputs.
    h : (T+1, B, H) array
        The states, as `rnn_forward` gives them.
    w_x, w_h, w_y : (H, D), (H, H) and (O, H) arrays
        The weights.

    Returns
    -------
    dw_x, dw_h, db_h, dw_y, db_y : arrays
        The gradients of the weights, in the order in which `rnn_forward` takes the weights, summed over steps and batch.
    dx : (T, B, D) array
    dh_0 : (B, H) array
    """
    ### BEGIN SOLUTION
    dx, carried = np.empty_like(x), np.zeros_like(h[0])
    dw_x, dw_h, db_h = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h))
    for t in reversed(range(len(x))):
        dh = dy[t] @ w_y + carried
        dx[t], carried, *step = rnn_step_backward(dh, x[t], h[t], h[t + 1], w_x, w_h)
        dw_x, dw_h, db_h = dw_x + step[0], dw_h + step[1], db_h + step[2]
    return dw_x, dw_h, db_h, np.einsum("tbo,tbh->oh", dy, h[1:]), dy.sum(axis=(0, 1)), dx, carried
    ### END SOLUTION


# %%
check("4.3", rnn_backward)

# %% [markdown]
# ### See it
#
# Which earlier input gets the blame? Each row of the picture is one loss, at step s alone; along the row, how strongly each
# input bears on it. To the right of the diagonal there is nothing: no loss depends on what comes later. Change `size`, the
# largest magnitude of an eigenvalue of `w_h`, and watch how far the blame reaches.

# %%
size = 0.9

with when_written(rnn_step_backward, rnn_backward):
    rng = np.random.default_rng(0)
    w_h = rng.normal(size=(20, 20))
    w_h *= size / abs(np.linalg.eigvals(w_h)).max()
    network = (rng.normal(size=(20, 1)) / 4, w_h, np.zeros(20), rng.normal(size=(1, 20)), np.zeros(1))
    x = rng.normal(size=(40, 1, 1))
    h, _ = rnn_forward(x, np.zeros((1, 20)), *network)
    blame = np.zeros((40, 40))
    for s in range(40):
        dy = np.zeros((40, 1, 1))
        dy[s] = 1
        blame[s] = abs(rnn_backward(dy, x, h, network[0], network[1], network[3])[5][:, 0, 0])
    plt.imshow(np.log10(np.where(blame > 0, blame, np.nan)), origin="lower", vmin=-4, vmax=0)
    plt.xlabel("input at step t")
    plt.ylabel("loss at step s")
    plt.title("Which step gets the blame")
    plt.colorbar(label="log10 of |∂y[s] / ∂x[t]|")
    plt.show()

# %% [markdown]
# ## 4.4 Is this gradient right?
#
# A wrong gradient often still trains, only worse, so you cannot tell by looking at the loss. But a gradient can be measured:
# move one entry of $x$ a little to both sides and see what the function does,
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + s\, e_i) - f(x - s\, e_i)}{2 s}$$
#
# The error of this *central difference* has two parts: the function's curvature contributes about $s^2$, and the rounding of
# f contributes about $\varepsilon / s$, where $\varepsilon$ is the precision of the numbers (`np.finfo(x.dtype).eps`). Their sum is
# smallest near $s = \varepsilon^{1/3}$.
#
# How close is close enough? The difference is to be compared with the size of the gradient, or the verdict would depend on
# the units in which the loss is measured: call a gradient right if
#
# $$\max_i |df_i - \text{numeric}_i| \le \text{tolerance} \cdot \max_i |\text{numeric}_i|$$
#
# with a tolerance of $10^{-6}$ in double precision and $10^{-2}$ in single precision. The largest error decides: no norm of
# all errors, in which a single wrong entry among many is lost, and no entry by itself, since rounding is as large for the
# small entries as for the large ones. Traps: a gradient that is zero everywhere is right where the function is constant. NaN
# and infinity are never right, whether they stand in `df` or come from `f`, although no comparison with NaN is ever true and
# infinity is not larger than infinity.


# %%
def gradcheck(f, x, df):
    """Compare a gradient with central differences.

    Parameters
    ----------
    f : function
        Takes an array like `x` and returns a float.
    x : array of float64 or float32
        Where the gradient was taken, of one axis or more. Leave it as it is: move a copy.
    df : array of the shape of x
        What is claimed to be the gradient of `f` at `x`.

    Returns
    -------
    ok : bool
        Whether it is, as described above.
    worst : tuple of int
        The index of the entry of `df` that is furthest from its central difference, with one number for each axis. NaN
        is further than any number; of several entries that are equally far any one will do.
    """
    ### BEGIN SOLUTION
    step = np.finfo(x.dtype).eps ** (1 / 3)
    numeric = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        numeric[i] = (f(up) - f(down)) / (2 * step)
    tolerance = 1e-2 if x.dtype == np.float32 else 1e-6
    error = abs(df - numeric)
    worst = np.unravel_index(np.argmax(error), x.shape)
    return bool(error[worst] <= tolerance * abs(numeric).max()), worst
    ### END SOLUTION


# %%
check("4.4", gradcheck)

# %% [markdown]
# ### See it
#
# First your own gradients, one weight after the other. Then the error of the two kinds of difference against the step: on
# the left rounding, on the right curvature, and in between the best that can be had.

# %%
with when_written(mse, rnn_step_backward, rnn_backward, gradcheck):
    rng = np.random.default_rng(1)
    names = ("w_x", "w_h", "b_h", "w_y", "b_y")
    network = [rng.normal(size=shape) / 2 for shape in [(4, 3), (4, 4), (4,), (2, 4), (2,)]]
    x, target = rng.normal(size=(12, 5, 3)), rng.normal(size=(12, 5, 2))
    every, start = np.ones((12, 5), bool), np.zeros((5, 4))
    h, y = rnn_forward(x, start, *network)
    gradients = rnn_backward(mse(y, target, every)[1], x, h, network[0], network[1], network[3])

    def loss_of(place, weight):
        changed = [*network[:place], weight, *network[place + 1 :]]
        return float(mse(rnn_forward(x, start, *changed)[1], target, every)[0])

    for i, name in enumerate(names):
        ok, worst = gradcheck(lambda w, i=i: loss_of(i, w), network[i], gradients[i])
        print(f"d{name}: {'right' if ok else f'wrong, most of all at {list(worst)}'}")

    steps, direction = np.logspace(-14, 0, 57), np.eye(4)
    exact, middle = (gradients[1] * direction).sum(), loss_of(1, network[1])
    high = np.array([loss_of(1, network[1] + s * direction) for s in steps])
    low = np.array([loss_of(1, network[1] - s * direction) for s in steps])
    plt.loglog(steps, abs((high - middle) / steps - exact), label="one-sided difference")
    plt.loglog(steps, abs((high - low) / (2 * steps) - exact), label="central difference")
    plt.axvline(np.finfo(float).eps ** (1 / 3), color="gray", linestyle=":", label="$\\varepsilon^{1/3}$")
    plt.xlabel("step")
    plt.ylabel("error")
    plt.title("How well a difference measures a slope")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 4.5 The training loop
#
# Now the loop, with the number k of unfolded steps chosen by you. The sequence has n steps. A *window* of k steps slides
# over it, one step at a time:
#
# > repeat for every epoch:
# > &emsp;set the state h to zero
# > &emsp;for t = 0, 1, …, n − k:
# > &emsp;&emsp;run the network over `x[t]`, …, `x[t+k-1]`, starting in the state h
# > &emsp;&emsp;take the error of the *last* output alone, e = y − p, where p is `target[t+k-1]`
# > &emsp;&emsp;backpropagate it through the k steps and update all weights, w ← w − lr · dw
# > &emsp;&emsp;let h be the state after `x[t]`: the forward pass of this window has it already
#
# The gradient of the last output is e itself, so the loss of a window is $\frac{1}{2} \sum e^2$, summed over the outputs and
# the batch. The loss of an epoch is the mean of its windows' losses, each taken before the update that it causes.


# %%
def train(x, target, k, lr, n_epochs, weights):
    """Return the weights that the loop above ends with, and the loss of every epoch.

    Parameters
    ----------
    x : (n, B, D) array
        The inputs.
    target : (n, B, O) array
        What the outputs should be.
    k : int
        The number of steps to unfold, 1 to n.
    lr : float
        The learning rate.
    n_epochs : int
        How often to go through the sequence, at least 1.
    weights : tuple of arrays
        `(w_x, w_h, b_h, w_y, b_y)` to start from. Leave them as they are: make new ones.

    Returns
    -------
    weights : tuple of arrays
        The trained weights, in the same order.
    losses : (n_epochs,) array
        The loss of each epoch.
    """
    ### BEGIN SOLUTION
    losses = np.zeros(n_epochs)
    n_windows = len(x) - k + 1
    for epoch in range(n_epochs):
        start = np.zeros((x.shape[1], len(weights[2])))
        for t in range(n_windows):
            window = x[t : t + k]
            h, y = rnn_forward(window, start, *weights)
            dy = np.zeros_like(y)
            dy[-1] = y[-1] - target[t + k - 1]
            gradients = rnn_backward(dy, window, h, weights[0], weights[1], weights[3])
            weights = tuple(w - lr * dw for w, dw in zip(weights, gradients))
            losses[epoch] += (dy**2).sum() / 2 / n_windows
            start = h[1]
    return weights, losses
    ### END SOLUTION


# %%
check("4.5", train)

# %% [markdown]
# ### See it
#
# The target is half of the input of two steps ago, plus noise of standard deviation 0.1. Nobody can predict the noise, so no
# loss can stay below the lower dotted line, which is half the noise's variance. Who does not know the input of two steps ago
# stays at the upper one. The gradient reaches an input two steps back only if the window holds it, from k = 3 on. For k = 1 and
# 2 the state still carries what the random weights happen to let through, but nothing teaches the network to keep it: as the
# updates go on, it may get lost again.

# %%
with when_written(rnn_step_backward, rnn_backward, train):
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, size=(200, 10, 1))
    target = 0.1 * rng.normal(size=x.shape)
    target[2:] += 0.5 * x[:-2]
    first = [rng.normal(size=shape) / 3 for shape in [(8, 1), (8, 8), (8,), (1, 8), (1,)]]
    for k in (1, 2, 3, 4):
        _, losses = train(x, target, k, 0.02, 30, tuple(first))
        plt.plot(range(1, 31), losses / 10, label=f"k = {k}")
    plt.axhline(0.1**2 / 2, color="gray", linestyle=":", label="input known, half the noise's variance")
    plt.axhline((0.1**2 + 0.5**2 / 3) / 2, color="black", linestyle=":", label="input not known")
    plt.yscale("log")
    plt.xlabel("epoch")
    plt.ylabel("loss of one sequence")
    plt.title("The training loop, for four lengths of the window")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))
    plt.show()

# %% [markdown]
# ## 4.6 Predict, then run
#
# Your `gradcheck` could train a network: central differences are gradients too. A network has D = 2 inputs, H = 5 hidden
# units and O = 1 output, and reads a sequence of T = 100 steps. How many times must the whole sequence be run forward to have
# the gradient of *all* weights and biases by central differences, once? Decide first; then run the cell that counts.
#
# For comparison: backpropagation needs one run forward and one back, whose cost is about that of two forward.


# %%
def predicted_runs():
    """Return the number that you predict, as an int or a float."""
    ### BEGIN SOLUTION
    return 92
    ### END SOLUTION


# %%
check("4.6", predicted_runs)

# %%
with when_written(mse, gradcheck):
    rng = np.random.default_rng(3)
    network = [rng.normal(size=shape) / 2 for shape in [(5, 2), (5, 5), (5,), (1, 5), (1,)]]
    x, target, every = rng.normal(size=(100, 1, 2)), rng.normal(size=(100, 1, 1)), np.ones((100, 1), bool)
    runs = 0

    def counted(place, weight):
        global runs
        runs += 1
        changed = [*network[:place], weight, *network[place + 1 :]]
        return float(mse(rnn_forward(x, np.zeros((1, 5)), *changed)[1], target, every)[0])

    for i, weight in enumerate(network):
        gradcheck(lambda w, i=i: counted(i, w), weight, np.zeros_like(weight))
    print(f"{sum(w.size for w in network)} weights, {runs} runs of the network by your gradcheck")

# %% [markdown]
# ## Explain
#
# A friend forgot the carried term: her backward pass uses, at every step, only that step's own `dy`. Her network trains, and
# the loss goes down. In a few sentences: what is her gradient the gradient of? Which tasks can her network still learn to do
# well, and which not? How could she have found the mistake without knowing where to look? (2 points, marked by hand.)

# %% [markdown] written="4.w" points=2
# ### BEGIN SOLUTION
# Her gradient treats every state before the current one as a constant: it is backpropagation truncated to one step (k = 1).
# The output layer's gradient is right, and so is the part of the recurrent layer's that says how the last input and the
# last state should enter the present output. So the loss goes down wherever the present input, or what happens to be left in
# the state, says something about the target. What she cannot learn is to *keep* something: no loss ever tells an earlier
# step what it should have stored. A task whose target depends on an input some steps back is learnt only as far as the
# random weights let that input through.
#
# She would have found it with central differences: `gradcheck` on `w_h` (and on `w_x`, `b_h`, `x`) fails for two steps or
# more, while `w_y` and `b_y` pass and a sequence of length 1 passes, which points to what is carried from step to step.
#
# Rubric: 1 point for the consequence (what is past is a constant, so storing is never taught; the rest is learnt), with a
# fitting example of a task; 1 point for finding it (central differences on a sequence of two steps or more; that it passes for
# one step or for the output layer is a bonus, not needed). Half a point where only "it is less accurate" is said.
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - Give `rnn_backward` a second gradient, `dh_n` (B, H), that enters at the last state. Cut a sequence in two and send `dh_0`
#   of the second half into the first as `dh_n`: the gradients are those of the whole sequence.
# - The loop of 4.5 runs every input k times. How would you arrange the windows so that each input is run once, and what is lost?
#   The next chapter, *Truncation and learning online*, answers.
