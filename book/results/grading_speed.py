"""How fast is grading beside nbgrader alone, and what do thousands of submissions take?

Writes `grading_speed.json` beside itself; about seven minutes on two idle cores. It holds what `rnnlab bench grading`
and `rnnlab bench grading --large` print. nbgrader alone grades a part of the class: each submission takes it seconds.
"""

import datetime
import json
import sys
from pathlib import Path

from speed_steps import machine

from rnnlab.grading import provenance
from rnnlab.grading.speed.large import large
from rnnlab.grading.speed.measure import Sizes, measure

SIZES = Sizes(n=60, n_stock=5, n_tiny=60, rounds=3)
LARGE, WORKERS = 5000, 2


def main() -> None:
    """Measure everything and store it."""
    found = {
        "command": "python book/results/grading_speed.py",
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": provenance.versions(),
        "beside": measure("02_unfolding", SIZES, lambda said: print(said, file=sys.stderr, flush=True)),
        "large": large(LARGE, WORKERS),
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
