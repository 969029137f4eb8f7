# %% [markdown]
# # Assignment 7: Variants
#
# A recurrent network is one machine with many uses. What changes from one use to the next is only *what it reads* at each
# step and *which of its outputs count*. Here you write the four shapes, let a network speak by drawing symbols from it,
# join two networks to one that translates, and search for the likeliest sentence.
#
# It belongs to the chapter *Variants* of the book. All of it is built on the simple network,
#
# $$h_t = \tanh(w_x x_t + w_h h_{t-1} + b_h), \qquad y_t = w_y h_t + b_y, \qquad h_0 = 0.$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x` | (T, B, D) or (B, D) | the inputs, or the only one |
# | `y` | (T, B, O) or (B, O) | the outputs, or the only one |
# | `lengths` | (B,) | how many of the T steps of each row are its own; those after it are *padding* |
# | `params` | dict | `w_x` (H, D), `w_h` (H, H), `b_h` (H,), `w_y` (O, H), `b_y` (O,) |
#
# How to work: run the cells from the top (Shift+Enter), replace `raise NotImplementedError()` by your own code, run the
# cell, then run the check below it. You may run a check as often as you like. Your grade comes from the same checks on
# other numbers: sizes of 1, equal sizes and sequences of 40 steps and more are among them. All arrays of numbers are
# float64, the ones that you are given and the ones that you return; whole numbers may have any width.
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
# ## 7.1 One to one
#
# One input, one output. The network takes a single step from the state 0, so $w_h$ has nothing to do and what is left is
# an ordinary network with one hidden layer. Return its output and the mean squared error, the mean over all B·O numbers:
#
# $$L = \frac{1}{BO} \sum_{b,o} (y_{bo} - p_{bo})^2$$


# %%
def one_to_one(params, x, target):
    """Return the output of a network that takes one step, and its loss.

    Parameters
    ----------
    params : dict of arrays
        w_x (H, D), w_h (H, H), b_h (H,), w_y (O, H) and b_y (O,).
    x : (B, D) array
        The input.
    target : (B, O) array
        What the output should be.

    Returns
    -------
    y : (B, O) array
        The output.
    loss : float
        The mean squared error.
    """
    ### BEGIN SOLUTION
    h = np.tanh(x @ params["w_x"].T + params["b_h"])
    y = h @ params["w_y"].T + params["b_y"]
    return y, float(np.mean((y - target) ** 2))
    ### END SOLUTION


# %%
check("7.1", one_to_one)

# %% [markdown]
# ### See it
#
# A network of this shape has no memory: the same input gives the same output, whatever came before. Here four networks
# with random weights, each a fixed curve.

# %%
with when_written(one_to_one):
    x = np.linspace(-3, 3, 200)[:, None]
    for seed in range(4):
        rng = np.random.default_rng(seed)
        shapes = {"w_x": (20, 1), "w_h": (20, 20), "b_h": (20,), "w_y": (1, 20), "b_y": (1,)}
        params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        y, _ = one_to_one(params, x, np.zeros_like(x))
        plt.plot(x, y)
    plt.xlabel("input x")
    plt.ylabel("output y")
    plt.title("One to one: a curve")
    plt.show()

# %% [markdown]
# ## 7.2 One to many
#
# One input, and a whole sequence comes out: a note and the melody that follows, a picture and its description. The network
# reads `x` at the first step; from the second step on it reads **its own output** of the step before (so O = D):
#
# $$x_1 = x, \qquad x_{t+1} = y_t$$
#
# (There is another network of this shape, which reads nothing after the first step: it is `one_to_many` in
# `rnnlab.variants`.)
#
# The sequences of a batch differ in length. Row b has `lengths[b]` steps, and the steps after them are padding. There y
# is 0, and the loss does not count them: it is the mean squared error over the numbers of the steps that count. *Whatever*
# the target holds in its padding, be it infinite or NaN ("not a number"), it must not matter. All rows of a batch may be
# shorter than T.


