# %% [markdown]
# # Assignment 13: The paper scoreboard
#
# A published number is a claim about an experiment. In this notebook you repeat two experiments, each over five seeds, and
# write down what a scoreboard needs: the claim, your setting, every deviation from the paper's, your numbers with an interval,
# and a verdict: *reproduced*, *direction only* or *not reproduced*. An honest failure is a result.
#
# It belongs to the chapter *The paper scoreboard* of the book.
#
# | question | claim | source |
# |---|---|---|
# | 13.1 | Guessing weights at random latches a bit within 6 trials (mean of 40 simulations), where 1,600 are reported for several methods in Bengio, Simard and Frasconi 1994 | Schmidhuber's page on random guessing, 2001, latch variant I |
# | 13.2 | A bias of 1 at the forget gate closes the gap between LSTM and GRU | Jozefowicz, Zaremba and Sutskever 2015, abstract |
#
# An experiment that nobody can repeat exactly is hard to trust, so the settings below say in which order the random numbers
# are drawn. With them your numbers for a seed are the ones that everybody gets, and the check compares them for seeds of its
# own, in runs short enough for it.
#
# Your answers may import `batches`, `data`, `gru`, `losses`, `lstm`, `optimizers`, `readout`, `training` and `variants` of
# `rnnlab`, and nothing else: the other modules are not there when your answers are graded.

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

from rnnlab import batches, data, gru, losses, lstm, optimizers, training, variants

# %% [markdown]
# ## 13.1 The simplest baseline: guessing
#
# A single unit has to keep one bit. It starts from a value that depends on the sequence's class, and then hears only noise:
#
# $$h_1 = \tanh(u_\pm) \qquad h_{t+1} = \tanh(w_h h_t + \varepsilon_t) \qquad \varepsilon_t \sim N(0, 0.2)$$
#
# with a *variance* of 0.2. Its three free numbers $w_h$, $u_+$, $u_-$ are drawn at random, again and again, until 100 sequences
# end with the right sign, positive for the first class. Nothing is learned. The setting, in the order of drawing:
#
# 1. `rng = np.random.default_rng(seed)`
# 2. lengths of 100 sequences: `rng.integers(n_steps, n_steps + n_steps // 5 + 1, 100)`
# 3. noise: `rng.normal(0, np.sqrt(0.2), (longest, 100))`, where `longest` is the largest length. Sequence b of length n reads
#    `noise[1, b]` … `noise[n-1, b]`; row 0 is not read, since the first step has the start value.
# 4. for every trial: `rng.uniform(-width, width, 3)`, that is $w_h$, $u_+$, $u_-$.
#
# The first 50 sequences start from $u_+$ and must end above 0, the others start from $u_-$ and must end below 0. The source draws
# from -100 to 100.
#
# Deviations from the source: its targets are ±0.8 and its criterion an error, ours is the sign; its 100 sequences have 500 to
# 600 steps, as ours below, but a second set of 100 tests the solution, which we leave out.


