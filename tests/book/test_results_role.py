"""Numbers from stored runs, and what is said when one is missing."""

import json

import pytest

pytest.importorskip("sphinx")

from rnnbook import results


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "echo.json").write_text(json.dumps({"carried": {"5": {"all": [0.4691, 0.498]}}, "seeds": 8}))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "shown"),
    [("echo:carried.5.all.0:.3f", "0.469"), ("echo:seeds:d", "8"), ("echo:carried.5.all.1:.0%", "50%")],
)
def test_a_number_is_found_and_formatted(folder, text, shown):
    assert results.look_up(text, folder) == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("other:seeds:d", r"there is no book/results/other.json, only echo"),
        ("echo:cariied.5:d", r"echo:cariied.5: there is no key 'cariied', only carried, seeds"),
        ("echo:carried.5.all.2:d", r"there is no key '2', only 0 to 1"),
        ("echo:seeds.more:d", r"there is no key 'more', only none"),
        ("echo:carried:.3f", r"echo:carried is .*, which the format '.3f' does not fit"),
        ("echo:seeds", r"expected file:key:format, got 'echo:seeds'"),
    ],
)
def test_what_is_missing_is_named(folder, text, said):
    with pytest.raises(ValueError, match=said):
        results.look_up(text, folder)
