"""Assignment 9: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "09_gru"
