"""The chapter on bidirectional networks: its gradients are right, its numbers by hand are what cells print."""

import json
import re

import chapters
import numpy as np
import pytest

from rnnlab import bidirectional, data, gradcheck, rnn, variants

CHAPTER = "08_bidirectional"
T, H, D = 5, 3, 2


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def small(seed=0):
    """Return the weights of both layers, inputs, and the gradients of a loss at both states of every step."""
    rng = np.random.default_rng(seed)
    layers = [rnn.Params(rng.normal(size=(H, D)), 0.7 * rng.normal(size=(H, H)), rng.normal(size=H)) for _ in range(2)]
    return bidirectional.Params(*layers), rng.normal(size=(T, D)), rng.normal(size=(2, T, H))


def states(params, x):
    """Return both layers' states with the ones they start from: ahead[0] = 0 and back[T] = 0, as the equations say."""
    ahead, back = np.zeros((2, T + 1, H))
    for t in range(T):
        w_x, w_h, b_h = params.ahead
        ahead[t + 1] = np.tanh(w_x @ x[t] + w_h @ ahead[t] + b_h)
    for t in reversed(range(T)):
        w_x, w_h, b_h = params.reverse
        back[t] = np.tanh(w_x @ x[t] + w_h @ back[t + 1] + b_h)
    return ahead, back


def loss(params, x, weights):
    ahead, back = states(params, x)
    return float(np.sum(weights[0] * ahead[1:]) + np.sum(weights[1] * back[:-1]))


def displayed(carried=True, loops=False):
    """Return da of both layers at every step by the displayed equations, in matrix or in index form."""
    params, x, weights = small()
    ahead, back = states(params, x)
    da = np.zeros((2, T, H))
    for half, order, w_h, h in (
        (0, range(T - 1, -1, -1), params.ahead.w_h, ahead[1:]),
        (1, range(T), params.reverse.w_h, back),
    ):
        arriving = np.zeros(H)
        for t in order:
            if loops:
                for i in range(H):
                    da[half, t, i] = (weights[half, t, i] + arriving[i]) * (1 - h[t, i] ** 2)
                arriving = np.array([sum(w_h[j, i] * da[half, t, j] for j in range(H)) for i in range(H)])
            else:
                da[half, t] = (weights[half, t] + arriving) * (1 - h[t] ** 2)
                arriving = w_h.T @ da[half, t]
            arriving = arriving if carried else 0 * arriving
    return da


def biases_are_right(da):
    """The sum of da over the steps is the gradient of each layer's bias."""
    params, x, weights = small()

    def of(b):
        ahead, reverse = (layer._replace(b_h=b_h) for layer, b_h in zip(params, b, strict=True))
        return loss(bidirectional.Params(ahead, reverse), x, weights)

    return gradcheck.check(of, np.array([params.ahead.b_h, params.reverse.b_h]), da.sum(axis=1)).ok


def input_is_right(drop=False):
    params, x, weights = small()
    da = displayed()
    dx = da[0] @ params.ahead.w_x + (0 if drop else da[1] @ params.reverse.w_x)
    return gradcheck.check(lambda v: loss(params, v, weights), x, dx).ok


def weights_are_right(drop=False):
    """As displayed; what is displayed for one layer only holds for the other with its own arrows."""
    params, x, weights = small()
    ahead, back = states(params, x)
    da = displayed()
    back_later = back[:-1] if drop else back[1:]  # the state after the step in place of that before it
    gradient = bidirectional.Params(
        rnn.Params(da[0].T @ x, da[0].T @ ahead[:-1], da[0].sum(axis=0)),
        rnn.Params(da[1].T @ x, da[1].T @ back_later, da[1].sum(axis=0)),
    )
    return gradcheck.check(lambda p: loss(p, x, weights), params, gradient).ok


def turned(length=3):
    """Return R, for a row of some length in T steps."""
    matrix = np.zeros((T, T))
    for s in range(1, T + 1):
        matrix[s - 1, (length + 1 - s if s <= length else s) - 1] = 1
    return matrix


def turn_is_right(drop=False):
    params, x, weights = small()
    matrix = turned()
    du = displayed()[0] @ params.ahead.w_x  # the gradient of what the layer reads
    return gradcheck.check(
        lambda v: loss(params, matrix @ v, weights * [[[1]], [[0]]]), matrix @ x, du if drop else matrix @ du
    ).ok


