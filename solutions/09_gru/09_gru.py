# %% [markdown]
# # Assignment 9: GRU
#
# A simple recurrent network rewrites its whole state at every step, so what it knew fades unless the weights happen to
# preserve it. A *gated* network decides, unit by unit and step by step, how much to keep and how much to replace. In this
# notebook you write one step of the gated recurrent unit, its gradients, and the translation of its weights between
# libraries, which agree on the idea and on little else.
#
# It belongs to the chapter *GRU* of the book. Symbols and shapes:
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x`, `h` | (B, D), (B, H) | the input of one step, the state before it |
# | `r`, `z`, `n` | (B, H) each | reset gate, update gate, candidate state |
# | `w_x`, `w_h` | (3H, D), (3H, H) | the weights: H rows for r, then H for z, then H for n |
# | `b_h` | (3H,) | the biases in the same order: b_r, b_z, b_n |
# | `b_hn` | (H,) | the candidate's second bias, which goes with its recurrent product |
#
# The four arrays of weights travel together in a dict, `params`. All arrays are float64, the ones that you are given and
# the ones that you return. Your grade comes from the checks below, on other numbers: sizes of 1, equal sizes, and gates that
# are exactly 0 or 1 are among them.
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
# ## 9.1 One step
#
# Two gates, numbers between 0 and 1, one of each for every unit:
#
# $$r_t = \sigma(w_{xr} x_t + w_{hr} h_{t-1} + b_r), \qquad z_t = \sigma(w_{xz} x_t + w_{hz} h_{t-1} + b_z)$$
#
# A *candidate*, what the state would be if nothing were kept. The reset gate decides how much of the old state it may
# look at, and there are two opinions on where that gate sits:
#
# $$n_t = \tanh\bigl(w_{xn} x_t + b_n + r_t \odot (w_{hn} h_{t-1} + b_{hn})\bigr) \qquad \text{reset after the product}$$
#
# $$n_t = \tanh\bigl(w_{xn} x_t + b_n + w_{hn} (r_t \odot h_{t-1}) + b_{hn}\bigr) \qquad \text{reset before the product}$$
#
# The paper that introduced the cell (Cho et al. 2014) has it before; PyTorch and cuDNN have it after, which lets all three
# recurrent products be taken in one. The new state is a mixture of the old one and the candidate:
#
# $$h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$$
#
# so that $z = 1$ keeps a unit as it is and $z = 0$ replaces it. $\odot$ multiplies number by number.
#
# Two things to mind. A gate may be driven far, to $a = \pm 1000$: your sigmoid must then give 0 or 1 and not
# $\infty/\infty$. And every block of `w_h` is square, so that a forgotten transpose raises no error.


# %%
def gru_step(x, h, params, reset):
    """Return the state after reading one step of input, and the gates that led there.

    Parameters
    ----------
    x : (B, D) array
        The input of this step.
    h : (B, H) array
        The state before it. Leave it as it is: make a new array.
    params : dict of arrays
        w_x (3H, D), w_h (3H, H) and b_h (3H,), with rows in the order r, z, n, and b_hn (H,).
    reset : {"after", "before"}
        Where the reset gate acts: on the candidate's recurrent product, or on the state before the product.

    Returns
    -------
    h : (B, H) array
        The state after this step.
    r, z, n : (B, H) arrays
        The reset gate, the update gate and the candidate.
    """
    ### BEGIN SOLUTION
    n_hidden = h.shape[1]
    w_h = params["w_h"]
    a = x @ params["w_x"].T + params["b_h"]
    gates = 0.5 + 0.5 * np.tanh((a[:, : 2 * n_hidden] + h @ w_h[: 2 * n_hidden].T) / 2)
    r, z = gates[:, :n_hidden], gates[:, n_hidden:]
    if reset == "after":
        q = r * (h @ w_h[2 * n_hidden :].T + params["b_hn"])
    else:
        q = (r * h) @ w_h[2 * n_hidden :].T + params["b_hn"]
    n = np.tanh(a[:, 2 * n_hidden :] + q)
    return (1 - z) * n + z * h, r, z, n
    ### END SOLUTION


# %%
check("9.1", gru_step)

# %% [markdown]
# ### See it
#
# A gate is a soft switch. Here is a single unit wired by hand so that its second input works as a button: button up, z is
# near 1 and the unit holds; button down, z is near 0 and the unit takes over what its first input shows. `hardness` says
# how far the button drives the gate. Try 1, 3 and 10.

# %%
hardness = 6.0

with when_written(gru_step):
    rng = np.random.default_rng(0)
    signal = np.cumsum(rng.normal(0, 0.25, 60))
    button = np.zeros(60)
    button[[5, 6, 20, 21, 40, 41]] = 1.0
    by_hand = {
        "w_x": np.array([[0.0, 0.0], [0.0, -2 * hardness], [1.0, 0.0]]),  # rows r, z, n; columns signal, button
        "w_h": np.zeros((3, 1)),
        "b_h": np.array([0.0, hardness, 0.0]),
        "b_hn": np.zeros(1),
    }
    h, held, gate = np.zeros((1, 1)), [], []
    for pair in np.stack([signal, button], axis=1):
        h, r, z, n = gru_step(pair[None], h, by_hand, "after")
        held.append(h[0, 0])
        gate.append(z[0, 0])
    plt.plot(np.tanh(signal), color="0.7", label="tanh of the signal")
    plt.step(range(60), held, where="mid", label="state h")
    plt.plot(gate, ":", label="update gate z")
    plt.xlabel("step t")
    plt.title("One unit that holds, and takes over when told to")
    plt.legend(loc="lower left")
    plt.show()

# %% [markdown]
# ## 9.2 Backward through the step
#
# Given $\mathrm{d}h_t$, walk back through the equations of 9.1. The state was mixed of three things,
#
# $$\mathrm{d}n = \mathrm{d}h_t \odot (1 - z), \qquad \mathrm{d}z = \mathrm{d}h_t \odot (h_{t-1} - n), \qquad
# \text{and } \mathrm{d}h_t \odot z \text{ goes straight to } h_{t-1},$$
#
# and each pre-activation has the slope of its own function, $1 - n^2$ for the candidate, $s(1-s)$ for a gate of value $s$:
#
# $$\mathrm{d}a_n = \mathrm{d}n \odot (1 - n^2), \qquad \mathrm{d}a_z = \mathrm{d}z \odot z (1 - z).$$
#
# How $r$ gets its share depends on where it acts. With the reset *after* the product $q = w_{hn} h_{t-1} + b_{hn}$,
#
# $$\mathrm{d}r = \mathrm{d}a_n \odot q, \qquad \mathrm{d}q = \mathrm{d}a_n \odot r.$$
#
# Work out yourself what takes their place when $q = w_{hn} (r \odot h_{t-1}) + b_{hn}$. What is left is three linear
# maps, as in every layer: $\mathrm{d}w = \mathrm{d}a^\top \cdot \text{input}$, summed over the batch, and
# $\mathrm{d}\,\text{input} = \mathrm{d}a \, w$. The old state is read in four places, so that `dh` is a sum of four terms.


# %%
def gru_step_backward(dh, x, h, r, z, n, params, reset):
    """Return the gradients of one step's inputs and weights.

    Parameters
    ----------
    dh : (B, H) array
        The gradient of the loss with respect to the state *after* the step.
    x, h : (B, D) and (B, H) arrays
        The input and the state *before* the step.
    r, z, n : (B, H) arrays
        The gates and the candidate, as `gru_step` returned them. They may be exactly 0 or 1.
    params : dict of arrays
        The weights, as for `gru_step`.
    reset : {"after", "before"}
        Where the reset gate acts.

    Returns
    -------
    dx : (B, D) array
        The gradient with respect to `x`.
    dh : (B, H) array
        The gradient with respect to the state before the step.
    dparams : dict of arrays
        The gradients with respect to w_x, w_h, b_h and b_hn, under these names, summed over the batch.
    """
    ### BEGIN SOLUTION
    n_hidden = h.shape[1]
    w_h, w_hn = params["w_h"], params["w_h"][2 * n_hidden :]
    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (h - n) * z * (1 - z)
    if reset == "after":
        read, dq = h, da_n * r
        dr = da_n * (h @ w_hn.T + params["b_hn"])
        dh_candidate = dq @ w_hn
    else:
        read, dq = r * h, da_n
        dr = (dq @ w_hn) * h
        dh_candidate = (dq @ w_hn) * r
    gates = np.concatenate([dr * r * (1 - r), da_z], axis=1)
    da = np.concatenate([gates, da_n], axis=1)
    dparams = {
        "w_x": da.T @ x,
        "w_h": np.concatenate([gates.T @ h, dq.T @ read]),
        "b_h": da.sum(axis=0),
        "b_hn": dq.sum(axis=0),
    }
    return da @ params["w_x"], dh * z + gates @ w_h[: 2 * n_hidden] + dh_candidate, dparams
    ### END SOLUTION


# %%
check("9.2", gru_step_backward)

# %% [markdown]
# ### See it: how far back the gradient reaches
#
# A network of 20 units reads 100 steps of noise, and a gradient of norm 1 sets out at the last state. What is left of it on
# the way back depends on how open the update gate is, and that is a matter of one bias.

# %%
with when_written(gru_step, gru_step_backward):
    rng = np.random.default_rng(1)
    n_hidden = 20
    for bias in (-2, 0, 2, 4):
        params = {
            "w_x": rng.normal(0, 0.5, (3 * n_hidden, 1)),
            "w_h": rng.normal(0, 0.5 / np.sqrt(n_hidden), (3 * n_hidden, n_hidden)),
            "b_h": np.repeat([0.0, bias, 0.0], n_hidden),
            "b_hn": np.zeros(n_hidden),
        }
        steps, h = [], np.zeros((1, n_hidden))
        for x in rng.normal(size=(100, 1, 1)):
            new, *gates = gru_step(x, h, params, "after")
            steps.append((x, h, *gates))
            h = new
        dh = np.full((1, n_hidden), 1 / np.sqrt(n_hidden))
        norms = [1.0]
        for step in reversed(steps):
            dh = gru_step_backward(dh, *step, params, "after")[1]
            norms.append(np.linalg.norm(dh))
        plt.semilogy(norms, label=f"$b_z$ = {bias}")
    plt.xlabel("steps back")
    plt.ylabel("norm of the gradient")
    plt.title("What is left of the gradient")
    plt.legend()
    plt.show()

# %% [markdown]
# ### See it: your step, trained
#
# The task: read 40 random numbers and name the first one. Whoever forgets it can do no better than to answer 0, which costs
# a mean squared error of 1/3; whoever remembers it can reach 0. Both lines are drawn. The loop is the one of the chapter
# on backpropagation, with your two functions in it; it takes some seconds.

# %%
with when_written(gru_step, gru_step_backward):
    from rnnlab import data, optimizers

    rng = np.random.default_rng(2)
    n_hidden, n_steps = 8, 40
    bound = 1 / np.sqrt(n_hidden)
    params = {
        "w_x": rng.uniform(-bound, bound, (3 * n_hidden, 1)),
        "w_h": rng.uniform(-bound, bound, (3 * n_hidden, n_hidden)),
        "b_h": np.repeat([0.0, 2.0, 0.0], n_hidden),  # start with the update gate mostly open: remember first
        "b_hn": np.zeros(n_hidden),
        "w_y": rng.uniform(-bound, bound, (1, n_hidden)),
    }
    adam = optimizers.Adam(lr=0.01)
    state = adam.init(params)
    losses = []
    for _ in range(600):
        batch = data.first_element(rng, n_batch=32, n_steps=n_steps)
        steps, h = [], np.zeros((32, n_hidden))
        for x in batch.x:
            new, *gates = gru_step(x, h, params, "after")
            steps.append((x, h, *gates))
            h = new
        error = h @ params["w_y"].T - batch.target
        losses.append(np.mean(error**2))
        dy = 2 * error / len(error)
        total = {name: np.zeros_like(array) for name, array in params.items()}
        total["w_y"] = dy.T @ h
        dh = dy @ params["w_y"]
        for step in reversed(steps):
            _, dh, dparams = gru_step_backward(dh, *step, params, "after")
            for name, gradient in dparams.items():
                total[name] += gradient
        params, state = adam.update(params, total, state)
    plt.semilogy(losses, label="GRU")
    floor = data.first_element_baselines()["no memory"]
    plt.axhline(floor, color="0.5", linestyle="--", label=f"without memory: {floor:.3f}")
    plt.xlabel("update")
    plt.ylabel("mean squared error (with memory: 0)")
    plt.title("Name the first of 40 numbers")
    plt.legend()
    plt.show()
    print(f"mean of the last 20 losses: {np.mean(losses[-20:]):.4f}")

# %% [markdown]
# ## 9.3 The same weights elsewhere
#
# Trained weights outlive the library that trained them. Three conventions, all with the reset after the product and all
# with $z = 1$ for keeping:
#
# | library | names and shapes | order of the gates |
# |---|---|---|
# | `"rnnlab"` | `w_x` (3H, D), `w_h` (3H, H), `b_h` (3H,), `b_hn` (H,) | r, z, n |
# | `"torch"` | `weight_ih_l0` (3H, D), `weight_hh_l0` (3H, H), `bias_ih_l0` (3H,), `bias_hh_l0` (3H,) | r, z, n |
# | `"keras"` | `kernel` (D, 3H), `recurrent_kernel` (H, 3H), `bias` (2, 3H) | z, r, n |
#
# PyTorch and Keras keep two biases for every gate, one beside the product with the input (the first row of Keras' `bias`)
# and one beside the product with the state (the second row). For r and z only their sum acts. For the candidate the second one
# stands inside the bracket that $r$ multiplies. On the way to such a library you may share b_r and b_z between the two as
# you like: what counts is that the network computes the same. All nine pairs of conventions are asked for, a convention to
# itself among them. An array that need not change you may return as it is.


# %%
def convert_gates(params, source, target):
    """Return a GRU's weights in another library's convention.

    Parameters
    ----------
    params : dict of arrays
        The weights under the names of `source`, as in the table. Leave its arrays as they are.
    source, target : {"rnnlab", "torch", "keras"}
        The conventions to convert from and to.

    Returns
    -------
    params : dict of arrays
        The weights under the names of `target`, of a network that gives the same outputs.
    """
    ### BEGIN SOLUTION
    if source == "rnnlab":
        w_x, w_h, first, b_hn = params["w_x"], params["w_h"], params["b_h"], params["b_hn"]
        second = np.concatenate([np.zeros(2 * len(b_hn)), b_hn])
    elif source == "torch":
        w_x, w_h = params["weight_ih_l0"], params["weight_hh_l0"]
        first, second = params["bias_ih_l0"], params["bias_hh_l0"]
    else:
        theirs = params["kernel"].T, params["recurrent_kernel"].T, *params["bias"]
        w_x, w_h, first, second = (np.concatenate([np.split(a, 3)[k] for k in (1, 0, 2)]) for a in theirs)
    if target == "torch":
        return {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": first, "bias_hh_l0": second}
    if target == "keras":
        ours = w_x, w_h, first, second
        w_x, w_h, first, second = (np.concatenate([np.split(a, 3)[k] for k in (1, 0, 2)]) for a in ours)
        return {"kernel": w_x.T, "recurrent_kernel": w_h.T, "bias": np.stack([first, second])}
    n_hidden = w_h.shape[1]
    b_h = first + second
    b_h[2 * n_hidden :] = first[2 * n_hidden :]
    return {"w_x": w_x, "w_h": w_h, "b_h": b_h, "b_hn": second[2 * n_hidden :]}
    ### END SOLUTION


# %%
check("9.3", convert_gates)

# %% [markdown]
# ### See it
#
# PyTorch's and Keras' layers are a few lines each, so here they are, written from their manuals. All three should walk
# through the same states.

# %%
with when_written(gru_step, convert_gates):

    def torch_step(x, h, p):
        x_r, x_z, x_n = np.split(x @ p["weight_ih_l0"].T + p["bias_ih_l0"], 3, axis=1)
        h_r, h_z, h_n = np.split(h @ p["weight_hh_l0"].T + p["bias_hh_l0"], 3, axis=1)
        r, z = 1 / (1 + np.exp(-x_r - h_r)), 1 / (1 + np.exp(-x_z - h_z))
        return (1 - z) * np.tanh(x_n + r * h_n) + z * h

    def keras_step(x, h, p):
        x_z, x_r, x_h = np.split(x @ p["kernel"] + p["bias"][0], 3, axis=1)
        h_z, h_r, h_h = np.split(h @ p["recurrent_kernel"] + p["bias"][1], 3, axis=1)
        z, r = 1 / (1 + np.exp(-x_z - h_z)), 1 / (1 + np.exp(-x_r - h_r))
        return z * h + (1 - z) * np.tanh(x_h + r * h_h)

    rng = np.random.default_rng(3)
    ours = {name: rng.normal(size=s) for name, s in (("w_x", (12, 3)), ("w_h", (12, 4)), ("b_h", 12), ("b_hn", 4))}
    in_torch, in_keras = (convert_gates(ours, "rnnlab", target) for target in ("torch", "keras"))
    states = [np.zeros((1, 4))] * 3
    largest = [0.0, 0.0]
    for x in rng.normal(size=(50, 1, 3)):
        states = [
            gru_step(x, states[0], ours, "after")[0],
            torch_step(x, states[1], in_torch),
            keras_step(x, states[2], in_keras),
        ]
        largest = [max(m, abs(other - states[0]).max()) for m, other in zip(largest, states[1:])]
    print(f"largest difference over 50 steps: PyTorch's form {largest[0]:.1e}, Keras' form {largest[1]:.1e}")

# %% [markdown]
# ## 9.4 Predict, then run
#
# A unit starts at $h_0 = 1$. Its update gate stays at $z = 0.9$ and its candidate at $n = 0$. After how many steps is $h$, for
# the first time, at most one half? Decide first and write your number down; then run the cell that counts.


# %%
def predicted_steps():
    """Return the number of steps that you predict."""
    ### BEGIN SOLUTION
    return 7
    ### END SOLUTION


# %%
check("9.4", predicted_steps)

# %%
with when_written(gru_step):
    for kept in (0.5, 0.9, 0.99):
        params = {
            "w_x": np.zeros((3, 1)),
            "w_h": np.zeros((3, 1)),
            "b_h": np.array([0.0, np.log(kept / (1 - kept)), 0.0]),
            "b_hn": np.zeros(1),
        }
        h, count = np.ones((1, 1)), 0
        while h[0, 0] > 0.5 + 1e-12:
            h = gru_step(np.zeros((1, 1)), h, params, "after")[0]
            count += 1
        print(f"z = {kept}: h is {h[0, 0]:.3f} after {count} steps")

# %% [markdown] written="9.5" points=2
# ## 9.5 In your own words
#
# PyTorch's simple RNN and LSTM keep two biases, `bias_ih` and `bias_hh`, where this course keeps one. The GRU needs its
# second one, but only for the candidate and only in one of the two forms of reset. Explain in a few sentences why: for which
# rows can the two biases always be merged, for which not, and what changes with `reset="before"`?
#
# ### BEGIN SOLUTION
# In every pre-activation of the form $w_x x + b + w_h h + b'$ the two biases enter only through their sum, so any pair with
# the same sum gives the same network: that holds for all of the simple RNN and the LSTM and for the GRU's r and z. With the
# reset after the product the candidate is $\tanh(w_{xn} x + b_n + r \odot (w_{hn} h + b_{hn}))$: $b_{hn}$ is multiplied by
# $r$, which changes from step to step and from sequence to sequence, so that no constant $b_n$ can take its place. With the
# reset before the product it is added outside what $r$ multiplies, and $b_n + b_{hn}$ can be merged again.
#
# Rubric: 1 point for saying that only the sum acts where both are added side by side, with r and z named. ½ point for the
# candidate with reset after: $r$ varies, so the product $r \odot b_{hn}$ is no constant. ½ point for reset before: mergeable.
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - Some papers (Chung et al. 2014, for one) write $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot n_t$. Add a fourth
#   convention to your copy of `convert_gates`. Which weights change, and why is a change of sign enough? (Which function
#   is $1 - \sigma(a)$?)
# - In the training above, start with $b_z = 0$, then with $b_z = -2$. What happens to the plateau, and what does the picture
#   of the gradients say about it?
# - For which $r$ do the two forms of reset agree for all weights?