# %%
def one_to_many(params, x, target, lengths):
    """Return the outputs of a network that reads x once and then its own outputs, and its loss.

    Parameters
    ----------
    params : dict of arrays
        w_x (H, D), w_h (H, H), b_h (H,), w_y (D, H) and b_y (D,).
    x : (B, D) array
        What is read at the first step.
    target : (T, B, D) array
        What the outputs should be; anything in the padding, even infinity or NaN.
    lengths : (B,) array of int
        The number of steps of each row, 1 to T.

    Returns
    -------
    y : (T, B, D) array
        The outputs, 0 in the padding.
    loss : float
        The mean of the squared errors at the steps that count.
    """
    ### BEGIN SOLUTION
    h = np.zeros((len(x), len(params["b_h"])))
    read, outputs = x, []
    for _ in target:
        h = np.tanh(read @ params["w_x"].T + h @ params["w_h"].T + params["b_h"])
        read = h @ params["w_y"].T + params["b_y"]
        outputs.append(read)
    y = np.stack(outputs)
    counts = np.arange(len(target))[:, None] < lengths
    loss = np.mean((y[counts] - target[counts]) ** 2)
    return np.where(counts[..., None], y, 0.0), float(loss)
    ### END SOLUTION


# %%
check("7.2", one_to_many)

# %% [markdown]
# ### See it
#
# Nobody beats time for this network, and yet it keeps time. Its $w_h$ turns the state by one twelfth of a circle at each
# step and would let it grow; tanh holds it back. A single number starts the dance: a loud start and a soft one end up
# in the same rhythm, and 0 never moves.

# %%
with when_written(one_to_many):
    angle = 2 * np.pi / 12
    turn = 1.15 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    params = {
        "w_x": np.array([[0.1], [0.0]]),
        "w_h": turn,
        "b_h": np.zeros(2),
        "w_y": np.array([[1.0, 0.0]]),
        "b_y": np.zeros(1),
    }
    x = np.array([[20.0], [1.0], [0.1], [0.0]])
    y, _ = one_to_many(params, x, np.zeros((60, 4, 1)), np.array([60, 60, 60, 60]))
    plt.plot(y[:, :, 0], label=[f"x = {value:g}" for value in x[:, 0]])
    plt.xlabel("step t")
    plt.ylabel("output y")
    plt.title("One to many: what one number sets going")
    plt.legend(loc="upper right")
    plt.show()

# %% [markdown]
# ## 7.3 Many to one
#
# A sequence goes in, one answer comes out, at the end: is this review positive? The output is read from the state after
# each row's *own* last step, and the row's target is a class, so the loss is the softmax cross-entropy:
#
# $$y = w_y h_{\text{length}} + b_y, \qquad L = -\frac1B \sum_b \log \operatorname{softmax}(y_b)_{p_b},
# \qquad \operatorname{softmax}(y)_i = \frac{e^{y_i}}{\sum_j e^{y_j}}$$
#
# Two traps. The padding of `x` may hold anything, even infinity or NaN (and NaN times 0 is NaN again): a row's state must
# stay what it is after the row's last step. And exp(1000) is infinite: softmax does not change when the largest logit is subtracted from
# all of them, and then nothing overflows.


# %%
def many_to_one(params, x, target, lengths):
    """Return the logits that a network gives at the end of each sequence, and their cross-entropy.

    Parameters
    ----------
    params : dict of arrays
        w_x (H, D), w_h (H, H), b_h (H,), w_y (O, H) and b_y (O,).
    x : (T, B, D) array
        The inputs; anything in the padding, even infinity or NaN.
    target : (B,) array of int
        The class of each row, 0 to O-1.
    lengths : (B,) array of int
        The number of steps of each row, 1 to T.

    Returns
    -------
    y : (B, O) array
        The logits after each row's last step.
    loss : float
        The mean cross-entropy in nats.
    """
    ### BEGIN SOLUTION
    h = np.zeros((x.shape[1], len(params["b_h"])))
    for t in range(len(x)):
        after = np.tanh(x[t] @ params["w_x"].T + h @ params["w_h"].T + params["b_h"])
        h = np.where((t < lengths)[:, None], after, h)
    y = h @ params["w_y"].T + params["b_y"]
    shifted = y - y.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return y, float(-np.mean(log_p[np.arange(len(y)), target]))
    ### END SOLUTION


