"""How tests are handed out under ``pytest -n``, and what becomes of one that ends its worker.

Not by xdist's own groups: they are part of a test's id, which newer releases of pytest no longer let it change.
"""

import contextlib
import os
import re

import pytest

# These files last longest, so they begin first.
LONG = (
    "grading/test_hostile.py",
    "grading/test_proof.py",
    "grading/test_accidents.py",
    "grading/test_release.py",
    "book/test_reading.py",
)
# These ask every question of the course: their tests stay together by assignment.
QUESTIONS = ("checks/test_questions.py", "grading/test_validate.py")


def _place(nodeid):
    """Return with which others a test stays on one worker, and when their turn is: a number, the lowest first.

    The tests of a file look at one graded class, one chapter that was run or one browser, or compile the same loops;
    those of an assignment compile the same answers and share what the reference answers.
    """
    file = nodeid.split("::")[0]
    chapter = re.search(r"\[(\d+)[._]", nodeid) if file.endswith(QUESTIONS) else None
    if chapter:
        return f"assignment {int(chapter[1])}", 100 - int(chapter[1])  # the short ones last
    return file, -file.endswith(LONG)


def pytest_configure(config):
    """Leave the line to the one who runs the tests to the worker alone.

    A child that was forked would hold it open: the run would not notice that the worker has died until the child ends.
    """
    channels = [plugin.channel for plugin in config.pluginmanager.get_plugins() if hasattr(plugin, "workerid")]
    if not channels or not hasattr(os, "register_at_fork"):
        return
    line = channels[0].gateway._io
    ends = [line.infile.fileno(), line.outfile.fileno()]

    def close():
        for end in ends:
            with contextlib.suppress(OSError):
                os.close(end)

    os.register_at_fork(after_in_child=close)


def pytest_collection_modifyitems(items):
    """Put what lasts long first, so that at the end no worker waits long for another."""
    items.sort(key=lambda item: _place(item.nodeid)[1])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out tests by the place that they have together."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _place(nodeid)[0]

        def _reschedule(self, node):
            """Give work only to a worker that has its tests: of two that came for dead ones, one is ready first."""
            if node in self.registered_collections:
                super()._reschedule(node)

        def remove_node(self, node):
            """Leave out the test that ended its worker: xdist would run it again, and so end the next one, too."""
            units = self.assigned_work.pop(node)
            waiting = [(unit, test) for unit in units.values() for test, done in unit.items() if not done]
            if not waiting:
                return None
            unit, ended = waiting[0]
            unit[ended] = True
            self.workqueue.update({place: unit for place, unit in units.items() if not all(unit.values())})
            for other in self.assigned_work:
                self._reschedule(other)
            return ended

    config.option.loadscopereorder = False  # the order is that of the collection, above
    return ByPlace(config, log)
