"""What ``rnnlab bench`` measured, as tables for the terminal."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from rnnlab.bench import grid, memory, scaling, startup, training


def _table(caption: str, *columns: str) -> Table:
    return Table(*columns, box=box.SIMPLE_HEAD, caption=caption)


def ratios(rows: Sequence[grid.Row]) -> Table:
    """Return the main table."""
    table = _table(
        "ratio: the rival's time divided by ours, median of the rounds; spread: quartiles",
        "cell", "dtype", "T, B, D, H", "phase", "rival", "ratio", "spread", "% of peak",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.cell, row.dtype, f"{row.T}, {row.B}, {row.D}, {row.H}", row.phase, row.rival,
            f"{row.ratio:.2f}", f"{row.low:.2f}-{row.high:.2f}",
            "" if row.percent_of_peak is None else f"{row.percent_of_peak:.0f}",
        )  # fmt: skip
    return table


def starts(rows: Sequence[startup.Row]) -> Table:
    """Return the first calls."""
    table = _table(
        "CPU seconds of a new process, medians; × trivial: the whole, by that of NumPy, Numba and one trivial function",
        "cell", "cache", "import", "first forward", "first backward", "whole", "× trivial", "spread", "import ×",
    )  # fmt: skip
    for row in rows:
        seconds = (f"{value:.2f}" for value in (row.importing, row.forward, row.backward, row.process))
        spread = f"{row.low:.2f}-{row.high:.2f}"
        table.add_row(row.cell, row.cache, *seconds, f"{row.process_ratio:.2f}", spread, f"{row.import_ratio:.2f}")
    return table


def peaks(rows: Sequence[memory.Row]) -> Table:
    """Return the memory that passes take."""
    table = _table(
        "forward with all gradients, at the highest point, beyond weights and inputs",
        "cell", "dtype", "T, B, D, H", "library", "MB", "numbers for each of T·B·H",
    )  # fmt: skip
    for row in rows:
        size = f"{row.T}, {row.B}, {row.D}, {row.H}"
        table.add_row(row.cell, row.dtype, size, row.library, f"{row.megabytes:.1f}", f"{row.floats:.2f}")
    return table


def exponents(rows: Sequence[scaling.Row]) -> Table:
    """Return how times grow."""
    table = _table(
        "forward with all gradients; time grows as size^exponent; last: between the two largest sizes",
        "cell", "dtype", "axis", "sizes", "ms", "exponent", "spread", "last",
    )  # fmt: skip
    for row in rows:
        times = " ".join(f"{1e3 * value:.3g}" for value in row.seconds)
        sizes, spread = " ".join(map(str, row.sizes)), f"{row.low:.2f}-{row.high:.2f}"
        table.add_row(row.cell, row.dtype, row.axis, sizes, times, f"{row.exponent:.2f}", spread, f"{row.last:.2f}")
    return table


def runs(rows: Sequence[training.Row]) -> Table:
    """Return whole training runs."""
    table = _table(
        "CPU seconds of the updates to the target; ratio: PyTorch's divided by ours; spread: quartiles, block by block",
        "task", "cell", "H", "target", "updates", "PyTorch's", "loss", "PyTorch's", "s", "PyTorch's", "ratio", "spread",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.task, row.cell, str(row.n_hidden), f"{row.target:g}", str(row.updates), str(row.rival_updates),
            f"{row.loss:.4f}", f"{row.rival_loss:.4f}", f"{row.seconds:.1f}", f"{row.rival_seconds:.1f}",
            f"{row.ratio:.2f}", f"{row.low:.2f}-{row.high:.2f}",
        )  # fmt: skip
    return table