# %%
check("7.3", many_to_one)

# %% [markdown]
# ### See it
#
# Short reviews, made by a small grammar: "the plot was never boring although the cast was dull". Word order decides, and
# so the lowest loss that anyone can have is known exactly, for a reader who knows the order and for one who only counts
# words. The weights are trained here with the package's own network; the loss that you see is yours, on reviews that
# training has not seen.

# %%
with when_written(many_to_one):
    from rnnlab import data, losses, optimizers, readout, rnn

    rng = np.random.default_rng(0)
    cell, layer = rnn.init(rng, 20, 32), readout.init(rng, 32, 2)
    optimizer = optimizers.Adam(3e-3)
    state = optimizer.init((cell, layer))
    test = data.sentiment(np.random.default_rng(1), 500)
    seen, curve = [], []
    for update in range(1501):
        if update % 50 == 0:
            params = {**cell._asdict(), **layer._asdict()}
            _, loss = many_to_one(params, test.x, test.target[:, 0].astype(int), test.lengths)
            seen.append(update)
            curve.append(loss)
        batch = data.sentiment(rng, 32)
        tape = rnn.forward(cell, batch.x, lengths=batch.lengths)
        out = readout.forward(layer, tape.h_n)
        _, dy = losses.softmax_cross_entropy(out.y, batch.target[:, 0].astype(int))
        dlayer, dh_n = readout.backward(out, dy)
        dcell, _, _ = rnn.backward(tape, None, dh_n)
        (cell, layer), state = optimizer.update((cell, layer), (dcell, dlayer), state)
    plt.plot(seen, curve, label="your loss")
    for (name, floor), style in zip(data.sentiment_baselines().items(), (":", "--", "-."), strict=False):
        plt.axhline(floor, color="black", linewidth=1, linestyle=style, label=f"floor: {name}")
    plt.xlabel("updates")
    plt.ylabel("cross-entropy (nats)")
    plt.title("Many to one: is the review positive?")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 7.4 Many to many, in step
#
# One output for every input: tag each word, forecast at every step. The loss is the mean of the cross-entropies of all
# steps that count, every such step with the same weight:
#
# $$L = -\frac1N \sum_{t,b \,:\, t \le \text{length}_b} \log \operatorname{softmax}(y_{tb})_{p_{tb}},
# \qquad N = \sum_b \text{length}_b$$
#
# In the padding y is 0 and the target is -1, which is no class.


# %%
def many_to_many(params, x, target, lengths):
    """Return the logits that a network gives at every step, and their cross-entropy.

    Parameters
    ----------
    params : dict of arrays
        w_x (H, D), w_h (H, H), b_h (H,), w_y (O, H) and b_y (O,).
    x : (T, B, D) array
        The inputs; anything in the padding, even infinity or NaN.
    target : (T, B) array of int
        The class of each step, 0 to O-1, and -1 in the padding.
    lengths : (B,) array of int
        The number of steps of each row, 1 to T.

    Returns
    -------
    y : (T, B, O) array
        The logits, 0 in the padding.
    loss : float
        The mean cross-entropy of the steps that count, in nats.
    """
    ### BEGIN SOLUTION
    counts = np.arange(len(x))[:, None] < lengths
    h = np.zeros((x.shape[1], len(params["b_h"])))
    outputs = []
    for x_t in x:
        h = np.tanh(x_t @ params["w_x"].T + h @ params["w_h"].T + params["b_h"])
        outputs.append(h @ params["w_y"].T + params["b_y"])
    y = np.where(counts[..., None], np.stack(outputs), 0.0)
    shifted = y - y.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    return y, float(-np.mean(log_p[counts][np.arange(counts.sum()), target[counts]]))
    ### END SOLUTION