# %%
def latch(weights, noise, lengths):
    """Return the state at the end of each sequence.

    Parameters
    ----------
    weights : (3,) array
        w_h, u_plus and u_minus.
    noise : (T, B) array
        Row 0 is not read. B is even; the first half of the sequences are of the first class.
    lengths : (B,) array of int
        From 1 to T. A sequence of length 1 ends with its start.

    Returns
    -------
    h : (B,) array
    """
    ### BEGIN SOLUTION
    w_h, plus, minus = weights
    h = np.tanh(np.repeat([plus, minus], noise.shape[1] // 2))
    for t in range(1, len(noise)):
        h = np.where(t < lengths, np.tanh(w_h * h + noise[t]), h)
    return h
    ### END SOLUTION


# %%
def guess(n_steps, width, seed):
    """Return how many trials guessing takes, and the weights that it found.

    Parameters
    ----------
    n_steps : int
        The shortest length.
    width : float
        Guesses lie between -width and width.
    seed : int
        Of all that is drawn, in the order given above.

    Returns
    -------
    n_trials : int
        The trial that solves the task is counted.
    weights : (3,) array
        Its w_h, u_plus and u_minus.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    lengths = rng.integers(n_steps, n_steps + n_steps // 5 + 1, 100)
    noise = rng.normal(0, np.sqrt(0.2), (lengths.max(), 100))
    first_class = np.repeat([True, False], 50)
    for n_trials in range(1, 1000):
        weights = rng.uniform(-width, width, 3)
        if ((latch(weights, noise, lengths) > 0) == first_class).all():
            return n_trials, weights
    raise RuntimeError("no guess succeeded, which cannot be chance")
    ### END SOLUTION


# %% [markdown]
# Five numbers have a mean, and the mean has an uncertainty. For numbers $m_1 \dots m_5$ with standard deviation $s$ (divided by
# $n - 1 = 4$) a 95 % interval is
#
# $$\bar m \pm 2.776 \, \frac{s}{\sqrt 5}$$
#
# where 2.776 belongs to Student's $t$ with four degrees of freedom; more digits are fine. It supposes that means of many simulations are about
# normal.


# %%
def t_interval(numbers):
    """Return the mean of five numbers and its 95 % interval.

    Parameters
    ----------
    numbers : (5,) array

    Returns
    -------
    mean, low, high : float
    """
    ### BEGIN SOLUTION
    mean = float(np.mean(numbers))
    half = 2.776 * float(np.std(numbers, ddof=1)) / np.sqrt(5)
    return mean, mean - half, mean + half
    ### END SOLUTION


# %% [markdown]
# Run the experiment: five groups of 40 simulations, group g with the seeds 40g … 40g+39, and 500 to 600 steps. It takes a few
# seconds; the histogram shows that a mean hides a lot.

# %%
with when_written(latch, guess, t_interval):
    trials = np.array([guess(500, 100, seed)[0] for seed in range(200)])
    means = trials.reshape(5, 40).mean(axis=1)
    print("means of 40:", ", ".join(f"{mean:g}" for mean in means))
    print("mean {:.2f}, 95 % interval {:.2f} to {:.2f}; the paper: 6".format(*t_interval(means)))
    plt.hist(trials, bins=np.arange(0.5, trials.max() + 1), color="grey")
    for mean in means:
        plt.axvline(mean, linewidth=1)
    plt.axvline(6, color="C3", linestyle="--", label="the paper's mean of 40")
    plt.xlabel("trials")
    plt.ylabel("simulations")
    plt.legend()
    plt.show()

# %% [markdown]
# Write down what came out, in the order of the groups. This is your row of the scoreboard.


# %%
def guessing_row():
    """Return the five means that you measured.

    Returns
    -------
    means : list of 5 floats
        To one digit after the point or more. The check knows what the simulations give.
    """
    ### BEGIN SOLUTION
    return [8.075, 9.7, 9.05, 9.25, 8.675]
    ### END SOLUTION


# %%
check("13.1", latch, guess, t_interval, guessing_row)

# %% [markdown]
# ## 13.2 A bias of 1
#
# The forget gate $f$ decides how much of the cell state stays. With small random weights and no bias it is about ½, and what
# was stored is gone after a few steps; with a bias of 1 it is about 0.73. The claim is that this alone makes up for what the
# LSTM lacks beside the GRU.
#
# Our task is the adding problem (two marked numbers among `n_steps`, the target is their sum), far smaller than the tasks of the
# paper, which are arithmetic, XML, words and music. The setting:
#
# 1. `variants.init(cell, np.random.default_rng(seed), 2, 16, 1)`; for the LSTM with the given `forget_bias`;
# 2. batches of 32, `data.adding(rng, 32, n_steps)`, from `batches.endless`, which gives every update its own generator;
# 3. `variants.many_to_one`, `losses.mse`, Adam with step size 0.01, gradients clipped at norm 1;
# 4. `training.fit(..., n_updates, seed=seed)`; the result is the mean of the last 20 losses of its history (of all, where there
#    are fewer).


# %%
def forget_bias_run(cell, forget_bias, n_steps, n_updates, seed):
    """Return the loss at the end of one training on the adding problem.

    Parameters
    ----------
    cell : {"gru", "lstm"}
        The layer.
    forget_bias : float
        Of the LSTM; the GRU has none, and it is ignored.
    n_steps, n_updates, seed : int
        Length of the sequences, updates, and the seed of the weights and the batches.

    Returns
    -------
    loss : float
        Mean over the last 20 updates.
    """
    ### BEGIN SOLUTION
    layer, options = (gru, {}) if cell == "gru" else (lstm, {"forget_bias": forget_bias})
    objective = variants.Objective(variants.many_to_one, layer, losses.mse)
    params = variants.init(layer, np.random.default_rng(seed), 2, 16, 1, **options)
    source = batches.endless(lambda rng: data.adding(rng, 32, n_steps))
    fitted = training.fit(objective, params, source, optimizers.Adam(0.01), n_updates, seed=seed, clip=1.0)
    return float(np.mean(fitted.history.loss[-20:]))
    ### END SOLUTION


# %% [markdown]
# "Closes the gap" is a statement about three numbers, so make one of them: with the losses of the GRU, the *plain* LSTM (bias 0)
# and the *biased* one (bias 1),
#
# $$\text{share closed} = \frac{L_\text{plain} - L_\text{biased}}{L_\text{plain} - L_\text{GRU}}$$
#
# for each seed by itself: 0 where the bias changed nothing, 1 where the LSTM is as good as the GRU, more where it is better.


# %%
def gap_closed(gru, plain, biased):
    """Return the share of the gap between LSTM and GRU that the forget bias closes, for each seed.

    Parameters
    ----------
    gru, plain, biased : (5,) arrays
        Losses of the three networks; seed for seed.

    Returns
    -------
    shares : (5,) array
    """
    ### BEGIN SOLUTION
    return (plain - biased) / (plain - gru)
    ### END SOLUTION


# %% [markdown]
# Now the fifteen runs: 30 steps, 300 updates, seeds 0 to 4. Guessing the mean has the loss 1/6; a network that has found one of
# the two numbers has 1/12; the exact floor is 0.

# %%
with when_written(forget_bias_run, gap_closed, t_interval):
    arms = {"gru": ("gru", 0.0), "plain": ("lstm", 0.0), "biased": ("lstm", 1.0)}
    row = {arm: [forget_bias_run(*choice, 30, 300, seed) for seed in range(5)] for arm, choice in arms.items()}
    for arm, numbers in row.items():
        print(f"{arm:7}", ", ".join(f"{number:.4g}" for number in numbers))
    shares = gap_closed(*(np.array(numbers) for numbers in row.values()))
    print("share closed {:.2f}, 95 % interval {:.2f} to {:.2f}".format(*t_interval(shares)))
    for seed in range(5):
        plt.semilogy([row[arm][seed] for arm in ("plain", "biased", "gru")], marker="o", label=f"seed {seed}")
    for floor, known in ((1 / 6, "the mean"), (1 / 12, "one number")):
        plt.axhline(floor, color="grey", linewidth=0.7)
        plt.annotate(known, (2.05, floor), va="center")
    plt.xticks(range(3), ["LSTM, bias 0", "LSTM, bias 1", "GRU"])
    plt.xlim(-0.2, 2.6)
    plt.ylabel("loss after 300 updates")
    plt.legend(loc="lower left")
    plt.show()

# %% [markdown]
# Write the fifteen losses down. (The check allows a factor of two: in a long training a difference in the last digit, as
# another processor may make it, can grow that large.)


# %%
def forget_bias_row():
    """Return the losses that you measured.

    Returns
    -------
    row : dict
        "gru", "plain" and "biased", each a list of 5 floats, for the seeds 0 to 4.
    """
    ### BEGIN SOLUTION
    return {
        "gru": [0.003767, 0.002463, 0.004255, 0.005262, 0.003168],
        "plain": [0.07594, 0.09994, 0.1474, 0.03545, 0.1477],
        "biased": [0.01825, 0.01276, 0.05619, 0.02459, 0.01112],
    }
    ### END SOLUTION


# %%
check("13.2", forget_bias_run, gap_closed, forget_bias_row)

# %% [markdown]
# ## 13.3 Predict, then run
#
# About 8 trials: of the three signs each must be right, which happens once in 2 · 2 · 2 guesses. Now let all sequences have the
# *same* length. About how many trials does guessing take then, on average? (Which signs of $w_h$, $u_+$, $u_-$ work, if all
# sequences end together?) Decide first, and write your number down; then run the cell, where the lengths are all 4, since
# `4 // 5` is 0.


# %%
def predicted_trials():
    """Return the whole number that you predict."""
    ### BEGIN SOLUTION
    return 4
    ### END SOLUTION


# %%
check("13.3", predicted_trials)

# %%
with when_written(latch, guess):
    for n_steps in (4, 40):
        counts = [guess(n_steps, 100, seed)[0] for seed in range(400)]
        print(f"{n_steps} to {n_steps + n_steps // 5} steps: {np.mean(counts):.2f} trials on average")

# %% [markdown]
# ## 13.w Two rows of the scoreboard
#
# Write the rows for 13.1 and 13.2, about a page in all. For each: your number with its interval; the verdict (reproduced,
# direction only, not reproduced) and what it rests on; the deviations from the paper that could matter, and in which direction.
# For 13.1, say also what the result means for the claim "method X learns long time lags because it solves the latch problem".
# For 13.2, say what you would run next to tell the two readings apart: "the bias helps, but the gap stays" and "300 updates are
# too few to see it close". (4 points, marked by hand.)

# %% [markdown] written="13.w" points=4
# ### BEGIN SOLUTION
# **13.1.** Mean of five groups of 40: 8.95 trials, 95 % interval 8.2 to 9.7 (the numbers from `t_interval`). The source has 6,
# the mean of one group of 40. A single count has a standard deviation about as large as its mean (it is nearly geometric), so
# the mean of 40 has one of about 8/√40 ≈ 1.3: 6 is some two of these below ours. The direction is beyond doubt: a handful
# against 1,600. The number itself is compatible at best, so: *direction only*, with the number at the edge of chance. The
# criterion is another (an error to targets of ±0.8, where ours is the sign), which would rather make theirs the larger number;
# of the lengths much depends, as with equal ones 4 trials suffice. A method that solves this task has shown nothing about long
# lags: solutions are so dense that luck finds one. A claim needs a task that guessing does not solve, with the guessing baseline
# beside it.
#
# **13.2.** The bias lowers the loss for each of the five seeds; it closes about 0.73 of the gap, with a wide interval (about 0.4
# to 1.0), and the GRU remains better for every seed: *direction only*, in a setting far from the paper's (one small task, 16
# units, 300 updates, one step size; the paper tuned each architecture on larger tasks). The interval hardly excludes 1, but
# every single seed is below it. What tells the readings apart: the same runs for 1,000 and 3,000 updates, with the loss over
# time, more seeds, the step size tuned for each network, and a bias of 2; if the share goes to 1 with the updates, the bias
# closes the gap and only takes longer.
#
# Rubric: 1 point a row for number, interval and a verdict that fits them (half without the interval or with a verdict that it
# does not support; *not reproduced* with a good argument counts fully). 1 point for deviations, at least one a row that is
# relevant, with its direction. 1 point for the two conclusions: dense solutions make the latch problem no evidence (half), and
# an experiment that would separate the two readings (half).
# ### END SOLUTION

# %% [markdown]
# ## Going further
#
# - Latch variant II has the inputs ±1 in place of free start values, and a bias: $h_t = \tanh(w_h h_{t-1} + w_x x_t + b)$. The
#   source reports 22 trials. Our own first runs took about 50. What could make the difference?
# - Pick a third claim of the chapter and write its row: first the setting, then the prediction, then the run.
