"""What holds for every cell, whatever its equations."""

import numpy as np
import pytest
from cells import CELLS, draw, flat
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import says

from rnnlab import _recurrence, gradcheck, lstm

every_cell = pytest.mark.parametrize("name", CELLS)
SIZES = {"n_steps": st.integers(1, 7), "n_batch": st.integers(1, 4), "n_input": st.integers(1, 4)}


@every_cell
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), padded=st.booleans(), n_hidden=st.integers(1, 9), **SIZES)
def test_forward_is_the_equations_written_as_scalar_loops(name, seed, padded, **sizes):
    drawn = draw(name, seed, padded=padded, **sizes)
    tape = drawn.forward()
    n_steps, n_batch, _ = drawn.x.shape
    for row in range(n_batch):
        length = n_steps if drawn.lengths is None else drawn.lengths[row]
        start = [part[row] for part in drawn.cell.parts(drawn.state)]
        states, last = drawn.cell.naive(drawn.params, drawn.x[:length, row], start, **drawn.cell.options)
        np.testing.assert_allclose(tape.h[: length + 1, row], states, rtol=1e-11, atol=1e-14)
        for part, expected in zip(drawn.cell.parts(tape.h_n), last, strict=True):
            np.testing.assert_allclose(part[row], expected, rtol=1e-11, atol=1e-14)


@every_cell
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("n_steps", "n_batch", "n_input", "n_hidden"), [(1, 1, 1, 1), (3, 2, 1, 9), (6, 4, 3, 5)])
def test_every_gradient_is_its_central_difference(name, padded, n_steps, n_batch, n_input, n_hidden):
    drawn = draw(name, 1, n_steps, n_batch, n_input, n_hidden, padded)
    lengths = np.full(n_batch, n_steps) if drawn.lengths is None else drawn.lengths
    valid = (np.arange(n_steps)[:, None] < lengths)[:, :, None]

    def loss(values):
        params, x, state = values
        tape = drawn.forward(params=params, x=x, state=state)
        return np.sum(tape.h[1:] * drawn.dh * valid) + flat(tape.h_n) @ flat(drawn.dh_n)

    report = gradcheck.check(loss, (drawn.params, drawn.x, drawn.state), drawn.backward(), tolerance=1e-6)
    assert report.ok, report