# %%
check("7.4", many_to_many)

# %% [markdown]
# ### See it
#
# The same six sequences, each time with something else in the padding. The picture shows one output of every step; white
# is 0. If padding never matters, the three losses are the same number.

# %%
with when_written(many_to_many):
    rng = np.random.default_rng(3)
    shapes = {"w_x": (8, 3), "w_h": (8, 8), "b_h": (8,), "w_y": (4, 8), "b_y": (4,)}
    params = {name: 0.7 * rng.normal(size=shape) for name, shape in shapes.items()}
    lengths = np.array([10, 7, 2, 9, 4, 1])
    padding = np.arange(10)[:, None] >= lengths
    x, target = rng.normal(size=(10, 6, 3)), rng.integers(0, 4, (10, 6))
    target[padding] = -1
    for value in (0.0, 1000.0, np.nan):
        x[padding] = value
        y, loss = many_to_many(params, x, target, lengths)
        print(f"with {value:6} in the padding the loss is {loss:.15f}")
    plt.imshow(y[:, :, 0].T, cmap="RdBu", vmin=-2, vmax=2)
    plt.xlabel("step t")
    plt.ylabel("row b")
    plt.title("Many to many: outputs where there are inputs")
    plt.colorbar(label="y[t, b, 0]")
    plt.show()

# %% [markdown]
# ## 7.5 Sampling
#
# A network that predicts the next symbol can be made to speak: draw a symbol from its prediction, let it read that symbol,
# draw the next. Symbols are whole numbers, read as one-hot vectors, so that $w_x x_t$ is simply one column of $w_x$, and
# O = D. The *temperature* $\tau$ says how daring the draw is:
#
# $$P(\text{symbol}_{t+1} = i) = \operatorname{softmax}(y_t / \tau)_i$$
#
# Near 0 only the likeliest symbol is left; at 1 the network speaks as it has learned; far above 1 all symbols come alike.
# Draw with the generator `np.random.default_rng(seed)`, so that a seed gives the same symbols every time. How you draw
# with it is up to you: the check looks at how often which symbol comes, at whether the draws are independent of each
# other, and at whether other seeds give other symbols. A right answer fails these tests by bad luck in fewer than one of
# 100,000 runs. What some 2,000 symbols cannot tell apart is two temperatures a few percent from each other.


