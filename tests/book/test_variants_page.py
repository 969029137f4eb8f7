"""The chapter on variants: its displayed gradients are right, its numbers by hand are what cells print."""

import importlib.util
import json
import re

import chapters
import numpy as np
import pytest

from rnnlab import data, gradcheck, losses, readout, rnn, sampling, variants

CHAPTER = "07_variants"
T, H, D, O = 5, 3, 2, 4  # noqa: E741 - the page's letter for the number of outputs


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def stored(name):
    return json.loads((chapters.BOOK / "results" / f"{name}.json").read_text(encoding="utf-8"))


def small(seed=0):
    """Return a cell, a readout, inputs and a first state."""
    rng = np.random.default_rng(seed)
    cell = rnn.Params(rng.normal(size=(H, D)), rng.normal(size=(H, H)), rng.normal(size=H))
    return (
        cell,
        readout.Params(rng.normal(size=(O, H)), rng.normal(size=O)),
        rng.normal(size=(T, D)),
        rng.normal(size=H),
    )


def stands_still(cell, x, length, h):
    """Return all states by the equation of the page, in its index form."""
    states = [h]
    for t, x_t in enumerate(x, start=1):
        m = float(t <= length)
        f = np.tanh(cell.w_x @ x_t + cell.w_h @ states[-1] + cell.b_h)
        states.append(m * f + (1 - m) * states[-1])
    return np.array(states)


def still_gradients(dh, cell, h, length, drop=False):
    """Return da of every step and dh_0 by the displayed equations; `drop` leaves the copy out."""
    das = []
    for t in reversed(range(1, T + 1)):
        m = float(t <= length)
        das.insert(0, m * (1 - h[t] ** 2) * dh)
        dh = cell.w_h.T @ das[0] + (0 if drop else (1 - m) * dh)
    return np.array(das), dh


def index_is_right(drop=False):
    """One step in the padding and one before it, number by number, with a loss on the last state."""
    cell, _, x, h_0 = small()
    last, right = np.random.default_rng(1).normal(size=H), True
    for length in (1, 2, T):
        h = stands_still(cell, x, length, h_0)
        dh = last
        for t in reversed(range(1, T + 1)):
            m, before = float(t <= length), np.zeros(H)
            da = [m * (1 - h[t, i] ** 2) * dh[i] for i in range(H)]
            for j in range(H):
                before[j] = sum(cell.w_h[i, j] * da[i] for i in range(H)) + (0 if drop else (1 - m) * dh[j])
            dh = before
        right &= gradcheck.check(lambda h_0, n=length: last @ stands_still(cell, x, n, h_0)[-1], h_0, dh).ok
    return right


def still_is_right(drop=False):
    """All weights of a many-to-one network whose row ends before the array does, and its inputs."""
    cell, output, x, h_0 = small()
    length, dy = 3, np.random.default_rng(2).normal(size=O)

    def loss(cell, x, h_0):
        return float(dy @ (output.w_y @ stands_still(cell, x, length, h_0)[-1] + output.b_y))

    h = stands_still(cell, x, length, h_0)
    da, dh_0 = still_gradients(output.w_y.T @ dy, cell, h, length, drop)
    gradient = rnn.Params(da.T @ x, da.T @ h[:-1], da.sum(axis=0))
    return (
        gradcheck.check(lambda c: loss(c, x, h_0), cell, gradient).ok
        and gradcheck.check(lambda v: loss(cell, v, h_0), x, da @ cell.w_x).ok
        and gradcheck.check(lambda v: loss(cell, x, v), h_0, dh_0).ok
    )


def mask_is_right(drop=False):
    """The masked mean of the cross-entropy, over all steps that count."""
    rng = np.random.default_rng(3)
    y, target, m = rng.normal(size=(T, 2, O)), rng.integers(0, O, (T, 2)), data.length_mask([2, T], T)

    def loss(y):
        log_p = y - np.log(np.exp(y).sum(axis=2, keepdims=True))
        terms = -np.take_along_axis(log_p, target[..., None], axis=2)[..., 0]
        return float((m * terms).sum() / m.sum())

    p = np.exp(y) / np.exp(y).sum(axis=2, keepdims=True)
    dy = (m / (m.size if drop else m.sum()))[..., None] * (p - np.eye(O)[target])
    return gradcheck.check(loss, y, dy).ok


def joined(seed=4):
    """Return two cells and a readout, what both read, and the gradient of every answer."""
    rng = np.random.default_rng(seed)
    encoder, output, x, _ = small(seed)
    decoder = rnn.Params(rng.normal(size=(H, O)), rng.normal(size=(H, H)), rng.normal(size=H))
    return encoder, decoder, output, x, rng.normal(size=(3, O)), rng.normal(size=(3, O))


