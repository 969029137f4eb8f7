# %% [markdown]
# # Assignment 1: Sequences
#
# A sequence is more than the set of its values: what comes next depends on what came before, and in which order. Before
# any network learns to use that, two things must be right. The data must be cut into *windows and targets* without
# letting the future into the past, and there must be a *baseline*: a simple predictor whose error says what a network's
# error is worth. In this notebook you write both.
#
# It belongs to the chapter *Sequences* of the book. Symbols and shapes:
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $s_0, s_1, \dots$ | `series` | (N,) | the values, one for each step of time |
# | $k$ | `k` | | how many values a predictor sees, the length of a window |
# | | `horizon` | | how many steps ahead it predicts, at least 1 |
# | $x$ | `x` | (M, k) | the windows, one a row, time running to the right |
# | $p$ | `target` | (M,) | what each window should predict |
#
# How to work: run the cells from the top (Shift+Enter), replace `raise NotImplementedError()` by your own code, run the
# cell, then run the check below it. A check tells what is right, what is not yet, and the first case that fails. You may
# run it as often as you like. Your grade comes from the same checks on other numbers, and on series as long as those
# below. All arrays are float64, the ones that you are given and the ones that you return.
#
# Write your answers with NumPy. Of `rnnlab` they may import `rnnlab.data.real`, the measured series, and nothing else:
# the other modules are not there when your answers are graded.

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
# The series to look at: sunspots counted each year since 1700, and the carbon dioxide in the air over Mauna Loa, month by
# month. Both come with the package `statsmodels`. Where it is not installed (`pip install '.[data]'` brings it), series
# drawn at random that look roughly alike stand in for them, and the plots say so.

# %%
try:
    from rnnlab.data import real

    sunspots, co2, source = real.sunspots().value, real.co2().value, "measured"
except ImportError:
    rng = np.random.default_rng(0)
    years, months = np.arange(309), np.arange(526)
    sunspots = (
        50 + 40 * np.sin(2 * np.pi * years / 11 + np.cumsum(0.2 * rng.normal(size=309))) + 8 * rng.normal(size=309)
    )
    co2 = 315 + 0.1 * months + 3 * np.sin(2 * np.pi * months / 12) + 0.3 * rng.normal(size=526)
    source = "generated"
print(f"{source}: {len(sunspots)} years of sunspots, {len(co2)} months of carbon dioxide")

# %% [markdown]
# ## 1.1 Windows and targets
#
# A predictor sees $k$ values in a row and is asked for the one that comes `horizon` steps after the last of them. Window
# $m$ begins at step $m$:
#
# $$x_m = (s_m, s_{m+1}, \dots, s_{m+k-1}), \qquad p_m = s_{m+k-1+\text{horizon}}$$
#
# One window begins at every step, so they overlap, and the last is the last whose target still exists. Count before you
# write: a series of $N$ values has $M = N - k - \text{horizon} + 1$ windows. For `series = [1, 2, 3, 4, 5]`, `k = 2` and
# `horizon = 2` these are `[1, 2]` with target 4 and `[2, 3]` with target 5.
#
# What must not happen is *leakage*: a window that holds its own target, or anything after it. Such a predictor looks
# excellent until it is asked about tomorrow.


# %%
def make_windows(series, k, horizon):
    """Return all windows of a series and the value that each should predict.

    Parameters
    ----------
    series : (N,) array
        The values in order, at least k + horizon of them. Values may repeat.
    k : int
        The length of a window, at least 1.
    horizon : int
        How many steps after the window's last value its target lies, at least 1.

    Returns
    -------
    x : (M, k) array
        The windows, M = N - k - horizon + 1, the oldest value of each first. It may be a view of `series`.
    target : (M,) array
        Their targets. It may be a view of `series`.
    """
    ### BEGIN SOLUTION
    n_windows = len(series) - k - horizon + 1
    x = np.array([series[m : m + k] for m in range(n_windows)])
    return x, series[k + horizon - 1 :]
    ### END SOLUTION


# %%
check("1.1", make_windows)

# %% [markdown]
# ### See it
#
# Three of your windows, each with its target, on the sunspots. Move them with `first`, and change `k` and `horizon`.

# %%
k, horizon, first = 11, 3, 40

