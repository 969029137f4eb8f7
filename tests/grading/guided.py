"""What a coverage-guided fuzzer runs: bytes as a notebook file, and as a message of the child's.

Anything but a refusal ends the fuzzer with a trace. Run as ``python guided.py -max_total_time=60``.
"""

import sys

import atheris

with atheris.instrument_imports(
    include=["rnnlab.checks.codec", "rnnlab.checks.values", "rnnlab.grading.notebook_file"]
):
    from rnnlab.checks import codec
    from rnnlab.grading import notebook_file
    from rnnlab.grading.errors import Refused


def one(data: bytes) -> None:
    """Read bytes in both ways."""
    try:
        found, notes = notebook_file.cells(data, 100)
        assert all(isinstance(cell.source, str) for cell in found)
        assert all(isinstance(note, str) for note in notes)
    except Refused:
        pass
    try:
        again = codec.encode(codec.decode(data))
        assert codec.encode(codec.decode(again)) == again
    except codec.CodecError:
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
