"""Assignment 2: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "02_unfolding"
