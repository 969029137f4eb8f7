import numpy as np
from cells import draw
from saying import says

from rnnlab import lstm


def gates_set_to(drawn, **biases):
    """The same cell with its weights at 0 and its gates wherever the biases put them."""
    b_h = np.concatenate([np.full(5, biases.get(gate, 0.0)) for gate in lstm.GATES])
    return drawn._replace(params=lstm.Params(np.zeros((20, 3)), np.zeros((20, 5)), b_h))


def test_with_the_forget_gate_open_and_the_input_gate_shut_the_cell_keeps_its_memory_and_its_gradient():
    drawn = gates_set_to(draw("lstm", n_steps=200), i=-1e3, f=1e3)
    tape = drawn.forward()
    np.testing.assert_array_equal(tape.c[-1], tape.c[0])
    nothing = np.zeros_like(drawn.dh_n[0])
    _, _, (_, dc_0) = drawn.backward(tape, dh=None, dh_n=(nothing, drawn.dh_n[1]))
    np.testing.assert_array_equal(dc_0, drawn.dh_n[1])


def test_with_the_forget_gate_shut_nothing_before_counts():
    tape = gates_set_to(draw("lstm"), f=-1e3, g=0.3).forward()
    np.testing.assert_allclose(tape.c[1:], 0.5 * np.tanh(0.3), rtol=1e-14)


def test_with_the_output_gate_shut_the_hidden_state_is_zero_whatever_is_remembered():
    tape = gates_set_to(draw("lstm"), o=-1e3, g=2.0).forward()
    assert not tape.h[1:].any()
    assert tape.c[1:].all()


def test_the_tape_keeps_the_gates_in_the_order_of_their_names():
    tape = gates_set_to(draw("lstm", padded=False), i=0.1, f=0.2, g=0.3, o=0.4).forward()
    i, f, g, o = np.split(tape.gates, 4, axis=2)
    for gate, value in ((i, 0.1), (f, 0.2), (o, 0.4)):
        np.testing.assert_allclose(gate, 1 / (1 + np.exp(-value)), rtol=1e-14)
    np.testing.assert_allclose(g, np.tanh(0.3), rtol=1e-14)


def test_the_forget_bias_is_added_to_the_forget_gate_alone():
    def bias(**options):
        return lstm.init(np.random.default_rng(0), 2, 3, **options).b_h

    np.testing.assert_array_equal(bias(), [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(bias(forget_bias=0.0), np.zeros(12))
    drawn = bias(scheme="torch", forget_bias=0.0)
    np.testing.assert_allclose(bias(scheme="torch", forget_bias=5.0) - drawn, [0, 0, 0, 5, 5, 5] + [0] * 6)
    assert drawn.all()


def test_a_state_that_is_not_a_pair_is_named():
    drawn = draw("lstm")
    with says(TypeError, "state is not a pair, expected (h_0, c_0)"):
        drawn.forward(state=drawn.state[0])
    with says(TypeError, "state is not a pair, expected (h_0, c_0)"):
        lstm.step(drawn.params, drawn.x[0], (*drawn.state, drawn.state[0]))
    with says(TypeError, "dh_n is not a pair, expected (dh_n, dc_n)"):
        drawn.backward(dh_n=drawn.dh_n[0])
    with says(ValueError, "dc_n has shape (3, 5), expected (B=4, H=5)"):
        drawn.backward(dh_n=(drawn.dh_n[0], drawn.dh_n[1][:3]))