# %%
def sample(params, start, n, temperature, seed):
    """Return n symbols drawn one after the other, each read before the next is drawn.

    Parameters
    ----------
    params : dict of arrays
        w_x (H, O), w_h (H, H), b_h (H,), w_y (O, H) and b_y (O,).
    start : int
        The symbol that is read first, from the state 0. It is not among those returned.
    n : int
        How many symbols to draw, at least 1.
    temperature : float
        What the logits are divided by; above 0, perhaps very little.
    seed : int
        For np.random.default_rng(seed): 0 or more, below 2**32.

    Returns
    -------
    symbols : (n,) array of int, of any width
        From 0 to O-1.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    h = np.zeros(len(params["b_h"]))
    symbol, symbols = start, []
    for _ in range(n):
        h = np.tanh(params["w_x"][:, symbol] + params["w_h"] @ h + params["b_h"])
        logits = (params["w_y"] @ h + params["b_y"]) / temperature
        p = np.exp(logits - logits.max())
        symbol = rng.choice(len(p), p=p / p.sum())
        symbols.append(symbol)
    return np.array(symbols)
    ### END SOLUTION


# %%
check("7.5", sample)

# %% [markdown]
# ### See it
#
# A network learns the strings of a small automaton, Reber's grammar, one after the other without a break. At most places
# two symbols may follow, and which they are depends on what came before. Then it speaks, at several temperatures. How
# many of its triples of symbols are ones that occur in 20,000 symbols of the grammar's own?

# %%
with when_written(sample):
    from rnnlab import data, losses, optimizers, readout, rnn

    sample({"w_x": np.eye(2), "w_h": np.eye(2), "b_h": np.zeros(2), "w_y": np.eye(2), "b_y": np.zeros(2)}, 0, 1, 1.0, 0)
    rng = np.random.default_rng(0)
    n_symbols = len(data.REBER_SYMBOLS)
    cell, layer = rnn.init(rng, n_symbols, 32), readout.init(rng, 32, n_symbols)
    optimizer = optimizers.Adam(5e-3)
    state = optimizer.init((cell, layer))
    for _ in range(600):
        batch = data.continual_reber(rng, 16, 40)
        tape = rnn.forward(cell, batch.x)
        out = readout.forward(layer, tape.h[1:])
        _, dy = losses.softmax_cross_entropy(out.y, batch.target)
        dlayer, dh = readout.backward(out, dy)
        dcell, _, _ = rnn.backward(tape, dh)
        (cell, layer), state = optimizer.update((cell, layer), (dcell, dlayer), state)
    speaker = {**cell._asdict(), **layer._asdict()}
    begin = data.REBER_SYMBOLS.index("B")
    text = data.continual_reber(rng, 1, 20_000).x[:, 0].argmax(axis=1)
    heard = set(zip(text, text[1:], text[2:]))
    temperatures, shares = (0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0), []
    for temperature in temperatures:
        symbols = np.concatenate([[begin], sample(speaker, begin, 1000, temperature, 1)])
        shares.append(np.mean([triple in heard for triple in zip(symbols, symbols[1:], symbols[2:])]))
        if temperature in (0.1, 1.0, 5.0):
            print(f"temperature {temperature}: {''.join(data.REBER_SYMBOLS[i] for i in symbols[:60])}")
    plt.semilogx(temperatures, shares, "o-")
    plt.xlabel("temperature")
    plt.ylabel("share of triples that the grammar has")
    plt.title("What a network says at which temperature")
    plt.show()

# %% [markdown]
# ## 7.6 Encoder and decoder
#
# Two words in, three words out: where input and output differ in length, one network reads and another writes. The
# *encoder* reads all of x. Its last state is all that the *decoder* gets to know of it: the decoder starts there.
#
# $$h_t = \tanh(w_x^e x_t + w_h^e h_{t-1} + b_h^e), \quad h_0 = 0 \qquad\qquad
# s_t = \tanh(w_x^d\, p_{t-1} + w_h^d s_{t-1} + b_h^d), \quad s_0 = h_{T_\text{in}} \qquad\qquad y_t = w_y s_t + b_y$$
#
# While it is trained, the decoder reads at step t the *target* of the step before, $p_{t-1}$, not its own output: **teacher
# forcing**. At its first step, where there is no step before, it reads zeros. On the way back the gradient that reaches
# the decoder's first state goes on into the encoder's last, and from there through the encoder.
#
# | symbol | shape | what it is |
# |---|---|---|
# | `x` | (T_in, B, D) | what is read |
# | `target` | (T_out, B, O) | what is to be written, in one-hot vectors |
# | `y` | (T_out, B, O) | the logits |
# | `params` | dict of dicts | `params["encoder"]` and `params["decoder"]`: `w_x`, `w_h`, `b_h`; `params["readout"]`: `w_y`, `b_y` |
#
# T_in and T_out may be equal or not. Another batch may go forward before a tape is used: whatever the way back needs must
# be on the tape.
#
# You have written most of this in assignments 2 and 4. Bring along the two functions below, which read a sequence with one
# layer and carry gradients back through it: they are checked as a part of 7.6.


# %%
def read(layer, x, h_0):
    """Return all states of a recurrent layer that reads x from the state h_0.

    Parameters
    ----------
    layer : dict of arrays
        w_x (H, D), w_h (H, H) and b_h (H,).
    x : (T, B, D) array
        The inputs.
    h_0 : (B, H) array
        The state before the first step.

    Returns
    -------
    h : (T+1, B, H) array
        The states, the first of them h_0.
    """
    ### BEGIN SOLUTION
    h = [h_0]
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
        The inputs.
    h : (T+1, B, H) array
        The states, as `read` gives them.
    dh : (T, B, H) array
        The gradient of h[1:], by all ways that do not go through a later state.

    Returns
    -------
    dlayer : dict of arrays
        The gradients of w_x, w_h and b_h, summed over steps and rows.
    dx : (T, B, D) array
        The gradient of x.
    dh_0 : (B, H) array
        The gradient of h[0].
    """
    ### BEGIN SOLUTION
    da = np.empty_like(dh)
    dh_0 = np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        da[t] = (dh[t] + dh_0) * (1 - h[t + 1] ** 2)
        dh_0 = da[t] @ layer["w_h"]
    dw_x = np.einsum("tbh,tbd->hd", da, x)
    dw_h = np.einsum("tbh,tbi->hi", da, h[:-1])
    return {"w_x": dw_x, "w_h": dw_h, "b_h": da.sum(axis=(0, 1))}, da @ layer["w_x"], dh_0
    ### END SOLUTION


