# %% [markdown]
# # Assignment 6: Vanishing and exploding gradients
#
# A recurrent network can learn from what it read 100 steps ago only if a gradient survives the way back through 100
# steps. Every step multiplies it by a matrix, and products of many factors do one of two things: they vanish or they
# explode. In this notebook you form the products, predict from the weights alone how fast they shrink or grow, and write
# the two plainest remedies: clipping, and weights to begin with that keep lengths.
#
# It belongs to the chapter *Vanishing and exploding gradients* of the book. Symbols and shapes:
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $h_t$ | `h` | (T+1, H) | the states of one sequence: `h[0]`, then `h[t]` after reading t inputs |
# | $w_x, w_h, b_h$ | `w_x`, `w_h`, `b_h` | (H, D), (H, H), (H,) | the recurrent layer |
# | $\partial h_T / \partial h_t$ | `products[t]` | (T, H, H) | how the last state depends on each one before it |
# | $c$ | `c` | | the longest gradient that clipping lets pass |
#
# How to work: run the cells from the top (Shift+Enter), replace `raise NotImplementedError()` by your own code, run the
# cell, then run the check below it. A check tells what is right, what is not yet, and the first case that fails. You may
# run it as often as you like. Your grade comes from the same checks on other numbers: sizes of 1, sequences of 150 steps
# and weights from 1e-8 to 1e8 are among them. All arrays are float64, the ones that you are given and the ones that you
# return.
#
# Write your answers with NumPy. Of `rnnlab` they may import `rnnlab.data` and nothing else: the other modules are not there
# when your answers are graded. (The last *See it* runs `rnnlab`'s own network; your answers cannot.)

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
# ## 6.1 Products of Jacobians
#
# In a tanh network a small change of $h_{t-1}$ becomes, in one step, a change of $h_t$ by the Jacobian
#
# $$J_t = \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2)\, w_h ,$$
#
# with the slope of tanh written by its own value. Steps follow each other, so matrices multiply:
#
# $$\frac{\partial h_T}{\partial h_t} = J_T\, J_{T-1} \cdots J_{t+1}, \qquad t = 0, \dots, T-1 .$$
#
# Row $i$ of it is the gradient of the last state's unit $i$ with respect to $h_t$. A loss at the end, backpropagated to
# step $t$, is $\partial \text{loss} / \partial h_T$ times this matrix: what the matrix has shrunk to nothing, the network
# cannot learn. Each product has one factor more than the next, so that one pass from the end suffices. Nothing of the
# input is needed: its part is in the states.


# %%
def jacobian_products(h, w_h):
    """Return how the last state of a tanh network depends on each state before it.

    Parameters
    ----------
    h : (T+1, H) array
        The states of one sequence, h[0] before anything was read.
    w_h : (H, H) array
        The recurrent weights.

    Returns
    -------
    products : (T, H, H) array
        ``products[t]`` is the Jacobian of h[T] with respect to h[t]: entry (i, j) is the derivative of unit i of h[T]
        by unit j of h[t].
    """
    ### BEGIN SOLUTION
    n_steps, n_hidden = len(h) - 1, len(w_h)
    products = np.empty((n_steps, n_hidden, n_hidden))
    product = np.eye(n_hidden)
    for t in reversed(range(n_steps)):
        product = product @ ((1 - h[t + 1] ** 2)[:, None] * w_h)
        products[t] = product
    return products
    ### END SOLUTION


# %%
check("6.1", jacobian_products)

# %% [markdown]
# ### See it
#
# Networks of 50 units read 100 steps of noise. They differ only in the size of $w_h$, the largest magnitude of an
# eigenvalue. How much of the last state still depends on the state `lag` steps before it?


# %%
def read(x, w_x, w_h):
    """Return the states of a tanh network that reads x from h_0 = 0."""
    h = np.zeros((len(x) + 1, len(w_h)))
    for t in range(len(x)):
        h[t + 1] = np.tanh(w_x @ x[t] + w_h @ h[t])
    return h


