"""The forecast of the how-to page with rnnlab and written out with PyTorch: lines, CPU time, error. Five seeds.

Writes `forecast_beside_pytorch.json` beside itself; about two minutes on one core. Each is run once before its time is
taken, so that nothing is compiled meanwhile.
"""

import datetime
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch

import rnnlab

torch.set_num_threads(1)
FOLDER = Path(__file__).parents[1] / "howto" / "beside"
SOURCES = {name: (FOLDER / f"with_{name}.py").read_text(encoding="utf-8") for name in ("rnnlab", "pytorch")}
SEEDS = range(5)

found: dict[str, dict] = {}
for name, source in SOURCES.items():
    exec(source, {})
    runs = []
    for seed in SEEDS:
        names: dict = {}
        code, start = compile(source.replace("SEED = 0", f"SEED = {seed}"), name, "exec"), time.process_time()
        exec(code, names)
        runs.append((float(names["mae"]), float(names["coverage"]), time.process_time() - start))
    mae, coverage, seconds = np.array(runs).T
    found[name] = {
        "lines": sum(bool(line.strip()) for line in source.splitlines()),
        "mae": round(float(mae.mean()), 2),
        "mae_low": round(float(mae.min()), 2),
        "mae_high": round(float(mae.max()), 2),
        "coverage": round(float(coverage.mean()), 3),
        "seconds": round(float(np.median(seconds)), 1),
    }
about = {
    "command": "python book/results/forecast_beside_pytorch.py",
    "date": datetime.date.today().isoformat(),
    "versions": {"rnnlab": rnnlab.__version__, "numpy": np.__version__, "torch": torch.__version__,
                 "python": platform.python_version()},
    "seeds": list(SEEDS),
    "n_seeds": len(SEEDS),
}  # fmt: skip
path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps({**about, **found}) + "\n", encoding="utf-8")
