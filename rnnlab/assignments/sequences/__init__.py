"""Assignment 1: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "01_sequences"
