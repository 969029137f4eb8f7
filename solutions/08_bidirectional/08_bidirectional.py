# %% [markdown]
# # Assignment 8: Bidirectional networks
#
# "He said that the ___ was far too cold to swim in." Who has read only the first four words cannot know the missing one;
# who has read on can. A recurrent network that reads from left to right is always in the first position. The remedy is a
# second layer that reads from right to left, and the two side by side. In this notebook you write both ways, forward and
# backward, for sequences of different lengths, which is where most of such networks go wrong.
#
# It belongs to the chapter *Bidirectional networks* of the book. With a right arrow for the layer that reads forward and
# a left one for the layer that reads backward,
#
# $$\overrightarrow{h}_t = \tanh(\overrightarrow{w}_x x_t + \overrightarrow{w}_h \overrightarrow{h}_{t-1} +
# \overrightarrow{b}_h), \qquad \overleftarrow{h}_t = \tanh(\overleftarrow{w}_x x_t + \overleftarrow{w}_h
# \overleftarrow{h}_{t+1} + \overleftarrow{b}_h), \qquad h_t = [\overrightarrow{h}_t, \overleftarrow{h}_t].$$
#
# The first starts from 0 before step 1, the second from 0 after the *row's own* last step.
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x` | (T, B, D) | the inputs |
# | `lengths` | (B,) | how many of the T steps of each row are its own; those after it are padding and may hold anything |
# | `h` | (T, B, 2H) | what both layers know at step t, the forward half first |
# | `params` | dict of dicts | `params["forward"]` and `params["backward"]`: `w_x` (H, D), `w_h` (H, H), `b_h` (H,) |
#
# How to work: run the cells from the top (Shift+Enter), replace `raise NotImplementedError()` by your own code, run the
# cell, then run the check below it. You may run a check as often as you like. Your grade comes from the same checks on
# other numbers: sizes of 1, equal sizes, sequences of 40 steps and more, and batches whose rows are all shorter than T are
# among them. All arrays are float64, the ones that you are given and the ones that you return.
#
# Write your answers with NumPy. Of `rnnlab` they may import `data`, `losses` and `optimizers`, and nothing else: the other
# modules are not there when your answers are graded.

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
# ## 8.1 Both ways
#
# A layer that reads backward is an ordinary layer that is given its input back to front. So the first thing to write is
# the turning round, and it has a trap. In a batch, short rows are filled up with padding **at the end**. Turn the whole
# array round and the padding is at the front: the layer reads it first and starts from a state that is no longer 0. Each
# row must be reversed within its own length, and its padding must stay where it is:
#
# | read backwards | t = 0 | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|---|
# | a row of length 3 | a | b | c | – | – |
# | the whole array turned round | – | – | c | b | a |
# | the row reversed | c | b | a | – | – |


# %%
def reverse_rows(x, lengths):
    """Return x with the steps of each row in reverse order and its padding where it was.

    Parameters
    ----------
    x : (T, B, D) array
        Leave it as it is: make a new array.
    lengths : (B,) array of int
        The number of steps of each row, 1 to T.

    Returns
    -------
    reversed : (T, B, D) array
    """
    ### BEGIN SOLUTION
    t = np.arange(len(x))[:, None]
    source = np.where(t < lengths, lengths - 1 - t, t)
    return np.stack([x[source[:, b], b] for b in range(x.shape[1])], axis=1)
    ### END SOLUTION


# %% [markdown]
# Now bring along two functions that you know from assignments 2, 4 and 7: one layer reads a sequence, and gradients go back
# through it. They know nothing of lengths and of directions, and they are checked as a part of what follows.


# %%
def read(layer, x):
    """Return all states of a recurrent layer that reads x from the state 0.

    Parameters
    ----------
    layer : dict of arrays
        w_x (H, D), w_h (H, H) and b_h (H,).
    x : (T, B, D) array
        The inputs, in the order in which they are read.

    Returns
    -------
    h : (T+1, B, H) array
        The states, the first of them 0.
    """
    ### BEGIN SOLUTION
    h = [np.zeros((x.shape[1], len(layer["b_h"])))]
    for x_t in x:
        h.append(np.tanh(x_t @ layer["w_x"].T + h[-1] @ layer["w_h"].T + layer["b_h"]))
    return np.stack(h)
    ### END SOLUTION


# %%
def read_back(layer, x, h, dh):
    """Return the gradients of a recurrent layer that has read x.

    Parameters
    ----------
    layer : dict of arrays
        w_x (H, D), w_h (H, H) and b_h (H,).
    x : (T, B, D) array
        The inputs, in the order in which they were read.
    h : (T+1, B, H) array
        The states, as `read` gives them.
    dh : (T, B, H) array
        The gradient of h[1:], by all ways that do not go through another state.

    Returns
    -------
    dlayer : dict of arrays
        The gradients of w_x, w_h and b_h, summed over steps and rows.
    dx : (T, B, D) array
        The gradient of x.
    """
    ### BEGIN SOLUTION
    da = np.empty_like(dh)
    carried = np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        da[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        carried = da[t] @ layer["w_h"]
    dw_x = np.einsum("tbh,tbd->hd", da, x)
    dw_h = np.einsum("tbh,tbi->hi", da, h[:-1])
    return {"w_x": dw_x, "w_h": dw_h, "b_h": da.sum(axis=(0, 1))}, da @ layer["w_x"]
    ### END SOLUTION


# %% [markdown]
# ### Forward
#
# The layer that reads backward gives its states in the order in which it has read: its first belongs to the row's last
# step. Turn them round once more, so that both halves of `h[t]` are about `x[t]`. In the padding h is 0.
#
# And the padding of x may hold anything, even infinity or NaN ("not a number"; every sum and product with it is NaN
# again). It is
# easiest to put zeros there first: then nothing that is computed in the padding can do harm, neither now nor on the way
# back.


# %%
def bidirectional_forward(params, x, lengths):
    """Return what a bidirectional network knows at each step, and the tape for the way back.

    Parameters
    ----------
    params : dict of dicts of arrays
        "forward" and "backward", each with w_x (H, D), w_h (H, H) and b_h (H,).
    x : (T, B, D) array
        The inputs; anything in the padding, even infinity or NaN.
    lengths : (B,) array of int
        The number of steps of each row, 1 to T.

    Returns
    -------
    h : (T, B, 2H) array
        The state of the layer that reads forward after x[t], and that of the layer that reads backward after x[t]; 0 in
        the padding.
    tape : tuple, list or dict
        Whatever your bidirectional_backward needs: numbers, text, arrays, None, and tuples, lists and dicts of them. It is
        handed on as a copy, a named tuple as a tuple.
    """
    ### BEGIN SOLUTION
    counts = (np.arange(len(x))[:, None] < lengths)[..., None]
    x = np.where(counts, x, 0.0)
    h = read(params["forward"], x)
    s = read(params["backward"], reverse_rows(x, lengths))
    both = np.concatenate([h[1:], reverse_rows(s[1:], lengths)], axis=2)
    return np.where(counts, both, 0.0), (params, x, lengths, h, s)
    ### END SOLUTION


# %% [markdown]
# ### Backward
#
# Everything that was turned round on the way forward is turned round on the way back. The backward layer's half of `dh`
# is in the order of x, and must be brought into the order in which that layer has read. The gradient for its input comes
# out in that order, and must be brought back. Both layers have read x, so their two gradients for it add up. Since h is 0
# in the padding whatever the weights are, `dh` there has no effect, whatever it holds. Another batch may go forward before
# a tape is used: whatever the way back needs must be on the tape.


# %%
def bidirectional_backward(dh, tape):
    """Return the gradients of both layers and of their input.

    Parameters
    ----------
    dh : (T, B, 2H) array
        The gradient of h; anything in the padding, even infinity or NaN.
    tape : tuple, list or dict
        What bidirectional_forward gave.

    Returns
    -------
    dparams : dict of dicts of arrays
        As `params`: the gradient of each weight, summed over steps and rows.
    dx : (T, B, D) array
        The gradient of x, 0 in the padding.
    """
    ### BEGIN SOLUTION
    params, x, lengths, h, s = tape
    counts = (np.arange(len(x))[:, None] < lengths)[..., None]
    dh_forward, dh_backward = np.split(np.where(counts, dh, 0.0), 2, axis=2)
    dforward, dx = read_back(params["forward"], x, h, dh_forward)
    dbackward, dx_reversed = read_back(
        params["backward"], reverse_rows(x, lengths), s, reverse_rows(dh_backward, lengths)
    )
    return {"forward": dforward, "backward": dbackward}, dx + reverse_rows(dx_reversed, lengths)
    ### END SOLUTION


# %%
check("8.1", reverse_rows, bidirectional_forward, bidirectional_backward)

# %% [markdown]
# ### See it: who sees what
#
# For each output step t and each input step s, how large is the gradient of h[t] by x[s]? On the left for the forward half
# of h, in the middle for the backward half, on the right for both. The row has 12 steps of its own and 4 of padding.

# %%
with when_written(reverse_rows, bidirectional_forward, bidirectional_backward):
    rng = np.random.default_rng(0)
    shapes = {"w_x": (10, 3), "w_h": (10, 10), "b_h": (10,)}
    params = {
        way: {name: 0.4 * rng.normal(size=shape) for name, shape in shapes.items()} for way in ("forward", "backward")
    }
    x, lengths = rng.normal(size=(16, 1, 3)), np.array([12])
    h, tape = bidirectional_forward(params, x, lengths)
    seen = np.zeros((2, 16, 16))
    for half in (0, 1):
        for t in range(16):
            dh = np.zeros_like(h)
            dh[t, 0, 10 * half : 10 * half + 10] = rng.choice([-1.0, 1.0], 10)
            seen[half, t] = abs(bidirectional_backward(dh, tape)[1][:, 0]).sum(axis=1)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6))
    for axis, picture, title in zip(
        axes, (seen[0], seen[1], seen.sum(axis=0)), ("forward half", "backward half", "both")
    ):
        axis.imshow(np.log10(picture + 1e-4), cmap="magma")
        axis.set(title=title, xlabel="input step s", ylabel="output step t")
    figure.suptitle("Which inputs each output depends on")
    figure.tight_layout()
    plt.show()

# %% [markdown]
# ### See it: what padding does to the wrong reversal
#
# A row of 4 steps, alone and then filled up with more and more zeros beside a longer row. Right: the padding changes
# nothing. With the whole array turned round, the layer reads the zeros first, and because of its bias zeros are not
# nothing.

# %%
with when_written(reverse_rows, read):
    rng = np.random.default_rng(5)
    layer = {"w_x": rng.normal(size=(6, 2)), "w_h": 0.7 * rng.normal(size=(6, 6)), "b_h": rng.normal(size=6)}
    row = rng.normal(size=(4, 1, 2))
    alone = read(layer, row[::-1])[-1, 0]
    print("padding   reverse_rows   whole array turned round   (how far the state at the row's first step is off)")
    for n_padding in (0, 1, 2, 5, 20):
        x = np.zeros((4 + n_padding, 2, 2))
        x[:4, :1] = row
        right = read(layer, reverse_rows(x, np.array([4, len(x)])))[4, 0]
        wrong = read(layer, x[::-1])[-1, 0]
        print(f"{n_padding:7}   {abs(right - alone).max():12.1e}   {abs(wrong - alone).max():24.1e}")

# %% [markdown] written="8.w" points=2
# ### In your own words
#
# For each of these three, say whether a bidirectional network can do it as it stands, and why or why not: (a) finding the
# names of persons in a newspaper article; (b) writing subtitles while somebody speaks, with at most half a second's delay;
# (c) predicting the next word of a text from those before it. For one where it cannot, say what happens if it is trained on
# stored recordings or texts all the same.
#
# ### BEGIN SOLUTION
# A model answer. (a) Yes: the whole article is there before anything has to be put out, so what comes after a word may help
# to tell what it is. (b) Not as it stands: at the time of a step the rest of the speech does not exist yet. Only a window of
# half a second could be read from its end. (c) No: the word to be predicted is among the inputs that the backward layer has
# read. Trained on stored texts, its loss in (c) would fall to almost nothing, since the answer is simply copied out of the
# backward half; used on an unfinished text, where that input is not there, it is worth nothing. The low loss is a leak, not
# an achievement. (In (b): the network learns to lean on what follows, and that is missing when it is used.)
#
# Rubric: 1.5 points, 0.5 each, for a right verdict with its reason in what is known at the time of the output. 0.5 points
# for what training on stored data does: a low loss that rests on inputs that will not be there.
# ### END SOLUTION

# %% [markdown]
# ## 8.2 Predict, then run
#
# A row of fair coins, 0 or 1, one a step. At each step the network has to name the *majority* of three: of the coin before
# this step, the coin of this step and the coin after it. A network that reads forward only, however large and however well
# trained, gives how many right answers at best? Give a number from 0 to 1 for the steps that have a coin before and after.
# Decide first; then run the cell that trains both kinds.


# %%
def predicted_accuracy():
    """Return the share of right answers that you predict, as an int or a float."""
    ### BEGIN SOLUTION
    return 0.75
    ### END SOLUTION


# %%
check("8.2", predicted_accuracy)

# %% [markdown]
# Your functions are trained on this task, once with both halves of h and once with the forward half alone. Rows have 5 to
# 20 steps, so that lengths matter. With both halves nothing is uncertain, and the lowest loss is 0. Who reads forward only
# is uncertain half of the time, and then has one bit to guess: the lowest loss is ½ log 2.

# %%
with when_written(reverse_rows, bidirectional_forward, bidirectional_backward):
    from rnnlab import data, losses, optimizers

    def coins(rng, n_batch):
        lengths = rng.integers(5, 21, n_batch)
        x = rng.integers(0, 2, (20, n_batch)).astype(float)
        target = np.zeros((20, n_batch, 1))
        target[1:-1, :, 0] = x[:-2] + x[1:-1] + x[2:] >= 2
        counts = data.length_mask(lengths - 1, 20)  # the last step has no coin after it, the first none before it
        counts[0] = False
        return 2 * x[..., None] - 1, target, lengths, counts

    curves = {}
    for name, uses in (("forward half alone", np.arange(32) < 16), ("both halves", np.full(32, True))):
        rng = np.random.default_rng(0)
        shapes = {"w_x": (16, 1), "w_h": (16, 16), "b_h": (16,)}
        network = {
            way: {key: 0.25 * rng.normal(size=shape) for key, shape in shapes.items()}
            for way in ("forward", "backward")
        }
        network["readout"] = {"w_y": 0.25 * rng.normal(size=(1, 32)), "b_y": np.zeros(1)}
        optimizer = optimizers.Adam(5e-3)
        state = optimizer.init(network)
        curves[name] = []
        for _ in range(300):
            x, target, lengths, counts = coins(rng, 32)
            h, tape = bidirectional_forward(network, x, lengths)
            h = h * uses
            y = h @ network["readout"]["w_y"].T + network["readout"]["b_y"]
            loss, dy = losses.sigmoid_cross_entropy(y, target, counts)
            dnetwork, _ = bidirectional_backward(dy @ network["readout"]["w_y"] * uses, tape)
            dnetwork["readout"] = {"w_y": np.einsum("tbo,tbh->oh", dy, h), "b_y": dy.sum(axis=(0, 1))}
            network, state = optimizer.update(network, dnetwork, state)
            curves[name].append(loss)
        x, target, lengths, counts = coins(np.random.default_rng(1), 2000)
        y = (
            bidirectional_forward(network, x, lengths)[0] * uses @ network["readout"]["w_y"].T
            + network["readout"]["b_y"]
        )
        right = ((y > 0) == (target > 0.5))[counts].mean()
        print(f"{name}: {right:.0%} of the answers are right")
    for name, curve in curves.items():
        plt.plot(curve, label=name)
    plt.axhline(np.log(2) / 2, color="black", linestyle="--", linewidth=1, label="½ log 2: lowest loss reading forward")
    plt.axhline(0, color="black", linestyle=":", linewidth=1, label="0: lowest loss reading both ways")
    plt.xlabel("updates")
    plt.ylabel("cross-entropy (nats)")
    plt.title("The majority of three coins, one of them yet to come")
    plt.legend()
    plt.show()

# %% [markdown]
# ## Going further
#
# - A network that reads forward only can be given some time: let it name the majority one step *later*. What must change in
#   `coins`, and does it reach a loss of 0? When is such a delay enough, and when is it not?
# - Put a second bidirectional layer on top of the first. Each of its steps reads both halves of the layer below. How many
#   weights does that make, for the same H?
# - The last output of a bidirectional network, `h[-1]`, is often used to classify a whole sequence. What has the backward
#   half of `h[-1]` read? What would you take instead?
