"""Assignment 8 refuses answers that are right in most cases only."""

import numpy as np
import pytest
from assignments.wrong_answers import accepted, refused

from rnnlab.assignments.bidirectional import checks as bidirectional


def forward_to(change):
    def forward(params, x, lengths):
        h, tape = bidirectional.bidirectional_forward(params, x, lengths)
        return change(h, lengths), tape

    return {"bidirectional_forward": forward}


def as_long_as_the_longest(params, x, lengths):
    return bidirectional.bidirectional_forward(params, x[: lengths.max()], lengths)


def mask_by_shape(h, lengths):
    if len(h) != h.shape[1]:
        return h
    return np.where((np.arange(len(h)) < lengths[:, None])[..., None], h, 0.0)


def backward_to(change):
    def backward(dh, tape):
        dparams, dx = bidirectional.bidirectional_backward(dh, tape)
        return {way: {name: change(g) for name, g in layer.items()} for way, layer in dparams.items()}, change(dx)

    return {"bidirectional_backward": backward}


def ten_steps(dh, tape):
    """Let a gradient go back ten steps of the forward layer at most."""
    dparams, dx = bidirectional.bidirectional_backward(dh, tape)
    return dparams, np.where((np.arange(len(dx)) < len(dx) - 10)[:, None, None], 0.0, dx)


def tape_in_a_global():
    kept = {}

    def forward(params, x, lengths):
        h, kept["tape"] = bidirectional.bidirectional_forward(params, x, lengths)
        return h, ()

    return {
        "bidirectional_forward": forward,
        "bidirectional_backward": lambda dh, tape: bidirectional.bidirectional_backward(dh, kept["tape"]),
    }


def lengths_in_a_global():
    last = []

    def forward(params, x, lengths):
        last[:] = [lengths]
        return bidirectional.bidirectional_forward(params, x, lengths)

    def backward(dh, tape):
        return bidirectional.bidirectional_backward(dh, (*tape[:2], last[0], *tape[3:]))

    return {"bidirectional_forward": forward, "bidirectional_backward": backward}


def dh_times_mask(dh, tape):
    mask = (np.arange(len(dh))[:, None] < tape[2])[..., None]
    df, db = np.split(dh * mask, 2, axis=2)
    dparams, dx = bidirectional.bidirectional_backward(np.where(mask, dh, 0.0), tape)
    return dparams, dx + 0 * (df.sum() + db.sum())


WRONG = {
    "squeezed": forward_to(lambda h, lengths: np.squeeze(h)),
    "a mask that is transposed where T is B": forward_to(mask_by_shape),
    "as long as the longest row": {"bidirectional_forward": as_long_as_the_longest},
    "at most 16 steps": forward_to(lambda h, lengths: h * (len(h) <= 16)),
    "padding recognised by NaN": {
        "reverse_rows": lambda x, lengths: bidirectional.reverse_rows(np.nan_to_num(x), lengths)
    },
    "one added beside padding of 1e200": {
        "reverse_rows": lambda x, lengths: bidirectional.reverse_rows(x, lengths) + (np.abs(x) == 1e200).any()
    },
    "one added to two steps": {
        "reverse_rows": lambda x, lengths: bidirectional.reverse_rows(x, lengths) + (len(x) == 2)
    },
    "gradients clipped at 5": backward_to(lambda g: np.clip(g, -5, 5)),
    "gradients clipped at 1000": backward_to(lambda g: np.clip(g, -1000, 1000)),
    "small gradients taken for 0": backward_to(lambda g: np.where(abs(g) < 1e-8, 0.0, g)),
    "ten steps back": {"bidirectional_backward": ten_steps},
    "the tape in a global": tape_in_a_global(),
    "the lengths in a global": lengths_in_a_global(),
    "dh multiplied by the mask": {"bidirectional_backward": dh_times_mask},
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_that_is_right_in_most_cases_loses_points(name):
    refused("8.1", WRONG[name])


def test_a_list_for_the_pair_and_for_the_tape_is_right():
    def forward(*args):
        h, tape = bidirectional.bidirectional_forward(*args)
        return [h, list(tape)]

    def backward(dh, tape):
        return list(bidirectional.bidirectional_backward(dh, tape))

    accepted("8.1", {"bidirectional_forward": forward, "bidirectional_backward": backward})