with when_written(make_windows):
    x, target = make_windows(sunspots, k, horizon)
    fig, axes = plt.subplots(3, 1, figsize=(8, 5), sharex=True, sharey=True)
    for m, ax in zip(range(first, first + 15, 5), axes):
        ax.plot(sunspots[: first + 40], color="0.8")
        ax.plot(np.arange(m, m + k), x[m], ".-", label=f"window {m}")
        ax.plot(m + k - 1 + horizon, target[m], "o", color="tab:red", label="its target")
        ax.set_xlim(first - 10, first + 40)
        ax.legend(loc="upper right")
    axes[-1].set_xlabel("years since 1700")
    axes[0].set_title(f"Sunspots ({source}): {k} years to see, {horizon} ahead to predict")
    plt.show()

# %% [markdown]
# ## 1.2 Baselines
#
# **Persistence** predicts that nothing changes: in `horizon` steps the value will be what it is now. Its mean squared
# error over a series is
#
# $$\frac{1}{N - \text{horizon}} \sum_{t = \text{horizon}}^{N-1} (s_t - s_{t-\text{horizon}})^2 .$$
#
# An **autoregression** (AR) predicts the next value by a weighted sum of the $k$ values before it and a constant:
#
# $$\hat s_t = w_0 s_{t-k} + w_1 s_{t-k+1} + \dots + w_{k-1} s_{t-1} + w_k .$$
#
# The weights are those with the smallest sum of squared errors over all windows of the series they are fitted on. No
# search is needed: it is a linear least squares problem, one row for each window, a column of ones for the constant
# (`np.linalg.lstsq` solves it). Yule predicted the sunspots in this way in 1927. The windows of a series that rises are
# nearly multiples of the column of ones; your weights are checked to five digits there, and to ten elsewhere.
#
# The weights run in time, like the windows: $w_0$ belongs to the oldest value, $w_{k-1}$ to the newest, and the constant
# $w_k$ comes last. `ar_mse` judges *given* weights, so that a series can be judged that had no part in the fit.


# %%
def persistence_mse(series, horizon):
    """Return the mean squared error of predicting that in `horizon` steps the value is what it is now.

    Parameters
    ----------
    series : (N,) array
        The values in order.
    horizon : int
        At least 1 and less than N.

    Returns
    -------
    error : float
        The mean over all N - horizon predictions.
    """
    ### BEGIN SOLUTION
    return np.mean((series[horizon:] - series[:-horizon]) ** 2)
    ### END SOLUTION


# %%
def ar_fit(series, k):
    """Return the weights of least squares that predict a value from the k before it.

    Parameters
    ----------
    series : (N,) array
        The values in order, enough that the weights are unique.
    k : int
        How many values the predictor sees, at least 1.

    Returns
    -------
    weights : (k+1,) array
        One weight for each value of the window, the oldest first, then the constant.
    """
    ### BEGIN SOLUTION
    x, target = make_windows(series, k, 1)
    x = np.column_stack([x, np.ones(len(x))])
    return np.linalg.lstsq(x, target)[0]
    ### END SOLUTION


# %%
def ar_mse(series, weights):
    """Return the mean squared error of an autoregression on a series, one step ahead, from the true values before it.

    Parameters
    ----------
    series : (N,) array
        The values in order, at least k + 1 of them.
    weights : (k+1,) array
        As `ar_fit` returns them.

    Returns
    -------
    error : float
        The mean over all N - k predictions.
    """
    ### BEGIN SOLUTION
    x, target = make_windows(series, len(weights) - 1, 1)
    return np.mean((x @ weights[:-1] + weights[-1] - target) ** 2)
    ### END SOLUTION


# %%
check("1.2", persistence_mse, ar_fit, ar_mse)

# %% [markdown]
# ### See it: order matters
#
# Shuffle the years. The values are the same, so their mean and their spread are, but what is known of a value once the
# one before it is known is gone. For a series in random order the persistence error is expected to be exactly twice the
# variance with the divisor N - 1 (the dashed line): that is worse than predicting the mean.

# %%
with when_written(persistence_mse):
    rng = np.random.default_rng(1)
    horizons = range(1, 34)
    plt.plot(horizons, [persistence_mse(sunspots, h) for h in horizons], ".-", label="in order")
    shuffled = rng.permutation(sunspots)
    plt.plot(horizons, [persistence_mse(shuffled, h) for h in horizons], ".-", label="shuffled")
    plt.axhline(2 * np.var(sunspots, ddof=1), color="0.5", ls="--", label="2 × variance")
    plt.axhline(np.var(sunspots), color="0.5", ls=":", label="predicting the mean")
    plt.xlabel("horizon in years")
    plt.ylabel("mean squared error of persistence")
    plt.title(f"Sunspots ({source}): order is information")
    plt.legend()
    plt.show()

