"""What code inside of the sandbox can reach, and what it can take."""

import math
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandboxed import answer, failure

from rnnlab.checks.student import Failed
from rnnlab.grading.sandbox.host import view

pytestmark = pytest.mark.sandbox

# --- files


def test_nothing_of_this_machine_is_there_but_the_interpreter_and_its_packages(session):
    tops = answer(session, "return sorted(os.listdir('/'))")
    shown = {place.split("/")[1] for _, place in view.shown()[0]}
    assert set(tops) == shown | {".masked", "course", "dev", "etc", "home", "proc", "tmp"}
    assert answer(session, "return sorted(os.listdir('/etc'))") == ["ld.so.cache", "passwd"]
    assert answer(session, "return os.listdir('/home'), os.listdir('/home/student'), os.listdir('/tmp')")[0] == [
        "student"
    ]


@pytest.mark.parametrize(
    "place", ["gradebook.db", "submitted/neighbour/02_unfolding/02_unfolding.ipynb", "solutions/a.py"]
)
def test_no_file_of_a_course_is_reached_by_any_path(session, tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret")
    relative = "../" * 30 + str(path).lstrip("/")
    for tried in (str(path), relative, f"/proc/self/root{path}", f"/proc/1/root{path}", f"/proc/self/cwd/{relative}"):
        assert not answer(session, "return os.path.exists(x[0])", tried)


def test_no_file_of_the_questions_or_of_the_grader_is_anywhere_in_the_tree(session):
    source = (
        "names = ('judge.py', 'gradebook.py', 'codec.py', 'applications_answers.py', '02_unfolding.py')\n"
        "return [name for folder, _, files in os.walk('/course') for name in files if name in names]"
    )
    found = answer(session, source)
    assert found == []


def test_no_text_of_the_grader_or_of_a_question_is_in_memory(session):
    source = (
        "import gc, sys\n"
        "texts = [o for o in gc.get_objects() if isinstance(o, dict)]\n"
        "seen = [v for d in texts for v in list(d.values()) if isinstance(v, str)]\n"
        "return [name for name in x if any(name in text for text in seen)] + "
        "[name for name in sys.modules if name.startswith(('rnnlab.checks.', 'rnnlab.grading', 'nbgrader'))]"
    )
    assert answer(session, source, "shape_points=", "SandboxedStudent", "auto_score") == []


@pytest.mark.parametrize("path", ["/x", "/usr/lib/x", "/course/rnnlab/x.py", "/etc/passwd", "/dev/x", "/home/x"])
def test_nothing_can_be_written_outside_of_home_and_tmp(session, path):
    assert failure(session, f"open({path!r}, 'w')").message.startswith(("OSError: [Errno 30]", "PermissionError"))


@pytest.mark.parametrize("package", [path for path in view.search_path()[1:] if path != view.HOME])
def test_packages_cannot_be_written(session, package):
    assert "Error" in failure(session, f"open({package + '/sitecustomize.py'!r}, 'w')").message


def test_home_and_tmp_can_be_written_and_are_fresh_for_each_submission(fork_server):
    for _ in range(2):
        session = fork_server.open()
        before = answer(session, "return [n for n in os.listdir('/tmp') + os.listdir(os.path.expanduser('~'))]")
        assert before == []
        answer(session, "for p in ('/tmp/a', '/home/student/sitecustomize.py'): open(p, 'w').write('boo')")
        session.close()


def test_a_startup_file_planted_by_one_submission_does_nothing_to_the_next(fork_server):
    planted = (
        "import os, sys\n"
        "os.makedirs('/home/student/.ipython/profile_default/startup')\n"
        "open('/home/student/.ipython/profile_default/startup/0.py', 'w').write('boo = 1')\n"
        "import numpy; numpy.tanh = None; sys.modules['scipy'] = None; os.environ['PYTHONSTARTUP'] = '/tmp/x'"
    )
    first = fork_server.open()
    first.run(planted, 10)
    first.close()
    second = fork_server.open()
    second.run("import numpy, scipy, os", 10)
    assert (
        answer(second, "return 'boo' in globals(), numpy.tanh is None, 'PYTHONSTARTUP' in os.environ") == (False,) * 3
    )
    second.close()


def test_the_environment_holds_only_what_the_layout_says(session):
    assert answer(session, "return dict(os.environ)") == view.environment()


# --- imports


def test_what_the_assignment_asks_for_can_be_imported_but_not_used_and_the_message_says_so(session):
    says = "ImportError: rnnlab.rnn.step cannot be used in this assignment, in the check or in the grade: "
    assert answer(session, "import rnnlab.rnn; from rnnlab import rnn; from rnnlab.rnn import step; return 1") == 1
    assert failure(session, "from rnnlab.rnn import step\nstep()").message.startswith(says)
    assert failure(session, "from rnnlab import rnn\nrnn.step(1)").message.startswith(says)
    assert answer(session, "import rnnlab.losses; return rnnlab.losses.__name__") == "rnnlab.losses"


@pytest.mark.parametrize("name", ["nbgrader", "rnnlab.grading", "rnnlab.checks.question"])
def test_grader_and_questions_cannot_be_imported(session, name):
    assert "Error" in failure(session, f"import {name}").message


def test_packages_below_tmp_or_home_stand_elsewhere_in_the_sandbox():
    assert view.inside("/tmp/clone/.venv/lib") == "/elsewhere/tmp/clone/.venv/lib"
    assert view.inside(f"{view.HOME}/.venv/lib") == f"/elsewhere{view.HOME}/.venv/lib"
    assert view.inside("/tmpfiles/lib") == "/tmpfiles/lib"


def test_the_library_shown_is_the_one_beside_the_grader():
    shown = view.library_files(["rnnlab.rnn"])
    assert shown["rnnlab/losses.py"] == (view.PACKAGE / "losses.py").read_text(encoding="utf-8")
    assert not [name for name in shown if name.startswith("rnnlab/grading")]
    assert [name for name in shown if name.startswith("rnnlab/checks")] == ["rnnlab/checks/__init__.py"]


# --- network and processes


def test_a_listener_on_this_machine_is_not_reached(session):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert "Error" in failure(session, f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)").message
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):  # who had reached it would wait to be let in
            listener.accept()


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_VSOCK", "AF_PACKET"])
def test_no_socket_but_a_local_one_can_be_made(session, family):
    assert "PermissionError" in failure(session, f"import socket\nsocket.socket(socket.{family})").message


