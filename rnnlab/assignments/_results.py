"""One of several results, where one too many or too few must not go unnoticed."""

from typing import Any

from rnnlab.checks.compare import kind_of
from rnnlab.checks.pick import pick
from rnnlab.checks.student import wrong


def one_of(answer: Any, names: tuple[str, ...], *path: Any) -> Any:
    """Return ``answer[path[0]][path[1]]…`` of an answer that has as many results as there are names.

    Raises
    ------
    Failed
        If the answer is no sequence of that length.
    """
    if not isinstance(answer, tuple | list):
        raise wrong(f"{kind_of(answer)} came back, expected {len(names)} results: {', '.join(names)}")
    if len(answer) != len(names):
        raise wrong(f"{len(answer)} results came back, expected {len(names)}: {', '.join(names)}")
    return pick(answer, *path)