@every_cell
def test_float32_follows_float64(name):
    double = draw(name, n_steps=20, n_hidden=16)
    single = draw(name, n_steps=20, n_hidden=16, dtype=np.float32)
    double = double._replace(  # the very same numbers, so that only the arithmetic differs
        params=type(single.params)(*(p.astype(float) for p in single.params)),
        x=single.x.astype(float),
        dh=single.dh.astype(float),
        state=_as_double(single.cell, single.state),
        dh_n=_as_double(single.cell, single.dh_n),
    )
    tape, expected = single.forward(), double.forward()
    assert tape.h.dtype == np.float32
    np.testing.assert_allclose(tape.h, expected.h, rtol=1e-4, atol=1e-5)
    for got, want in zip(_arrays(single.backward()), _arrays(double.backward()), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


def _as_double(cell, state):
    return cell.whole([part.astype(float) for part in cell.parts(state)])


def _arrays(tree):
    if isinstance(tree, tuple):
        return [array for part in tree for array in _arrays(part)]
    return [tree]


@every_cell
@pytest.mark.parametrize("cut", [1, 4])
def test_cutting_a_sequence_and_carrying_the_state_changes_nothing(name, cut):
    drawn = draw(name, padded=False)
    whole = drawn.forward()
    first = drawn.forward(x=drawn.x[:cut])
    second = drawn.forward(x=drawn.x[cut:], state=first.h_n)
    np.testing.assert_allclose(np.concatenate([first.h, second.h[1:]]), whole.h, rtol=1e-12, atol=1e-14)

    dsecond, dx_second, dcut = drawn.backward(second, dh=drawn.dh[cut:])
    dfirst, dx_first, dh_0 = drawn.backward(first, dh=drawn.dh[:cut], dh_n=dcut)
    dparams, dx, dstart_whole = drawn.backward(whole)
    np.testing.assert_allclose(flat(dfirst) + flat(dsecond), flat(dparams), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(np.concatenate([dx_first, dx_second]), dx, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(flat(dh_0), flat(dstart_whole), rtol=1e-11, atol=1e-12)


@every_cell
def test_rows_of_a_batch_are_independent_and_their_gradients_add_up(name):
    drawn = draw(name)
    tape, (dparams, dx, dh_0) = drawn.forward(), drawn.backward()
    total = 0
    for row in range(drawn.x.shape[1]):
        alone = _one_row(drawn, row)
        np.testing.assert_allclose(alone.forward().h[:, 0], tape.h[:, row], rtol=1e-12, atol=1e-14)
        dparams_row, dx_row, dstart_row = alone.backward()
        np.testing.assert_allclose(dx_row[:, 0], dx[:, row], rtol=1e-11, atol=1e-13)
        expected = [part[row : row + 1] for part in drawn.cell.parts(dh_0)]
        np.testing.assert_allclose(flat(dstart_row), flat(tuple(expected)), rtol=1e-11, atol=1e-13)
        total = total + flat(dparams_row)
    np.testing.assert_allclose(total, flat(dparams), rtol=1e-11, atol=1e-12)


def _one_row(drawn, row):
    pick = slice(row, row + 1)
    return drawn._replace(
        x=drawn.x[:, pick],
        lengths=drawn.lengths[pick],
        dh=drawn.dh[:, pick],
        state=drawn.cell.whole([part[pick] for part in drawn.cell.parts(drawn.state)]),
        dh_n=drawn.cell.whole([part[pick] for part in drawn.cell.parts(drawn.dh_n)]),
    )


@every_cell
def test_the_future_never_reaches_the_past(name):
    drawn = draw(name, padded=False)
    changed = drawn.x.copy()
    changed[3:] += 1
    before, after = drawn.forward().h, drawn.forward(x=changed).h
    np.testing.assert_array_equal(before[:4], after[:4])
    assert np.any(before[4] != after[4])

    dh = np.zeros_like(drawn.dh)
    dh[2] = 1
    _, dx, _ = drawn.backward(dh=dh, dh_n=None)
    assert not dx[3:].any()
    assert dx[:3].any()


@every_cell
def test_nothing_in_the_padding_reaches_a_result_not_even_nan(name):
    drawn = draw(name)
    padding = np.arange(len(drawn.x))[:, None] >= drawn.lengths
    x, dh = drawn.x.copy(), drawn.dh.copy()
    x[padding] = np.nan
    dh[padding] = np.nan
    tape, spoilt = drawn.forward(), drawn.forward(x=x)
    np.testing.assert_array_equal(spoilt.h, tape.h)
    for expected, got in zip(_arrays(drawn.backward()), _arrays(drawn.backward(spoilt, dh=dh)), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert not drawn.backward()[1][padding].any()


@every_cell
def test_the_state_stands_still_in_the_padding(name):
    drawn = draw(name)
    tape = drawn.forward()
    for row, length in enumerate(drawn.lengths):
        assert np.all(tape.h[length:, row] == tape.h[length, row])
    np.testing.assert_array_equal(drawn.cell.parts(tape.h_n)[0], tape.h[drawn.lengths, range(len(drawn.lengths))])


@every_cell
def test_nothing_given_is_changed_and_a_tape_can_be_used_again(name):
    drawn = draw(name)
    before = [array.copy() for array in _arrays(tuple(drawn[1:]))]
    tape = drawn.forward()
    first, second = drawn.backward(tape), drawn.backward(tape)
    for got, want in zip(_arrays(second), _arrays(first), strict=True):
        np.testing.assert_array_equal(got, want)
    for got, want in zip(_arrays(tuple(drawn[1:])), before, strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(drawn.forward().h, tape.h)


@every_cell
def test_no_state_is_zeros_and_no_gradient_is_zero(name):
    drawn = draw(name)
    nothing = drawn.cell.whole([np.zeros_like(part) for part in drawn.cell.parts(drawn.state)])
    np.testing.assert_array_equal(drawn.forward(state=None).h, drawn.forward(state=nothing).h)
    implicit, explicit = drawn.backward(dh=None, dh_n=None), drawn.backward(dh=0 * drawn.dh, dh_n=nothing)
    np.testing.assert_array_equal(flat(implicit), flat(explicit))
    assert not flat(implicit).any()


@every_cell
def test_step_is_one_step_of_forward(name):
    drawn = draw(name, n_steps=1, padded=False)
    state = drawn.cell.module.step(drawn.params, drawn.x[0], drawn.state, **drawn.cell.options)
    np.testing.assert_allclose(flat(state), flat(drawn.forward().h_n), rtol=1e-12, atol=1e-14)


@every_cell
def test_any_layout_and_lists_and_integers_are_read_alike(name):
    drawn = draw(name, padded=False)
    x = np.round(drawn.x)
    expected = drawn.forward(x=x).h
    strided = np.zeros((*x.shape, 2))
    strided[..., 0] = x
    for same in (x.tolist(), x.astype(int), np.asfortranarray(x), strided[..., 0]):
        np.testing.assert_array_equal(drawn.forward(x=same).h, expected)
    fortran = type(drawn.params)(*(np.asfortranarray(p) for p in drawn.params))
    sealed = type(drawn.params)(*(p.copy() for p in drawn.params))
    for array in sealed:
        array.flags.writeable = False
    for params in (fortran, sealed):
        same = drawn._replace(x=x, params=params)
        np.testing.assert_array_equal(same.forward().h, expected)
        np.testing.assert_array_equal(flat(same.backward()), flat(drawn._replace(x=x).backward()))


@every_cell
@pytest.mark.parametrize("scheme", ["orthogonal", "glorot", "identity", "torch"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_first_weights_come_from_the_generator_alone(name, scheme, dtype):
    def init(seed):
        return CELLS[name].module.init(np.random.default_rng(seed), 3, 4, scheme=scheme, dtype=dtype)

    np.testing.assert_array_equal(flat(init(5)), flat(init(5)))
    assert np.any(flat(init(5)) != flat(init(6)))
    assert {array.dtype for array in init(5)} == {np.dtype(dtype)}


def _spoilt(array, place, value):
    array = array.copy()
    array[place] = value
    return array


MISTAKES = {  # what is passed instead, and what is said; drawn with T, B, D, H = 6, 4, 3, 5
    "x without time": (lambda d: {"x": d.x[0]}, ValueError, "x has shape (4, 3), expected (T, B, D=3)"),
    "x too wide": (lambda d: {"x": np.ones((6, 4, 2))}, ValueError, "x has shape (6, 4, 2), expected (T, B, D=3)"),
    "no rows": (
        lambda d: {"x": d.x[:, :0]},
        ValueError,
        "x has shape (6, 0, 3), expected (T, B, D=3) and none of them 0",
    ),
    "no steps": (
        lambda d: {"x": d.x[:0]},
        ValueError,
        "x has shape (0, 4, 3), expected (T, B, D=3) and none of them 0",
    ),
    "complex x": (lambda d: {"x": d.x * 1j}, TypeError, "x has dtype complex128, expected float64"),
    "words": (lambda d: {"x": [[["a"]]]}, TypeError, "x has dtype <U1, expected float64"),
    "ragged x": (lambda d: {"x": [[[1.0]], [[1.0], [2.0]]]}, ValueError, "x is ragged, expected rows of one length"),
    "nan": (
        lambda d: {"x": _spoilt(d.x, (1, 0, 2), np.nan)},
        ValueError,
        "x[1, 0, 2] is nan, expected finite numbers",
    ),
    "infinity": (
        lambda d: {"x": _spoilt(d.x, (0, 3, 1), -np.inf)},
        ValueError,
        "x[0, 3, 1] is -inf, expected finite numbers",
    ),
    "nan in the weights": (
        lambda d: {"params": d.params._replace(w_h=_spoilt(d.params.w_h, (2, 1), np.nan))},
        ValueError,
        "w_h[2, 1] is nan, expected finite numbers",
    ),
    "length 0": (lambda d: {"lengths": [6, 2, 0, 1]}, ValueError, "lengths[2] is 0, expected 1 to T=6"),
    "length 7": (lambda d: {"lengths": [6, 7, 1, 1]}, ValueError, "lengths[1] is 7, expected 1 to T=6"),
    "lengths of another batch": (lambda d: {"lengths": [6, 6]}, ValueError, "lengths has shape (2,), expected (B=4)"),
    "half a step": (lambda d: {"lengths": [6.0] * 4}, TypeError, "lengths has dtype float64, expected int64"),
    "half precision": (
        lambda d: {"params": type(d.params)(*(p.astype(np.float16) for p in d.params))},
        TypeError,
        "w_x has dtype float16, expected float64 or float32",
    ),
    "mixed precision": (
        lambda d: {"params": d.params._replace(b_h=d.params.b_h.astype(np.float32))},
        TypeError,
        "b_h has dtype float32, expected float64 as w_x has",
    ),
}


@every_cell
@pytest.mark.parametrize("mistake", MISTAKES)
def test_forward_says_what_is_wrong(name, mistake):
    drawn = draw(name)
    change, error, message = MISTAKES[mistake]
    with says(error, message):
        drawn.forward(**change(drawn))


@every_cell
def test_a_number_that_float32_cannot_hold_is_named(name):
    drawn = draw(name, dtype=np.float32)
    with says(ValueError, "x[0, 1, 2] is inf, expected finite numbers"):
        drawn.forward(x=_spoilt(drawn.x.astype(float), (0, 1, 2), 1e300))


@every_cell
def test_a_state_of_the_wrong_shape_is_named(name):
    drawn = draw(name)
    for place, state_name in enumerate(drawn.cell.state_names):
        parts = list(drawn.cell.parts(drawn.state))
        parts[place] = parts[place][:, :4]
        with says(ValueError, f"{state_name} has shape (4, 4), expected (B=4, H=5)"):
            drawn.forward(state=drawn.cell.whole(parts))
        parts[place] = np.full((4, 5), np.nan)
        with says(ValueError, f"{state_name}[0, 0] is nan, expected finite numbers"):
            drawn.forward(state=drawn.cell.whole(parts))


@every_cell
def test_a_gradient_of_the_wrong_shape_is_named(name):
    drawn = draw(name)
    tape = drawn.forward()
    with says(ValueError, "dh has shape (7, 4, 5), expected (T=6, B=4, H=5)"):
        drawn.backward(tape, dh=tape.h)


@every_cell
def test_weights_that_do_not_fit_each_other_are_named(name):
    drawn = draw(name)
    n_rows = len(drawn.params.b_h)
    rows = "H=5" if n_rows == 5 else f"{n_rows // 5}H={n_rows}"
    wrong = {
        "w_x": (np.ones((n_rows + 1, 3)), f"w_x has shape ({n_rows + 1}, 3), expected ({rows}, D=3)"),
        "w_h": (np.ones((n_rows + 1, 5)), f"w_h has shape ({n_rows + 1}, 5), expected ({rows}, H=5)"),
        "b_h": (np.ones((n_rows, 1)), f"b_h has shape ({n_rows}, 1), expected ({rows})"),
        "b_hn": (np.ones(4), "b_hn has shape (4,), expected (H=5)"),
    }
    for field in drawn.params._fields:
        value, message = wrong[field]
        with says(ValueError, message):
            drawn.forward(params=drawn.params._replace(**{field: value}))


@every_cell
def test_sizes_and_schemes_that_cannot_be_are_named(name):
    init, rng = CELLS[name].module.init, np.random.default_rng(0)
    for arguments, message in [
        ((0, 4), "n_input is 0, expected a whole number of at least 1"),
        ((3, 2.5), "n_hidden is 2.5, expected a whole number of at least 1"),
        ((3, True), "n_hidden is True, expected a whole number of at least 1"),
    ]:
        with says(ValueError, message):
            init(rng, *arguments)
    with says(ValueError, "scheme is 'he', expected one of orthogonal, glorot, identity, torch"):
        init(rng, 3, 4, scheme="he")


@pytest.mark.parametrize("name", ["rnn-tanh", "gru-after", "lstm"])
def test_a_weight_that_became_infinite_in_place_is_seen_at_the_next_call(name):
    drawn = draw(name, padded=False)
    drawn.forward()
    drawn.params.w_h[1, 2] = np.inf
    with pytest.raises(ValueError, match=r"^w_h\[1, 2\] is inf, expected finite numbers$"):
        drawn.forward()


@pytest.mark.parametrize("name", ["rnn-tanh", "gru-after", "lstm"])
def test_numbers_whose_squares_overflow_are_finite_all_the_same(name):
    drawn = draw(name, padded=False, dtype=np.float32)
    x = drawn.x.copy()
    x[0, 0, 0] = 1e25
    assert np.isfinite(drawn.forward(x=x).h).all()


def test_a_cell_of_another_number_of_gates_has_its_input_checked_too():
    weights = lstm.init(0, 3, 4)
    two = type(weights)(*(part[:8] for part in weights))
    arrays, _, lengths = _recurrence.prepare(two, np.ones((5, 2, 3)), None, 2)
    assert ([part.shape for part in arrays], lengths.tolist()) == ([(5, 2, 3), (8, 3), (8, 4), (8,)], [5, 5])
    with pytest.raises(ValueError, match=r"w_x has shape \(8, 3\), expected \(3H=12, D=3\)"):
        _recurrence.prepare(two, np.ones((5, 2, 3)), None, 3)
