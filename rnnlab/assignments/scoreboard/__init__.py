"""Assignment 13: its questions in `checks`, with `mistakes` and `alternatives` beside them."""

NAME = "13_scoreboard"