def answers(encoder, decoder, output, x, read):
    """Return the states of both and the answers by the equations of the page."""
    h = stands_still(encoder, x, len(x), np.zeros(H))
    s = [h[-1]]
    for p in read:
        s.append(np.tanh(decoder.w_x @ p + decoder.w_h @ s[-1] + decoder.b_h))
    s = np.array(s)
    return h, s, s[1:] @ output.w_y.T + output.b_y


def joined_gradients(drop=False):
    """Return da of the decoder and of the encoder by the displayed equations; `drop` forgets da of the step after."""
    encoder, decoder, output, x, read, dy = joined()
    h, s, _ = answers(encoder, decoder, output, x, read)
    after, da_d = np.zeros(H), []
    for t in reversed(range(1, len(s))):
        ds = output.w_y.T @ dy[t - 1] + (0 if drop else decoder.w_h.T @ after)
        after = (1 - s[t] ** 2) * ds
        da_d.insert(0, after)
    dh, da_e = decoder.w_h.T @ da_d[0], []
    for t in reversed(range(1, len(h))):
        da_e.insert(0, (1 - h[t] ** 2) * dh)
        dh = encoder.w_h.T @ da_e[0]
    return np.array(da_d), np.array(da_e), h, s


def join_is_right(drop=False):
    encoder, decoder, output, x, read, dy = joined()
    da_d, da_e, h, s = joined_gradients(drop)

    def loss(encoder=encoder, decoder=decoder, x=x):
        return float(np.sum(dy * answers(encoder, decoder, output, x, read)[2]))

    d_decoder = rnn.Params(da_d.T @ read, da_d.T @ s[:-1], da_d.sum(axis=0))
    d_encoder = rnn.Params(da_e.T @ x, da_e.T @ h[:-1], da_e.sum(axis=0))
    return (
        gradcheck.check(lambda w: loss(decoder=w), decoder, d_decoder).ok
        and gradcheck.check(lambda w: loss(encoder=w), encoder, d_encoder).ok
        and gradcheck.check(lambda v: loss(x=v), x, da_e @ encoder.w_x).ok
    )


def cross_is_right(drop=False):
    """The gradient of s_0, unit by unit."""
    encoder, decoder, output, x, read, dy = joined()
    da = joined_gradients()[0][0]
    ds_0 = np.array([sum(decoder.w_h[i, j] * da[i] for i in range(drop, H)) for j in range(H)])

    def loss(s_0):
        s, total = s_0, 0.0
        for p, d in zip(read, dy, strict=True):
            s = np.tanh(decoder.w_x @ p + decoder.w_h @ s + decoder.b_h)
            total += d @ (output.w_y @ s + output.b_y)
        return float(total)

    return gradcheck.check(loss, answers(encoder, decoder, output, x, read)[0][-1], ds_0).ok


GRADIENTS = {
    "grad-variants-index": index_is_right,
    "grad-variants-still": still_is_right,
    "grad-variants-mask": mask_is_right,
    "grad-variants-cross": cross_is_right,
    "grad-variants-join": join_is_right,
}


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_passes_central_differences(label):
    assert GRADIENTS[label]()


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_dropped_term_or_factor_is_noticed(label):
    assert not GRADIENTS[label](drop=True)


@pytest.mark.parametrize("length", [1, 3, T])
def test_the_row_shown_is_the_library_s(page, length):
    cell, _, x, _ = small()
    x[length:] = np.nan
    batch = x[:, None].copy()
    tape = rnn.forward(cell, np.nan_to_num(batch), lengths=[length])
    h = page.read_row(x, length, *cell)
    np.testing.assert_allclose(h[-1], tape.h_n[0], rtol=1e-12)
    dh = np.random.default_rng(5).normal(size=H)
    da = page.read_row_back(h, length, dh, cell.w_h)
    dcell, dx, _ = rnn.backward(tape, None, dh[None])
    np.testing.assert_allclose(da.sum(axis=0), dcell.b_h, rtol=1e-10)
    np.testing.assert_allclose(da @ cell.w_x, dx[:, 0], rtol=1e-10, atol=1e-15)


