"""Assignment 12: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "12_speed"
