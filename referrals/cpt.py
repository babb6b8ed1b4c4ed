"""CPT codes of vertebroplasty and kyphoplasty: which one each treated level has, in words of our own."""

from collections.abc import Iterable, Iterator

WORDS = {
    "22510": "Vertebroplasty, first level, thoracic or above",
    "22511": "Vertebroplasty, first level, lumbar or sacral",
    "22512": "Vertebroplasty, each further level",
    "22513": "Kyphoplasty, first level, thoracic",
    "22514": "Kyphoplasty, first level, lumbar",
    "22515": "Kyphoplasty, each further level",
}
FIRST = {
    "vertebroplasty": {"C": "22510", "T": "22510", "L": "22511", "S": "22511"},
    "kyphoplasty": {"T": "22513", "L": "22514"},
}
"""The code of the first level, by the procedure and the region of that level."""
FURTHER = {"vertebroplasty": "22512", "kyphoplasty": "22515"}
READING = (
    "Our reading: the first level of each procedure has the code of its region, and every further level the add-on,"
    " whatever its region. Two procedures in one session have a first level each. Kyphoplasty of a cervical or sacral"
    " level has none of these codes. Check it against the payer’s rules, and correct it."
)


def codes(treated: Iterable[tuple[str, str]]) -> Iterator[str | None]:
    """A code for each treated (procedure, level), in the order in which they were treated; None where there is none."""
    begun = set()
    for procedure, level in treated:
        first = FIRST[procedure].get(level[0])
        yield FURTHER[procedure] if first and procedure in begun else first
        begun |= {procedure} if first else set()
