"""Assignment 4: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "04_backpropagation"
