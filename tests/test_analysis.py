import numpy as np
import pytest
from cells import draw
from saying import says

from rnnlab import _pytree, activations, analysis, gradcheck, gru, lstm, rnn
from rnnlab.stack import Stack

every_cell = pytest.mark.parametrize("name", ["rnn-tanh", "rnn-relu", "gru-after", "gru-before", "lstm"])


def jacobians(drawn, **changes):
    given = drawn._replace(**changes)
    return analysis.jacobians(
        given.cell.module, given.params, given.x, given.state, lengths=given.lengths, **given.cell.options
    )


def joined(drawn, state):
    return np.concatenate(drawn.cell.parts(state), axis=1)


@every_cell
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-6), (np.float32, 1e-4)])
def test_products_of_jacobians_are_the_last_state_s_central_differences(name, dtype, rtol):
    drawn = draw(name, n_steps=4, n_batch=2, n_hidden=3, padded=False, dtype=dtype)
    drawn = drawn._replace(lengths=np.array([4, 2]))
    found = analysis.products(jacobians(drawn))[0]
    assert found.dtype == dtype
    exact = drawn._replace(
        params=_pytree.map(lambda a: a.astype(float), drawn.params),
        x=drawn.x.astype(float),
        state=_pytree.map(lambda a: a.astype(float), drawn.state),
    )
    for row in range(2):
        for unit in range(found.shape[-1]):

            def loss(state, row=row, unit=unit):
                return joined(exact, exact.forward(state=state).h_n)[row, unit]

            expected = joined(exact, gradcheck.numeric(loss, exact.state))
            np.testing.assert_allclose(found[row, unit], expected[row], rtol=rtol, atol=1e-2 * rtol)


def test_the_simple_network_s_jacobian_is_its_formula():
    drawn = draw("rnn-tanh", padded=False)
    h, w_h = drawn.forward().h, drawn.params.w_h
    expected = (1 - h[1:] ** 2)[..., None] * w_h
    np.testing.assert_allclose(jacobians(drawn), expected, rtol=1e-12, atol=1e-15)


@every_cell
def test_padding_passes_every_state_on_as_it_is(name):
    drawn = draw(name)
    found = jacobians(drawn)
    short = drawn.lengths[-1]
    assert short < 6
    np.testing.assert_array_equal(found[short:, -1], np.broadcast_to(np.eye(found.shape[-1]), found[short:, -1].shape))
    x = np.where((np.arange(6)[:, None] < drawn.lengths)[:, :, None], drawn.x, np.nan)
    np.testing.assert_array_equal(jacobians(drawn, x=x), found)


@every_cell
def test_gradient_norms_are_those_that_the_products_give(name):
    drawn = draw(name)
    cell = drawn.cell
    norms = analysis.gradient_norms(
        cell.module, drawn.params, drawn.x, drawn.dh_n, drawn.state, lengths=drawn.lengths, **cell.options
    )
    products, dh_n = analysis.products(jacobians(drawn)), joined(drawn, drawn.dh_n)
    for row, length in enumerate(drawn.lengths):
        expected = [np.linalg.norm(dh_n[row] @ products[length - k, row]) for k in range(length + 1)]
        np.testing.assert_allclose(norms[: length + 1, row], expected, rtol=1e-10)
        assert np.isnan(norms[length + 1 :, row]).all()
    _, _, dh_0 = drawn.backward(dh=None)
    np.testing.assert_allclose(norms[drawn.lengths, range(4)], np.linalg.norm(joined(drawn, dh_0), axis=1), rtol=1e-10)


def test_a_linear_network_s_gradient_decays_at_its_spectral_radius():
    rng = np.random.default_rng(0)
    params = rnn.init(rng, 1, 8)
    params = params._replace(w_h=0.9 * params.w_h)  # orthogonal, so that every eigenvalue has this size
    assert analysis.spectral_radius(params.w_h) == pytest.approx(0.9, rel=1e-12)
    x = rng.standard_normal((50, 1, 1))
    norms = analysis.gradient_norms(rnn, params, x, rng.standard_normal((1, 8)), activation="linear")[:, 0]
    np.testing.assert_allclose(norms[1:] / norms[:-1], 0.9, rtol=1e-12)


@pytest.mark.parametrize("name", activations.NAMES)
def test_no_jacobian_stretches_more_than_w_h_and_the_steepest_slope_do(name):
    drawn = draw(f"rnn-{name}", n_steps=20)
    steepest = {"sigmoid": 0.25}.get(name, 1.0)
    sizes = np.linalg.norm(jacobians(drawn, lengths=None), ord=2, axis=(2, 3))
    assert sizes.max() <= steepest * np.linalg.norm(drawn.params.w_h, ord=2) * (1 + 1e-12)


def test_layers_have_jacobians_too():
    deep, rng = Stack(gru, 2), np.random.default_rng(0)
    params, x = deep.init(rng, 2, 3), rng.standard_normal((4, 1, 2))
    found = analysis.jacobians(deep, params, x)
    assert found.shape == (4, 1, 6, 6)
    assert not found[:, 0, :3, 3:].any()  # the upper layer never reaches the lower
    dh_n = (np.zeros((1, 3)), np.ones((1, 3)))
    norms = analysis.gradient_norms(deep, params, x, dh_n)
    expected = np.linalg.norm(np.array([0, 0, 0, 1, 1, 1]) @ analysis.products(found)[0, 0])
    assert norms[-1, 0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("cell", "name", "gates"), [(gru, "gru-after", "rz"), (lstm, "lstm", "ifo")])
def test_gate_statistics_are_those_of_the_steps_that_count(cell, name, gates):
    drawn = draw(name, n_steps=9)
    tape = drawn.forward()
    found = analysis.gate_statistics(cell, tape)
    assert "".join(found) == gates
    for gate, statistics in found.items():
        place = 5 * cell.GATES.index(gate)
        values = np.concatenate(
            [tape.gates[:length, row, place : place + 5] for row, length in enumerate(drawn.lengths)]
        )
        np.testing.assert_allclose(statistics.mean, values.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(statistics.std, values.std(axis=0), rtol=1e-12)
        np.testing.assert_allclose(statistics.shut, np.mean(values < 0.1, axis=0))
        np.testing.assert_allclose(statistics.open, np.mean(values > 0.9, axis=0))


def test_mistakes_are_named():
    drawn = draw("rnn-tanh")
    with says(ValueError, "the tape has no gates, expected one of gru or lstm"):
        analysis.gate_statistics(rnn, drawn.forward())
    with says(ValueError, "w has shape (2, 3), expected (..., N, N)"):
        analysis.spectral_radius(np.ones((2, 3)))
    with says(ValueError, "jacobians has shape (3, 3), expected (T, ..., N, N)"):
        analysis.products(np.eye(3))
    with says(ValueError, "dh_n has shape (4, 4), expected (B=4, H=5)"):
        analysis.gradient_norms(rnn, drawn.params, drawn.x, np.ones((4, 4)))
    with says(ValueError, "x has shape (6, 4), expected (T, B, D)"):
        analysis.jacobians(rnn, drawn.params, drawn.x[:, :, 0])
