"""Tokens, rows, lengths and flags come in as what they are: nothing is cut, cast or taken for an index of booleans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import says

from rnnlab import batches, bidirectional, data, embedding, losses, rnn, sampling, variants

VOCABULARY = data.Vocabulary(("a", "b", "c"))
TABLE = embedding.init(0, 3, 2)
NETWORK = variants.init(rnn, 0, n_input=3, n_hidden=2, n_output=3)
STEP = sampling.stepper(rnn, NETWORK)
BATCH = data.sentiment(0, 3)
X = np.zeros((3, 3, 3))

# Everything that takes whole numbers, as a function of three of them.
TAKES_INDICES = {
    "one_hot": lambda i: data.one_hot(i, 3),
    "decode": VOCABULARY.decode,
    "excerpts": lambda i: data.excerpts(0, i, n_batch=1, n_steps=2, n_tokens=3),
    "embedding": lambda i: embedding.forward(TABLE, i[None] if isinstance(i, np.ndarray) else [i]),
    "generate": lambda i: sampling.generate(STEP, None, i, 2, 0),
    "stepper": lambda i: STEP(None, i),
    "take": lambda i: batches.take(BATCH, i),
    "lengths": lambda i: rnn.forward(NETWORK.cell, X, lengths=np.asarray(i) + np.asarray(i).dtype.type(1)),
    "reverse": lambda i: bidirectional.reverse(X, np.asarray(i) + np.asarray(i).dtype.type(1)),
    "epochs": lambda i: batches.Epochs(BATCH._replace(lengths=np.asarray(i) + np.asarray(i).dtype.type(1)), 2),
    "length_mask": lambda i: data.length_mask(i, 3),
    "targets": lambda i: losses.softmax_cross_entropy(X[0], i),
}
WRONG = [
    [0.9, 1.2, 0.0],
    [0.0, 1.0, 2.0],
    [True, False, True],
    ["0", "1", "2"],
    np.array([0, 1, 2], object),
    np.ma.masked_array([0, 1, 2], [True, False, False]),
]


@pytest.mark.parametrize("name", TAKES_INDICES)
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.int64])
def test_whole_numbers_of_every_type_are_taken(name, dtype):
    TAKES_INDICES[name](np.array([0, 1, 2], dtype))


@pytest.mark.parametrize("name", TAKES_INDICES)
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_nothing_else_is_taken_for_whole_numbers(name, wrong):
    shifted = name in ("lengths", "reverse", "epochs")
    if shifted and not isinstance(wrong, list):
        pytest.skip("adding 1 is for numbers")
    with pytest.raises((TypeError, ValueError)):
        TAKES_INDICES[name](np.array(wrong) if shifted else wrong)


@pytest.mark.parametrize("name", ["one_hot", "decode", "excerpts", "embedding", "take", "targets"])
@pytest.mark.parametrize("wrong", [[0, 1, 3], [0, 1, -4], np.array([0, 1, 2**63 + 1], np.uint64)], ids=str)
def test_numbers_out_of_range_are_refused(name, wrong):
    with pytest.raises(ValueError, match="expected"):
        TAKES_INDICES[name](wrong)


@pytest.mark.parametrize("lengths", [[0, 1, 1], [1, 1], [1, 1, 10**9], [1.0, 2.0, 1.0]], ids=str)
def test_lengths_that_cannot_be_are_refused_before_a_row_is_taken(lengths):
    batch = data.Batch(X, np.zeros((3, 1)), lengths=lengths, per_step=False)
    for use in (
        lambda: batches.Epochs(batch, 2, by_length=True),
        lambda: batches.take(batch, [0]),
        lambda: batches.split(batch, 0),
        lambda: bidirectional.reverse(X, lengths),
    ):
        with pytest.raises((TypeError, ValueError), match="lengths"):
            use()


def test_the_message_names_what_was_found():
    with says(TypeError, "index has dtype float64, expected int64"):
        VOCABULARY.decode([0.9, 1.2])
    with says(TypeError, "index has dtype bool, expected int64"):
        data.one_hot([True, False, True], 2)
    with says(ValueError, "x is a masked array with masked entries, expected numbers and a mask of its own"):
        rnn.forward(NETWORK.cell, np.ma.masked_equal(np.zeros((2, 1, 3)), 0))


@given(st.lists(st.integers(-1, 6), max_size=8), st.sampled_from([np.float32, np.float64]))
def test_one_hot_vectors_are_rows_of_the_identity(index, dtype):
    vectors = data.one_hot(index, 7, dtype)
    assert vectors.dtype == dtype
    rows = [np.eye(7)[i] if i >= 0 else np.zeros(7) for i in index]
    np.testing.assert_array_equal(vectors, np.array(rows).reshape(len(index), 7))


def test_one_hot_takes_memory_like_its_result():
    import tracemalloc

    tracemalloc.start()
    data.one_hot([5], 30_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 30_000 * 8


@pytest.mark.parametrize(
    ("sequences", "fill"), [([[1, 2], [3]], 0.5), ([[1, 2], [3]], np.nan), ([np.uint8([1]), np.uint8([1, 2])], -1)]
)
def test_padding_that_the_sequences_cannot_hold_is_refused(sequences, fill):
    with pytest.raises(ValueError, match="cannot hold"):
        data.pad(sequences, fill)


def test_an_unknown_token_is_refused_or_read_as_another():
    vocabulary = data.Vocabulary(("?", "a"))
    assert vocabulary.encode("abba", unknown="?").tolist() == [1, 0, 0, 1]
    with says(ValueError, "token 'b' at place 1 is unknown, expected one of the 2 known"):
        vocabulary.encode("abba")
    with says(ValueError, "unknown is '!', expected a token of the vocabulary"):
        vocabulary.encode("abba", unknown="!")


GENERATORS = [data.adding, data.harmony, data.echo, data.sine, data.xor_in_time, data.latch, data.embedded_reber]
GENERATORS += [data.continual_reber, data.sentiment, data.parity, data.first_element, data.temporal_order, data.copying]


@pytest.mark.parametrize("draw", GENERATORS)
def test_no_two_parts_of_a_batch_share_memory(draw):
    parts = [part for part in draw(np.random.default_rng(0), 3) if part is not None]
    for n, part in enumerate(parts):
        assert not any(np.shares_memory(part, other) for other in parts[n + 1 :])


@pytest.mark.parametrize("draw", GENERATORS)
def test_a_seed_is_taken_for_its_generator(draw):
    for part, same in zip(draw(4, 3), draw(np.random.default_rng(4), 3), strict=True):
        np.testing.assert_array_equal(part, same)
    with pytest.raises(TypeError, match=r"^rng is None, expected a numpy\.random\.Generator or a seed of 0 or more$"):
        draw(None, 3)


def test_a_stream_of_one_row_is_a_copy():
    series = np.arange(4.0)
    assert not np.shares_memory(data.streams(series, 1), series)


def test_a_string_is_not_read_letter_by_letter_by_a_vocabulary_of_words():
    words = data.Vocabulary.of([["not", "a", "bad", "film"]], extra=["<unknown>"])
    message = "text is 'not bad', read letter by letter, and the vocabulary holds words: text.split()"
    for unknown in (None, "<unknown>"):
        with says(ValueError, message):
            words.encode("not bad", unknown=unknown)
    assert words.encode(["not", "good"], unknown="<unknown>").tolist() == [4, 0]
    letters = data.Vocabulary.of(["a"], extra=["<start>", "<end>"])
    assert letters.encode("aa").tolist() == [2, 2]


def test_tokens_of_several_kinds_are_named():
    with says(TypeError, "texts have tokens of NoneType, str, expected one type: letters, words or numbers"):
        data.Vocabulary.of([["a", None]])
    with says(TypeError, "extra is '<end>', expected several tokens, such as ['<end>']"):
        data.Vocabulary.of(["ab"], extra="<end>")
    with says(TypeError, "sequences has text, expected numbers, as Vocabulary.encode gives them"):
        data.pad(["ab", "a"])
