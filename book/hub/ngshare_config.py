"""To add to nbgrader_config.py where users share no disk: the exchange is a service of the hub's, ngshare."""

from ngshare_exchange import configureExchange

c = get_config()  # noqa: F821

configureExchange(c, "http://127.0.0.1:10101/services/ngshare")
c.CourseDirectory.course_id = "autumn"
