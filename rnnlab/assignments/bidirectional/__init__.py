"""Assignment 8: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "08_bidirectional"
