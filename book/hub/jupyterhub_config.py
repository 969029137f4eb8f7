"""JupyterHub's configuration for one course: a shared server for those who grade, and nbgrader's exchange."""

c = get_config()  # noqa: F821

COURSE = "autumn"  # the course_id in the course's nbgrader_config.py
FOLDER = f"/srv/courses/{COURSE}"  # made by `rnnlab course new`, and GRADER's own: nobody else may read it
GRADER = f"grader-{COURSE}"  # a user of the system, and nobody's own account
INSTRUCTORS = ["ada", "bo"]
PORT = 9999

# nbgrader finds a course's graders and students by the names of these groups.
c.JupyterHub.load_groups = {
    f"formgrade-{COURSE}": {"users": INSTRUCTORS},
    f"nbgrader-{COURSE}": {"users": []},  # by hand, or by an authenticator that manages groups
}
c.JupyterHub.load_roles = [
    {
        "name": f"formgrade-{COURSE}",
        "groups": [f"formgrade-{COURSE}"],
        "scopes": [f"access:services!service={COURSE}", "list:services", f"read:services!service={COURSE}"],
    },
    {"name": "server", "scopes": ["inherit"]},  # so that the list of courses in each server may ask for services
]

# The shared server: started in the course's folder, so that it reads the nbgrader_config.py there.
c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": f"http://127.0.0.1:{PORT}",
        "command": ["jupyterhub-singleuser"],
        "user": GRADER,
        "cwd": FOLDER,
        "oauth_no_confirm": True,
        "environment": {"JUPYTERHUB_DEFAULT_URL": "/lab"},
    }
]
