"""The forecast of the how-to page with sktime's regression on lags: lines, CPU time, error.

sktime is not among the project's packages: ``make beside-sktime`` makes an environment of its own for it. Writes
`forecast_beside_sktime.json` into `book/results/`. It is run once before its time is taken.
"""

import datetime
import json
import platform
import time
import warnings
from pathlib import Path

import sklearn
import sktime

warnings.simplefilter("ignore")
ROOT = Path(__file__).parents[3]
source = (ROOT / "book" / "howto" / "beside" / "with_sktime.py").read_text(encoding="utf-8")
runs = []
for _ in range(4):
    names: dict = {}
    start = time.process_time()
    exec(source, names)
    runs.append((float(names["mae"]), time.process_time() - start))
found = {
    "command": "make beside-sktime",
    "date": datetime.date.today().isoformat(),
    "versions": {
        "sktime": sktime.__version__,
        "scikit-learn": sklearn.__version__,
        "python": platform.python_version(),
    },
    "sktime": {
        "lines": sum(bool(line.strip()) for line in source.splitlines()),
        "mae": round(runs[0][0], 2),
        "seconds": round(sorted(seconds for _, seconds in runs[1:])[1], 1),
    },
}
path = ROOT / "book" / "results" / "forecast_beside_sktime.json"
path.write_text(json.dumps(found) + "\n", encoding="utf-8")
