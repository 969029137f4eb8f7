"""The configurations of the page on hubs are read by their readers and agree; nbgrader's exchange works."""

import importlib.util
import os
import sys
import types
from pathlib import Path

import made_up
import pytest
from made_up import A
from nbgrader.apps.api import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import default
from nbgrader.exchange.default.exchange import Exchange
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from rnnlab.cli import main
from rnnlab.grading.course import Course
from rnnlab.grading.gradebook import GradebookStore

HUB = Path(__file__).parents[2] / "book" / "hub"


def load(name: str) -> Config:
    return PyFileConfigLoader(f"{name}_config.py", path=str(HUB)).load_config()


def test_the_hubs_groups_roles_and_service_are_those_of_one_course():
    hub, everybody = load("jupyterhub").JupyterHub, load("nbgrader")
    (service,) = hub.services
    course = everybody.CourseDirectory.course_id
    assert service["name"] == course  # nbgrader finds the course's server by this
    assert set(hub.load_groups) == {f"formgrade-{course}", f"nbgrader-{course}"}
    grade = next(role for role in hub.load_roles if role["name"] == f"formgrade-{course}")
    assert grade["groups"] == [f"formgrade-{course}"]
    assert f"access:services!service={course}" in grade["scopes"]
    students = [role for role in hub.load_roles if f"nbgrader-{course}" in role.get("groups", ())]
    assert students == []  # so nobody but the graders gets in
    assert service["user"].startswith("grader-")
    assert service["url"].startswith("http://127.0.0.1:")


def test_nbgrader_knows_every_setting_of_the_exchange():
    config = load("nbgrader")
    for kind in (Exchange, CourseDirectory):
        for name in config[kind.__name__]:
            assert name in kind.class_traits(config=True), name


@pytest.mark.parametrize("name", ["jupyterhub", "lti"])
def test_jupyterhub_knows_every_setting_where_it_is_installed(name):
    if not importlib.util.find_spec("jupyterhub") or not importlib.util.find_spec("ltiauthenticator"):
        pytest.skip("JupyterHub and its LTI authenticator are not installed")
    from jupyterhub.app import JupyterHub
    from ltiauthenticator.lti13.auth import LTI13Authenticator

    for kind, settings in load(name).items():
        owner = JupyterHub if kind == "JupyterHub" else LTI13Authenticator
        assert set(settings) <= set(owner.class_traits(config=True)), kind


def test_the_platforms_names_are_those_of_the_class_list():
    lti = load("lti")
    assert lti.JupyterHub.authenticator_class == "ltiauthenticator.lti13.auth.LTI13Authenticator"
    assert lti.LTI13Authenticator.username_key == "email"
    assert all(
        lti.LTI13Authenticator[key].startswith("https://") for key in ("issuer", "authorize_url", "jwks_endpoint")
    )


def test_ngshares_configuration_names_the_service_and_the_course(monkeypatch):
    """Where ngshare is not installed, what it is told is looked at."""
    told = []
    monkeypatch.setenv("USER", "teacher")  # ngshare asks for it
    if not importlib.util.find_spec("ngshare_exchange"):
        stub = types.ModuleType("ngshare_exchange")
        stub.configureExchange = lambda c, url: told.append(url)
        monkeypatch.setitem(sys.modules, "ngshare_exchange", stub)
    config = load("ngshare")
    assert config.CourseDirectory.course_id == load("jupyterhub").JupyterHub.services[0]["name"]
    assert told in ([], ["http://127.0.0.1:10101/services/ngshare"])


@pytest.mark.sandbox
@pytest.mark.usefixtures("here")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # nbgrader's
def test_work_goes_through_nbgraders_exchange_and_feedback_comes_back(tmp_path, monkeypatch, capsys):
    root = made_up.course(tmp_path / "autumn")
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    me = "ada"
    monkeypatch.setattr("nbgrader.exchange.default.submit.get_username", lambda: me)
    config = Course(root).config
    config.Exchange.root = str(exchange)
    config.Exchange.timezone = load("nbgrader").Exchange.timezone
    config.Exchange.cache = str(tmp_path / "cache")
    teacher = NbGraderAPI(config=config)
    assert teacher.release_assignment(A)["success"]
    # the student's side: another folder, the same exchange
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    theirs = Config({"CourseDirectory": {"course_id": config.CourseDirectory.course_id}, "Exchange": config.Exchange})
    theirs.CourseDirectory.assignment_id = A
    everyone = Authenticator(config=theirs)
    folder = CourseDirectory(config=theirs)
    default.ExchangeFetchAssignment(coursedir=folder, authenticator=everyone, config=theirs).start()
    assert os.listdir(home / A) == [f"{A}.ipynb"]
    (home / A / f"{A}.ipynb").write_bytes(made_up.notebooks()["only step"])
    default.ExchangeSubmit(coursedir=folder, authenticator=everyone, config=theirs).start()
    monkeypatch.chdir(root)
    collected = teacher.collect(A)
    assert collected["success"], collected
    assert os.listdir(root / "submitted") == [me]
    assert main(["course", "due", A, "2020-01-01 12:00", "--zone", "UTC"]) == 0
    assert main(["grade", "run", A, "--timestamps"]) == 0
    with GradebookStore(Course(root)) as book:
        (row,) = book.table(A)[1]
    assert (row["student"], row["score"]) == (me, 4)
    assert row["timestamp"] is not None  # the collector's
    assert main(["grade", "feedback", A]) == 0
    ours = CourseDirectory(config=config)
    ours.assignment_id = A
    default.ExchangeReleaseFeedback(coursedir=ours, authenticator=everyone, config=config).start()
    assert list(exchange.glob("*/feedback/*.html"))
