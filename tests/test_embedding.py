import numpy as np
import pytest
from saying import says

from rnnlab import embedding, gradcheck

TOKENS = np.array([[1, 0], [4, 2], [1, 2]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_looking_up_is_the_product_with_the_one_hot_vector(dtype):
    params = embedding.init(np.random.default_rng(0), 5, 3, dtype=dtype)
    x = embedding.forward(params, TOKENS).x
    assert x.dtype == dtype
    np.testing.assert_array_equal(x, np.eye(5, dtype=dtype)[TOKENS] @ params.w_e)


@pytest.mark.parametrize("lengths", [None, [3, 1]])
def test_every_gradient_is_its_central_difference(lengths):
    rng = np.random.default_rng(0)
    params, dx = embedding.init(rng, 5, 3), rng.standard_normal((3, 2, 3))
    valid = (np.arange(3)[:, None] < (lengths or [3, 3]))[:, :, None]

    def loss(params):
        return np.sum(embedding.forward(params, TOKENS, lengths=lengths).x * dx * valid)

    tape = embedding.forward(params, TOKENS, lengths=lengths)
    report = gradcheck.check(loss, params, embedding.backward(tape, dx), tolerance=1e-8)
    assert report.ok, report


def test_nothing_in_the_padding_reaches_a_result_not_even_a_token_that_is_none():
    params = embedding.init(np.random.default_rng(0), 5, 3)
    tokens, dx = TOKENS.copy(), np.ones((3, 2, 3))
    tokens[1:, 1], dx[1:, 1] = -1, np.nan
    tape = embedding.forward(params, tokens, lengths=[3, 1])
    assert np.isfinite(tape.x).all()
    np.testing.assert_array_equal(embedding.backward(tape, dx).w_e, np.outer([1, 2, 0, 0, 1], np.ones(3)))


def test_first_vectors_have_length_about_one():
    lengths = np.linalg.norm(embedding.init(np.random.default_rng(0), 1000, 64).w_e, axis=1)
    assert lengths.mean() == pytest.approx(1, abs=0.02)


def test_mistakes_are_named():
    params = embedding.init(np.random.default_rng(0), 5, 3)
    with says(ValueError, "tokens[1, 0] is 5, expected 0 to 4"):
        embedding.forward(params, [[0, 0], [5, 0]])
    with says(ValueError, "tokens[0, 1] is -1, expected 0 to 4"):
        embedding.forward(params, [[0, -1]])
    with says(TypeError, "tokens has dtype float64, expected int64"):
        embedding.forward(params, [[0.0]])
    with says(ValueError, "tokens has shape (1,), expected (T, B)"):
        embedding.forward(params, [0])
    with says(ValueError, "lengths[0] is 0, expected 1 to T=3"):
        embedding.forward(params, TOKENS, lengths=[0, 1])
    with says(ValueError, "dx has shape (3, 2, 4), expected (T=3, B=2, D=3)"):
        embedding.backward(embedding.forward(params, TOKENS), np.ones((3, 2, 4)))
    with says(ValueError, "n_tokens is 0, expected a whole number of at least 1"):
        embedding.init(np.random.default_rng(0), 0, 3)
