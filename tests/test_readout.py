import numpy as np
import pytest
from saying import says

from rnnlab import gradcheck, readout

SHAPES = [(7, 4, 3), (4, 3), (3,)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_outputs_are_the_equation_written_as_scalar_loops(shape, dtype, rtol):
    rng = np.random.default_rng(0)
    params = readout.Params(rng.normal(size=(2, 3)).astype(dtype), rng.normal(size=2).astype(dtype))
    h = rng.normal(size=shape).astype(dtype)
    y = readout.forward(params, h).y
    assert y.dtype == dtype
    assert y.shape == (*shape[:-1], 2)
    for place in np.ndindex(y.shape):
        expected = params.b_y[place[-1]] + sum(params.w_y[place[-1]][k] * h[place[:-1]][k] for k in range(3))
        assert y[place] == pytest.approx(expected, rel=rtol, abs=rtol)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_gradient_is_its_central_difference(shape):
    rng = np.random.default_rng(1)
    params, h = readout.init(rng, 3, 2), rng.normal(size=shape)
    tape = readout.forward(params, h)
    dy = rng.normal(size=tape.y.shape)
    report = gradcheck.check(
        lambda values: np.sum(readout.forward(*values).y * dy), (params, h), readout.backward(tape, dy), tolerance=1e-8
    )
    assert report.ok, report


def test_mistakes_are_named():
    params = readout.init(np.random.default_rng(0), 3, 2)
    tape = readout.forward(params, np.ones((5, 3)))
    with says(ValueError, "h has shape (5, 4), expected (..., H=3), as many units as w_y has columns"):
        readout.forward(params, np.ones((5, 4)))
    with says(ValueError, "dy has shape (5, 3), expected (...=5, O=2)"):
        readout.backward(tape, np.ones((5, 3)))
    with says(ValueError, "b_y has shape (3,), expected (O=2)"):
        readout.forward(params._replace(b_y=np.ones(3)), np.ones((5, 3)))
    with says(ValueError, "w_y has shape (3,), expected (O, H)"):
        readout.forward(params._replace(w_y=np.ones(3)), np.ones((5, 3)))
    with says(TypeError, "w_y has dtype int64, expected float64 or float32"):
        readout.forward(readout.Params(np.ones((2, 3), int), np.ones(2, int)), np.ones((5, 3)))
    with says(ValueError, "n_output is 0, expected a whole number of at least 1"):
        readout.init(np.random.default_rng(0), 3, 0)
