"""Assignment 7: the wrong ways that students take in 7.7, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 7.7


def _search(
    step,
    start,
    width,
    n,
    *,
    add=lambda score, log_p: score + log_p,
    first=0.0,
    lowest=False,
    state_of=lambda beams, i: beams[i][2][0],
    symbol_of=lambda beam, start: beam[2][1],
):
    beams: list = [(first, [], start)]
    for _ in range(n):
        longer = []
        for i, beam in enumerate(beams):
            state, log_p = step(state_of(beams, i), symbol_of(beam, start))
            longer += [(add(beam[0], float(log_p[s])), [*beam[1], s], (state, s)) for s in range(len(log_p))]
        beams = sorted(longer, key=lambda beam: beam[0], reverse=not lowest)[:width]
    return np.array(beams[0][1]), beams[0][0]


def _with_first_symbol(step, start, width, n):
    symbols, score = _search(step, start, width, n)
    return np.concatenate([[start[1]], symbols]), score


def _as_probability(step, start, width, n):
    symbols, score = _search(step, start, width, n)
    return symbols, float(np.exp(score))


def _mean_score(step, start, width, n):
    symbols, score = _search(step, start, width, n)
    return symbols, score / n


_BEAM = (
    Mistake(
        "always greedy",
        "your search is greedy, whatever the width. All the continuations of all beams compete for the places; one "
        "continuation for each beam is not enough, for there is only one beam to start from.",
        {"beam_search": lambda step, start, width, n: _search(step, start, 1, n)},
    ),
    Mistake(
        "exhaustive",
        "your search keeps every beginning, whatever the width. It finds the best, and takes V^n steps for it.",
        {"beam_search": lambda step, start, width, n: _search(step, start, None, n)},
    ),
    Mistake(
        "the worst kept",
        "your search keeps the least likely beginnings. Logarithms of chances are negative: the largest is the one "
        "nearest to 0.",
        {"beam_search": lambda *args: _search(*args, lowest=True)},
    ),
    Mistake(
        "logarithms multiplied",
        "you multiply the logarithms of the chances. Chances are multiplied, so their logarithms are added.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: score * log_p, first=1.0)},
    ),
    Mistake(
        "negative logarithms multiplied",
        "you multiply scores by the negative logarithms of the chances and keep the lowest products. The logarithm of "
        "a product is the sum of the logarithms.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: score * -log_p, first=1.0, lowest=True)},
    ),
    Mistake(
        "chances added",
        "you add chances. They are multiplied along a sequence; their logarithms are added.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: score + float(np.exp(log_p)))},
    ),
    Mistake(
        "last step's score alone",
        "your score is the last symbol's alone. A beam's score is the sum along all of it.",
        {"beam_search": lambda *args: _search(*args, add=lambda score, log_p: log_p)},
    ),
    Mistake(
        "first beam's state for all",
        "every beam of yours goes on from the first beam's state. Each has a state of its own.",
        {"beam_search": lambda *args: _search(*args, state_of=lambda beams, i: beams[0][2][0])},
    ),
    Mistake(
        "start symbol at every step",
        "you hand the start symbol to `step` every time. After the first step a beam goes on with its last symbol.",
        {"beam_search": lambda *args: _search(*args, symbol_of=lambda beam, start: start[1])},
    ),
    Mistake(
        "one beam too many",
        "your search keeps width + 1 beams.",
        {"beam_search": lambda step, start, width, n: _search(step, start, width + 1, n)},
    ),
    Mistake(
        "start among the symbols",
        "your symbols begin with the start symbol. What is asked for are the n symbols that follow it.",
        {"beam_search": _with_first_symbol},
    ),
    Mistake(
        "probability for its logarithm",
        "your score is the probability. What is asked for is its logarithm.",
        {"beam_search": _as_probability},
    ),
    Mistake(
        "mean score",
        "your score is divided by the number of symbols. What is asked for is the sum.",
        {"beam_search": _mean_score},
    ),
)

MISTAKES = {"7.7": _BEAM}
