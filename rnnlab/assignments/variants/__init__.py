"""Assignment 7: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "07_variants"
