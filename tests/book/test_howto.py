"""Every recipe runs as it is printed, and does what it says."""

import json
import re
from pkgutil import iter_modules

import chapters
import numpy as np
import pytest

import rnnlab

PAGES = ("networks", "weights", "forecasting", "cell")
COURSE = {"assignments", "bench", "checks", "cli", "grading", "kernels", "teaching"}


@pytest.mark.parametrize("page", PAGES)
def test_the_recipes_of_a_page_run(page, capsys):
    if page == "forecasting":
        pytest.importorskip("pandas")
        pytest.importorskip("sklearn")
    chapters.run(f"howto/{page}")
    assert "False" not in capsys.readouterr().out


def test_every_recipe_that_is_listed_is_there():
    text = "".join(chapters.text(f"howto/{page}") for page in PAGES).lower()
    for word in (
        "dropout", "save and load", "embeddings", "layers", "pad", "pytorch", "keras", "a loss of your own", "float32",
        "the same numbers twice", "one reading at a time", "a cell of your own", "how to forecast",
        "from a file", "folder of midi files", "windows of a series", "local times", "what is missing",
    ):  # fmt: skip
        assert word in text, word


def test_pytorch_s_recipe_runs():
    pytest.importorskip("torch")
    blocks = re.findall(r"```python\n(.*?)```", chapters.text("howto/weights"), re.S)
    assert len(blocks) == 1
    exec(blocks[0], {})


def test_a_cell_of_one_s_own_takes_at_most_sixty_lines_and_has_the_right_gradient():
    source = next(cell for cell in chapters.cells("howto/cell") if "class mgu" in cell)
    assert len([line for line in source.splitlines() if line.strip()]) <= 60
    names = chapters.run("howto/cell")
    report = names.gradcheck.check(
        names.loss, {"params": names.params, "x": names.x, "state": names.state}, names.gradients
    )
    assert report.ok, report
    tape = names.mgu.forward(names.params, names.x, names.state, lengths=names.lengths)
    cut = names.mgu.forward(names.params, names.x[:, 1:], names.state[1:], lengths=names.lengths[1:])
    np.testing.assert_allclose(tape.h[:, 1:], cut.h, rtol=1e-13)


def test_the_forecast_takes_at_most_fifteen_lines():
    cells = chapters.cells("howto/forecasting")[1:3]
    assert sum(bool(line.strip()) for cell in cells for line in cell.splitlines()) <= 15


def test_the_network_forecasts_better_than_what_costs_nothing():
    pytest.importorskip("pandas")
    names = chapters.run("howto/forecasting")
    errors = {score.name: score.mae for score in names.scores}
    assert min(errors, key=errors.get) == "network"
    assert 0.7 <= names.scores[0].coverage <= 0.9


def test_every_public_module_is_on_a_page_of_the_interface():
    pages = "".join(chapters.text(f"interface/{page}") for page in ("cells", "learning", "data", "tools"))
    modules = {module.name for module in iter_modules(rnnlab.__path__) if not module.name.startswith("_")} - COURSE
    listed = chapters.text("interface")
    assert [name for name in sorted(modules) if f".. automodule:: rnnlab.{name}\n" not in pages] == []
    assert [name for name in sorted(modules) if f"`{name}`" not in listed] == []


def test_the_twin_in_pytorch_is_the_one_that_was_measured():
    stored = json.loads((chapters.BOOK / "results" / "forecast_beside_pytorch.json").read_text())
    for name in ("rnnlab", "pytorch"):
        source = (chapters.BOOK / "howto" / "beside" / f"with_{name}.py").read_text()
        assert stored[name]["lines"] == sum(bool(line.strip()) for line in source.splitlines())
        assert 0 < stored[name]["coverage"] < 1
    assert stored["n_seeds"] == len(stored["seeds"]) >= 5


def test_the_lines_in_sktime_are_those_that_were_measured():
    stored = json.loads((chapters.BOOK / "results" / "forecast_beside_sktime.json").read_text())
    source = (chapters.BOOK / "howto" / "beside" / "with_sktime.py").read_text()
    assert stored["sktime"]["lines"] == sum(bool(line.strip()) for line in source.splitlines())
    assert f"sktime=={stored['versions']['sktime']}" in (chapters.BOOK.parent / "Makefile").read_text()
