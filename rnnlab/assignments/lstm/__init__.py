"""Assignment 10: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "10_lstm"
