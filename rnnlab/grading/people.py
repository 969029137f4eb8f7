"""The class in the gradebook: names and addresses from the class list, and who has handed in nothing."""

from collections.abc import Iterable

import sqlalchemy as sa

from rnnlab.grading import class_list
from rnnlab.grading.class_list import Person
from rnnlab.grading.gradebook import GradebookStore
from rnnlab.grading.nbgrader_bridge import Student

ABSENT = "absent"


def enter(book: GradebookStore) -> list[str]:
    """Enter the class list's students into the gradebook, and return what is wrong with the list.

    Students who are in the gradebook and not on the list stay; so does what the list leaves empty.
    """
    path = book.course.root / class_list.FILE
    if not path.is_file():
        return []
    people, wrong = class_list.read(path)
    known = {student.id: student for student in book.session.scalars(sa.select(Student))}
    for person in people:
        student = known.get(person.id)
        if student is None:
            student = Student(id=person.id)
            book.session.add(student)
        for column in class_list.COLUMNS[1:]:
            if (value := getattr(person, column)) and getattr(student, column) != value:
                setattr(student, column, value)
    book.commit()
    return wrong


def known(book: GradebookStore) -> dict[str, Person]:
    """Return everyone in the gradebook by their id."""
    columns = [getattr(Student, column) for column in class_list.COLUMNS]
    rows = book.session.execute(sa.select(*columns).order_by(Student.id))
    return {row[0]: Person(*(value or "" for value in row)) for row in rows}


def absent(book: GradebookStore, here: Iterable[str]) -> list[str]:
    """Return the students of the gradebook who are not among those that handed in."""
    return sorted(set(known(book)) - set(here))


def unlisted(book: GradebookStore, here: Iterable[str]) -> list[str]:
    """Return who handed in or stands in the gradebook, and is not on the class list; nobody where there is none."""
    path = book.course.root / class_list.FILE
    listed = {person.id for person in class_list.read(path)[0]} if path.is_file() else set()
    return sorted({*here, *known(book)} - listed) if listed else []