# %% [markdown]
# ### See it: how good is good?
#
# A series made for the purpose, $s_t = 1.6\, s_{t-1} - 0.9\, s_{t-2} + e_t$ with noise $e_t$ of variance 1. Whoever knows
# the rule still cannot know the noise: on average no predictor gets below 1, the dashed floor. Autoregressions of growing
# length are fitted on the first 60 values and judged on them and on 5,000 others. Where does the error on the values
# they were fitted on mislead?

# %%
with when_written(persistence_mse, ar_fit, ar_mse):
    rng = np.random.default_rng(2)
    series = np.zeros(5_160)
    for t in range(2, len(series)):
        series[t] = 1.6 * series[t - 1] - 0.9 * series[t - 2] + rng.normal()
    fitted_on, others = series[100:160], series[160:]
    lengths = range(1, 21)
    fits = [ar_fit(fitted_on, k) for k in lengths]
    plt.plot(lengths, [ar_mse(fitted_on, w) for w in fits], ".-", label="on the values they were fitted on")
    plt.plot(lengths, [ar_mse(others, w) for w in fits], ".-", label="on others")
    plt.axhline(persistence_mse(others, 1), color="tab:red", ls=":", label="persistence on the others")
    plt.axhline(1, color="0.5", ls="--", label="floor: the noise")
    plt.xticks(range(2, 21, 2))
    plt.xlabel("values seen, k")
    plt.ylabel("mean squared error")
    plt.title("An error means something only on values that had no part in the fit")
    plt.legend()
    plt.show()

# %% [markdown]
# The same on the measured series, with the first two thirds to fit on and the rest to judge by. These are the numbers that
# a network must beat.

# %%
with when_written(persistence_mse, ar_fit, ar_mse):
    table = [f"{source:14}      mean   persistence     AR(1)     AR(2)     AR(9)    AR(24)"]
    for name, series in [("sunspots", sunspots), ("carbon dioxide", co2)]:
        cut = 2 * len(series) // 3
        before, after = series[:cut], series[cut:]
        errors = [ar_mse(after, ar_fit(before, k)) for k in (1, 2, 9, 24)]
        table.append(f"{name:14}{np.mean((after - before.mean()) ** 2):10.3f}{persistence_mse(after, 1):14.3f}")
        table[-1] += "".join(f"{error:10.3f}" for error in errors)
    print("\n".join(table))

# %% [markdown]
# ### See it: a leak
#
# Windows overlap, so a window's neighbours in time are nearly copies of it. A predictor that only *looks up* the most
# similar window it has stored, and answers with that one's target, is judged here in two ways: on windows drawn at
# random from among the stored ones, and on the last third of the months. Only one of the two is what a forecast will be
# like.

# %%
with when_written(make_windows):
    x, target = make_windows(co2, 12, 1)

    def looked_up(stored, asked):
        distance = ((x[asked][:, None] - x[stored]) ** 2).sum(axis=2)
        return np.mean((target[stored][distance.argmin(axis=1)] - target[asked]) ** 2)

    cut = 2 * len(x) // 3
    order = np.random.default_rng(3).permutation(len(x))
    print(f"judged on windows drawn at random: {looked_up(order[:cut], order[cut:]):7.3f}")
    print(f"judged on the months that follow:  {looked_up(np.arange(cut), np.arange(cut, len(x))):7.3f}")

# %% [markdown]
# ## 1.3 Predict, then run
#
# A *random walk* starts at 0 and makes a random step at each time, $s_t = s_{t-1} + e_t$; the steps are independent, have
# mean 0 and variance 1. For such a series nothing beats persistence. One step ahead its mean squared error is expected to
# be 1. What is it expected to be *four* steps ahead? Decide first, and write your number down; then run the cell that
# measures it.


# %%
def predicted_error():
    """Return the number that you predict, as an int or a float."""
    ### BEGIN SOLUTION
    return 4
    ### END SOLUTION


# %%
check("1.3", predicted_error)

# %%
with when_written(persistence_mse):
    walk = np.cumsum(np.random.default_rng(4).normal(size=1_000_000))
    for horizon in (1, 2, 4, 9):
        print(f"{horizon} steps ahead: {persistence_mse(walk, horizon):.2f}")

# %% [markdown]
# ## Going further
#
# - Carbon dioxide rises from year to year. Fit the autoregression on *differences* of the series instead of its values,
#   and judge it by the same error. Which lengths k become good?
# - An autoregression predicts one step ahead. Write two ways to get the value six months ahead: fit windows with
#   `horizon = 6`, or feed one-step predictions back six times. Which has the smaller error on the months that follow?
# - Every window here has the same length. A recurrent network needs none: it reads from the beginning. What would it have
#   to keep in its state to do as well as an AR(2)?