# %%
def encoder_decoder_forward(params, x, target):
    """Return the logits of a decoder that is forced by its teacher, and the tape for the way back.

    Parameters
    ----------
    params : dict of dicts of arrays
        "encoder" with w_x (H, D), w_h (H, H), b_h (H,); "decoder" with w_x (H, O), w_h (H, H), b_h (H,); "readout" with
        w_y (O, H), b_y (O,).
    x : (T_in, B, D) array
        What the encoder reads.
    target : (T_out, B, O) array
        What the decoder is to write. It reads target[t - 1] at step t, and zeros at step 0.

    Returns
    -------
    y : (T_out, B, O) array
        The logits.
    tape : tuple, list or dict
        Whatever your encoder_decoder_backward needs: numbers, text, arrays, None, and tuples, lists and dicts of them. It
        is handed on as a copy, a named tuple as a tuple.
    """
    ### BEGIN SOLUTION
    inputs = np.concatenate([np.zeros_like(target[:1]), target[:-1]])
    h = read(params["encoder"], x, np.zeros((x.shape[1], len(params["encoder"]["b_h"]))))
    s = read(params["decoder"], inputs, h[-1])
    y = s[1:] @ params["readout"]["w_y"].T + params["readout"]["b_y"]
    return y, (params, x, inputs, h, s)
    ### END SOLUTION


# %%
def encoder_decoder_backward(dy, tape):
    """Return the gradients of all weights and of the encoder's input.

    Parameters
    ----------
    dy : (T_out, B, O) array
        The gradient of y.
    tape : tuple, list or dict
        What encoder_decoder_forward gave.

    Returns
    -------
    dparams : dict of dicts of arrays
        As `params`: the gradient of each weight, summed over steps and rows.
    dx : (T_in, B, D) array
        The gradient of x.
    """
    ### BEGIN SOLUTION
    params, x, inputs, h, s = tape
    dreadout = {"w_y": np.einsum("tbo,tbh->oh", dy, s[1:]), "b_y": dy.sum(axis=(0, 1))}
    ddecoder, _, dh_n = read_back(params["decoder"], inputs, s, dy @ params["readout"]["w_y"])
    dh = np.zeros_like(h[1:])
    dh[-1] = dh_n
    dencoder, dx, _ = read_back(params["encoder"], x, h, dh)
    return {"encoder": dencoder, "decoder": ddecoder, "readout": dreadout}, dx
    ### END SOLUTION


# %%
check("7.6", encoder_decoder_forward, encoder_decoder_backward)

# %% [markdown]
# ### See it
#
# Your two functions learn to write down backwards what they have read: four symbols go in, each one of five, and after
# them an end mark has to be written, so that five come out. A decoder that knew nothing of the input would be right about
# the end mark and would have to guess the rest, at a loss of 4/5 · log 5.

