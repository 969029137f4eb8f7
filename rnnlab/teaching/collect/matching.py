"""Which student of the class list a platform's words mean."""

import unicodedata
from collections.abc import Iterable

from rnnlab.grading.class_list import FILE, Person
from rnnlab.grading.errors import Refused
from rnnlab.grading.intake import printable, same_name


class Matching:
    """Finds students by id, e-mail address, number in the platform, or name.

    Parameters
    ----------
    people : iterable of Person
        The class list.
    """

    def __init__(self, people: Iterable[Person]):
        self._ids: dict[str, str] = {}
        self._numbers: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for person in people:
            self._ids[same_name(person.id)] = person.id
            for key in (person.email, person.lms_user_id):
                if key:
                    self._numbers.setdefault(key.casefold(), set()).add(person.id)
            first, last = person.first_name, person.last_name
            if first or last:
                for name in (first + last, last + first):
                    self._names.setdefault(_letters(name), set()).add(person.id)

    def __bool__(self) -> bool:
        return bool(self._ids)

    def find(self, whom: Iterable[str]) -> str:
        """Return the id of the student whom one of the words means; the first word that is known counts.

        Raises
        ------
        Refused
            If nobody is meant, or several may be.
        """
        words = [word for word in whom if word]
        for word in words:
            word = word.strip()
            if (found := self._ids.get(same_name(word))) is not None:
                return found
            several = self._numbers.get(word.casefold()) or self._names.get(_letters(word), set())
            if len(several) > 1:
                names = ", ".join(map(printable, sorted(several)))
                raise Refused(f"{printable(word)} may be {names}: tell them apart with lms_user_id in {FILE}")
            if several:
                return next(iter(several))
        shown = " or ".join(dict.fromkeys(map(printable, words[:2])))
        raise Refused(f"{shown} is nobody on the class list: add the student to {FILE}, or correct the name there")


def _letters(name: str) -> str:
    """Return a name's letters and digits: without accents, in small letters."""
    apart = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in apart if c.isalnum())
