# %% [markdown]
# # Assignment 2: Unfolding
#
# A recurrent network reads a sequence one item at a time and keeps a *state* in which it remembers. In this notebook you
# write such a network, cut its loop open into an ordinary feedforward network, and see that the two are the same
# machine.
#
# It belongs to the chapter *Unfolding* of the book. Symbols and shapes:
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x` | (T, B, D) | T steps of input for B sequences at once, D numbers each |
# | `h` | (T+1, B, H) | the states: `h[0]` before anything is read, `h[t+1]` after reading `x[t]` |
# | `y` | (T, B, O) | the outputs |
# | `w_x`, `w_h`, `b_h` | (H, D), (H, H), (H,) | the recurrent layer's weights and its bias |
# | `w_y`, `b_y` | (O, H), (O,) | the output layer's weights and its bias |
#
# How to work: run the cells from the top (Shift+Enter), replace `raise NotImplementedError()` by your own code, run the
# cell, then run the check below it. A check tells what is right, what is not yet, and the first case that fails. You may
# run it as often as you like. Your grade comes from the same checks on other numbers: sizes of 1 and equal sizes are
# among them, and sequences of 200 steps. All arrays are float64, the ones that you are given and the ones that you
# return.
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
# ## 2.1 One step
#
# At every step the network mixes what it reads with what it remembers:
#
# $$h_t = \tanh(w_x x_t + w_h h_{t-1} + b_h)$$
#
# On paper $x_t$ is one column. In code there is a whole batch, one sequence a row, so that the product $w_x x_t$ for all
# of them at once is `x @ w_x.T`.


# %%
def rnn_step(x, h, w_x, w_h, b_h):
    """Return the state after reading one step of input.

    Parameters
    ----------
    x : (B, D) array
        The input of this step.
    h : (B, H) array
        The state before it. Leave it as it is: make a new array.
    w_x, w_h, b_h : (H, D), (H, H) and (H,) arrays
        The recurrent layer.

    Returns
    -------
    h : (B, H) array
        The state after it.
    """
    ### BEGIN SOLUTION
    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)
    ### END SOLUTION


# %%
check("2.1", rnn_step)

# %% [markdown]
# ### See it
#
# A single unit is kicked once, at step 0, and then hears nothing more. How long does it remember? The only thing that
# changes between the curves is the weight from the unit to itself.

# %%
with when_written(rnn_step):
    for weight in (0.5, 0.9, 1.0, 1.1):
        h = np.zeros((1, 1))
        trace = []
        for t in range(40):
            kick = np.full((1, 1), 1.0 if t == 0 else 0.0)
            h = rnn_step(kick, h, np.ones((1, 1)), np.full((1, 1), weight), np.zeros(1))
            trace.append(h[0, 0])
        plt.plot(trace, label=f"$w_h$ = {weight}")
    plt.xlabel("step t")
    plt.ylabel("state h")
    plt.title("What is left of one kick")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 2.2 The whole sequence
#
# Repeat the step, each time from the state that the one before has left, and read an output from every state:
#
# $$y_t = w_y h_t + b_y$$
#
# In code `h[0]` is the state before the first step and `h[t+1]` the state after reading `x[t]`, so `y[t]` belongs to
# `h[t+1]`.


# %%
def rnn_forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Return all states and all outputs of a recurrent network that reads `x` from the state `h_0`.

    Parameters
    ----------
    x : (T, B, D) array
        The inputs.
    h_0 : (B, H) array
        The state before the first step.
    w_x, w_h, b_h : (H, D), (H, H) and (H,) arrays
        The recurrent layer.
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
    h = np.empty((len(x) + 1, *h_0.shape))
    h[0] = h_0
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ w_x.T + h[t] @ w_h.T + b_h)
    return h, h[1:] @ w_y.T + b_y
    ### END SOLUTION


# %%
check("2.2", rnn_forward)

# %% [markdown]
# ### See it
#
# A network with random weights reads the same sequence twice, but in the second run its first input is changed a little.
# The difference between the two runs is what the network still remembers of step 0. Run the cell for different values of
# `size`: what happens beyond 1?

# %%
size = 0.9  # how large the recurrent weights are: the largest magnitude of an eigenvalue of w_h

with when_written(rnn_forward):
    rng = np.random.default_rng(0)
    w_x, w_h, b_h = rng.normal(size=(20, 1)), rng.normal(size=(20, 20)), np.zeros(20)
    w_h *= size / abs(np.linalg.eigvals(w_h)).max()
    layers = (w_x, w_h, b_h, np.ones((1, 20)), np.zeros(1))
    x = 0.1 * rng.normal(size=(60, 1, 1))
    changed = x.copy()
    changed[0] += 0.01
    h, _ = rnn_forward(x, np.zeros((1, 20)), *layers)
    h_changed, _ = rnn_forward(changed, np.zeros((1, 20)), *layers)
    plt.semilogy(np.linalg.norm(h_changed[1:] - h[1:], axis=(1, 2)))
    plt.xlabel("step t")
    plt.ylabel("distance of the two states")
    plt.title("What the network remembers of its first input")
    plt.show()

# %% [markdown]
# ## 2.3 The unfolded network
#
# Draw the network once for every step and the loop is gone: $k$ layers, one above the other, and an output layer. Layer
# $t$ reads the state of the layer before it *and* the input of its own step, so its input is the two side by side,
# $[x_t, h_{t-1}]$, and its weights are the two blocks side by side:
#
# $$h_t = \tanh\left(\begin{bmatrix} w_x & w_h \end{bmatrix} \begin{bmatrix} x_t \\ h_{t-1} \end{bmatrix} + b_h\right)$$
#
# `unfold` writes down the layers, `feedforward` runs them. `feedforward` knows nothing of recurrence: it must do the right
# thing also where every layer has weights of its own.


# %%
def unfold(w_x, w_h, b_h, w_y, b_y, k):
    """Return the layers of the feedforward network that a recurrent network is when unfolded for k steps.

    Parameters
    ----------
    w_x, w_h, b_h : (H, D), (H, H) and (H,) arrays
        The recurrent layer.
    w_y, b_y : (O, H) and (O,) arrays
        The output layer.
    k : int
        The number of steps, at least 1.

    Returns
    -------
    layers : list of k+1 tuples (weight, bias)
        k hidden layers with weight (H, D+H), that is w_x and then w_h, and bias (H,); then the output layer with weight
        (O, H) and bias (O,). Layers may share their arrays with each other and with what is passed.
    """
    ### BEGIN SOLUTION
    hidden = (np.concatenate([w_x, w_h], axis=1), b_h)
    return [hidden] * k + [(w_y, b_y)]
    ### END SOLUTION


# %%
def feedforward(x, layers):
    """Return the output of a feedforward network whose layer t reads x[t] beside the layer before it.

    Parameters
    ----------
    x : (k, B, D) array
        One input for each hidden layer.
    layers : list of k+1 tuples (weight, bias)
        As `unfold` gives them: k hidden layers with tanh, then a linear output layer. What comes before the first layer
        is h = 0.

    Returns
    -------
    y : (B, O) array
        The output of the last layer.
    """
    ### BEGIN SOLUTION
    *hidden, (w_y, b_y) = layers
    h = np.zeros((x.shape[1], len(hidden[0][1])))
    for x_t, (weight, bias) in zip(x, hidden):
        h = np.tanh(np.concatenate([x_t, h], axis=1) @ weight.T + bias)
    return h @ w_y.T + b_y
    ### END SOLUTION


# %%
check("2.3", unfold, feedforward)

# %% [markdown]
# ### See it
#
# The last output of the recurrent network beside the output of its unfolded twin, for longer and longer sequences.

# %%
with when_written(rnn_forward, unfold, feedforward):
    rng = np.random.default_rng(1)
    network = [rng.normal(size=shape) / 2 for shape in [(4, 3), (4, 4), (4,), (2, 4), (2,)]]
    print("   k   largest difference between y[-1] and the unfolded network's output")
    for k in (1, 2, 5, 10, 50, 200):
        x = rng.normal(size=(k, 1, 3))
        _, y = rnn_forward(x, np.zeros((1, 4)), *network)
        print(f"{k:4}   {abs(y[-1] - feedforward(x, unfold(*network, k))).max():.1e}")

# %% [markdown]
# ## 2.4 How many weights
#
# Count the numbers that training can change. With D inputs, H hidden units and O outputs:
#
# - `"rnn"`: `w_x` (H, D), `w_h` (H, H), `b_h` (H,), and the output layer `w_y` (O, H), `b_y` (O,);
# - `"gru"`: three such blocks (two gates and a candidate state) in place of one, and one bias more, `b_hn` (H,), which
#   cannot be merged with the others; the output layer is the same;
# - `"lstm"`: four blocks (three gates and a candidate); the output layer is the same;
# - `"bidirectional"`: two simple recurrent layers, one for each direction; the output layer reads both, so `w_y` is
#   (O, 2H).


# %%
def count_parameters(cell, n_input, n_hidden, n_output):
    """Return how many weights and biases a recurrent network has, its output layer included.

    Parameters
    ----------
    cell : {"rnn", "gru", "lstm", "bidirectional"}
        The kind of network, with the biases described above.
    n_input, n_hidden, n_output : int
        D, H and O, each from 1 to 3,000.

    Returns
    -------
    count : int
        Exact, however large.
    """
    ### BEGIN SOLUTION
    gates = {"rnn": 1, "gru": 3, "lstm": 4, "bidirectional": 1}[cell]
    directions = 2 if cell == "bidirectional" else 1
    recurrent = gates * n_hidden * (n_input + n_hidden + 1)
    if cell == "gru":
        recurrent += n_hidden
    return directions * recurrent + n_output * (directions * n_hidden + 1)
    ### END SOLUTION


# %%
check("2.4", count_parameters)

# %% [markdown]
# ## 2.5 Predict, then run
#
# A simple recurrent network has D = 3 inputs, H = 4 hidden units and O = 2 outputs. You unfold it for k = 20 steps. How
# many *different* numbers, weights and biases together, does the unfolded network have? Decide first, and write your
# number down; then run the cell that counts them.


# %%
def predicted_weights():
    """Return the number that you predict, as an int or a float."""
    ### BEGIN SOLUTION
    return 42
    ### END SOLUTION


# %%
check("2.5", predicted_weights)

# %%
with when_written(unfold):
    rng = np.random.default_rng(2)
    network = [rng.normal(size=shape) for shape in [(4, 3), (4, 4), (4,), (2, 4), (2,)]]
    for k in (1, 2, 20):
        numbers = np.concatenate([part.ravel() for layer in unfold(*network, k) for part in layer])
        print(f"k = {k:2}: {numbers.size:4} numbers in all layers, {np.unique(numbers).size} of them different")

# %% [markdown]
# ## Going further
#
# - `feedforward` gives one output, at the end. Change your copy of it so that it gives one at every layer. What does the
#   unfolded network of a *many-to-many* task look like?
# - The unfolded network has its depth from the length of the sequence. What do you expect of a product of 200 factors
#   $w_h$? The chapter on vanishing and exploding gradients takes this up.
