"""What do the checks of the exercises catch, and what do they accept?

Writes `validate_checks.json` beside itself; about half an hour on two idle cores. It holds what
`rnnlab assign validate --seeds 20` finds of each question. Less is asked with other numbers of seeds and of mutants:
`python book/results/validate_checks.py 2 3`.
"""

import datetime
import json
import sys
from pathlib import Path

from rnnlab import checks
from rnnlab.grading import provenance
from rnnlab.grading.validate import validate_all

SEEDS, WORKERS = 20, 2


def main(n_seeds: int = SEEDS, n_mutants: int | None = None) -> None:
    """Validate every question and store what was found."""
    found: dict = {
        "command": " ".join(["python book/results/validate_checks.py", *sys.argv[1:]]),
        "date": datetime.date.today().isoformat(),
        "versions": provenance.versions(),
        "seeds": n_seeds,
        "questions": [],
        "complaints": [],
    }
    root = Path(__file__).parents[2]
    for validation in validate_all(list(checks.packages()), root, n_seeds, n_mutants, WORKERS):
        found["questions"].append(validation.as_dict())
        found["complaints"] += [f"{validation.question}: {complaint}" for complaint in validation.complaints]
        print(validation.question, validation.complaints, file=sys.stderr, flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
