"""nbgrader's configuration: where this course keeps its notebooks."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "rnnlab"
c.CourseDirectory.source_directory = "_build/source"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
