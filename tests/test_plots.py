"""Figures show what they are given, say it in words, and stand out on light and on dark pages."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from rnnlab import data, plots

CURVE = np.linspace(0.7, 0.5, 100)
NOTES = np.zeros((8, 88))
NOTES[:4, 39], NOTES[4:, 43] = 1, 1
PICTURES = {
    "loss": lambda: plots.loss_curves({"rnn": CURVE, "lstm": CURVE / 2}, data.echo_baselines()),
    "lag": lambda: plots.gradient_by_lag({"rnn": 0.5 ** np.arange(9), "lstm": np.ones(9)}),
    "states": lambda: plots.states(np.random.default_rng(0).normal(size=(5, 3)), labels="hello"),
    "roll": lambda: plots.piano_roll(NOTES),
    "forecast": lambda: plots.forecast(CURVE, CURVE[:9], low=CURVE[:9] - 1, high=CURVE[:9] + 1, truth=CURVE[:9] / 2),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_inline_svg_with_a_text_for_those_who_do_not_see_it(name):
    picture = PICTURES[name]()
    root = ET.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == picture.alt
    assert picture._repr_html_() == picture.svg
    assert len(picture.svg) < 60_000
    assert "http" not in picture.svg.replace("http://www.w3.org/1999/xlink", "")


@pytest.mark.parametrize("name", PICTURES)
def test_text_and_axes_take_the_colour_of_the_page(name):
    svg = PICTURES[name]().svg
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "#000000" not in svg
    assert "#ffffff" not in re.sub(r'"data:[^"]*"', "", svg)


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_numbers_make_the_same_file(name):
    assert PICTURES[name]() == PICTURES[name]()


def luminance(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour", plots.COLOURS)
@pytest.mark.parametrize("page", ["#ffffff", "#14181e"])
def test_curves_stand_out_on_light_and_on_dark_pages(colour, page):
    bright, dark = sorted((luminance(colour), luminance(page)), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 3


def test_a_loss_curve_is_described_with_its_baselines():
    picture = plots.loss_curves({"rnn": CURVE}, {"nothing": 0.6616, "all": 0.4545}, smooth=10)
    assert picture.alt == "Loss over updates. rnn: from 0.6909 to 0.5091. Dashed baselines: nothing 0.6616, all 0.4545."
    assert "nothing 0.6616" in picture.svg
    logarithmic = plots.loss_curves({"rnn": CURVE}, {"memory": 0.0}, log=True)
    assert "memory" not in logarithmic.svg


def test_the_other_figures_say_what_they_show():
    assert PICTURES["lag"]().alt == (
        "Norm of the gradient by steps back in time, logarithmic. rnn: 1 at once, 0.00391 after 8 steps; "
        "lstm: 1 at once, 1 after 8 steps."
    )
    assert plots.states([[0.0, 1.0], [0.0, -1.0]]).alt == (
        "Hidden states as colours: 2 units over 2 steps, between -1 and 1; unit 1 moves most."
    )
    assert PICTURES["roll"]().alt == ("Piano roll: 4 quarter notes, pitches 60 to 64, 1 notes at a time on average.")


def test_a_saved_picture_stands_alone(tmp_path):
    path = tmp_path / "loss.svg"
    PICTURES["loss"]().save(path)
    assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_gradient_that_has_vanished_is_drawn_as_far_as_it_goes():
    assert "0 after 3 steps" in plots.gradient_by_lag({"rnn": [1.0, 0.1, 0.0, 0.0]}).alt


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.loss_curves({}), "losses holds 0 curves, expected 1 to 4"),
        (lambda: plots.gradient_by_lag({n: [1.0] for n in "abcde"}), "norms holds 5 curves, expected 1 to 4"),
        (lambda: plots.loss_curves({"rnn": np.zeros((2, 2))}), "rnn has shape (2, 2), expected (N)"),
        (lambda: plots.states(np.zeros((3, 2)), labels="ab"), "labels has 2 characters, expected T=3"),
        (lambda: plots.states([[np.nan]]), "h[0, 0] is nan, expected finite numbers"),
        (lambda: plots.piano_roll(np.zeros((3, 88))), "roll is silent, expected at least one note"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message


def test_a_forecast_with_half_an_interval_or_another_length_is_named():
    with pytest.raises(ValueError, match=r"^low and high are the ends of one interval, expected both or neither$"):
        plots.forecast(CURVE, CURVE[:9], low=CURVE[:9])
    with pytest.raises(ValueError, match=r"^truth has 8 values, expected 9 as expected has$"):
        plots.forecast(CURVE, CURVE[:9], truth=CURVE[:8])
