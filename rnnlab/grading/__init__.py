"""Grading: from a folder of notebooks to a gradebook whose every mark can be trusted.

The code that is judged and the code that judges never share a process. `submission` reads what was handed in, `sandbox`
runs it, `judge` scores its answers, `gradebook` is the only writer, `pipeline` takes a class through all of them.
"""

import os
import sys
from pathlib import Path

_SCRIPTS = str(Path(sys.executable).parent)
if _SCRIPTS not in os.environ.get("PATH", "").split(os.pathsep):  # nbgrader calls alembic by its bare name
    os.environ["PATH"] = os.pathsep.join([_SCRIPTS, os.environ.get("PATH", os.defpath)])