def test_the_way_back_through_both_is_the_library_s(page):
    rng = np.random.default_rng(6)
    params = variants.init_encoder_decoder(rnn, rng, D, O, H, O)
    tape = variants.encoder_decoder(rnn, params, rng.normal(size=(4, 2, D)), rng.normal(size=(3, 2, O)))
    dy = rng.normal(size=tape.y.shape)
    gradient, dx, _ = variants.backward(tape, dy)
    denc, ddec, dout, dsource = page.both_back(tape.encoder, tape.decoder, tape.output, dy)
    for found, expected in ((denc, gradient.encoder), (ddec, gradient.decoder), (dout, gradient.readout)):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(dsource, dx, rtol=1e-12)


def test_the_short_row_by_hand_is_what_the_cell_computes():
    h, states = np.zeros(2), []
    for x_t in np.array([[1, 1], [0, 1], [0, 0], [2, 0]]):
        h = x_t + 0.5 * h
        states.append(h)
    np.testing.assert_allclose(np.transpose(states), [[1, 1 / 2, 1 / 4, 2 + 1 / 8], [1, 3 / 2, 3 / 4, 3 / 8]])


def test_the_masked_means_by_hand():
    loss, m = np.array([[1.0, 3], [1, 0], [1, 0], [1, 0]]), data.length_mask([4, 1], 4)
    assert (loss[m].mean(), loss[m].sum() / loss.size) == pytest.approx((1.4, 0.875))
    assert np.sum([1, 1, 1, 0, 0]) / 3 == 1
    assert np.mean([1, 1, 1, 0, 0]) == pytest.approx(0.6)
    rows = [[2, 2, 2], [6], [0, 0]]
    assert sum(map(sum, rows)) / 6 == 2
    assert sum(map(sum, rows)) / 12 == 1
    assert f"{np.mean([np.mean(row) for row in rows]):.2f}" == "2.67"


def test_the_perplexity_by_hand(page):
    assert f"{page.nats:.3f} {np.exp(page.nats):.2f} {2 * np.log(2):.3f}" == "1.386 4.00 1.386"


