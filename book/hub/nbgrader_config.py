"""For everybody on the machine, as /etc/jupyter/nbgrader_config.py: which course, and where the exchange is."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "autumn"
c.Exchange.root = "/srv/nbgrader/exchange"  # mkdir -p, then chmod ugo+rwx: nbgrader asks for it
c.Exchange.timezone = "UTC"
