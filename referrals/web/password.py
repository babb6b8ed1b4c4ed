"""What a password has to be: long enough, and nothing that somebody who wants in would try first."""

from threading import Lock
from typing import Any

from flask_security import PasswordUtil

from referrals.staff import Person
from referrals.web.context import settings

SHORTEST, LONGEST = 12, 200
JUDGED = 72
"""Characters that are judged; what comes after them cannot make it worse."""
STRONG_ENOUGH = 3
"""Of 0 to 4: safely unguessable, about ten thousand million tries."""
MUST_REMAIN = 8
"""Letters and digits beside the names that everybody knows."""
_one_at_a_time = Lock()
BETTER = "Take four or five words that have nothing to do with each other or with you."


class Passwords(PasswordUtil):
    """The rule for every new password, for whoever asks the sign-in library to judge one."""

    def validate(self, password: str, is_register: bool, **about: Any) -> tuple[list[str] | None, str]:
        """What is wrong with it, or None; and the password as it is to be hashed. `user`: whose it is to be."""
        plain = self.normalize(password)
        fault = too_short_or_long(plain) or too_easy(plain, about_person(about.get("user")))
        return ([fault] if fault else None), plain


def too_short_or_long(password: str) -> str:
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; this has {len(password)}. A short sentence is easy to remember."
    if len(password) > LONGEST:
        return f"Use {LONGEST} characters at most; this has {len(password)}."
    return ""


def too_easy(password: str, known: list[str]) -> str:
    if len(without(password, known)) < MUST_REMAIN:
        return f"This is too easy to guess: it is little more than names that others know too. {BETTER}"
    # At the one point of use: 12 MiB (measured) of words, for a worker that may never be told a new password.
    from zxcvbn import zxcvbn

    with _one_at_a_time:  # it keeps what it is told of the person in a global
        found = zxcvbn(password[:JUDGED], user_inputs=known)
    if found["score"] >= STRONG_ENOUGH:
        return ""
    why = str(found["feedback"]["warning"] or "it would be among the first tries").rstrip(".")
    return f"This is too easy to guess: {why[0].lower()}{why[1:]}. {BETTER}"


def without(password: str, known: list[str]) -> str:
    """What is left of the password beside the known words, blanks and signs."""
    rest = password.lower()
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return "".join(filter(str.isalnum, rest))


def about_person(person: Any) -> list[str]:
    """The words that somebody who knows the person or the service would try."""
    known = [settings().clinic_name, "vertebral fracture referrals"]
    if isinstance(person, Person):
        known += [person.name, person.email, person.practice.name]
    words = [word for text in known for word in text.lower().replace("@", " ").replace(".", " ").split()]
    return [word for word in dict.fromkeys(words) if len(word) > 2]
