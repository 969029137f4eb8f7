"""Sequences to learn from: tasks with exact baselines, real series that packages carry, and your own files.

Every generated task is a function of a random generator that returns a `Batch`; its twin ``<task>_baselines`` returns
the losses that nobody can beat, by what is known. A loader of real data imports the package that carries it when it is
called. Nothing is downloaded.
"""

from rnnlab.data.batch import Batch, PairBatch, length_mask, one_hot
from rnnlab.data.bits import (
    binary_adder,
    binary_adder_baselines,
    parity,
    parity_baselines,
    xor_in_time,
    xor_in_time_baselines,
)
from rnnlab.data.files import Table, read_table
from rnnlab.data.forecast import rolling_origin, seasonal_naive, windows
from rnnlab.data.frames import read_frame
from rnnlab.data.harmony import HARMONY_LOWEST, harmony, harmony_baselines
from rnnlab.data.latch import first_element, first_element_baselines, latch, latch_baselines
from rnnlab.data.memory import (
    adding,
    adding_1997,
    adding_1997_baselines,
    adding_baselines,
    copying,
    copying_baselines,
    multiplication,
    multiplication_baselines,
    temporal_order,
    temporal_order_baselines,
)
from rnnlab.data.pairs import read_labelled, read_pairs
from rnnlab.data.real import Series, chorales, co2, dates, digits, number_words, sunspots
from rnnlab.data.reber import (
    REBER_SYMBOLS,
    continual_reber,
    continual_reber_baselines,
    embedded_reber,
    embedded_reber_baselines,
    reber_successors,
)
from rnnlab.data.scores import PIANO_KEYS, PIANO_LOWEST, read_score, render, write_score, write_wave
from rnnlab.data.sentiment import SENTIMENT_WORDS, read_sentences, sentiment, sentiment_baselines, sentiment_belief
from rnnlab.data.sequences import Vocabulary, excerpts, pad, pair_batch, streams
from rnnlab.data.signals import binary_entropy, echo, echo_baselines, sine, sine_baselines
from rnnlab.data.text import read_text

__all__ = [
    "HARMONY_LOWEST",
    "PIANO_KEYS",
    "PIANO_LOWEST",
    "REBER_SYMBOLS",
    "SENTIMENT_WORDS",
    "Batch",
    "PairBatch",
    "Series",
    "Table",
    "Vocabulary",
    "adding",
    "adding_1997",
    "adding_1997_baselines",
    "adding_baselines",
    "binary_adder",
    "binary_adder_baselines",
    "binary_entropy",
    "chorales",
    "co2",
    "continual_reber",
    "continual_reber_baselines",
    "copying",
    "copying_baselines",
    "dates",
    "digits",
    "echo",
    "echo_baselines",
    "embedded_reber",
    "embedded_reber_baselines",
    "excerpts",
    "first_element",
    "first_element_baselines",
    "harmony",
    "harmony_baselines",
    "latch",
    "latch_baselines",
    "length_mask",
    "multiplication",
    "multiplication_baselines",
    "number_words",
    "one_hot",
    "pad",
    "pair_batch",
    "parity",
    "parity_baselines",
    "read_frame",
    "read_labelled",
    "read_pairs",
    "read_score",
    "read_sentences",
    "read_table",
    "read_text",
    "reber_successors",
    "render",
    "rolling_origin",
    "seasonal_naive",
    "sentiment",
    "sentiment_baselines",
    "sentiment_belief",
    "sine",
    "sine_baselines",
    "streams",
    "sunspots",
    "temporal_order",
    "temporal_order_baselines",
    "windows",
    "write_score",
    "write_wave",
    "xor_in_time",
    "xor_in_time_baselines",
]