# %%
with when_written(read, read_back, encoder_decoder_forward, encoder_decoder_backward):
    from rnnlab import losses, optimizers

    rng = np.random.default_rng(0)
    n_symbols, n_hidden, eye = 5, 48, np.eye(6)
    shapes = {"w_x": (n_hidden, 6), "w_h": (n_hidden, n_hidden), "b_h": (n_hidden,)}
    params = {
        "encoder": {name: rng.normal(size=shape) / np.sqrt(n_hidden) for name, shape in shapes.items()},
        "decoder": {name: rng.normal(size=shape) / np.sqrt(n_hidden) for name, shape in shapes.items()},
        "readout": {"w_y": rng.normal(size=(6, n_hidden)) / np.sqrt(n_hidden), "b_y": np.zeros(6)},
    }
    optimizer = optimizers.Adam(3e-3)
    state = optimizer.init(params)
    curve = []
    for _ in range(800):
        symbols = rng.integers(0, n_symbols, (4, 32))
        written = np.concatenate([symbols[::-1], np.full((1, 32), n_symbols)])
        y, tape = encoder_decoder_forward(params, eye[symbols], eye[written])
        loss, dy = losses.softmax_cross_entropy(y, written)
        params, state = optimizer.update(params, encoder_decoder_backward(dy, tape)[0], state)
        curve.append(loss)
    plt.semilogy(curve)
    plt.axhline(0.8 * np.log(5), color="black", linestyle="--", linewidth=1, label="nothing known of the input")
    plt.xlabel("updates")
    plt.ylabel("cross-entropy (nats)")
    plt.title("Encoder and decoder: write it backwards")
    plt.legend()
    plt.show()

# %% [markdown] written="7.w" points=2
# ### In your own words
#
# While it is trained, the decoder reads the targets; when it is used, there are none, and it reads its own outputs. A model
# has a very low loss in training, but its translations often go wrong from one place on and do not recover. Explain in
# four to six sentences how both can be true, why its loss on *new* sentences (with teacher forcing) may not show it, and
# name one thing that you would try.
#
# ### BEGIN SOLUTION
# A model answer. With teacher forcing every step is judged on its own, given that all steps before it were right. So the
# decoder is trained, and its loss is measured, only in states that right beginnings lead to. In use, its first mistake
# becomes its input, and takes it to a state that it has never been in; what it does there nothing has trained, so one
# mistake tends to bring the next, and they pile up with length. The loss on new sentences is taken with teacher forcing
# as well: also there each step is given a right beginning, so it cannot show this. What to try: mix the model's own
# outputs into training (scheduled sampling), search with beams instead of drawing or going greedily, or measure on whole
# sequences that the model has written by itself.
#
# Rubric: 1 point for the difference between the states seen in training and those in use, with mistakes that feed later
# ones. 0.5 points for why the forced loss on new sentences does not show it. 0.5 points for a remedy that acts on this
# cause.
# ### END SOLUTION

# %% [markdown]
# ## 7.7 Beam search
#
# To find the *likeliest* sentence is not to take the likeliest symbol at each step: a good beginning may have only poor
# continuations. To try all sentences of n symbols takes $V^n$ steps. Beam search is in between. It keeps `width`
# beginnings, the beams; it continues each with every symbol; and of all these it keeps the `width` likeliest, again and
# again. The score of a beginning is the logarithm of its probability, a sum:
#
# $$\log P(s_1 \dots s_n) = \sum_{t=1}^{n} \log P(s_t \mid s_1 \dots s_{t-1})$$
#
# The search knows the network only as a function. `step(state, symbol)` reads a symbol and returns the state after it and
# the log-probabilities of what may come next. What a state is does not concern you: hand it on as you have got it, each
# beam its own. A log-probability may be minus infinity: that symbol cannot come. A symbol that comes with a probability
# below 1 in 10,000 you may leave out as well. Where two beginnings have the same score you may keep either.


