"""Beginnings with the same score, and states of 0: answers that are wrong there lose points."""

import numpy as np
import pytest
from assignments.wrong_answers import SEEDS, accepted, refused

from rnnlab import checks


def one_beginning_a_score(keep):
    """Return a beam search that keeps, of several beginnings with the same score, one: the first or the last."""

    def beam_search(step, start, width, n):
        beams = [((), 0.0, start)]
        for _ in range(n):
            longer = {}
            for symbols, score, last in beams:
                state, log_p = step(*last)
                for i, more in enumerate(log_p):
                    new = ((*symbols, i), score + more, (state, i))
                    if keep == "all":
                        longer[symbols, i] = new
                    elif keep == "last" or round(new[1], 9) not in longer:
                        longer[round(new[1], 9)] = new
            beams = sorted(longer.values(), key=lambda beam: -beam[1])[:width]
        return np.array(beams[0][0]), float(beams[0][1])

    return beam_search


@pytest.mark.parametrize("keep", ["first", "last"])
def test_one_beginning_for_each_score_loses(keep):
    refused("7.7", {"beam_search": one_beginning_a_score(keep)}, seeds=(0, 3))


def test_the_same_search_that_keeps_all_is_right():
    accepted("7.7", {"beam_search": one_beginning_a_score("all")}, seeds=(0, 3))


def test_a_gradient_that_is_lost_where_the_state_is_zero_loses():
    right = checks.find("9.2").reference["gru_step_backward"]

    def gru_step_backward(dh, x, h, *rest):
        dx, dh_before, dparams = right(dh, x, h, *rest)
        return dx, dh_before * bool(h.any()), dparams

    refused("9.2", {"gru_step_backward": gru_step_backward}, seeds=(*SEEDS, 0, 11))


def lstm_backward_over_dc_last(last):
    """Return a backward pass that writes over dc_last, returns it as dc_0, and goes back `last` steps at most."""

    def lstm_backward(dh, dc_last, x, h, c, gates, params):
        da, carried = np.zeros_like(gates), np.zeros_like(dc_last)
        for t in range(len(x) - 1, max(len(x) - last, 0) - 1, -1):
            i, f, g, o = np.split(gates[t], 4, axis=1)
            tanh_c, dh_t = np.tanh(c[t + 1]), dh[t] + carried
            dc_last += dh_t * o * (1 - tanh_c**2)
            slopes = dc_last * g * i * (1 - i), dc_last * c[t] * f * (1 - f), dc_last * i * (1 - g**2)
            da[t] = np.concatenate([*slopes, dh_t * tanh_c * o * (1 - o)], axis=1)
            carried = da[t] @ params["w_h"]
            dc_last *= f
        if len(x) > last:
            dc_last *= 0
        dparams = {"w_x": np.einsum("tbk,tbd->kd", da, x), "w_h": np.einsum("tbk,tbj->kj", da, h[:-1])}
        return da @ params["w_x"], carried, dc_last, {**dparams, "b_h": da.sum(axis=(0, 1))}

    return lstm_backward


def test_what_the_text_lets_be_written_over_may_be_returned():
    accepted("10.2", {"lstm_backward": lstm_backward_over_dc_last(10_000)}, seeds=(*SEEDS, 0, 1))


def test_a_gradient_that_ends_after_a_hundred_steps_loses():
    refused("10.2", {"lstm_backward": lstm_backward_over_dc_last(128)})


@pytest.mark.parametrize("other", [lambda seed: seed // 2, lambda seed: seed or None])
def test_seeds_that_are_halved_or_not_used_where_they_are_zero_lose(other):
    right = checks.find("7.5").reference["sample"]

    def sample(params, start, n, temperature, seed):
        seed = other(seed)
        return right(params, start, n, temperature, np.random.SeedSequence().entropy if seed is None else seed)

    refused("7.5", {"sample": sample}, seeds=(*SEEDS, 4, 5))
    accepted("7.5", {"sample": right}, seeds=(4, 5))
