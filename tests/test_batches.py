"""Every row comes once an epoch, and neither grouping nor cutting changes what a row is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import says

from rnnlab import batches, checkpoint, data


def reviews(n=23):
    batch = data.sentiment(np.random.default_rng(0), n)
    return batch._replace(target=np.arange(float(n))[:, None])  # a target that names its row


@pytest.mark.parametrize("by_length", [False, True])
@pytest.mark.parametrize("n_batch", [1, 5, 23, 40])
def test_every_row_comes_once_an_epoch_in_a_new_order(by_length, n_batch):
    batch = reviews()
    source = batches.Epochs(batch, n_batch, by_length)
    epochs = []
    for epoch in range(2):
        parts = [source(1, epoch * source.n_updates + n) for n in range(source.n_updates)]
        rows = np.concatenate([part.target[:, 0] for part in parts]).astype(int)
        np.testing.assert_array_equal(np.sort(rows), np.arange(23))
        epochs.append(rows)
        for part in parts:
            assert part.x.shape[0] == part.lengths.max()
            for b, row in enumerate(part.target[:, 0].astype(int)):
                assert part.lengths[b] == batch.lengths[row]
                np.testing.assert_array_equal(part.x[: part.lengths[b], b], batch.x[: batch.lengths[row], row])
    assert (epochs[0] != epochs[1]).any()


def test_grouping_by_length_leaves_less_padding():
    batch = reviews(200)

    def padding(by_length):
        source = batches.Epochs(batch, 10, by_length)
        return sum(part.x.shape[0] * 10 - part.lengths.sum() for part in (source(0, n) for n in range(20)))

    assert padding(True) < padding(False) / 4


def test_the_batch_of_an_update_is_a_function_of_seed_and_number():
    source = batches.Epochs(reviews(), 5)
    later = source(2, 17).target
    for n in range(17):
        source(2, n)
    np.testing.assert_array_equal(source(2, 17).target, later)
    assert (source(3, 17).target != later).any()


@pytest.mark.parametrize(
    "batch",
    [
        data.adding(np.random.default_rng(0), 9, 6),
        data.echo(np.random.default_rng(0), 9, 12),
        data.copying(np.random.default_rng(0), 9, 3),
        data.embedded_reber(np.random.default_rng(0), 9),
        data.temporal_order(np.random.default_rng(0), 9, 20),
    ],
)
def test_rows_of_every_kind_of_batch_are_taken_whole(batch):
    rows = np.array([4, 0, 7])
    part = batches.take(batch, rows)
    n = part.x.shape[0]
    np.testing.assert_array_equal(part.x, batch.x[:n, rows])
    per_step = batch.target.shape[0] == batch.x.shape[0]
    np.testing.assert_array_equal(part.target, batch.target[:n, rows] if per_step else batch.target[rows])
    if batch.mask is not None:
        np.testing.assert_array_equal(part.mask, batch.mask[:n, rows])
        assert part.mask.sum() == batch.mask[:, rows].sum()
    if batch.lengths is not None:
        np.testing.assert_array_equal(part.lengths, batch.lengths[rows])
        assert n == part.lengths.max()


def test_pairs_are_cut_to_their_own_lengths():
    letters = data.Vocabulary.of(["abc"], extra=("<start>", "<end>"))
    batch = data.pair_batch([("a", "abcabc"), ("abcab", "b"), ("ab", "ca")], letters, letters)
    part = batches.take(batch, [1, 2])
    assert part.x.shape == (5, 2, 5)
    assert part.target.shape == part.mask.shape == (3, 2)
    assert part.target_input.shape == (3, 2, 5)
    alone = data.pair_batch([("abcab", "b"), ("ab", "ca")], letters, letters)
    for field, expected in zip(part, alone, strict=True):
        np.testing.assert_array_equal(field, expected)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_a_split_keeps_every_row_on_one_side(share):
    training, validation = batches.split(reviews(), np.random.default_rng(0), share)
    rows = np.concatenate([training.target[:, 0], validation.target[:, 0]])
    np.testing.assert_array_equal(np.sort(rows), np.arange(23))
    assert len(validation.target) == min(22, max(1, round(share * 23)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: batches.Epochs(reviews(), 0), "n_batch is 0, expected a whole number of at least 1"),
        (
            lambda: batches.Epochs(data.adding(np.random.default_rng(0), 3), 2, by_length=True),
            "batch has no lengths, expected them for by_length=True",
        ),
        (
            lambda: batches.split(reviews(1), np.random.default_rng(0)),
            "share is 0.2 of 1 rows, expected a share between 0 and 1 of at least 2 rows",
        ),
        (
            lambda: batches.split(reviews(9), np.random.default_rng(0), 1.0),
            "share is 1.0 of 9 rows, expected a share between 0 and 1 of at least 2 rows",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message


VALUES = {
    "w": np.array([[1.0, np.nan], [-np.inf, 5e-324]]),
    "narrow": (np.float32([0.1]), [np.array(True)]),
    "n": 2**60,
    "loss": 0.1,
    "name": "wörter",
    "left out": None,
    "any": np.arange(3.0),
}


def test_a_checkpoint_keeps_every_bit_and_every_type(tmp_path):
    path = tmp_path / "values.npz"
    checkpoint.save(path, VALUES)
    like = {**VALUES, "w": np.zeros((2, 2)), "n": 0, "loss": 1.0, "name": "", "any": np.empty(0)}
    loaded = checkpoint.load(path, like)
    assert loaded["w"].tobytes() == VALUES["w"].tobytes()
    assert loaded["narrow"][0].dtype == np.float32
    assert (loaded["n"], loaded["loss"], loaded["name"], loaded["left out"]) == (2**60, 0.1, "wörter", None)
    assert type(loaded["n"]) is int
    np.testing.assert_array_equal(loaded["any"], VALUES["any"])


def test_what_cannot_be_saved_without_pickle_is_refused_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "values.npz"
    checkpoint.save(path, {"w": 1.0})
    with pytest.raises(TypeError, match=r"^values\.w is <object object at .*, expected numbers, truth values or text$"):
        checkpoint.save(path, {"w": object()})
    assert checkpoint.load(path, {"w": 0.0}) == {"w": 1.0}
    assert [p.name for p in tmp_path.iterdir()] == ["values.npz"]


@pytest.mark.parametrize(
    ("like", "message"),
    [
        ({"w": np.zeros((2, 2)), "b": 0.0}, "values.b is missing, expected shape ()"),
        ({"w": np.zeros((2, 3))}, "values.w has shape (2, 2), expected (2, 3)"),
        ({"w": np.zeros((2, 2), np.float32)}, "values.w has dtype float64, expected float32"),
        ({"w": np.zeros((2, 2), int)}, "values.w has dtype float64, expected int64"),
        ({}, "values.w is there, expected only "),
    ],
)
def test_another_tree_is_refused_by_name(tmp_path, like, message):
    path = tmp_path / "values.npz"
    checkpoint.save(path, {"w": np.ones((2, 2))})
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        checkpoint.load(path, like)
    assert str(error.value) == f"{path}: {message}"


def pickled():
    import io

    file = io.BytesIO()
    np.savez(file, **{"values.w": np.array([{"run": "me"}], dtype=object)})
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"text", b"\x93NUMPY", pickled()])
def test_a_file_that_is_no_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "values.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"values\.npz: not a checkpoint \("):
        checkpoint.load(path, {"w": 0.0})


def test_a_cut_checkpoint_is_named(tmp_path):
    path = tmp_path / "values.npz"
    checkpoint.save(path, {"w": np.arange(1000.0)})
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(ValueError, match=r"values\.npz: not a checkpoint \("):
        checkpoint.load(path, {"w": 0.0})


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_rows_are_taken_by_what_the_batch_states_whatever_its_shapes(n_steps, n_batch, n_output, per_step, seed):
    rng = np.random.default_rng(seed)
    shape = (n_steps, n_batch, n_output) if per_step else (n_batch, n_output)
    target = rng.normal(size=shape)
    batch = data.Batch(rng.normal(size=(n_steps, n_batch, 1)), target, per_step=per_step)
    rows = rng.permutation(n_batch)
    part = batches.take(batch, rows)
    np.testing.assert_array_equal(part.target, target[:, rows] if per_step else target[rows])
    assert part.per_step is per_step


def test_a_target_that_could_be_either_is_refused_until_the_batch_says_which():
    square = data.Batch(np.zeros((3, 3, 1)), np.arange(9.0).reshape(3, 3))
    with says(
        ValueError,
        "target has shape (3, 3) with T=B=3, which is one per step or one per sequence: "
        "expected the batch to say per_step=True or per_step=False",
    ):
        batches.take(square, [0])
    np.testing.assert_array_equal(batches.take(square._replace(per_step=True), [0]).target, [[0], [3], [6]])
    np.testing.assert_array_equal(batches.take(square._replace(per_step=False), [0]).target, [[0, 1, 2]])
    np.testing.assert_array_equal(batches.take(square._replace(mask=np.ones((3, 3))), [0]).target, [[0], [3], [6]])
    first = "; x is (T, B, D), time first: x.swapaxes(0, 1)"
    with says(ValueError, f"target has shape (3, 3), expected (B, ...) with T=3 and B=4{first}"):
        batches.take(data.Batch(np.zeros((3, 4, 1)), np.zeros((3, 3)), per_step=False), [0])


def test_a_mask_of_rows_goes_with_its_rows():
    batch = data.adding(0, 4, 3)._replace(mask=np.array([True, False, True, True]))
    assert batches.take(batch, [1, 2]).mask.tolist() == [False, True]


@given(st.integers(2, 40), st.integers(1, 5), st.integers(1, 3), st.floats(0.05, 0.9))
def test_a_split_in_time_keeps_what_is_validated_apart_from_what_is_trained_on(n, k, horizon, share):
    x, target = data.windows(np.arange(n + k + horizon - 1.0), k, horizon)
    batch = data.Batch(x.T[:, :, None], target[:, None], per_step=False)
    gap = k + horizon - 1
    kept = min(n - 1, max(1, round(share * n)))
    if gap >= n - kept:
        with pytest.raises(ValueError, match=r"^gap is "):
            batches.split_in_time(batch, share, gap)
        return
    training, validation = batches.split_in_time(batch, share, gap)
    seen = {*training.x.ravel(), *training.target.ravel()}
    assert not seen & {*validation.x.ravel(), *validation.target.ravel()}
    assert len(validation.target) == kept
    assert len(training.target) == n - kept - gap
    assert training.target.max() < validation.x.min()


def test_new_targets_of_other_dimensions_state_anew_whether_they_are_per_step():
    batch = data.Batch(np.zeros((5, 2, 1)), np.zeros((2, 1)), per_step=False)
    assert batch._replace(target=np.ones((2, 1))).per_step is False
    assert batch._replace(target=np.ones((5, 2, 1))).per_step is None
    assert batch._replace(target=np.ones((5, 2, 1)), per_step=True).per_step is True