rng = np.random.default_rng(0)
of_size_one = rng.normal(size=(50, 50))
of_size_one /= abs(np.linalg.eigvals(of_size_one)).max()
w_x, x = rng.normal(size=(50, 1)), rng.normal(size=(100, 1))

with when_written(jacobian_products):
    for size in (0.5, 0.9, 1.2, 1.5, 3.0):
        w_h = size * of_size_one
        products = jacobian_products(read(0.1 * x, w_x, w_h), w_h)
        plt.semilogy(np.arange(100, 0, -1), np.linalg.norm(products, 2, axis=(1, 2)), label=f"size {size}")
    plt.xlabel("lag T - t")
    plt.ylabel("norm of the product")
    plt.title("Vanishing, exploding")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 6.2 The rate, before running
#
# How fast a product of many equal matrices grows or shrinks is known without multiplying. The norm of $J^n$ changes, once
# $n$ is large, by the same factor at every step: the largest magnitude of an eigenvalue of $J$, its *spectral radius*
# $\rho(J)$. For a network whose pre-activations all stay near 0 every step has nearly the same Jacobian, $f'(0)\, w_h$,
# and so the factor is
#
# $$\rho\big(f'(0)\, w_h\big) = |f'(0)|\,\rho(w_h) .$$
#
# Eigenvalues are complex in general: the magnitude counts both parts.


# %%
def decay_rate(w_h, name):
    """Return the factor by which gradients change per step, after many steps with pre-activations near 0.

    Parameters
    ----------
    w_h : (H, H) array
        The recurrent weights.
    name : {"tanh", "sigmoid", "linear"}
        The activation function, whose slope at 0 is needed.

    Returns
    -------
    rate : float
        Below 1 where gradients vanish, above 1 where they explode; 0 where nothing is left after some steps, as for
        weights that are zero.
    """
    ### BEGIN SOLUTION
    slope = 0.25 if name == "sigmoid" else 1.0
    return slope * np.max(np.abs(np.linalg.eigvals(w_h)))
    ### END SOLUTION


# %%
check("6.2", decay_rate)

# %% [markdown]
# ### See it: predicted, then measured
#
# The network of before, with small inputs and with larger ones. The dashed line falls by your predicted rate at every
# step. The larger the input, the more units are saturated, the smaller the slopes, and the faster gradients vanish: the
# prediction is for the network at rest.

# %%
with when_written(jacobian_products, decay_rate):
    w_h = 0.95 * of_size_one
    rate, lags = decay_rate(w_h, "tanh"), np.arange(100, 0, -1)
    for loudness in (0.01, 0.3, 1.0, 3.0):
        products = jacobian_products(read(loudness * x, w_x, w_h), w_h)
        norms = np.linalg.norm(products, 2, axis=(1, 2))
        measured = (norms[0] / norms[60]) ** (1 / 60)
        plt.semilogy(lags, norms, label=f"input × {loudness}: {measured:.3f} a step")
    plt.semilogy(lags, rate**lags, "k--", label=f"predicted at rest: {rate:.3f} a step")
    plt.xlabel("lag T - t")
    plt.ylabel("norm of the product")
    plt.title("The rate, predicted from the weights alone")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 6.3 Clipping
#
# An exploding gradient points in a useful direction but far too far. Clipping keeps the direction and limits the length.
# Take all gradients together as one vector $g$:
#
# $$g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right), \qquad
# \lVert g \rVert = \sqrt{\textstyle\sum_i g_i^2} ,$$
#
# where the sum runs over all entries of all arrays. One factor for all: whoever shortens each array by itself turns the
# vector. A short gradient stays as it is, and one of zeros too. When gradients explode their squares may overflow before
# they do: 1e200 is a number, its square is not. `np.hypot(a, b)` is $\sqrt{a^2 + b^2}$ without that flaw; dividing by the
# largest entry before squaring is another way.


