"""Assignment 12: what the count and the ledger can tell, and that the references are true."""

import functools
import sys
from dataclasses import replace

import numba
import numpy as np
import pytest

from rnnlab import checks, gradcheck
from rnnlab.assignments.speed import checks as speed
from rnnlab.assignments.speed.state_counter import StateCounter
from rnnlab.checks.question import CaseGenerator
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


def tanh_cell(w_x, w_h, b_h):
    def step(x_t, h):
        return np.tanh(x_t @ w_x.T + h @ w_h.T + b_h)

    def step_backward(dh, x_t, h):
        da = dh * (1 - step(x_t, h) ** 2)
        return da @ w_x, da @ w_h, {"w_x": da.T @ x_t, "w_h": da.T @ h, "b_h": da.sum(axis=0)}

    return step, step_backward


def test_checkpointed_gradients_are_those_of_the_whole_tape():
    draw = CaseGenerator(np.random.default_rng(1), case=4)
    w_x, w_h, b_h, _, _ = speed._weights(draw, 3, 5, 1)
    x, h_0, dh = draw.array(23, 2, 3), draw.array(2, 5), draw.array(23, 2, 5)
    step, step_backward = tanh_cell(w_x, w_h, b_h)
    counter = StateCounter(step, step_backward, h_0)
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
    counted = replace(question, parts=question.parts[-1:], mistakes=())
    report = counted.examine(LocalStudent({"forward_checkpointed": forward, "backward_checkpointed": backward}))
    assert report.points == 0
    assert "returned 0 to be kept" in str(report)


def test_a_state_that_no_step_has_returned_is_refused():
    with pytest.raises(ValueError, match="neither h_0 nor what a step returned"):
        counted().step(None, np.full((1, 1), 0.5))


def interpreted_forward(x, h_0, w_x, w_h, b_h, w_y, b_y):
    """Do at each step what cannot be done outside the loop, in as few operations as there are."""
    a, turned, h = x @ w_x.T + b_h, np.ascontiguousarray(w_h.T), h_0
    for a_t in a:
        a_t += np.dot(h, turned)
        h = np.tanh(a_t, a_t)
    h = np.concatenate([h_0[None], a])
    return h, h[1:] @ w_y.T + b_y


def interpreted_backward(dy, x, h, w_x, w_h, w_y):
    da, slope = dy @ w_y, 1 - h[1:] ** 2
    carried = np.zeros_like(h[0])
    for da_t, slope_t in zip(da[::-1], slope[::-1], strict=True):
        da_t += carried
        da_t *= slope_t
        carried = np.dot(da_t, w_h)
    dw_x, dw_h = np.einsum("tbi,tbd->id", da, x), np.einsum("tbi,tbj->ij", da, h[:-1])
    dw_y = np.einsum("tbo,tbi->oi", dy, h[1:])
    return dw_x, dw_h, da.sum((0, 1)), dw_y, dy.sum((0, 1)), da @ w_x, carried


def examined(question, function):
    """Return what is said of a function, and whether it passes as compiled; all else of it has to be right."""
    asked = checks.find(question)
    report = asked.examine(LocalStudent({asked.names[0]: function}))
    parts = {part.name: part.passed for part in report.parts}
    compiled = parts.pop("the loop over time is compiled")
    return report, compiled, all(parts.values())


compiled_only = pytest.mark.skipif(not JIT, reason="nothing is compiled where JIT is off")


@compiled_only
@pytest.mark.parametrize(("question", "answer"), [("12.1", interpreted_forward), ("12.2", interpreted_backward)])
def test_the_fastest_interpreted_loops_are_found_out(question, answer):
    report, compiled, rest = examined(question, answer)
    assert (compiled, rest) == (False, True), str(report)
    assert "the loop over time is run by the interpreter" in str(report)
    assert "Is @njit there" in report.hints[0]


def long_calls(answer, second):
    """Return a function that answers the first long call like `answer` and the others like `second`."""
    calls = []

    def function(x, *args):
        if len(x) < 1000:
            return answer(x, *args)
        calls.append(x)
        return answer(x, *args) if len(calls) == 1 else second(x, *args)

    return function


def test_a_loop_that_answers_only_the_first_long_call_is_found_out():
    kept = []

    def remember(*args):
        if not kept:
            kept.append(interpreted_forward(*args))
        return kept[0]

    for second in (lambda *args: None, long_calls(remember, remember)):
        report, compiled, _ = examined("12.1", long_calls(interpreted_forward, second))
        assert not compiled
    assert "right for one long sequence, but for the next one of the same shapes" in str(report)


@compiled_only
def test_answers_that_were_kept_do_not_pass_for_compiled_ones():
    kept = {}

    def function(*args):
        key = b"".join(arg.tobytes() for arg in args)
        if key not in kept:
            kept[key] = interpreted_forward(*args)
        return kept[key]

    assert examined("12.1", function)[1:] == (False, True)


@compiled_only
def test_a_function_may_compile_once_more_while_it_is_counted():
    class Forgetful:
        n = 0

        def __call__(self, *args):
            self.n += len(args[0]) > 1000
            return (interpreted_forward if self.n == 2 else speed.rnn_forward_fast)(*args)

    assert examined("12.1", Forgetful())[1:] == (True, True)


def test_the_check_says_what_makes_the_count_worthless():
    def function(*args):
        if len(args[0]) > 1000:
            sys.settrace(None)
        return interpreted_forward(*args)

    report, compiled, rest = examined("12.1", function)
    if JIT:
        assert (compiled, rest) == (False, True)
        assert "because your function switches off or replaces what counts the interpreter's instructions" in str(
            report
        )


@compiled_only
def test_a_loop_in_object_mode_is_found_out_behind_a_wrapper_too():
    @numba.jit(forceobj=True, looplift=False)
    def compiled(x, h_0, w_x, w_h, b_h, w_y, b_y):
        h = np.empty((len(x) + 1, *h_0.shape))
        h[0] = h_0
        for t in range(len(x)):
            h[t + 1] = np.tanh(x[t] @ w_x.T + h[t] @ w_h.T + b_h)
        return h, h[1:] @ w_y.T + b_y

    table = {"forward": compiled}
    for answer in (compiled, functools.partial(compiled), lambda *args: table["forward"](*args)):
        report, passed, rest = examined("12.1", answer)
        assert (passed, rest) == (False, True), str(report)
        assert "Numba's object mode" in str(report)


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