GRADIENTS = {
    "grad-bi-index": lambda drop=False: biases_are_right(displayed(carried=not drop, loops=True)),
    "grad-bi-state": lambda drop=False: biases_are_right(displayed(carried=not drop)),
    "grad-bi-input": input_is_right,
    "grad-bi-weights": weights_are_right,
    "grad-bi-turn": turn_is_right,
}


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_passes_central_differences(label):
    assert GRADIENTS[label]()


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_dropped_term_is_noticed(label):
    assert not GRADIENTS[label](drop=True)


def test_reversing_twice_changes_nothing_and_is_what_the_library_does():
    for length in range(1, T + 1):
        matrix = turned(length)
        np.testing.assert_array_equal(matrix @ matrix, np.eye(T))
        np.testing.assert_array_equal(matrix, matrix.T)
        x = np.random.default_rng(0).normal(size=(T, 1, D))
        np.testing.assert_array_equal(matrix @ x[:, 0], bidirectional.reverse(x, np.array([length]))[:, 0])


def test_the_code_shown_is_the_library_s(page):
    params, x, _ = small()
    tape = bidirectional.Bidirectional(rnn).forward(params, x[:, None])
    np.testing.assert_allclose(page.both_ways(x, params.ahead, params.reverse), tape.h[1:, 0], rtol=1e-12)


def test_the_words_are_those_of_the_stored_runs(page):
    pytest.importorskip("num2words")
    assert page.words == [word for _, word in data.number_words("en", 0, 999) if len(word) >= 5]


def test_the_letters_by_hand_are_what_the_cells_count(page):
    assert page.left["sixty-"] == dict(zip("otfsen", (1, 2, 2, 2, 1, 1), strict=True))
    assert set(page.right["even"]) == {"s", "l"}
    assert dict(page.both["sixty-", "even"]) == {"s": 1}
    assert f"{-6 / 9 * np.log(2 / 9) - 3 / 9 * np.log(1 / 9):.3f}" == "1.735"
    assert f"{page.floor({0: page.left['sixty-']})[0]:.3f}" == "1.735"
    assert page.floor(page.both)[1] == 1, "any single missing letter is determined"


def test_the_sums_by_hand_are_what_the_cells_print(page):
    out = page.both_ways(np.array([[1.0], [0.0], [2.0]]), page.unit, page.unit, page.linear)
    np.testing.assert_allclose(out, [[1, 1.5], [0.5, 1], [2.25, 2]])
    np.testing.assert_allclose(page.read(page.turned, *page.biased, page.linear)[:, 0], [2.1, 1.15, 1.675])
    after = page.read(page.padded, *page.biased, page.linear)[:, 0]
    np.testing.assert_allclose(after, [0.1, 0.15, 2.175, 1.1875, 1.69375])
    np.testing.assert_allclose(page.dx.ravel(), [0.5, 2, 0.5])


def test_what_moves_is_on_one_side(page):
    for half, steps in ((slice(8), [4, 5, 6, 7]), (slice(8, 16), [1, 2, 3, 4])):
        assert (np.flatnonzero(np.abs(page.move[1:, 0, half]).max(axis=1)) + 1).tolist() == steps


def test_the_counts_are_right():
    layer = bidirectional.Bidirectional(rnn)
    sizes = [
        sum(part.size for part in variants.init(cell, np.random.default_rng(0), 3, 16, 8).readout)
        for cell in (rnn, layer)
    ]
    assert sizes == [136, 264]
    assert sum(part.size for way in layer.init(np.random.default_rng(0), 8, 16) for part in way) == 800


def test_adding_is_a_special_case_of_side_by_side():
    rng = np.random.default_rng(0)
    w, h = rng.normal(size=(4, H)), rng.normal(size=2 * H)
    np.testing.assert_allclose(w @ (h[:H] + h[H:]), np.hstack([w, w]) @ h)


