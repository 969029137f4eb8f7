"""Question 12.3 refuses answers that hold more than they show, or know more than they are told."""

import numpy as np
import pytest
from assignments.wrong_answers import accepted, refused

from rnnlab.assignments.speed import checks as speed
from rnnlab.assignments.speed import mistakes


def with_more_kept(step, x, h_0):
    """Keep a third of all states besides, and never use them."""
    kept, h = speed.forward_checkpointed(step, x, h_0)
    more = [np.full_like(h_0, t) for t in range(len(x) // 3)]
    return {"used": kept, "more": more}, h


def names_written_in(step, step_backward, dh, x, kept):
    dx, dh_0, dparams = speed.backward_checkpointed(step, step_backward, dh, x, kept)
    return dx, dh_0, {name: dparams[name] for name in ("w_x", "w_h", "b_h")}


def three_weights_in_order(step, step_backward, dh, x, kept):
    dx, dh_0, dparams = speed.backward_checkpointed(step, step_backward, dh, x, kept)
    return dx, dh_0, dict(zip(("w_x", "w_h", "b_h"), dparams.values(), strict=True))


def start_in_a_global():
    left = {}

    def forward(step, x, h_0):
        kept, h = speed.forward_checkpointed(step, x, h_0)
        left["h_0"] = h_0
        return kept[1:], h

    def backward(step, step_backward, dh, x, kept):
        return speed.backward_checkpointed(step, step_backward, dh, x, [left["h_0"], *kept])

    return {"forward_checkpointed": forward, "backward_checkpointed": backward}


def segments_of(n):
    return {
        "forward_checkpointed": lambda *args: mistakes._keep(*args, every=n),
        "backward_checkpointed": lambda *args: mistakes._back(*args, every=n),
    }


def wrong_for(n_steps):
    """Add something to a gradient where the sequence is this long."""

    def backward(step, step_backward, dh, x, kept):
        dx, *more = speed.backward_checkpointed(step, step_backward, dh, x, kept)
        return dx + (len(x) == n_steps), *more

    return {"backward_checkpointed": backward}


WRONG = {
    "a third of the states kept besides": {
        "forward_checkpointed": with_more_kept,
        "backward_checkpointed": lambda step, back, dh, x, kept: speed.backward_checkpointed(
            step, back, dh, x, kept["used"]
        ),
    },
    "names written in": {"backward_checkpointed": names_written_in},
    "three names given in order": {"backward_checkpointed": three_weights_in_order},
    "h_0 in a global": start_in_a_global(),
    **{f"wrong for {n} steps": wrong_for(n) for n in (5, 7, 11, 13)},
    **{f"segments of {n}": segments_of(n) for n in (4, 6, 8, 10, 12, 16, 20)},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_way_of_holding_more_than_is_allowed_loses_points(name):
    refused("12.3", WRONG[name], seeds=range(4))


def test_kept_states_may_be_in_a_dict_by_their_step():
    def forward(step, x, h_0):
        kept, h_last = speed.forward_checkpointed(step, x, h_0)
        every = int(np.ceil(np.sqrt(len(x))))
        return {k * every: h for k, h in enumerate(kept)}, h_last

    def backward(step, step_backward, dh, x, kept):
        return speed.backward_checkpointed(step, step_backward, dh, x, [kept[t] for t in sorted(kept)])

    accepted("12.3", {"forward_checkpointed": forward, "backward_checkpointed": backward})


def test_kept_states_may_stand_with_their_step_and_be_taken_from_the_list():
    def forward(step, x, h_0):
        every = int(np.ceil(np.sqrt(len(x))))
        kept, h = [], h_0
        for t, x_t in enumerate(x):
            if t % every == 0:
                kept.append((t, h))
            h = step(x_t, h)
        return kept, h

    def backward(step, step_backward, dh, x, kept):
        return speed.backward_checkpointed(step, step_backward, dh, x, [h for _, h in kept])

    accepted("12.3", {"forward_checkpointed": forward, "backward_checkpointed": backward}, seeds=range(4))
