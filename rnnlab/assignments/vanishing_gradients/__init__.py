"""Assignment 6: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "06_vanishing_gradients"
