"""The chapter on applications: its baselines are right, and its prose says what the stored runs say."""

import json
import re

import chapters
import numpy as np
import pytest

from rnnlab import data, losses, rnn, variants

CHAPTER = "11_applications"


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


def stored(name):
    return json.loads((chapters.BOOK / "results" / f"app_{name}.json").read_text())


SUN, MUSIC, REVIEWS, NUMBERS = (stored(name) for name in ("sunspots", "music", "sentiment", "translation"))


def prose():
    text = chapters.text(CHAPTER)
    for source in chapters.cells(CHAPTER):
        text = text.replace(source, "")
    return text


def test_no_gradient_is_displayed_without_a_check():
    assert chapters.gradient_labels(CHAPTER) == set()


@pytest.mark.parametrize("found", [SUN, MUSIC, REVIEWS, NUMBERS], ids=["sunspots", "music", "sentiment", "translation"])
def test_stored_runs_say_how_they_came_about(found):
    assert found["command"].startswith("python book/results/app_")
    assert {"rnnlab", "numpy", "python"} <= set(found["versions"])
    assert len(found["seeds"]) == found["n_seeds"] >= 3


def test_the_errors_by_hand_are_what_the_cell_computes(page):
    truth = np.array([6, 5, 7])
    of = {name: np.mean((np.array(guess) - truth) ** 2) for name, guess in page.forecast_of.items()}
    assert of["A"] == of["persistence"] == 3
    assert of["B"] == pytest.approx(2 / 3)
    assert 0.25 * page.spread**2 == 400


@pytest.mark.parametrize(("name", "k"), [("AR(2)", 2), ("AR(9)", 9)])
def test_the_lines_are_least_squares_on_the_years_before_1906(page, name, k):
    spots = data.sunspots().value
    rows = np.array([[*spots[t - k : t], 1] for t in range(k, 309)])
    weights = np.linalg.solve(rows[: 206 - k].T @ rows[: 206 - k], rows[: 206 - k].T @ spots[k:206])
    assert page.errors[name] == pytest.approx(np.mean((rows[206 - k :] @ weights - spots[206:]) ** 2), rel=1e-6)


def test_what_the_prose_says_of_the_sunspots_holds(page):
    line = page.errors["AR(9)"]
    assert all(SUN[cell]["median"] > line for cell in ("tanh", "gru", "lstm")), "none is below the line"
    assert SUN["gru"]["low"] < line < SUN["gru"]["high"], "not reliably"
    assert all(SUN[cell]["best_high"] < SUN[cell]["high"] for cell in ("tanh", "gru", "lstm")), "the trap flatters"
    assert max(SUN["gru"]["best"]) < line, "on the test years every GRU would seem to beat the line"
    assert np.abs(np.array(SUN["no_memory"]) / page.errors["persistence"] - 1).max() < 0.1, "about persistence"
    assert len(SUN["guess"]) == 308
    assert len(page.worst) == 20


