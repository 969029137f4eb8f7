"""One output of several."""

from typing import Any


def pick(answer: Any, *path: Any) -> Any:
    """Return ``answer[path[0]][path[1]]…``, or as far as that goes: what came instead is then what is compared."""
    for key in path:
        try:
            answer = answer[key]
        except (TypeError, LookupError):
            return answer
    return answer
