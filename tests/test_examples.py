"""The book's examples are short, run as they are printed, and learn; here at a size that takes seconds."""

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "book" / "examples"


def run(capsys, name, **constants):
    """Run an example with other constants than the printed ones and return what it prints."""
    source = (EXAMPLES / f"{name}.py").read_text()
    for old, new in constants.values():
        assert source.count(old) == 1, f"{name}.py has no single {old!r}"
        source = source.replace(old, new)
    exec(compile(source, f"{name}.py", "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_has_at_most_twelve_lines(path):
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 120


def test_adding_is_learned(capsys):
    printed = run(capsys, "adding", sizes=("N_STEPS, N_UPDATES = 100, 2000", "N_STEPS, N_UPDATES = 6, 300"))
    error, mean = map(float, re.findall(r"\d\.[\d.e-]+", printed))
    assert mean == pytest.approx(1 / 6)
    assert error < mean / 10


def test_temporal_order_is_learned(capsys):
    printed = run(capsys, "temporal_order", sizes=("N_STEPS, N_UPDATES = 20, 3000", "N_STEPS, N_UPDATES = 10, 1500"))
    assert float(re.findall(r"right: ([\d.]+)", printed)[0]) > 0.9


def test_characters_are_learned_from_a_file(capsys, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat. " * 40)
    constants = ("N_UPDATES, text = 2000", "N_UPDATES, text = 150"), ("LICENSE-CONTENT", str(path))
    printed = run(capsys, "characters", updates=constants[0], file=constants[1])
    assert "the cat sat on the mat." in printed


def test_three_outputs_are_learned_from_two_inputs(capsys):
    printed = run(capsys, "two_to_three", updates=("N_UPDATES = 3000", "N_UPDATES = 400"))
    assert float(printed.split()[1]) < 0.01  # of a variance of 2/3, 2/3 and 1/9