# %%
def beam_search(step, start, width, n):
    """Return the likeliest sequence of n symbols that a beam search finds.

    Parameters
    ----------
    step : function
        step(state, symbol) returns (state, log_p): the state after reading `symbol`, and the (V,) array of
        log-probabilities of the symbols 0 to V-1 that may come next.
    start : tuple (state, symbol)
        What `step` is given first. This symbol is not among those returned.
    width : int
        How many beams are kept, at least 1; it may be more than there are beginnings.
    n : int
        How many symbols are looked for, at least 1.

    Returns
    -------
    symbols : (n,) array of int, of any width
        The best beam at the end.
    score : float
        The sum of its log-probabilities.
    """
    ### BEGIN SOLUTION
    beams = [(0.0, [], start)]
    for _ in range(n):
        longer = []
        for score, symbols, (state, symbol) in beams:
            after, log_p = step(state, symbol)
            for i in range(len(log_p)):
                longer.append((score + log_p[i], [*symbols, i], (after, i)))
        longer.sort(key=lambda beam: -beam[0])
        beams = longer[:width]
    score, symbols, _ = beams[0]
    return np.array(symbols), float(score)
    ### END SOLUTION


# %%
check("7.7", beam_search)

# %% [markdown]
# ### See it
#
# Forty networks with random weights, five symbols, sentences of five. How much of the likeliest sentence's score does a
# search with few beams miss?

# %%
with when_written(beam_search):

    def random_step(rng):
        w_x, w_h, w_y = 2 * rng.normal(size=(12, 5)), 0.5 * rng.normal(size=(12, 12)), rng.normal(size=(5, 12))

        def step(state, symbol):
            state = np.tanh(w_x[:, symbol] + w_h @ state)
            logits = 0.6 * w_y @ state
            return state, logits - np.log(np.exp(logits).sum())

        return step

    widths = (1, 2, 3, 5, 8, 25, 5**4)
    missed = np.zeros((40, len(widths)))
    for seed in range(40):
        step = random_step(np.random.default_rng(seed))
        scores = [beam_search(step, (np.zeros(12), 0), width, 5)[1] for width in widths]
        missed[seed] = scores[-1] - np.array(scores)
    plt.semilogx(widths, missed.mean(axis=0), "o-")
    plt.axhline(0, color="black", linestyle="--", linewidth=1, label="exhaustive search")
    plt.xlabel("width")
    plt.ylabel("score missed (nats), mean of 40 networks")
    plt.title("What a search with few beams misses")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 7.8 Predict, then run
#
# At temperature 1 a network puts out A nine times as often as B. How many times as often as B does A come at temperature
# 0.5? Decide first; then run the cell that draws.


# %%
def predicted_ratio():
    """Return the number that you predict, as an int or a float."""
    ### BEGIN SOLUTION
    return 81
    ### END SOLUTION


# %%
check("7.8", predicted_ratio)

# %%
with when_written(sample):
    nothing = {"w_x": np.zeros((1, 2)), "w_h": np.zeros((1, 1)), "b_h": np.zeros(1), "w_y": np.zeros((2, 1))}
    for temperature in (2.0, 1.0, 0.5):
        symbols = sample({**nothing, "b_y": np.array([np.log(9), 0.0])}, 0, 20_000, temperature, 0)
        n_a, n_b = np.bincount(symbols, minlength=2)
        print(f"temperature {temperature}: {n_a} times A, {n_b} times B: {n_a / n_b:.1f} to 1")

# %% [markdown]
# ## Going further
#
# - Real sentences end when they end. Give `beam_search` an end mark: a beam that has drawn it is not continued. Compare
#   beams of different length then; why does the plain sum prefer short ones, and what would you do about it?
# - Let the decoder of 7.6 write on its own, each time reading its likeliest symbol, and count how many sequences come out
#   right in full. Then train it on sequences of 4 and let it write sequences of 8. What happens, and which number in the
#   network is too small for it?
# - The encoder hands over one vector, whatever the length of the input. What else of the encoder could the decoder look at?
