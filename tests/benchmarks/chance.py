"""How often the reference fails a single drawing of the parts where chance decides, and what that bounds.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/chance.py 1200 [11.3 ...]

A part's false alarm takes as many failed drawings as it has tries, so its rate is at most the one-sided 95 % bound of a
single one to that power. A thousand drawings of all parts take about a quarter of an hour.
"""

import secrets
import sys

from scipy.stats import beta

from rnnlab import checks
from rnnlab.checks.cases import Cases
from rnnlab.checks.question import Question
from rnnlab.checks.student import Failed


def failures(question: Question, name: str, n_drawings: int) -> int:
    """Count the single drawings of a part that the reference fails."""
    (part,) = (part for part in question.parts if part.name == name)
    count = 0
    for _ in range(n_drawings):
        try:
            Cases(question, secrets.randbits(128)).wanted(part, (0,))
        except Failed:
            count += 1
    return count


if __name__ == "__main__":
    n, *wanted = sys.argv[1:]
    for asked in (q for assignment in checks.packages() for q in checks.load(assignment)):
        for part in asked.parts if not wanted or asked.id in wanted else ():
            if part.tries > 1:
                failed = failures(asked, part.name, int(n))
                bound = beta.ppf(0.95, failed + 1, int(n) - failed)
                print(
                    f"{asked.id} {part.name}: {failed} of {n}, below {bound:.2g} each, {bound**part.tries:.1g} in all"
                )
