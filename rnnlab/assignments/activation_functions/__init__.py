"""Assignment 3: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "03_activation_functions"
