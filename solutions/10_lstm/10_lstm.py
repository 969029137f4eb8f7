# %% [markdown]
# # Assignment 10: LSTM
#
# Long short-term memory keeps two states. One, $h$, is what the rest of the network sees. The other, $c$, is a store: the
# only things that happen to it are a multiplication by a number between 0 and 1 and an addition. There is no matrix on
# that road and no squashing, so that a gradient can travel it over hundreds of steps. In this notebook you write the
# cell forward and backward, and then decide how long it shall remember.
#
# It belongs to the chapter *LSTM* of the book. Symbols and shapes:
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x` | (T, B, D) | the inputs |
# | `h`, `c` | (T+1, B, H) each | hidden states and cell states; `h[0]` and `c[0]` before anything is read |
# | `gates` | (T, B, 4H) | the values of i, f, g, o, side by side in this order |
# | `w_x`, `w_h`, `b_h` | (4H, D), (4H, H), (4H,) | H rows for i, then H for f, H for g, H for o |
#
# The three arrays of weights travel together in a dict, `params`. All arrays are float64, the ones that you are given and
# the ones that you return. Your grade comes from the checks below, on other numbers: sizes of 1, equal sizes, sequences of
# 4,000 steps, and gates that are exactly 0 or 1 are among them.
#
# Write your answers with NumPy. Of `rnnlab` they may import `data` and `optimizers`, and nothing else: the other modules
# are not there when your answers are graded.

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
# ## 10.1 The whole sequence
#
# Three gates and a candidate, all computed alike from the input and the old hidden state,
#
# $$i_t = \sigma(a_i), \quad f_t = \sigma(a_f), \quad g_t = \tanh(a_g), \quad o_t = \sigma(a_o), \qquad
# a = w_x x_t + w_h h_{t-1} + b_h,$$
#
# where $a_i, a_f, a_g, a_o$ are the four blocks of $a$. Then
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t .$$
#
# In words: forget some of what is stored, add some of what is new, show some of the result. As with every gate, mind
# the sigmoid where its argument is ±1000.


# %%
def lstm_forward(x, h_0, c_0, params):
    """Return all states and gates of an LSTM that reads `x`.

    Parameters
    ----------
    x : (T, B, D) array
        The inputs.
    h_0, c_0 : (B, H) arrays
        The hidden state and the cell state before the first step.
    params : dict of arrays
        w_x (4H, D), w_h (4H, H) and b_h (4H,), with rows in the order i, f, g, o.

    Returns
    -------
    h, c : (T+1, B, H) arrays
        The states, the first of them `h_0` and `c_0`.
    gates : (T, B, 4H) array
        The values of i, f, g and o at every step, side by side.
    """
    ### BEGIN SOLUTION
    h = np.empty((len(x) + 1, *h_0.shape))
    c = np.empty_like(h)
    h[0], c[0] = h_0, c_0
    gates = x @ params["w_x"].T + params["b_h"]
    for t in range(len(x)):
        a_i, a_f, a_g, a_o = np.split(gates[t] + h[t] @ params["w_h"].T, 4, axis=1)
        i, f, o = (0.5 + 0.5 * np.tanh(a / 2) for a in (a_i, a_f, a_o))
        g = np.tanh(a_g)
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
        gates[t] = np.concatenate([i, f, g, o], axis=1)
    return h, c, gates
    ### END SOLUTION


# %%
check("10.1", lstm_forward)

# %% [markdown]
# ### See it: a cell that counts
#
# Wired by hand, one cell counts pulses. Its forget gate is held open (f = 1) except when the second input rings, which
# empties the store; its input gate opens for a pulse. The count is in c; what h shows of it is squashed.

# %%
with when_written(lstm_forward):
    rng = np.random.default_rng(0)
    pulse, bell = np.zeros(60), np.zeros(60)
    pulse[rng.choice(60, 14, replace=False)] = 1
    bell[38] = 1
    counter = {
        "w_x": np.array([[40.0, 0.0], [0.0, -40.0], [0.0, 0.0], [0.0, 0.0]]),  # rows i, f, g, o; columns pulse, bell
        "w_h": np.zeros((4, 1)),
        "b_h": np.array([-20.0, 20.0, 20.0, 20.0]),
    }
    x = np.stack([pulse, bell], axis=1)[:, None]
    h, c, gates = lstm_forward(x, np.zeros((1, 1)), np.zeros((1, 1)), counter)
    plt.step(range(61), c[:, 0, 0], label="cell state c")
    plt.step(range(61), h[:, 0, 0], label="hidden state h")
    plt.plot(np.flatnonzero(pulse) + 1, np.zeros(14), "k|", label="pulses")
    plt.axvline(39, color="0.6", linestyle=":", label="bell")
    plt.xlabel("step t")
    plt.title("One cell counts")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 10.2 Backward through time
#
# Two gradients travel back now. At step $t$, $\mathrm{d}h_t$ is what the loss sends to `h[t+1]` directly and what comes from the
# gates of the step after it. $\mathrm{d}c_t$ is what comes along the straight road and what comes through $h_t$:
#
# $$\mathrm{d}c_t = f_{t+1} \odot \mathrm{d}c_{t+1} + \mathrm{d}h_t \odot o_t \odot (1 - \tanh^2 c_t) .$$
#
# From there the pre-activations, each with the slope of its own function:
#
# $$\mathrm{d}a_i = \mathrm{d}c_t \odot g_t \odot i_t (1 - i_t), \qquad \mathrm{d}a_f = \mathrm{d}c_t \odot c_{t-1} \odot f_t (1 - f_t),$$
# $$\mathrm{d}a_g = \mathrm{d}c_t \odot i_t \odot (1 - g_t^2), \qquad \mathrm{d}a_o = \mathrm{d}h_t \odot \tanh c_t \odot o_t (1 - o_t).$$
#
# And from $\mathrm{d}a$ everything else, as for the simple network: $\mathrm{d}x_t = w_x^\top \mathrm{d}a_t$, what goes to
# $h_{t-1}$ is $w_h^\top \mathrm{d}a_t$, and the weights collect the sum over all steps and the whole batch. A loss may also
# depend on the last cell state, when the sequence is to be carried on: that is `dc_last`, where $\mathrm{d}c$ starts.


# %%
def lstm_backward(dh, dc_last, x, h, c, gates, params):
    """Return the gradients of an LSTM's inputs, first states and weights.

    Parameters
    ----------
    dh : (T, B, H) array
        The gradient of the loss with respect to the states `h[1:]`, as far as it reaches them directly. Leave it as it
        is.
    dc_last : (B, H) array
        The gradient with respect to the last cell state `c[T]`, as far as it reaches it directly. You may write over
        it.
    x : (T, B, D) array
        The inputs.
    h, c, gates : arrays
        As `lstm_forward` returned them.
    params : dict of arrays
        The weights, as for `lstm_forward`.

    Returns
    -------
    dx : (T, B, D) array
        The gradient with respect to `x`.
    dh_0, dc_0 : (B, H) arrays
        The gradients with respect to the first states.
    dparams : dict of arrays
        The gradients with respect to w_x, w_h and b_h, under these names.
    """
    ### BEGIN SOLUTION
    da = np.empty_like(gates)
    dh_0, dc_0 = 0, dc_last
    for t in reversed(range(len(x))):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        tanh_c = np.tanh(c[t + 1])
        dh_t = dh[t] + dh_0
        dc_t = dc_0 + dh_t * o * (1 - tanh_c**2)
        da_i = dc_t * g * i * (1 - i)
        da_f = dc_t * c[t] * f * (1 - f)
        da_g = dc_t * i * (1 - g**2)
        da_o = dh_t * tanh_c * o * (1 - o)
        da[t] = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
        dh_0 = da[t] @ params["w_h"]
        dc_0 = dc_t * f
    dparams = {
        "w_x": np.einsum("tbk,tbd->kd", da, x),
        "w_h": np.einsum("tbk,tbj->kj", da, h[:-1]),
        "b_h": da.sum(axis=(0, 1)),
    }
    return da @ params["w_x"], dh_0, dc_0, dparams
    ### END SOLUTION


# %%
check("10.2", lstm_backward)

# %% [markdown]
# ### See it: two roads back
#
# A gradient of norm 1 sets out at the last step of 100, once from $h$ and once from $c$, and is measured at every step on its
# way back. The straight road's length is a matter of the forget gate's bias.

# %%
with when_written(lstm_forward, lstm_backward):
    rng = np.random.default_rng(1)
    n_hidden, n_steps = 20, 100
    x, start = rng.normal(size=(n_steps, 1, 1)), np.zeros((1, n_hidden))
    unit = np.full((1, n_hidden), 1 / np.sqrt(n_hidden))
    for color, bias in enumerate((0, 1, 3, 6)):
        params = {
            "w_x": rng.normal(0, 0.5, (4 * n_hidden, 1)),
            "w_h": rng.normal(0, 0.5 / np.sqrt(n_hidden), (4 * n_hidden, n_hidden)),
            "b_h": np.repeat([0.0, bias, 0.0, 0.0], n_hidden),
        }
        h, c, gates = lstm_forward(x, start, start, params)
        for style, dh, dc in ((":", unit, start), ("-", start, unit)):
            norms = [1.0]
            for t in reversed(range(n_steps)):
                one = slice(t, t + 1), slice(t, t + 2)
                _, dh, dc, _ = lstm_backward(dh[None], dc, x[one[0]], h[one[1]], c[one[1]], gates[one[0]], params)
                norms.append(np.sqrt((dh**2).sum() + (dc**2).sum()))
            label = f"forget bias {bias}, from c" if style == "-" else None
            plt.semilogy(norms, style, color=f"C{color}", label=label)
    plt.xlabel("steps back")
    plt.ylabel("norm of the gradient (dotted: from h)")
    plt.title("What is left of the gradient")
    plt.legend()
    plt.show()

# %% [markdown]
# ### See it: your network, trained
#
# The adding problem: of 30 numbers between 0 and 1 two are marked, and their sum is asked for at the end. Three lines
# are known exactly: always answering the mean costs 1/6, knowing one of the two numbers costs 1/12, and knowing both costs
# nothing. The cell takes some seconds.

# %%
with when_written(lstm_forward, lstm_backward):
    from rnnlab import data, optimizers

    rng = np.random.default_rng(2)
    n_hidden, n_batch = 16, 32
    bound = 1 / np.sqrt(n_hidden)
    params = {
        "w_x": rng.uniform(-bound, bound, (4 * n_hidden, 2)),
        "w_h": rng.uniform(-bound, bound, (4 * n_hidden, n_hidden)),
        "b_h": np.repeat([0.0, 2.0, 0.0, 0.0], n_hidden),
        "w_y": rng.uniform(-bound, bound, (1, n_hidden)),
        "b_y": np.ones(1),
    }
    adam = optimizers.Adam(lr=0.01)
    state = adam.init(params)
    start = np.zeros((n_batch, n_hidden))
    losses = []
    for _ in range(600):
        x, target, *_ = data.adding(rng, n_batch, n_steps=30)
        h, c, gates = lstm_forward(x, start, start, params)
        error = h[-1] @ params["w_y"].T + params["b_y"] - target
        losses.append(np.mean(error**2))
        dy = 2 * error / n_batch
        dh = np.zeros_like(h[1:])
        dh[-1] = dy @ params["w_y"]
        *_, dparams = lstm_backward(dh, start, x, h, c, gates, params)
        dparams |= {"w_y": dy.T @ h[-1], "b_y": dy.sum(axis=0)}
        params, state = adam.update(params, dparams, state)
    plt.semilogy(losses, label="LSTM")
    for known, floor in data.adding_baselines().items():
        if floor > 0:
            plt.axhline(floor, color="0.5", linestyle="--" if known == "mean" else ":", label=f"{known}: {floor:.3f}")
    plt.xlabel("update")
    plt.ylabel("mean squared error (knowing both: 0)")
    plt.title("The sum of two marked numbers out of 30")
    plt.legend()
    plt.show()
    print(f"mean of the last 50 losses: {np.mean(losses[-50:]):.4f}")

# %% [markdown]
# ## 10.3 A cell that remembers
#
# Where nothing is added, $c_t = f\, c_{t-1}$: with a constant forget gate the store decays geometrically. The time after
# which half of it is left is its half-life. At the start of training the weights are small, and the gate is nearly the
# sigmoid of its bias alone. So whoever knows how far apart in the data cause and effect are can say so in the bias.
#
# Given a half-life $k$, which need not be a whole number, find the gate with $f^k = \frac12$, and from the gate the bias with
# $\sigma(b) = f$.


# %%
def forget_bias(b_h, half_life):
    """Return biases with which the cell, left to its forget gate's bias, has this half-life.

    Parameters
    ----------
    b_h : (4H,) array
        The biases in the order i, f, g, o. Leave it as it is: make a new array.
    half_life : int or float
        The number of steps after which half of the cell state is left, from 0.05 to 100,000.

    Returns
    -------
    b_h : (4H,) array
        A copy in which the forget gate's biases are replaced.
    """
    ### BEGIN SOLUTION
    n_hidden = len(b_h) // 4
    changed = b_h.copy()
    changed[n_hidden : 2 * n_hidden] = -np.log(2 ** (1 / half_life) - 1)
    return changed
    ### END SOLUTION


# %%
check("10.3", forget_bias)

# %%
with when_written(lstm_forward, forget_bias):
    for half_life in (1, 5, 25, 125):
        params = {"w_x": np.zeros((4, 1)), "w_h": np.zeros((4, 1)), "b_h": forget_bias(np.zeros(4), half_life)}
        _, c, _ = lstm_forward(np.zeros((100, 1, 1)), np.zeros((1, 1)), np.ones((1, 1)), params)
        plt.plot(c[:, 0, 0], label=f"half-life {half_life}: bias {params['b_h'][1] + 0.0:.2f}")
    plt.axhline(0.5, color="0.6", linestyle=":")
    plt.xlabel("step t")
    plt.ylabel("cell state c")
    plt.title("Forgetting")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 10.4 Predict, then run
#
# A forget bias of 1 is the usual advice. Suppose that the forget gate is just the sigmoid of its bias and that nothing is
# added to the cell. After how many steps is, for the first time, at most one hundredth of $c_0$ left? Decide first and write
# your number down; then run the cell that counts.


# %%
def predicted_steps():
    """Return the number of steps that you predict."""
    ### BEGIN SOLUTION
    return 15
    ### END SOLUTION


# %%
check("10.4", predicted_steps)

# %%
with when_written(lstm_forward):
    for bias in (0.0, 1.0, 3.0, 6.0):
        params = {"w_x": np.zeros((4, 1)), "w_h": np.zeros((4, 1)), "b_h": np.array([0.0, bias, 0.0, 0.0])}
        _, c, _ = lstm_forward(np.zeros((4000, 1, 1)), np.zeros((1, 1)), np.ones((1, 1)), params)
        print(f"forget bias {bias:.0f}: a hundredth is left after {np.argmax(c[:, 0, 0] <= 0.01)} steps")

# %% [markdown] written="10.5" points=2
# ## 10.5 In your own words
#
# In a simple recurrent network the gradient on its way from step $T$ to step 0 is multiplied at every step by a matrix and
# by the slopes of tanh. What is it multiplied by on the LSTM's straight road, from $c_T$ to $c_0$, and why does that help? Does it
# mean that an LSTM's gradient cannot vanish or explode? Say in a few sentences what remains of both dangers.
#
# ### BEGIN SOLUTION
# Along the road from $c_t$ to $c_{t-1}$ alone the gradient is multiplied, number by number, by $f_t$: no matrix, no slope of tanh.
# With $f$ near 1 the product over many steps stays near 1, and the network can learn which units to hold. It can still
# vanish: $f$ is less than 1, so that the product decays geometrically, quickly where the bias is small (0.731 a step for a
# bias of 1). It cannot grow on this road, as no factor exceeds 1. But there is a second road, from $c$ through $h$ and $w_h$
# into the gates of the next step, with matrix products as in a simple network: along it gradients can vanish and explode,
# so that clipping is still in use.
#
# Rubric: 1 point for the factor $f_t$, number by number, without matrix and slope, and what follows for $f$ near 1. ½ point
# for vanishing with $f < 1$. ½ point for naming the other road through $h$ and $w_h$, on which gradients may explode.
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - Which parts matter? Take your `lstm_forward` apart: no input gate, no forget gate, no output gate, no tanh on the way out
#   (Greff et al. 2017 did this with care). Which ablation hurts most on the adding problem?
# - Set $i = 1 - f$, so that the cell has two gates only. What does it then have in common with the GRU, and what not?
# - Train the adding problem with a forget bias of −2. Which of the three lines does the loss get stuck at?
