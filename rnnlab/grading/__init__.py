"""Grading: from a folder of notebooks to a gradebook whose every mark can be trusted.

The code that is judged and the code that judges never share a process. `submission` reads what was handed in, `sandbox`
runs it, `judge` scores its answers, `gradebook` is the only writer, `pipeline` takes a class through all of them.
"""

import contextlib
import os
import sys
from pathlib import Path

_SCRIPTS = str(Path(sys.executable).parent)
if _SCRIPTS not in os.environ.get("PATH", "").split(os.pathsep):  # nbgrader calls alembic by its bare name
    os.environ["PATH"] = os.pathsep.join([_SCRIPTS, os.environ.get("PATH", os.defpath)])


def _import_without_a_grammar() -> None:
    """Import jsonschema, which nbformat needs, without the grammar of web addresses that it builds at its import.

    Building it takes most of that import's time, in every process, for a check that no notebook's schema asks for.
    """
    name = "rfc3987_syntax"
    if "jsonschema" in sys.modules or name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment] # so that its import fails, as if it were not installed
    try:
        with contextlib.suppress(ImportError):
            import jsonschema  # type: ignore[import-untyped] # noqa: F401
    finally:
        del sys.modules[name]


_import_without_a_grammar()