# %%
def clip_by_norm(gradients, c):
    """Return the gradients, shortened together to the norm c if they are longer.

    Parameters
    ----------
    gradients : dict of arrays
        The gradient of each weight by its name: one array or more, under any names, of one axis or more and none of them
        empty. Leave them as they are.
    c : float
        The longest norm to pass, above 0; it may be infinite (``np.inf``), and then everything passes.

    Returns
    -------
    gradients : dict of arrays
        The same names and shapes. Gradients that are longer than c come out with the norm c to ten digits: PyTorch's
        c / (norm + 1e-6) is not enough. Those that stay as they are may be the arrays that were passed.
    """
    ### BEGIN SOLUTION
    norm = np.hypot.reduce(np.concatenate([gradient.ravel() for gradient in gradients.values()]))
    if norm <= c:
        return gradients
    return {name: c / norm * gradient for name, gradient in gradients.items()}
    ### END SOLUTION


# %%
check("6.3", clip_by_norm)

# %% [markdown]
# ### See it: the cliff
#
# The smallest network there is, one unit with weight $w$ and bias $b$ and no input, begins at $h_0 = 0.5$ and should be
# at 0.7 after 50 steps. Its loss as a function of the two has a cliff: for $w$ above 1 the unit falls into one of two
# resting places, and at the border between them a tiny change decides which. Gradient descent from the same place with
# steps of twice the gradient, with clipping and without (after Pascanu, Mikolov and Bengio 2013, section 2.3).
# One of the two meets the cliff and leaves the picture for good: where it lands, the slope is 0.


# %%
def loss_of(w, b):
    h = 0.5
    for _ in range(50):
        h = np.tanh(w * h + b)
    return (h - 0.7) ** 2


def slopes_of(w, b, s=1e-6):
    return {
        "w": np.array([(loss_of(w + s, b) - loss_of(w - s, b)) / (2 * s)]),
        "b": np.array([(loss_of(w, b + s) - loss_of(w, b - s)) / (2 * s)]),
    }


with when_written(clip_by_norm):
    paths = {}
    for label, c in (("no clipping", np.inf), ("clipped to 0.3", 0.3)):
        w, b, path = 2.5, -0.5, [(2.5, -0.5)]
        for _ in range(100):
            gradients = clip_by_norm(slopes_of(w, b), c)
            w, b = w - 2 * gradients["w"][0], b - 2 * gradients["b"][0]
            path.append((w, b))
        paths[label] = np.array(path)
        longest = np.linalg.norm(np.diff(path, axis=0), axis=1).max()
        print(
            f"{label}: longest move {longest:.2f}, ends at w = {w:.2f}, b = {b:.2f} with the loss {loss_of(w, b):.4f}"
        )
    w, b = np.meshgrid(np.linspace(0.0, 3.0, 300), np.linspace(-1.5, 1.5, 300))
    plt.contourf(w, b, loss_of(w, b), 30, cmap="Greys")
    plt.colorbar(label="loss")
    for label, path in paths.items():
        plt.plot(*path.T, ".-", label=label)
    plt.xlim(0.0, 3.0)
    plt.ylim(-1.5, 1.5)
    plt.xlabel("weight w")
    plt.ylabel("bias b")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 6.4 Weights to begin with