def test_a_chosen_number_of_updates_gives_the_stored_error():
    for cell in ("tanh", "gru", "lstm"):
        for curve, n, error in zip(SUN[cell]["peeked"], SUN[cell]["updates"], SUN[cell]["chosen"], strict=True):
            assert curve[n // SUN["every"] - 1] == error


def test_the_stored_forecasts_have_the_stored_error(page):
    missed = (page.net - page.spots)[page.tested]
    assert np.mean(missed**2) == pytest.approx(SUN["gru"]["chosen"][0], rel=1e-3)


def test_what_the_prose_says_of_carbon_dioxide_holds(page):
    line = np.mean((page.ar_24 - page.co2[page.n :]) ** 2)
    assert line < SUN["co2 rise"]["low"], "does not reach the line"
    assert SUN["co2 rise"]["high"] < page.month < SUN["co2"]["low"]
    known = page.co2[: page.n]
    assert page.co2[page.n :].min() > known.max() - 8, "above nearly all that it has seen"


def test_what_the_prose_says_of_the_music_holds(page):
    five = MUSIC["last five"]
    assert MUSIC["moved"]["high"] < five["moved"] < MUSIC["plain"]["low"] < five["plain"]
    assert MUSIC["no memory"]["low"] > MUSIC["last token"]["plain"]
    assert MUSIC["knowing nothing"] == pytest.approx(np.log(89))
    assert MUSIC["kinds"]["chord ends early"] == 10
    assert sum(MUSIC["kinds"].values()) == 20
    assert page.different["0.0"] <= 2, "one chord for ever"
    assert page.different["1.0"] > 20
    assert page.of_bach > max(page.of_net)


def test_the_second_roll_is_bach_s_and_the_others_are_not(page):
    bach = data.chorales(2)[1][:16]
    np.testing.assert_array_equal(page.bach[:16], bach)
    for tau, row in (("1.0", 0), ("0.7", 1)):
        roll = page.roll_of(MUSIC["written"][tau][row])
        assert roll.shape == (16, 88)
        assert (roll != bach).any()
        assert roll.sum() > 40


def test_a_look_up_of_a_column_is_the_product(page):
    np.testing.assert_array_equal(page.product, page.w_x[:, page.notes].T)


def test_the_stored_reader_has_the_stored_loss(page):
    batch = data.sentiment(np.random.default_rng(99), REVIEWS["n_test"])
    y = variants.many_to_one(rnn, page.reader, batch.x, lengths=batch.lengths).y
    loss = losses.sigmoid_cross_entropy(y, batch.target)[0]
    assert loss == pytest.approx(REVIEWS["words in order"]["losses"][0], rel=0.01)
    assert ((y > 0) == (batch.target > 0)).all()


def test_what_the_prose_says_of_the_reviews_holds(page):
    floors = data.sentiment_baselines()
    assert REVIEWS["sorted"]["low"] > floors["words without order"]
    assert REVIEWS["words in order"]["right"] == [1.0] * 8
    assert REVIEWS["few"]["low"] > floors["nothing"], "far above knowing nothing"
    assert REVIEWS["numbers"]["low"] > 10 * REVIEWS["words in order"]["high"]
    assert sum(REVIEWS["kinds"].values()) == 20
    assert sorted(page.pair[0]) == sorted(page.pair[1])
    beliefs = [[data.sentiment_belief(words[:n]) for n in (3, 4, 5, 8, 9)] for words in page.pair]
    assert beliefs == [[0.5, pytest.approx(5 / 6), 0.5, 0.5, 0], [0.5, pytest.approx(1 / 6), 0.5, 0.5, 1]]
    assert page.verdicts[0] < 0.1 < 0.9 < page.verdicts[1]


def test_what_the_prose_says_of_the_numbers_holds(page):
    assert NUMBERS["no state"]["different"] == [1] * NUMBERS["n_seeds"], "the same sentence for every source"
    for name in ("french", "to french", "german letters"):
        assert NUMBERS[name]["low"] > NUMBERS["digit by digit"], name
        assert min(NUMBERS[name]["train"]) > NUMBERS[name]["low"]
    hundreds, tens, units = NUMBERS["german early"]["places"]
    assert hundreds < tens < units
    longest = max(len(word) for _, word in data.number_words("de", 0, 999))
    assert f"up to {longest} of them" in prose()
    source, truth, answer, dictionary = page.shown
    assert answer == truth != dictionary
    assert dict(data.number_words("fr", 0, 999))[source.replace(" ", "")].replace("-", " ") == truth


def test_a_bad_file_is_refused_by_name_and_line(page):
    assert set(page.bad) == {"sales.csv", "tune.mid", "reviews.tsv", "pairs.tsv"}
    for name, (_, read) in page.bad.items():
        place = "" if name == "tune.mid" else r", line \d: .*, expected"
        with pytest.raises(ValueError, match=rf"{re.escape(name)}{place}"):
            read(page.folder / name)


def test_good_files_come_through(page):
    assert page.x.shape == (3, 2, 6)
    assert page.target.ravel().tolist() == [True, False]
    assert page.ready.target.shape == (len("siebenundachtzig") + 1, 2)
    np.testing.assert_array_equal(page.again, page.bach)


def test_the_practice_runs(page):
    assert page.own < page.stay
    np.testing.assert_array_equal(np.flatnonzero(page.up[0]), np.flatnonzero(page.bach[0]) + 7)
    with pytest.raises(ValueError, match="leave the piano"):
        page.moved(page.bach, 60)


def test_the_graded_prediction_is_not_given_away():
    assert not re.search(r"\b(81|eighty-one|nine numbers|9 of)\b", prose())
