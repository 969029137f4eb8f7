"""Assignment 11: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "11_applications"
