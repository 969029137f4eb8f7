"""Assignment 12: what the clock and the counter can tell, and that the references are true."""

import types

import numpy as np
import pytest

from rnnlab import checks, gradcheck
from rnnlab.assignments.speed import checks as speed
from rnnlab.assignments.speed import clock
from rnnlab.assignments.speed.state_counter import StateCounter
from rnnlab.checks.question import CaseGenerator, StudentProxy
from rnnlab.checks.student import LocalStudent
from rnnlab.kernels.compile import JIT


def test_the_gradients_are_the_central_differences():
    draw = CaseGenerator(np.random.default_rng(0), case=4)
    x, h_0, weights = speed._case(draw)
    h, y = speed.rnn_forward_fast(x, h_0, *weights)
    dy = draw.array(*y.shape)
    *dweights, dx, dh_0 = speed.rnn_backward_fast(dy, x, h, weights[0], weights[1], weights[3])

    def loss(values):
        return float(np.sum(dy * speed.rnn_forward_fast(values[0], values[1], *values[2])[1]))

    report = gradcheck.check(loss, (x, h_0, weights), (dx, dh_0, tuple(dweights)))
    assert report.ok, str(report)


def test_checkpointed_gradients_are_those_of_the_whole_tape():
    draw = CaseGenerator(np.random.default_rng(1), case=4)
    w_x, w_h, b_h, _, _ = speed._weights(draw, 3, 5, 1)
    x, h_0, dh = draw.array(23, 2, 3), draw.array(2, 5), draw.array(23, 2, 5)
    counter = speed._counter(w_x, w_h, b_h, h_0)
    kept, last = speed.forward_checkpointed(counter.step, x, h_0)
    dx, dh_0, dparams = speed.backward_checkpointed(counter.step, counter.step_backward, dh, x, kept)
    identity = np.eye(5)
    h, _ = speed.rnn_forward_fast(x, h_0, w_x, w_h, b_h, identity, np.zeros(5))
    dw_x, dw_h, db_h, _, _, dx_whole, dh_0_whole = speed.rnn_backward_fast(dh, x, h, w_x, w_h, identity)
    np.testing.assert_allclose(last, h[-1], rtol=1e-12)
    for got, want in ((dx, dx_whole), (dh_0, dh_0_whole)):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    for name, want in (("w_x", dw_x), ("w_h", dw_h), ("b_h", db_h)):
        np.testing.assert_allclose(dparams[name], want, rtol=1e-10, atol=1e-12)


def counted():
    """A counter of a cell that counts, so that a state is known by its number."""
    return StateCounter(lambda x_t, h: h + 1.0, lambda dh, x_t, h: (x_t, dh, {}), np.zeros((1, 1)))


def test_the_ledger_counts_every_state_of_a_whole_tape():
    counter, states = counted(), [np.zeros((1, 1))]
    for _ in range(9):
        states.append(counter.step(None, states[-1]))
    for h in states[-2::-1]:
        counter.step_backward(None, None, h)
    held = counter.held()
    assert held[10] == held.max() == 9


def test_the_ledger_counts_one_state_where_each_is_computed_from_the_first_again():
    counter, start = counted(), np.zeros((1, 1))
    for n in reversed(range(6)):
        h = start
        for _ in range(n):
            h = counter.step(None, h)
        counter.step_backward(None, None, h)
    assert counter.held().max() == 2  # the first and the one that is being computed


def test_the_ledger_finds_states_that_were_hidden_in_a_variable():
    hidden = {}

    def forward(step, x, h_0):
        states = [h_0]
        for x_t in x:
            states.append(step(x_t, states[-1]))
        hidden["states"] = states
        return [], states[-1]

    def backward(step, step_backward, dh, x, kept):
        return speed_back(step_backward, dh, x, hidden["states"])

    def speed_back(step_backward, dh, x, states):
        dx, into, total = np.empty_like(x), np.zeros_like(dh[0]), {}
        for t in reversed(range(len(x))):
            dx[t], into, part = step_backward(dh[t] + into, x[t], states[t])
            total = {name: total.get(name, 0) + gradient for name, gradient in part.items()}
        return dx, into, total

    question = checks.find("12.3")
    report = question.examine(LocalStudent({"forward_checkpointed": forward, "backward_checkpointed": backward}))
    assert report.points == question.points - 2
    assert "0 of them in what you returned" in str(report)


def test_a_state_that_no_step_has_returned_is_refused():
    with pytest.raises(ValueError, match="neither h_0 nor what a step returned"):
        counted().step(None, np.full((1, 1), 0.5))


def clocked(monkeypatch, answers, interpreted=1.0):
    """Ask the clock about an answer whose calls take these times, in units of the interpreted loop's."""
    times = iter(answers)
    scale = clock.N_STEPS / clock._YARDSTICK_STEPS

    def seconds(_clock, function, *args):
        return interpreted if function is None else scale * next(times)

    monkeypatch.setattr(clock, "_seconds", seconds)
    monkeypatch.setattr(clock, "JIT", True)
    monkeypatch.setattr(clock, "_REST", 0)
    student = types.SimpleNamespace(call=lambda *args: None)
    return clock.is_compiled(StudentProxy(student), "f", (), None), len(list(times))


def test_the_clock_needs_one_quick_attempt(monkeypatch):
    assert clocked(monkeypatch, [2.0] * 149 + [1.8]) == (True, 0)
    assert clocked(monkeypatch, [1.8, 9.0]) == (True, 1)
    assert clocked(monkeypatch, [2.0] * 151) == (False, 1)


@pytest.mark.skipif(not JIT, reason="nothing is compiled where JIT is off")
@pytest.mark.parametrize(("question", "yardstick"), [("12.1", "forward"), ("12.2", "backward")])
def test_the_fastest_interpreted_loops_are_found_out(question, yardstick):
    """The yardstick's own loop, made an answer with the right values, is over the limit."""

    def forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
        h = np.concatenate([h_0[None], speed._interpreted_forward(x, h_0, w_x, w_h, b_h, len(x))])
        return h, h[1:] @ w_y.T + b_y

    def backward(dy, x, h, w_x, w_h, w_y):
        da = speed._interpreted_backward(dy, h, w_h, w_y, len(x))
        dw_x, dw_h = np.einsum("tbi,tbd->id", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
        dw_y = np.einsum("tbo,tbi->oi", dy, h[1:])
        return dw_x, dw_h, da.sum((0, 1)), dw_y, dy.sum((0, 1)), da @ w_x, da[0] @ w_h

    asked = checks.find(question)
    answer = {"forward": forward, "backward": backward}[yardstick]
    report = asked.examine(LocalStudent({asked.names[0]: answer}))
    parts = {part.name: part.passed for part in report.parts}
    assert not parts.pop("faster than an interpreter"), str(report)
    assert all(parts.values()), str(report)


def test_what_numba_cannot_type_is_asked_only_once():
    calls = []

    class TypingError(Exception):
        pass

    def untyped(*args):
        calls.append(args)
        raise TypingError("cannot determine the type")

    report = checks.find("12.1").examine(LocalStudent({"rnn_forward_fast": untyped}))
    assert report.points == 0
    assert "TypingError: cannot determine the type" in str(report)
    assert len(calls) == 1
