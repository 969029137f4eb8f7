# %% [markdown]
# # Assignment 5: Truncation and learning online
#
# Backpropagation through time keeps every state and goes back to the beginning. A stream of data has no end to start from, and
# a long sequence may not fit into memory. In this notebook you write three ways out: cut the way back short; carry the
# derivative *forward* along with the state; cut at random so that the average is right all the same. Each pays for its
# advantage with something else, and you will measure with what.
#
# It belongs to the chapter *Truncation and learning online* of the book. Symbols and shapes:
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x`, `target` | (T, B, D), (T, B, O) | T steps of input for B sequences at once, and what the outputs should be |
# | `h` | (T+1, B, H) | the states: `h[0]` before anything is read, `h[t+1]` after reading `x[t]` |
# | `w_x`, `w_h`, `b_h` | (H, D), (H, H), (H,) | the recurrent layer's weights and its bias |
# | `w_y`, `b_y` | (O, H), (O,) | the output layer's weights and its bias |
# | `weights` | a tuple | `(w_x, w_h, b_h, w_y, b_y)` |
# | `influence` | (H, H, D+H+1) | the derivative of every state unit with respect to every recurrent weight (5.2) |
#
# The first cell defines `rnn_forward`, which you wrote in assignment 2. In this notebook the loss is a sum, not a mean: half the
# squared error, $L = \frac{1}{2} \sum_t (y_t - p_t)^2$, over all steps, outputs and sequences. Its gradient with respect to the
# outputs is simply $dy_t = y_t - p_t$.
#
# All arrays are float64, the ones that you are given and the ones that you return. Sizes of 1 and sequences of 60 steps are
# among what is asked. Write your answers with NumPy. Of `rnnlab` they may import `rnnlab.optimizers` and nothing else: the
# other modules are not there when your answers are graded.

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
# ## 5.1 Truncated backpropagation
#
# BPTT(k1, k2) has two numbers. After every k1 steps one goes back, with the losses of these k1 steps; and one goes back k2
# steps, no further. Here k1 ≤ k2 always. With T = 7, k1 = 2 and k2 = 3:
#
# | the block's losses | the way back goes through the steps |
# |---|---|
# | 0, 1 | 1, 0 |
# | 2, 3 | 3, 2, 1 |
# | 4, 5 | 5, 4, 3 |
# | 6 | 6, 5, 4 |
#
# The last block may be short. On the way back a block's losses come in at their own steps; a step before the block has no loss
# of its own, and only hands on what is carried. Nothing is carried from one way back to the next.
#
# The *forward* pass is never cut: the states are those of one run over the whole sequence, from h = 0. Only the gradient
# forgets. In training one would update the weights after every way back; here they stay as they are, and you return the sum of
# the gradients, so that it can be compared with the full one.


# %%
def tbptt(x, target, weights, k1, k2):
    """Return the gradients of half the squared error by truncated backpropagation through time.

    Parameters
    ----------
    x : (T, B, D) array
        The inputs, read from h = 0.
    target : (T, B, O) array
        What the outputs should be.
    weights : tuple of arrays
        `(w_x, w_h, b_h, w_y, b_y)`.
    k1 : int
        The number of steps whose losses make a block, 1 or more; it may be larger than T.
    k2 : int
        The number of steps that each way back goes through, k1 or more; it may be larger than T.

    Returns
    -------
    dw_x, dw_h, db_h, dw_y, db_y : arrays
        The gradients, summed over blocks, steps and batch.
    """
    ### BEGIN SOLUTION
    w_x, w_h, b_h, w_y, _ = weights
    h, y = rnn_forward(x, np.zeros((x.shape[1], len(b_h))), *weights)
    dy = y - target
    dw_x, dw_h, db_h = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(b_h)
    for block in range(0, len(x), k1):
        end = min(block + k1, len(x))
        carried = np.zeros_like(h[0])
        for t in reversed(range(max(0, end - k2), end)):
            dh = carried + dy[t] @ w_y if t >= block else carried
            da = dh * (1 - h[t + 1] ** 2)
            dw_x, dw_h, db_h = dw_x + da.T @ x[t], dw_h + da.T @ h[t], db_h + da.sum(axis=0)
            carried = da @ w_h
    return dw_x, dw_h, db_h, np.einsum("tbo,tbh->oh", dy, h[1:]), dy.sum(axis=(0, 1))
    ### END SOLUTION


# %%
check("5.1", tbptt)

# %% [markdown]
# ### See it
#
# How wrong is a truncated gradient? First its distance from the full one, for three random networks that differ in the size of
# `w_h` (the largest magnitude of an eigenvalue). The smaller it is, the faster the network forgets, and the less is lost by
# forgetting its blame.

# %%
with when_written(tbptt):
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(60, 1, 1)), rng.normal(size=(60, 1, 1))
    w_x, w_h, w_y = rng.normal(size=(20, 1)) / 4, rng.normal(size=(20, 20)), rng.normal(size=(1, 20)) / 4
    reach = [1, 2, 4, 7, 10, 15, 20, 30, 40, 50]
    for size in (0.5, 0.9, 1.1):
        network = (w_x, w_h * size / abs(np.linalg.eigvals(w_h)).max(), np.zeros(20), w_y, np.zeros(1))
        full = tbptt(x, target, network, 1, 60)[1]
        missing = [np.linalg.norm(tbptt(x, target, network, 1, k2)[1] - full) / np.linalg.norm(full) for k2 in reach]
        plt.semilogy(reach, missing, "o-", label=f"size {size}")
    plt.ylim(1e-12, 10)
    plt.xlabel("k2")
    plt.ylabel("distance from the full gradient, relative")
    plt.title("What truncation costs")
    plt.legend()
    plt.show()

# %% [markdown]
# Then a task: the target is half of the input of five steps ago, plus noise of standard deviation 0.1. The input of five steps
# ago is within reach for k2 = 6. The dotted lines are exact: no network can stay below the lower one, half the noise's variance,
# and one that does not know the input stays at the upper one. Training uses the optimizer Adam in place of plain steps along the
# gradient. Watch the two networks whose reach is too short: what they find of the input by luck, they lose again, because a
# truncated gradient does not say what keeping it was good for.

# %%
with when_written(tbptt):
    from rnnlab.optimizers import Adam

    for k2 in (3, 5, 6, 8):
        rng = np.random.default_rng(1)
        adam = Adam(lr=0.01)
        weights = tuple(rng.normal(size=shape) / 3 for shape in [(12, 1), (12, 12), (12,), (1, 12), (1,)])
        state = adam.init(weights)
        losses = []
        for _ in range(250):
            x = rng.uniform(-1, 1, size=(30, 20, 1))
            target = 0.1 * rng.normal(size=x.shape)
            target[5:] += 0.5 * x[:-5]
            error = rnn_forward(x, np.zeros((20, 12)), *weights)[1] - target
            losses.append((error[5:] ** 2).mean() / 2)
            weights, state = adam.update(weights, tbptt(x, target, weights, 1, k2), state)
        plt.plot(np.convolve(losses, np.ones(10) / 10, "valid"), label=f"k2 = {k2}")
    plt.axhline(0.1**2 / 2, color="gray", linestyle=":", label="input known, half the noise's variance")
    plt.axhline((0.1**2 + 0.5**2 / 3) / 2, color="black", linestyle=":", label="input not known")
    plt.yscale("log")
    plt.xlabel("update")
    plt.ylabel("loss of a step, mean of 10 updates")
    plt.title("A lag of 5, learnt with a reach of k2 steps")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))
    plt.show()

# %% [markdown]
# ## 5.2 Real-time recurrent learning
#
# Instead of going back from the loss, carry along the derivative of the state with respect to the weights. Then the gradient is
# there at every step, at once, and no past state has to be kept.
#
# Take a single sequence (no batch), and put the recurrent weights side by side, as in the unfolded network of assignment 2:
# $W = [w_x, w_h, b_h]$ (H, D+H+1), which reads $z_t = [x_t, h_{t-1}, 1]$. The *influence* is
#
# $$J_t[i, j, m] = \frac{\partial h_t[i]}{\partial W[j, m]}$$
#
# A weight bears on the new state in two ways. Directly: W[j, m] multiplies z[m] and is added to the pre-activation of unit j, and
# of no other. And through the state before: its old influence on every unit l comes in through w_h[i, l]. Both go through the
# tanh:
#
# $$J_t[i, j, m] = (1 - h_t[i]^2) \left( [i = j]\, z_t[m] + \sum_l w_h[i, l]\, J_{t-1}[l, j, m] \right)$$
#
# where [i = j] is 1 if i equals j and 0 otherwise. Before the first step the influence is 0.


# %%
def rtrl_step(influence, x, h, w_x, w_h, b_h):
    """Return the influence of the weights on the state after one more step, and that state.

    Parameters
    ----------
    influence : (H, H, D+H+1) array
        Its entry [i, j, m] is the derivative of h[i] with respect to the entry [j, m] of w_x, w_h and b_h put side by side.
        Leave it as it is: make a new array.
    x : (D,) array
        The input of the step.
    h : (H,) array
        The state before it.
    w_x, w_h, b_h : (H, D), (H, H) and (H,) arrays
        The recurrent layer.

    Returns
    -------
    influence : (H, H, D+H+1) array
        The influence on the state after the step.
    h : (H,) array
        The state after the step.
    """
    ### BEGIN SOLUTION
    after = np.tanh(w_x @ x + w_h @ h + b_h)
    z = np.concatenate([x, h, np.ones(1)])
    new = np.tensordot(w_h, influence, axes=1)
    for j in range(len(h)):
        new[j, j] += z
    return (1 - after**2)[:, None, None] * new, after
    ### END SOLUTION


# %%
check("5.2", rtrl_step)

# %% [markdown]
# ### See it
#
# First the proof: forward or backward, the gradient is the same number.

# %%
with when_written(tbptt, rtrl_step):
    rng = np.random.default_rng(2)
    weights = tuple(rng.normal(size=shape) / 2 for shape in [(6, 2), (6, 6), (6,), (1, 6), (1,)])
    x, target = rng.normal(size=(50, 1, 2)), rng.normal(size=(50, 1, 1))
    back = tbptt(x, target, weights, 50, 50)
    influence, h, gradient = np.zeros((6, 6, 9)), np.zeros(6), np.zeros((6, 9))
    for t in range(50):
        influence, h = rtrl_step(influence, x[t, 0], h, *weights[:3])
        dh = weights[3].T @ (weights[3] @ h + weights[4] - target[t, 0])
        gradient += np.einsum("i,ijm->jm", dh, influence)
    for name, forward, backward in zip(("dw_x", "dw_h", "db_h"), np.split(gradient, [2, 8], axis=1), back):
        print(f"{name}: largest difference {abs(forward.reshape(backward.shape) - backward).max():.1e}")

# %% [markdown]
# Then learning online: a stream that is read once, with an update after every step. The target is half of the input of four steps
# ago, plus noise. Beside the real thing, a cheap imitation that sets the influence back to zero at every step, which is a reach of
# one step: it is left with what the random weights let through. And the price: the influence holds H²(D+H+1) numbers, and a step
# multiplies all of them by w_h, while backpropagation keeps (T+1)H.

# %%
with when_written(rtrl_step):
    rng = np.random.default_rng(3)
    n_steps, n_hidden = 15_000, 8
    x = rng.uniform(-1, 1, size=(n_steps, 1))
    target = 0.1 * rng.normal(size=n_steps)
    target[4:] += 0.5 * x[:-4, 0]
    for label, keeps in (("influence carried", 1.0), ("influence set back", 0.0)):
        start = np.random.default_rng(4)
        w = start.normal(size=(n_hidden, n_hidden + 2)) / 3
        w_y = start.normal(size=n_hidden) / 3
        influence, h, losses = np.zeros((n_hidden, n_hidden, n_hidden + 2)), np.zeros(n_hidden), []
        for x_t, p in zip(x, target):
            influence, h = rtrl_step(keeps * influence, x_t, h, w[:, :1], w[:, 1:-1], w[:, -1])
            error = w_y @ h - p
            w = w - 0.03 * np.einsum("i,ijm->jm", error * w_y, influence)
            w_y = w_y - 0.03 * error * h
            losses.append(error**2 / 2)
        plt.plot(np.convolve(losses, np.ones(1000) / 1000, "valid"), label=label)
    plt.axhline(0.1**2 / 2, color="gray", linestyle=":", label="input known, half the noise's variance")
    plt.axhline((0.1**2 + 0.5**2 / 3) / 2, color="black", linestyle=":", label="input not known")
    plt.yscale("log")
    plt.xlabel("step of the stream")
    plt.ylabel("loss, mean of 1,000 steps")
    plt.title("Learning from a stream that is read once")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))
    plt.show()

    print("   H   numbers in the influence   numbers in the states of 1,000 steps (D = 1)")
    for n_hidden in (5, 20, 100, 1000):
        print(f"{n_hidden:4}   {n_hidden**2 * (n_hidden + 2):24,}   {1001 * n_hidden:24,}")

# %% [markdown]
# ## 5.3 Unbiased truncation
#
# Truncation always drops the same terms, those from far away, so its gradient is wrong even on average. Tallec and Ollivier
# (2017) cut at random instead. On the way back from the last step to the first, before the gradient is carried from step t + 1 to
# step t, a coin is thrown: with probability c it is cut, so that nothing is carried; otherwise it is carried, divided by 1 − c:
#
# $$dh_t = w_y^\top dy_t + \text{factor}_t\, w_h^\top da_{t+1} \qquad
#   \text{factor}_t = \begin{cases} 0 & \text{with probability } c \\ 1 / (1 - c) & \text{otherwise} \end{cases}$$
#
# The mean of the factor is $c \cdot 0 + (1 - c) \cdot 1/(1 - c) = 1$. The throws are independent of each other, and each term of the
# full gradient is multiplied by a product of factors, of different steps; so each term keeps its mean, and the mean of the whole is
# the full gradient. The loss is the same as above, and so is the forward pass.


# %%
def randomly_truncated(x, target, weights, c, seed):
    """Return gradients of half the squared error with the way back cut at random, right on average.

    Parameters
    ----------
    x : (T, B, D) array
        The inputs, read from h = 0.
    target : (T, B, O) array
        What the outputs should be.
    weights : tuple of arrays
        `(w_x, w_h, b_h, w_y, b_y)`.
    c : float
        The probability of a cut between two steps, at least 0 and less than 1. A cut holds for the whole batch.
    seed : int
        The source of randomness, from 0 to 2**32 - 1: draw from `np.random.default_rng(seed)`. Another generator that is
        made from the seed will do, too, and so will any order of draws. The same seed gives the same cuts, and different
        seeds give independent ones.

    Returns
    -------
    dw_x, dw_h, db_h, dw_y, db_y : arrays
        The gradients, summed over steps and batch.
    """
    ### BEGIN SOLUTION
    w_x, w_h, b_h, w_y, _ = weights
    rng = np.random.default_rng(seed)
    h, y = rnn_forward(x, np.zeros((x.shape[1], len(b_h))), *weights)
    dy = y - target
    dw_x, dw_h, db_h = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(b_h)
    carried = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        da = (dy[t] @ w_y + carried) * (1 - h[t + 1] ** 2)
        dw_x, dw_h, db_h = dw_x + da.T @ x[t], dw_h + da.T @ h[t], db_h + da.sum(axis=0)
        carried = da @ w_h * (rng.random() >= c) / (1 - c)
    return dw_x, dw_h, db_h, np.einsum("tbo,tbh->oh", dy, h[1:]), dy.sum(axis=(0, 1))
    ### END SOLUTION


# %%
check("5.3", randomly_truncated)

# %% [markdown]
# ### See it
#
# One entry of `dw_h`, drawn 4,000 times with c = 0.2, so that the way back is five steps long on average. Beside it the full
# gradient and the truncated one with k2 = 5. The mean of the draws is z standard errors from the full gradient; beyond 4 you would
# not believe that it is chance. What is the price of being right on average?

# %%
with when_written(tbptt, randomly_truncated):
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=shape) / 3 for shape in [(4, 1), (4, 4), (4,), (1, 4), (1,)]]
    weights[1] = 0.95 * np.linalg.qr(weights[1])[0]
    x, target = rng.normal(size=(15, 1, 1)), rng.normal(size=(15, 1, 1)) + 1
    full = tbptt(x, target, tuple(weights), 1, 15)[1]
    short = tbptt(x, target, tuple(weights), 1, 5)[1]
    entry = np.unravel_index(abs(full - short).argmax(), full.shape)
    draws = np.array([randomly_truncated(x, target, tuple(weights), 0.2, seed)[1][entry] for seed in range(4000)])
    z = (draws.mean() - full[entry]) / (draws.std() / np.sqrt(len(draws)))
    plt.hist(draws, bins=80, color="lightgray")
    plt.axvline(full[entry], color="black", label="full gradient")
    plt.axvline(draws.mean(), color="C1", linestyle="--", label=f"mean of the draws (z = {z:.1f})")
    plt.axvline(short[entry], color="C3", linestyle=":", label="truncated, k2 = 5")
    plt.xlabel(f"dw_h[{entry[0]}, {entry[1]}]")
    plt.ylabel("number of draws")
    plt.title("Wrong every time, right on average")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))
    plt.show()

# %% [markdown]
# ## 5.4 Predict, then run
#
# A network of one unit, with activations so small that tanh(a) is a, has $w_h = 0.9$. It reads the input 1 (times something
# tiny) for 200 steps, and only the last step has a loss. You take the gradient of `w_x`, but go back through 10 steps only. Which
# fraction of the full gradient is left? Decide first, to two digits; then run the cell that measures it.


# %%
def predicted_fraction():
    """Return the number that you predict, between 0 and 1: it counts when rounded to two digits."""
    ### BEGIN SOLUTION
    return 0.65
    ### END SOLUTION


# %%
check("5.4", predicted_fraction)

# %%
with when_written(tbptt):
    weights = (np.ones((1, 1)), np.full((1, 1), 0.9), np.zeros(1), np.ones((1, 1)), np.zeros(1))
    x = np.full((200, 1, 1), 1e-6)
    target = rnn_forward(x, np.zeros((1, 1)), *weights)[1]
    target[-1] -= 1
    full = tbptt(x, target, weights, 1, 200)[0].item()
    for k2 in (1, 2, 5, 10, 20, 50, 100):
        print(f"k2 = {k2:3}: {tbptt(x, target, weights, 1, k2)[0].item() / full:.3f} of the full gradient")

# %% [markdown]
# ## Explain
#
# A machine sends one measurement a second, day and night. A recurrent network with H = 30 units is to predict the next
# measurement and to keep learning while it runs. What happens now depends on what happened up to about an hour (3,600 steps) ago.
# Compare truncated backpropagation, real-time recurrent learning and random truncation for this purpose: what does each cost in
# memory and time a step, and how good is its gradient? Which one would you try first, and what would make you change your mind?
# (2 points, marked by hand.)

# %% [markdown] written="5.w" points=2
# ### BEGIN SOLUTION
# Truncated backpropagation must reach 3,600 steps back to teach the network what matters. That is memory for k2 states (3,600 · 30
# numbers: little) and, with k1 = 1, 3,600 steps back for every step forward; with k1 = k2 it is only one step back a step, but the
# weights are updated once an hour, and losses early in a block reach hardly any distance back. With a small k2 it is cheap and
# biased: what lies further back is never learnt, except by accident.
#
# Real-time recurrent learning needs no past at all. The influence has H²(D+H+1) ≈ 30 · 30 · 32 ≈ 29,000 numbers and a step costs
# H times as many multiplications, about 900,000, which is nothing within a second. Its gradient reaches back without limit (exact
# but for the weights having changed on the way). For large H it is out of the question: H⁴ a step.
#
# Random truncation costs what truncation costs, with an expected reach of about 1/c steps, and is right on average; but with a
# reach much shorter than the dependency, the surviving long terms are multiplied by (1 − c) to the power −3,600: the variance is
# hopeless unless c is about 1/3,600.
#
# To be tried first: RTRL, since H is small and time is plentiful. One would change one's mind with a larger network, a faster stream,
# or if a small k2 proves good enough on data held back. (In all three cases the gradient may vanish over 3,600 steps anyway: next
# chapter.)
#
# Rubric: 1 point for the costs and the quality of the gradient of the three, half of it if one of them is wrong or missing; 1 point for
# a choice that follows from H = 30 and one step a second, with a condition that would change it. A different choice with sound
# reasons has full marks.
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - In training the weights change after every block, so the states that truncated backpropagation goes back through were made with
#   older weights than the present ones. RTRL's influence has the same flaw. Measure it: how far is the online gradient of 5.2 from the
#   one that backpropagation gives with the present weights, for small and for large learning rates?
# - The influence of 5.2 starts out almost empty: after one step only the entries with i = j are not zero. Keep only these, always, and
#   you have a rule that costs H(D+H+1) numbers. On which of the tasks above does it still learn?
