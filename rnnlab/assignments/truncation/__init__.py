"""Assignment 5: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "05_truncation"
