"""Windows, streams, padding and vocabularies hold what they were made from, and nothing else."""

import numpy as np
import pytest

from rnnlab import data


def test_windows_hold_no_value_from_their_target_on():
    series = np.arange(20.0)
    for k, horizon in ((1, 1), (3, 1), (3, 4), (19, 1)):
        x, target = data.windows(series, k, horizon)
        assert len(x) == len(target) == 20 - k - horizon + 1
        np.testing.assert_array_equal(x[:, -1] + horizon, target)
        np.testing.assert_array_equal(np.diff(x, axis=1), 1)
        assert target[-1] == 19


def test_streams_go_on_in_the_next_column():
    streams = data.streams(np.arange(23), 4)
    assert streams.shape == (5, 4)
    np.testing.assert_array_equal(streams.T.ravel(), np.arange(20))


def test_padding_keeps_every_sequence_and_its_length():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, 2)) for n in (3, 1, 5)]
    array, lengths = data.pad(sequences, fill=np.nan)
    assert array.shape == (5, 3, 2)
    assert lengths.tolist() == [3, 1, 5]
    for b, sequence in enumerate(sequences):
        np.testing.assert_array_equal(array[: len(sequence), b], sequence)
        assert np.isnan(array[len(sequence) :, b]).all()


def test_a_vocabulary_reads_back_what_it_wrote():
    vocabulary = data.Vocabulary.of([["to", "be"], ["or", "not", "to", "be"]], extra=("<end>",))
    assert vocabulary.tokens == ("<end>", "be", "not", "or", "to")
    assert vocabulary.decode([*vocabulary.encode(["not", "to"]), 0, -1]) == ["not", "to", "<end>"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.windows(np.zeros(5), 5), "series has shape (5,), expected (N,) with N at least k+horizon=6"),
        (
            lambda: data.windows(np.zeros((9, 1)), 2),
            "series has shape (9, 1), expected (N,) with N at least k+horizon=3",
        ),
        (lambda: data.windows(np.zeros(5), 0), "k is 0, expected a whole number of at least 1"),
        (lambda: data.streams([1, 2], 3), "sequence has 2 steps, expected at least n_batch=3"),
        (lambda: data.pad([]), "sequences is empty, expected at least one sequence"),
        (lambda: data.pad([[1], []]), "sequences[1] has shape (0,), expected (T) with T at least 1"),
        (
            lambda: data.pad([np.zeros((2, 3)), np.zeros((2, 4))]),
            "sequences[1] has shape (2, 4), expected (T, 3) with T at least 1",
        ),
        (
            lambda: data.Vocabulary(("a", "b")).encode("abc"),
            "token 'c' at place 2 is unknown, expected one of the 2 known",
        ),
        (lambda: data.Vocabulary(("a", "b")).decode([0, 2]), "index holds 2, expected -1 to 1"),
        (lambda: data.Vocabulary(("a", "b", "a")), "tokens holds 'a' twice, expected each once"),
        (lambda: data.chorales(0), "n_most is 0, expected a whole number of at least 1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message