def test_an_abstract_socket_of_this_machine_is_not_reached(session):
    name = f"\0rnnlab-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        says = failure(session, f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})").message
    assert says.startswith("ConnectionRefusedError")


def test_other_processes_are_neither_seen_nor_signalled(session):
    assert answer(session, "return sorted(n for n in os.listdir('/proc') if n.isdigit())") == ["1", "2"]
    with pytest.raises(Failed, match="ProcessLookupError"):
        answer(session, f"os.kill({os.getpid()}, 0)")


def test_an_errors_text_steers_no_terminal(session):
    says = failure(session, "raise ValueError('\\x1b[2J\\u202e a\\nb \\u03c3')").message
    assert says.startswith("ValueError: \ufffd[2J\ufffd a\nb \u03c3")


def test_what_a_notebook_sets_for_warnings_and_errors_does_not_hold_in_a_call(session):
    sets = "import decimal, sys, warnings, numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')\n"
    session.run(f"{sets}sys.setrecursionlimit(150)\ndecimal.getcontext().prec = 2\nsys.stderr.close()", 10)
    underflow = "import numpy as np\nreturn float(np.exp(np.float64(-1e4)) + np.log(np.zeros(1))[0])"
    assert answer(session, underflow) == -math.inf
    deep = "def down(n):\n    return n and down(n - 1)\nreturn down(500), str(decimal.Decimal(1) / 8)"
    assert answer(session, deep) == (0, "0.125")


def _alive(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == mark:
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", ["os.fork()", "os.fork() or os.setsid()", "os.fork() or os.fork()"])
def test_a_process_left_behind_ends_with_the_submission(fork_server, how):
    mark = f"left{os.getpid() % 10000}"
    session = fork_server.open()
    session.run(f"import os, time, ctypes\nctypes.CDLL(None).prctl(15, {mark.encode()!r})", 10)
    assert _alive(mark)
    session.run(f"import threading\npid = {how}\nif pid == 0: time.sleep(600)", 10)
    session.close()
    deadline = time.monotonic() + 5
    while _alive(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(mark)


def test_a_submission_ends_with_the_process_that_judges_it():
    mark = f"orphan{os.getpid() % 10000}"
    program = (
        "import sys, time\nfrom rnnlab.grading.sandbox.host.fork_server import ForkServer\n"
        "warm = ForkServer()\nsession = warm.open()\n"
        f"session.run('import ctypes; ctypes.CDLL(None).prctl(15, b\"{mark}\")', 10)\n"
        "print('up', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=view.PACKAGE.parent) as judge:
        assert judge.stdout is not None
        assert judge.stdout.readline() == b"up\n"
        assert _alive(mark)
        judge.kill()
    deadline = time.monotonic() + 10
    while _alive(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(mark)


# --- rights


def test_there_are_no_capabilities_and_no_way_to_get_any(session):
    lines = dict(
        answer(session, "return [line.split(':\\t') for line in open('/proc/self/status').read().splitlines()]")
    )
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(lines[name], 16) == 0
    assert lines["NoNewPrivs"].strip() == "1"
    assert lines["Uid"].split() == ["1000"] * 4


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",
        "unshare(0x20000)",
        "mount(b'x', b'/tmp', b'tmpfs', 0, None)",
        "umount2(b'/tmp', 2)",
        "chroot(b'/tmp')",
        "ptrace(16, 1, 0, 0)",
        "memfd_create(b'x', 0)",
        "setns(3, 0)",
        "shmget(0, 4096, 0o1600)",
    ],
)
def test_dangerous_system_calls_are_refused(session, call):
    source = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nreturn libc.{call}, ctypes.get_errno()"
    assert answer(session, source) == (-1, 1)


def test_the_process_that_waits_for_the_students_code_is_out_of_its_reach(fork_server):
    for _ in range(5):  # from the first moment on
        session = fork_server.open()
        for name in ("fd", "mem", "environ", "maps"):
            read = "os.listdir" if name == "fd" else "open"
            assert failure(session, f"{read}('/proc/1/{name}')").message.startswith("PermissionError")
        session.close()


def test_the_students_process_holds_no_file_but_its_channel(session):
    source = (
        "found = []\nfor fd in range(200):\n    try:\n        found.append(os.readlink(f'/proc/self/fd/{fd}'))\n"
        "    except OSError:\n        pass\nreturn found"
    )
    held = answer(session, source)
    assert held[:3] == ["/dev/null"] * 3
    assert len(held) == 4
    assert held[3].startswith("socket:")


def test_nobody_becomes_root(session):
    assert "Error" in failure(session, "os.setuid(0)").message
    assert answer(session, "return os.getuid(), os.geteuid()") == (1000, 1000)
