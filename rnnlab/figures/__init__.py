"""Figures that answer back: inline SVG and a few lines of plain script over numbers that the caller computed.

A figure asks nothing of the network, moves with the keyboard, says in words what it shows, keeps its first drawing
where no script runs, and follows the page from light to dark. In a notebook it is the value of a cell.
"""

from rnnlab.figures.stems import stems
from rnnlab.figures.unfolding import unfolding

__all__ = ["stems", "unfolding"]