def test_what_the_prose_says_of_the_stored_runs_holds():
    found = json.loads((chapters.BOOK / "results" / "gap_letter.json").read_text())
    assert (found["n_seeds"], found["left"]["n_hidden"], found["right"]["n_hidden"], found["both"]["n_hidden"]) == (
        7, 48, 48, 24,
    )  # fmt: skip
    assert found["both"]["n_params"] < found["left"]["n_params"]
    assert abs(found["both"]["n_params"] / found["added"]["n_params"] - 1) < 0.01, "about equal size"
    for side in ("left", "right"):
        assert found[side]["loss"]["low"] > found["exact"][side]["loss"], "every run stays above its floor"
        assert found[side]["right"]["high"] < 0.9
    for name in ("both", "added"):
        assert found[name]["right"]["low"] > 0.9998
        assert found[name]["loss"]["high"] < 0.002
    assert found["delayed"]["loss"]["median"] < 0.001
    assert found["delay"] == 2
    assert found["leak"]["right"]["low"] == 1
    assert found["leak"]["right_cut"]["high"] < found["exact"]["next"]["right"]
    tenths = {name: np.median(found[name]["tenths"], axis=0) for name in ("left", "right", "both")}
    assert tenths["left"].argmin() == 0
    assert tenths["right"].argmin() == 9
    assert np.min(found["both"]["tenths"]) > 0.99
    assert found["command"] == "python book/results/gap_letter.py"


def test_what_the_prose_says_of_the_interactive_figure_holds(page):
    enough = [t + 1 for t in range(11) if len(page.left["sixty-seven"[:t]]) == 1]
    assert enough == [3, 6, 9, 10, 11]
    assert page.left["si"].keys() == {"x"}
    shown = page.STORED["shown"]["sixty-seven"]
    best = {side: [page.LETTERS[i] for i in np.argsort(shown[side][6])[::-1]] for side in shown}
    assert set(best["left"][:3]) == set("tfs")
    assert best["right"][:2] == ["s", "l"]
    assert best["both"][0] == "s"
    assert max(shown["left"][6]) < 0.4
    assert shown["both"][6][page.LETTERS.index("s")] > 0.99


def test_what_the_prose_says_of_padding_holds(page):
    zeros, token = page.share_right["zeros"], page.share_right["token 0"]
    assert zeros[0] == token[0] == 1, "found without padding"
    assert page.LETTERS[0] == " "
    assert token[page.n_front.index(5)] < 0.5 < 0.9 < zeros[-1] < 1


def test_the_trained_network_looks_at_its_neighbours(page):
    assert (page.seen[0] * np.triu(np.ones((11, 11)), 1)).max() == 0, "forward: nothing after the gap"
    assert (page.seen[1] * np.tril(np.ones((11, 11)), -1)).max() == 0, "backward: nothing before it"
    assert (page.share_seen * page.near).sum(axis=1).mean() > 0.6


def test_the_practice_prints_what_its_text_says(page):
    floors = []
    for d in range(3):
        floors.append(page.floor(page.letters(lambda w, t, d=d: (w[:t], (w + "..")[t + 1 : t + 1 + d])))[0])
    assert floors[0] > floors[1] > 0.05 > floors[2] == 0
    right = [np.mean(np.sign(y) == page.fresh[12, :, 0]) for y in (page.whole, page.cut)]
    assert right[0] == 1
    assert abs(right[1] - 0.5) < 0.07
    x = np.random.default_rng(0).standard_normal((5, 2, 1))
    moved = []
    for t in (0, 2, 4):
        other = x.copy()
        other[t, 0] += 1
        moved.append(int((page.ends(other) != page.ends(x))[0].sum()))
    assert moved == [8, 8, 0]


def test_the_boxes_are_right_of_pytorch(page):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layer = torch.nn.RNN(2, 3, bidirectional=True)
    x = torch.randn(5, 4, 2)
    output, h_n = layer(x)
    assert output.shape == (5, 4, 6)
    assert h_n.shape == (2, 4, 3)
    assert torch.equal(h_n[0], output[-1, :, :3])
    assert torch.equal(h_n[1], output[0, :, 3:])
    assert torch.allclose(layer(x[-1:])[0][0, :, 3:], output[-1, :, 3:]), "a backward state that read one step"
    assert any(name.endswith("_reverse") for name, _ in layer.named_parameters())
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, [5, 3, 2, 1])
    unpacked = torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0])[0]
    assert torch.allclose(unpacked[:3, 1], layer(x[:3, 1:2])[0][:, 0]), "reversed within the length"


def test_the_graded_answers_are_not_given_away():
    text = chapters.text(CHAPTER)
    for source in chapters.cells(CHAPTER):
        text = text.replace(source, "")
    assert not re.search(r"majority|three quarters|0\.75|75 ?%|¾|tfrac34|subtitle|caption[^=]*live|newspaper", text)