def test_chances_at_a_temperature(page):
    at_one = np.array([0.6, 0.3, 0.1])
    for tau, first in ((0.25, "0.940"), (0.5, "0.783"), (1, "0.600"), (2, "0.473")):
        p = page.chances(np.log(at_one), tau)
        assert f"{p[0]:.3f}" == first
        np.testing.assert_allclose(p, at_one ** (1 / tau) / np.sum(at_one ** (1 / tau)))
        draws = sampling.draw(np.random.default_rng(0), np.tile(np.log(at_one), (50_000, 1)), temperature=tau)
        np.testing.assert_allclose(np.bincount(draws, minlength=3) / 50_000, p, atol=0.01)
    np.testing.assert_allclose(page.chances(np.log(at_one), 1e-3), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(page.chances(np.log(at_one), 1e9), 1 / 3)


def test_beams_by_hand(page):
    for width, tokens, chance in ((1, [0, 0], 0.2), (2, [1, 1], 0.36), (9, [1, 1], 0.36)):
        best = sampling.beam_search(page.follow, np.zeros((1, 0)), 3, width, 2)[0]
        assert best.tokens == tokens
        assert np.exp(best.log_probability) == pytest.approx(chance)
    assert {key: text for key, (text, _) in page.found.items()} == {(1, 0): "AB·", (2, 0): "·", (2, 1): "AB·"}
    assert f"{np.log(0.216) / 3:.2f} {np.log(0.25):.2f} {0.6**3:.3f}" == "-0.51 -1.39 0.216"
    np.testing.assert_allclose(np.exp(page.ends).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(page.table).sum(axis=1), 1)
    first, after = np.exp(page.table[3]), np.exp(page.table)
    for name, total in page.ends_at:
        one, two = ("ABC".index(letter) for letter in name)
        assert f"{first[one] * after[one, two]:.2f}" == f"{total:.2f}", "as drawn"


def test_the_mixed_inputs_shown_are_those_of_the_stored_runs(page):
    source = chapters.BOOK / "results" / "variants_letters.py"
    spec = importlib.util.spec_from_file_location("variants_letters", source)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    pairs = data.pair_batch(script.NUMBERS[:40], script.DIGITS, script.LETTERS)
    params = variants.init_encoder_decoder(rnn, np.random.default_rng(0), 10, script.V, 8, script.V)
    expected = script.mixed(params, pairs, np.random.default_rng(1)).target_input
    found = page.mixed_inputs(params, pairs, script.SHARE, np.random.default_rng(1))
    np.testing.assert_array_equal(found, expected)
    assert (found != pairs.target_input).any(), "some letters are the network's own"
    none = page.mixed_inputs(params, pairs, 0.0, np.random.default_rng(1))
    np.testing.assert_array_equal(none, pairs.target_input)


def test_the_stored_speaker_has_the_stored_loss(page):
    order = np.random.default_rng(0).permutation(1000)[stored("variants_letters")["speak"]["n_learned"] :]
    x, lengths = data.pad([page.vocabulary.encode(["<start>", *page.words[n]]) for n in order], fill=-1)
    target, _ = data.pad([page.vocabulary.encode([*page.words[n], "<end>"]) for n in order])
    y = variants.many_to_many(rnn, page.speaker, data.one_hot(x, page.V), lengths=lengths).y
    loss, _ = losses.softmax_cross_entropy(y, target, data.length_mask(lengths, len(x)))
    assert loss == pytest.approx(stored("variants_letters")["speak"]["rest"]["runs"][0], abs=1e-3)


def test_what_the_prose_says_of_the_language_models_holds(page):
    speak = stored("variants_letters")["speak"]
    assert page.floor < speak["rest"]["low"] <= speak["rest"]["high"] < 0.3 < page.frequencies
    t = {tau: speak["valid"][f"t{10 * tau:.0f}"] for tau in (0.5, 1, 2, 3)}
    assert t[0.5]["low"] > 0.99
    assert t[3]["high"] < t[2]["low"]
    assert t[2]["high"] < t[1]["low"]
    assert len(set(page.texts(0, 1, 10))) == 1, "at 0 all texts are the same"
    assert page.valid[0.5] >= page.valid[1] > page.valid[1.5] > page.valid[2] > page.valid[3]


def test_what_the_prose_says_of_teacher_forcing_holds():
    found = stored("variants_letters")
    forced = found["forced"]
    assert forced["forced"]["high"] < 0.05
    assert forced["whole"]["high"] < 0.5
    assert forced["free"]["low"] > 2 * forced["forced"]["high"], "they part after the first mistake"
    for number, free, other in forced["mistakes"]:
        right = dict(data.number_words("en", 0, 999))[number]
        first = next(n for n, (a, b) in enumerate(zip(free + "$", right + "$", strict=False)) if a != b)
        assert free[: first + 1] == other[: first + 1]
        assert other[:first] == right[:first]
    beams = [forced["beams"][f"w{width}"] for width in (1, 2, 5)]
    assert beams[0]["runs"] == pytest.approx(forced["whole"]["runs"]), "a beam of one is greedy"
    assert max(beam["median"] for beam in beams) - beams[0]["median"] < 0.01, "wider beams do not pay here"
    mixed = found["mixed"]
    assert mixed["whole"]["median"] < forced["whole"]["median"], "nothing is gained by mixing"
    assert mixed["free"]["median"] > forced["free"]["median"]


def test_what_the_prose_says_of_the_shapes_holds(page):
    found = stored("variants_shapes")
    assert found["one_to_one"]["right"]["low"] > 0.9
    assert found["one_to_one"]["first"]["said"] == found["one_to_one"]["first"]["is"]
    assert found["one_to_many"]["right"]["low"] > 0.9 > 4 / 11
    assert found["many_to_one"]["loss"]["high"] < 0.01 < data.sentiment_baselines()["words without order"]
    assert found["many_to_many"]["loss"]["high"] < 0.03 < data.binary_adder_baselines()["current bits"]
    assert found["two_to_three"]["loss"]["high"] < 1e-3 < 1 / 27
    assert found["translation"]["first"]["said"] == ["soixante", "et", "onze"]
    assert found["n_unseen_numbers"] == 20
    assert (page.notes, page.verdict, page.bits) == (list("CDECCD"), "positive", ["0", "0", "1"])


def test_a_product_answered_with_0_costs_what_the_table_says():
    x = (np.arange(2000) + 0.5) / 1000 - 1
    assert np.mean(np.multiply.outer(x, x) ** 2) / 3 == pytest.approx(1 / 27, rel=1e-5)


ANCHORS = ["one-to-one", "one-to-many", "many-to-one", "many-to-many", "two-in-three-out", "lengths"]


def test_every_idea_and_question_of_the_chapter_has_its_place():
    placed = re.findall(r"^\(([\w-]+)\)=$", chapters.text(CHAPTER), re.M)
    assert len(placed) == len(set(placed)), "no place is named twice"
    expected = {f"concept-{name}" for name in ANCHORS} | {f"q-L0{n}" for n in range(42, 51)}
    assert expected <= set(placed)
    assert {name for name in placed if name.startswith("q-")} <= expected, "no question of another chapter"


def test_the_graded_prediction_is_not_given_away():
    text = chapters.text(CHAPTER)
    assert not re.search(r"\b81\b|\b0\.9 and 0\.1|\b9 ?: ?1\b|nine times", text)
