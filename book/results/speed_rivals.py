"""How fast are the cells beside PyTorch, JAX and NumPy, and a whole training run beside PyTorch's?

Writes `speed_rivals.json` beside itself; about ten minutes on one core. It holds what `rnnlab bench` and
`rnnlab bench training` print, at fewer sizes: `rows` are those that the chapter draws, `more` the largest size and
float64, beside PyTorch and JAX. A library that is not installed is left out, and the file says so.
"""

import datetime
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
from speed_steps import machine
from threadpoolctl import threadpool_limits

import rnnlab
from rnnlab import data, gru, lstm, rnn
from rnnlab.bench import grid, rivals, training
from rnnlab.kernels import tiers

SEED, SECONDS = 0, 1.0
SIZES = (
    (25, 1, 8, 16),
    (1000, 1, 1, 16),
    (50, 1, 32, 64),
    (50, 20, 2, 32),
    (50, 32, 32, 64),
    (100, 32, 64, 128),
    (1000, 16, 64, 128),
    (100, 64, 128, 256),
)
LARGEST = ((200, 64, 256, 512),)
IN_FLOAT64 = ((25, 1, 8, 16), (50, 20, 2, 32), (50, 32, 32, 64), (100, 64, 128, 256))
CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm}


def main() -> None:
    """Measure everything and store it."""
    names = [name for name in rivals.NAMES if not rivals.missing(name)]
    found: dict = {
        "command": "python book/results/speed_rivals.py",
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": {"rnnlab": rnnlab.__version__, "python": platform.python_version()}
        | {name: version(name) for name in names}
        | {"numba": version("numba"), "numpy": np.__version__},
        "seed": SEED,
        "not_installed": [name for name in rivals.NAMES if rivals.missing(name)],
    }
    with threadpool_limits(1):
        peaks = {dtype: tiers.peak(dtype) for dtype in ("float32", "float64")}
        found["rows"] = []
        for row in grid.rows(CELLS, SIZES, ["float32"], names, peaks, SECONDS):
            found["rows"].append(row._asdict())
            print(row, flush=True)
        found["more"] = []
        compiled = [name for name in names if name != "numpy"]
        for sizes, dtype in ((IN_FLOAT64, "float64"), (LARGEST, "float32")):
            for row in grid.rows(CELLS, sizes, [dtype], compiled, peaks, SECONDS):
                found["more"].append(row._asdict())
                print(row, flush=True)
        found["loops"] = []
        for phase, size in (("train_step", (50, 20, 2, 32)), ("sample", (200, 1, 65, 100))):
            some = [name for name in names if name == "torch"]
            for row in grid.rows(CELLS, [size], ["float32"], some, peaks, SECONDS, [phase]):
                found["loops"].append(row._asdict())
                print(row, flush=True)
        text = data.read_text(Path(__file__).parents[2] / "LICENSE-CONTENT")
        tasks = [training.adding(), training.characters(text, target=1.0)]
        found["training"] = []
        for run in training.rows(tasks, SEED) if "torch" in names else ():
            found["training"].append(run._asdict())
            print(run, flush=True)
    found["text_length"] = len(text)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
