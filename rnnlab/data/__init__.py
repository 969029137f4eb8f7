"""Sequences to learn from: generated tasks with exact floors, real series that packages carry, and files of one's own.

Every generated task is a function of a random generator that returns a `Batch`; its twin ``<task>_floors`` returns the
losses that nobody can beat, by what is known. A loader of real data imports the package that carries it when it is
called. Nothing is downloaded.
"""

from rnnlab.data.batch import Batch, PairBatch, length_mask, one_hot
from rnnlab.data.bits import (
    binary_adder,
    binary_adder_floors,
    parity,
    parity_floors,
    xor_in_time,
    xor_in_time_floors,
)
from rnnlab.data.files import Table, read_labelled, read_pairs, read_table, read_text
from rnnlab.data.harmony import HARMONY_LOWEST, harmony, harmony_floors
from rnnlab.data.memory import (
    adding,
    adding_1997,
    adding_1997_floors,
    adding_floors,
    copying,
    copying_floors,
    first_element,
    first_element_floors,
    latch,
    latch_floors,
    multiplication,
    multiplication_floors,
    temporal_order,
    temporal_order_floors,
)
from rnnlab.data.real import Series, chorales, co2, dates, digits, number_words, sunspots
from rnnlab.data.reber import (
    REBER_SYMBOLS,
    continual_reber,
    continual_reber_floors,
    embedded_reber,
    embedded_reber_floors,
    reber_successors,
)
from rnnlab.data.scores import PIANO_KEYS, PIANO_LOWEST, read_score, render, write_score, write_wave
from rnnlab.data.sentiment import SENTIMENT_WORDS, read_sentences, sentiment, sentiment_floors
from rnnlab.data.sequences import Vocabulary, excerpts, pad, pair_batch, streams, windows
from rnnlab.data.signals import binary_entropy, echo, echo_floors, sine, sine_floors

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
    "adding_1997_floors",
    "adding_floors",
    "binary_adder",
    "binary_adder_floors",
    "binary_entropy",
    "chorales",
    "co2",
    "continual_reber",
    "continual_reber_floors",
    "copying",
    "copying_floors",
    "dates",
    "digits",
    "echo",
    "echo_floors",
    "embedded_reber",
    "embedded_reber_floors",
    "excerpts",
    "first_element",
    "first_element_floors",
    "harmony",
    "harmony_floors",
    "latch",
    "latch_floors",
    "length_mask",
    "multiplication",
    "multiplication_floors",
    "number_words",
    "one_hot",
    "pad",
    "pair_batch",
    "parity",
    "parity_floors",
    "read_labelled",
    "read_pairs",
    "read_score",
    "read_sentences",
    "read_table",
    "read_text",
    "reber_successors",
    "render",
    "sentiment",
    "sentiment_floors",
    "sine",
    "sine_floors",
    "streams",
    "sunspots",
    "temporal_order",
    "temporal_order_floors",
    "windows",
    "write_score",
    "write_wave",
    "xor_in_time",
    "xor_in_time_floors",
]