#
# Clipping does nothing for gradients that vanish. But training may begin where they do not, with recurrent weights that
# keep lengths:
#
# - **Identity** (Le, Jaitly and Hinton 2015), for relu networks: $w_h$ is the identity and $b_h = 0$, so that the state
#   stands still until something is read. $w_x$ is drawn from a normal distribution with mean 0 and a small standard
#   deviation, `scale`.
# - **Orthogonal** (Saxe, McClelland and Ganguli 2014): $w_h$ is a random matrix with $w_h^\top w_h = 1$, a rotation or a
#   reflection. All its eigenvalues have magnitude 1 and all its singular values are 1: no direction is shrunk or
#   stretched, in one step or in 200. One way to draw it: the factor $q$ of the QR decomposition of a matrix of normal
#   numbers (`np.linalg.qr`).
#
# Draw from `np.random.default_rng(seed)`, so that the same seed always gives the same weights, and different seeds, from 0
# to 2**32 - 1, give independent ones. The numbers of $w_x$ are checked by statistical tests of their distribution and of
# their independence; of the orthogonal matrix any law will do that leaves no entry zero.


# %%
def identity_init(n_input, n_hidden, scale, seed):
    """Return weights for a relu network whose state at first stands still.

    Parameters
    ----------
    n_input, n_hidden : int
        D and H.
    scale : float
        The standard deviation of w_x.
    seed : int
        For ``np.random.default_rng(seed)``.

    Returns
    -------
    w_x, w_h, b_h : (H, D), (H, H) and (H,) arrays
        w_x is normally distributed, w_h the identity, b_h zero.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, (n_hidden, n_input)), np.eye(n_hidden), np.zeros(n_hidden)
    ### END SOLUTION


# %%
def orthogonal_init(n_hidden, seed):
    """Return random recurrent weights that keep every length.

    Parameters
    ----------
    n_hidden : int
        H.
    seed : int
        For ``np.random.default_rng(seed)``.

    Returns
    -------
    w_h : (H, H) array
        Its columns have length 1 and are perpendicular to each other.
    """
    ### BEGIN SOLUTION
    numbers = np.random.default_rng(seed).normal(size=(n_hidden, n_hidden))
    return np.linalg.qr(numbers)[0]
    ### END SOLUTION


# %%
check("6.4", identity_init, orthogonal_init)

# %% [markdown]
# ### See it: training to remember
#
# The network reads 30 random numbers and must then name the *first*. Without memory nothing better than the mean can be
# named: the loss is 1/3, the dashed line. With memory it can fall to 0. Three networks of 20 units, trained alike (by
# `rnnlab`'s forward and backward pass, Adam, and your clipping), differ only in the weights they begin with.

# %%
with when_written(identity_init, orthogonal_init, clip_by_norm):
    from rnnlab import data, losses, optimizers, readout, rnn

    def train(params, activation, n_updates=300):
        rng = np.random.default_rng(7)
        weights = {**params._asdict(), "w_y": rng.normal(0, 0.1, (1, 20)), "b_y": np.zeros(1)}
        adam, curve = optimizers.Adam(0.002), []
        state = adam.init(weights)
        for _ in range(n_updates):
            batch = data.first_element(rng, n_batch=20, n_steps=30)
            tape = rnn.forward(rnn.Params(*list(weights.values())[:3]), batch.x, activation=activation)
            output = readout.forward(readout.Params(weights["w_y"], weights["b_y"]), tape.h_n)
            loss, dy = losses.mse(output.y, batch.target)
            doutput, dh_n = readout.backward(output, dy)
            drnn, _, _ = rnn.backward(tape, None, dh_n)
            gradients = clip_by_norm({**drnn._asdict(), **doutput._asdict()}, 1.0)
            weights, state = adam.update(weights, gradients, state)
            curve.append(loss)
        return np.convolve(curve, np.ones(20) / 20, mode="valid")

    w_x, w_h, b_h = identity_init(1, 20, 0.1, seed=1)
    small = 0.5 * np.random.default_rng(1).normal(size=(20, 20)) / np.sqrt(20)
    curves = {
        "small random w_h, tanh": train(rnn.Params(w_x, small, b_h), "tanh"),
        "identity, relu": train(rnn.Params(w_x, w_h, b_h), "relu"),
        "orthogonal, tanh": train(rnn.Params(w_x, orthogonal_init(20, seed=1), b_h), "tanh"),
    }
    for label, curve in curves.items():
        plt.plot(curve, label=label)
    baselines = data.first_element_baselines()
    plt.axhline(baselines["no memory"], color="0.5", ls="--", label="floor without memory: 1/3")
    plt.axhline(baselines["memory"], color="0.5", ls=":", label="floor with memory: 0")
    plt.xlabel("update")
    plt.ylabel("loss (mean over 20 updates)")
    plt.title("Remember the first of 30 numbers")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 6.5 Predict, then run
#
# A linear network of two units has
#
# $$w_h = \begin{pmatrix} 0.9 & 5 \\ 0 & 0.9 \end{pmatrix},$$
#
# so both eigenvalues are 0.9, and gradients vanish in the end. After how many steps is the norm of the product of
# Jacobians, $\lVert w_h^n \rVert$, *largest*? Choose the nearest of 0, 1, 10 and 100. (After 0 steps it is 1.) Decide
# first, and write your number down; then run the cell that draws it.


# %%
def predicted_peak():
    """Return the number that you predict: 0, 1, 10 or 100."""
    ### BEGIN SOLUTION
    return 10
    ### END SOLUTION


# %%
check("6.5", predicted_peak)

# %%
with when_written(jacobian_products, decay_rate):
    w_h = np.array([[0.9, 5.0], [0.0, 0.9]])
    products = jacobian_products(np.zeros((151, 2)), w_h)  # at rest a tanh network is a linear one
    norms = np.linalg.norm(products, 2, axis=(1, 2))[::-1]
    plt.semilogy(np.arange(1, 151), norms, label="norm of the product")
    plt.semilogy(np.arange(151), decay_rate(w_h, "linear") ** np.arange(151), "k--", label="rate to the power n")
    plt.xlabel("steps n")
    plt.title(f"Largest after {1 + norms.argmax()} steps: {norms.max():.1f}")
    plt.legend()
    plt.show()

# %% [markdown] written="6.w" points=2
# ## 6.w In your own words
#
# Clipping makes training possible where gradients explode. A fellow student proposes the same against vanishing: whenever
# the norm of the gradient is below $c$, multiply it up to $c$. Explain in three to six sentences why the first works and
# the second does not. Think of the gradient of a weight as a sum over steps: which of its terms have vanished, and what
# does one common factor do to them?
#
# ### BEGIN SOLUTION
# Clipping keeps the direction of the gradient and limits the step; near a cliff the direction is useful and only the
# length is not, so limiting it loses little. The gradient of a weight is a sum over steps, and each term has passed
# through the Jacobians from there to the loss. If these shrink, the terms of early steps are smaller than those of late
# steps by many powers of ten. The whole gradient need not be small at all: the late terms are there. Multiplying the sum
# by a factor keeps the proportions, so the early steps remain as invisible beside the late ones as before; only the step
# size grows, also near a minimum, where a small gradient is right and the enlarged one keeps the weights from settling.
#
# Rubric: 1 point for the proportions (½ the gradient is a sum over steps whose early terms have vanished beside the late
# ones; ½ one common factor does not change that). ½ point for why clipping works (direction kept, length limited). ½
# point for a harm of scaling up (no settling near a minimum, steps of length c in any direction, noise enlarged).
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - Stack two recurrent layers: the states of one are the inputs of the other. Through how many Jacobians does a gradient
#   pass from the end of the upper layer to the beginning of the lower one, and along how many ways? What does depth add to
#   the trouble?
# - The factor $q$ of a QR decomposition is orthogonal, but are all rotations equally likely? Draw many 1 × 1 matrices
#   with your `orthogonal_init`, look at their signs, and find the correction that makes both signs equally likely.
# - Begin the tanh network of 6.4 with $w_h$ = 1.2 times an orthogonal matrix, and with 0.8 times. Which is better for 30
#   steps, and for 100? Compare with your `decay_rate`.
