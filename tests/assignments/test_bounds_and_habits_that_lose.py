"""Answers with bounds of their own, or habits that only one option, one case or one size shows: all lose points."""

import numpy as np
import pytest
from assignments.test_corners_and_memories import right, wrong_where
from assignments.wrong_answers import refused, report_of


def changed(question, name, change, *places):
    """Return a maker of a function of which some results, or all that is returned, are changed."""

    def answer(*args):
        value = right(question, name)(*args)
        if not places:
            return change(value)
        return tuple(change(item) if i in places else item for i, item in enumerate(value))

    return question, lambda: {name: answer}


def tanh_by_exponentials(x, h_0, w_x, w_h, b_h, w_y, b_y):
    h = [h_0]
    for x_t in x:
        a = x_t @ w_x.T + h[-1] @ w_h.T + b_h
        h.append((np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)))
    return np.stack(h), np.stack(h)[1:] @ w_y.T + b_y


def state_itself_where_nothing_is_new(x, h, params, reset):
    new, r, z, n = right("9.1", "gru_step")(x, h, params, reset)
    return h if (z == 1).all() else new, r, z, n


def biases_added_in_place(params, source, target):
    found = right("9.3", "convert_gates")(params, source, target)
    if (source, target) != ("torch", "rnnlab"):
        return found
    both = slice(0, 2 * len(found["b_hn"]))
    params["bias_ih_l0"][both] += params["bias_hh_l0"][both]
    return {**found, "b_h": params["bias_ih_l0"]}


def rows_reversed_in_place(x, lengths):
    x[:] = right("8.1", "reverse_rows")(x.copy(), lengths)
    return x.copy()


def without_rare_symbols(step, start, width, n):
    def pruned(state, symbol):
        state, log_p = step(state, symbol)
        return state, np.where(log_p < -6, -np.inf, log_p)

    return right("7.7", "beam_search")(pruned, start, width, n)


def checkpointed(clipped=np.inf, anew=False):
    """Return a maker of checkpointing that clips what is carried, or computes every state again from the first."""

    def backward(step, step_backward, dh, x, kept):
        every = int(np.ceil(np.sqrt(len(x))))
        dx, carried, total = np.empty(x.shape), np.zeros(dh[0].shape), {}
        for t in reversed(range(len(x))):
            first = 0 if anew else t // every * every
            h = kept[first // every]
            for s in range(first, t):
                h = step(x[s], h)
            dx[t], carried, dparams = step_backward(dh[t] + np.clip(carried, -clipped, clipped), x[t], h)
            total = {name: total.get(name, 0) + gradient for name, gradient in dparams.items()}
        return dx, carried, total

    return "12.3", lambda: {"backward_checkpointed": backward}


WRONG = {
    "rows beyond those of one size": wrong_where("2.1", "rnn_step", lambda x, *a: len(x) > 33),
    "infinity divided by infinity": ("2.2", lambda: {"rnn_forward": tanh_by_exponentials}),
    "symbols below exp(-6) left out": ("7.7", lambda: {"beam_search": without_rare_symbols}),
    "its input where all gates are shut": ("9.1", lambda: {"gru_step": state_itself_where_nothing_is_new}),
    "large inputs, with the reset before": wrong_where(
        "9.2", "gru_step_backward", lambda dh, x, h, r, z, n, p, reset: reset == "before" and np.abs(x).max() > 50, 0
    ),
    "a state of zeros, with the reset before": wrong_where(
        "9.1", "gru_step", lambda x, h, p, reset: reset == "before" and not h.any(), 1
    ),
    "a state of zeros, with the reset after": wrong_where(
        "9.1", "gru_step", lambda x, h, p, reset: reset == "after" and not h.any(), 1
    ),
    "biases added in place, in one direction": ("9.3", lambda: {"convert_gates": biases_added_in_place}),
    "rows reversed in place": ("8.1", lambda: {"reverse_rows": rows_reversed_in_place}),
    "a gradient clipped at a million": changed("10.2", "lstm_backward", lambda d: np.clip(d, -1e6, 1e6), 0, 2),
    "a carried gradient clipped at five": checkpointed(clipped=5.0),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_with_a_bound_or_a_habit_of_its_own_loses_points(name):
    question, make = WRONG[name]
    for seed in (3, 2**100 + 1):
        refused(question, make(), seeds=(seed,))


@pytest.mark.parametrize("modulus", [10, 1])
def test_a_seed_taken_modulo_ten_is_not_said_to_be_ignored(modulus):
    found = report_of(
        "6.4", {"orthogonal_init": lambda n, seed: right("6.4", "orthogonal_init")(n, seed % modulus)}, seed=0
    )
    assert found.points < found.max_points
    assert any("the same for every seed" in hint for hint in found.hints) == (modulus == 1)


def test_what_is_recomputed_without_end_is_told_in_numbers():
    question, make = checkpointed(anew=True)
    report = report_of(question, make(), 3, named=False)
    assert report.points < report.max_points
    assert "at most 15 times as many as there are were allowed" in str(report)
