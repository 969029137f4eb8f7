import numpy as np
import pytest
from cells import draw
from saying import says

from rnnlab import gru

both = pytest.mark.parametrize("name", ["gru-after", "gru-before"])


def shifted(drawn, gate, shift):
    b_h = drawn.params.b_h.copy()
    place = gru.GATES.index(gate) * 5
    b_h[place : place + 5] += shift
    return drawn._replace(params=drawn.params._replace(b_h=b_h))


@both
def test_with_the_update_gate_open_the_state_and_its_gradient_pass_unchanged(name):
    drawn = shifted(draw(name, n_steps=100, padded=False), "z", 1e3)
    tape = drawn.forward()
    np.testing.assert_array_equal(tape.h_n, drawn.state)
    _, dx, dh_0 = drawn.backward(tape, dh=None)
    np.testing.assert_array_equal(dh_0, drawn.dh_n)
    assert not dx.any()


@both
def test_with_the_update_and_reset_gates_shut_each_state_depends_on_its_own_input_alone(name):
    drawn = shifted(shifted(draw(name, padded=False), "z", -1e3), "r", -1e3)
    params = drawn.params
    a_n = drawn.x @ params.w_x[10:].T + params.b_h[10:]
    expected = np.tanh(a_n if name == "gru-after" else a_n + params.b_hn)
    np.testing.assert_allclose(drawn.forward().h[1:], expected, rtol=1e-12)


def test_with_the_reset_gate_open_both_conventions_are_the_same_network():
    after, before = (shifted(draw(name), "r", 1e3) for name in ("gru-after", "gru-before"))
    np.testing.assert_allclose(after.forward().h, before.forward().h, rtol=1e-12)


def test_otherwise_the_two_conventions_differ():
    assert np.abs(draw("gru-after").forward().h - draw("gru-before").forward().h).max() > 1e-2


@both
def test_the_tape_keeps_the_gates_in_the_order_of_their_names(name):
    drawn = draw(name, padded=False)
    tape = drawn.forward()
    r, z, n = np.split(tape.gates, 3, axis=2)
    np.testing.assert_allclose(tape.h[1:], (1 - z) * n + z * tape.h[:-1], rtol=1e-12)
    open_reset = shifted(drawn, "r", 1e3).forward()
    np.testing.assert_array_equal(np.split(open_reset.gates, 3, axis=2)[0], np.ones_like(r))


def test_an_unknown_reset_is_named():
    drawn = draw("gru-after")
    with says(ValueError, "reset is 'never', expected one of after, before"):
        gru.forward(drawn.params, drawn.x, reset="never")
    with says(ValueError, "reset is 'never', expected one of after, before"):
        gru.step(drawn.params, drawn.x[0], drawn.state, reset="never")
