"""The forecast of the how-to page with sktime's regression on lags: lines, CPU time, error.

sktime is not among the project's packages: ``make beside-sktime`` makes an environment of its own for it. Writes
`forecast_beside_sktime.json` into `book/results/`; about a minute on one core. Imports are not counted.
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
names: dict = {}
exec("".join(line for line in source.splitlines(True) if line.startswith(("import", "from"))), names)
loaded = time.process_time()
exec(source, names)
whole = time.process_time() - loaded
start = time.process_time()
names["evaluate"](
    names["regression"],
    names["splits"],
    names["load"],
    strategy="no-update_params",
    scoring=names["MeanAbsoluteError"](),
)
alone = time.process_time() - start
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
        "mae": round(float(names["mae"]), 2),
        "coverage": round(float(names["coverage"]), 3),
        "seconds": round(whole, 1),
        "seconds_without_interval": round(alone, 1),
    },
}
path = ROOT / "book" / "results" / "forecast_beside_sktime.json"
path.write_text(json.dumps(found) + "\n", encoding="utf-8")
