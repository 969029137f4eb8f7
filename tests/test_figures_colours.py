"""The figures' colours: those of the book's table, legible on every ground they are drawn on, in both modes."""

import re

import pytest

from rnnlab.figures.canvas import SHADE, WRITTEN
from rnnlab.figures.frame import source

# The book's table: each role's colour, and its contrast on the grounds.
TABLE = {
    "light": {
        "x": ("#0b5cad", (6.67, 6.06)),
        "h": ("#a8390b", (6.45, 5.86)),
        "y": ("#1a6b2f", (6.59, 5.98)),
        "g": ("#8a2a8f", (7.48, 6.79)),
        "c": ("#00686e", (6.55, 5.95)),
        "p": ("#48566b", (7.45, 6.76)),
        "ink": ("#222832", (14.81, 13.45)),
        "neg": ("#2166ac", (5.90,)),
        "pos": ("#b2182b", (6.87,)),
    },
    "dark": {
        "x": ("#7cc0ff", (9.67, 9.19, 6.77)),
        "h": ("#ffa36b", (9.55, 9.08, 6.69)),
        "y": ("#7fd992", (10.92, 10.38, 7.65)),
        "g": ("#e69be8", (9.12, 8.67, 6.38)),
        "c": ("#5fd3da", (10.54, 10.02, 7.38)),
        "p": ("#9ca4af", (7.44, 7.08, 5.21)),
        "ink": ("#ced6dd", (12.75, 12.12, 8.92)),
        "neg": ("#6baed6", (7.72,)),
        "pos": ("#fb8a7c", (8.05,)),
    },
}
GROUNDS = {"light": ("#ffffff", "#f3f4f5"), "dark": ("#121212", "#14181e", "#29313d")}
roles = pytest.mark.parametrize(("mode", "role"), [(mode, role) for mode in TABLE for role in TABLE[mode]])


def colours():
    """Return each mode's variables, from the stylesheet."""
    css = source("figure.css")
    light = dict(re.findall(r"--(\w+): (#\w+)", css.partition("}")[0]))
    dark = dict(re.findall(r"--(\w+): (#\w+)", css.partition('[data-theme="dark"]')[2].partition("}")[0]))
    return {"light": light, "dark": dark}


def luminance(colour):
    """Return the relative luminance of a colour."""
    full = colour[1:] if len(colour) == 7 else "".join(letter * 2 for letter in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Return the contrast ratio of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over(colour, ground, opacity):
    """Return the colour seen where one lies half-transparent on another."""
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02x}" for a, b in pairs)


def paper(mode):
    """Return the ground of nodes, in full."""
    found = colours()[mode]["paper"]
    return found if len(found) == 7 else "#" + "".join(letter * 2 for letter in found[1:])


@roles
def test_the_stylesheet_has_the_colours_of_the_table(mode, role):
    assert colours()[mode][role] == TABLE[mode][role][0]


@roles
def test_contrast_is_that_of_the_table_and_passes(mode, role):
    colour, ratios = TABLE[mode][role]
    for ground, ratio in zip(GROUNDS[mode], ratios, strict=False):
        assert contrast(colour, ground) == pytest.approx(ratio, abs=0.006)
    for ground in (*GROUNDS[mode], paper(mode)):
        assert contrast(colour, ground) >= 4.5


@roles
def test_symbol_and_value_stay_legible_on_the_darkest_shade(mode, role):
    ground = over(TABLE[mode][role][0], paper(mode), SHADE)
    assert contrast(TABLE[mode]["ink"][0], ground) >= 4.5
    if role in ("x", "h", "y", "c"):
        assert contrast(TABLE[mode][role][0], ground) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("role", ["neg", "pos"])
def test_numbers_stay_legible_on_a_matrix(mode, role):
    ground = over(TABLE[mode][role][0], paper(mode), WRITTEN)
    assert contrast(TABLE[mode]["ink"][0], ground) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_pressed_button_is_legible(mode):
    assert contrast(paper(mode), TABLE[mode]["x"][0]) >= 4.5
