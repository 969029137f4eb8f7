import numpy as np
import pytest
from cells import CELLS, Drawn, draw
from record_torch import DATA, TWINS, ours, twin

every_twin = pytest.mark.parametrize("name", TWINS)


def agree(found, expected):
    assert set(found) == set(expected)
    for key, want in expected.items():
        np.testing.assert_allclose(found[key], want, rtol=1e-10, atol=1e-14 * np.abs(want).max(), err_msg=key)


@every_twin
@pytest.mark.parametrize("padded", [False, True])
def test_outputs_and_gradients_are_those_that_pytorch_recorded(name, padded):
    cell = CELLS[name]
    with np.load(DATA / f"torch_{name}{'_padded' if padded else ''}.npz") as file:
        recorded = dict(file)
    given = {key.removeprefix("given_"): recorded.pop(key) for key in list(recorded) if key.startswith("given_")}
    for note in ("torch_version", "seed"):
        assert recorded.pop(note).size == 1
    count = range(len(cell.state_names))
    drawn = Drawn(
        cell,
        cell.module.Params(*(given[field] for field in cell.module.Params._fields)),
        given["x"],
        cell.whole([given[f"state{k}"] for k in count]),
        given.get("lengths"),
        given["dh"],
        cell.whole([given[f"dh_n{k}"] for k in count]),
    )
    agree(ours(drawn), recorded)


@every_twin
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("n_steps", [1, 60])
def test_outputs_and_gradients_are_those_of_pytorch(name, padded, n_steps):
    pytest.importorskip("torch")
    drawn = draw(name, seed=3, n_steps=n_steps, n_batch=8, n_input=6, n_hidden=20, padded=padded)
    agree(ours(drawn), twin(name, drawn))
