"""Who looks like the same patient: a slip of the pen does, two people with common names do not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.likeness import Agrees, compare
from referrals.patients import SEXES, PatientDetails, searched

BORN = date(1943, 3, 9)


def somebody(given_name="Cordelia", family_name="Sample", born_on=BORN, sex="female", mrn=""):
    return PatientDetails(given_name, family_name, born_on, sex, mrn)


def alike(one, other, same_practice=True):
    return compare(one, other, same_practice).alike


SAME_PERSON: dict[str, Any] = {
    "nothing differs": {},
    "capitals and blanks": {"given_name": "CORDELIA ", "family_name": " sample"},
    "a missing letter": {"given_name": "Codelia"},
    "a letter too many": {"family_name": "Sammple"},
    "two letters in the wrong order": {"family_name": "Smaple"},
    "a wrong letter": {"family_name": "Samtle"},
    "two typos in a long name": {"family_name": "Featherstonhaug", "given_name": "Cordelia"},
    "accents": {"given_name": "Cordélia", "family_name": "Sámple"},
    "given and family name the other way round": {"given_name": "Sample", "family_name": "Cordelia"},
    "the other way round with a typo": {"given_name": "Smaple", "family_name": "Cordelia"},
    "a second given name": {"given_name": "Cordelia Anne"},
    "a maiden name with a hyphen": {"family_name": "Sample-Invented"},
    "a maiden name in front": {"family_name": "Invented-Sample"},
    "one name only": {"given_name": ""},
    "one name only, in the wrong box": {"given_name": "Sample", "family_name": ""},
    "day and month mixed up": {"born_on": date(1943, 9, 3)},
    "one digit of the birth date": {"born_on": date(1943, 3, 19)},
    "one digit of the birth year": {"born_on": date(1948, 3, 9)},
    "the sex not known": {"sex": "unknown"},
    "another sex and nothing else": {"sex": "male"},
}
OF = {"two typos in a long name": somebody(family_name="Featherstonehaugh")}


@pytest.mark.parametrize("what", SAME_PERSON)
def test_one_slip_is_forgiven(what):
    assert alike(OF.get(what, somebody()), somebody(**SAME_PERSON[what]))
    assert alike(OF.get(what, somebody()), somebody(**SAME_PERSON[what]), same_practice=False)


OTHER_PEOPLE = {
    "a common given name": (somebody("Mary", "Smith"), somebody("Mary", "Jones")),
    "a common family name": (somebody("Maria", "Garcia"), somebody("Linda", "Garcia")),
    "both common, born on other days": (somebody("Maria", "Garcia"), somebody("Maria", "Garcia", date(1951, 7, 22))),
    "twins with short names": (somebody("Anna", "Meier"), somebody("Anne", "Meier")),
    "twins": (somebody("John", "Smith", sex="male"), somebody("Jane", "Smith")),
    "brother and sister": (somebody("Paul", "Sample", sex="male"), somebody("Paula", "Sample")),
    "a typo in both names": (somebody("Cordelia", "Sample"), somebody("Codelia", "Smaple")),
    "a typo and a digit": (somebody(), somebody("Codelia", born_on=date(1943, 3, 19))),
    "a typo and another sex": (somebody(), somebody("Codelia", sex="male")),
    "a digit and another sex": (somebody(), somebody(born_on=date(1943, 3, 19), sex="male")),
    "two digits of the birth date": (somebody(), somebody(born_on=date(1943, 4, 19))),
    "a typo and another number": (somebody(mrn="T-1"), somebody("Codelia", mrn="T-2")),
    "patients without a name yet": (somebody("Unknown", "17"), somebody("Unknown", "18")),
    "short family names": (somebody("Cordelia", "Lee"), somebody("Cordelia", "Lea")),
    "three typos in a long name": (somebody(family_name="Featherstonehaugh"), somebody(family_name="Fetherstonhaug")),
}


@pytest.mark.parametrize("what", OTHER_PEOPLE)
def test_two_people_are_two(what):
    assert not alike(*OTHER_PEOPLE[what])


def test_a_record_number_counts_in_its_own_practice_and_nowhere_else():
    one, other = somebody(mrn="T-1"), somebody("Dolores", "Other", date(1950, 1, 2), "male", "t-1")
    assert alike(one, other)
    assert not alike(one, other, same_practice=False)
    assert alike(somebody(mrn="T-1"), somebody(mrn="T-2")), "the same name, birth date and sex, told by a wrong number"


def test_a_birth_date_that_is_not_known_tells_nobody_apart_and_nobody_together():
    assert not alike(somebody(born_on=None), somebody())
    assert alike(somebody(born_on=None, mrn="T-1"), somebody(mrn="T-1"))


def test_sure_is_only_what_needs_nothing_forgiven():
    assert compare(somebody(mrn="T-1"), somebody("CORDELIA", mrn=""), same_practice=True).sure
    for slip in ({"sex": "unknown"}, {"given_name": "Codelia"}, {"born_on": date(1943, 9, 3)}, {"mrn": "T-2"}):
        assert not compare(somebody(mrn="T-1"), somebody(**slip), same_practice=True).sure


NAMES = st.sampled_from(
    ["", "Ada", "Anna", "Anne", "Cordelia", "Codelia", "Cordélia", "Sample", "Smaple", "Sample-Invented", "O'Sample",
     "Łódź", "Müller", "Mueller", "李", "Unknown 17", "van der Sample"]
)  # fmt: skip
ANYBODY = st.builds(
    PatientDetails,
    NAMES | st.text(max_size=12),
    NAMES | st.text(max_size=12),
    st.sampled_from([BORN, date(1943, 9, 3), date(1943, 3, 19)]) | st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.sampled_from(list(SEXES)),
    st.sampled_from(["", "T-1", "t-1", "T-2"]),
)


@given(ANYBODY, ANYBODY, st.booleans())
def test_it_does_not_matter_who_comes_first(one, other, same_practice):
    assert compare(one, other, same_practice) == compare(other, one, same_practice)


@given(ANYBODY, st.booleans())
def test_everybody_looks_like_themself(who, same_practice):
    found = compare(who, who, same_practice)
    assert found.alike
    assert found.name is Agrees.SAME


def almost(who: PatientDetails) -> st.SearchStrategy[PatientDetails]:
    """Somebody whose names are made of theirs, in another way."""
    parts = [who.given_name, who.family_name]
    written = [
        *parts,
        *(f"{part} Anne" for part in parts),
        *(part.upper() for part in parts),
        *(part[1:] for part in parts),
    ]
    name = st.sampled_from([*written, " ".join(parts), "-".join(parts), ""]) | NAMES
    return st.builds(replace, st.just(who), given_name=name, family_name=name) | ANYBODY


def is_found(one: PatientDetails, other: PatientDetails, same_practice: bool) -> bool:
    """Whether one of the ways in which records are looked up leads from the one to the other."""
    mine, theirs = searched(one), searched(other)
    names, letters = ("search_name", "search_given_name"), ("plain_family_name", "plain_given_name")
    shared = {mine[name] for name in letters} & {theirs[name] for name in letters}
    called = {mine[name] for name in names} & {theirs[name] for name in names}
    number = same_practice and mine["search_mrn"] and mine["search_mrn"] == theirs["search_mrn"]
    return bool((one.born_on == other.born_on and shared) or called or number)


@given(ANYBODY.flatmap(lambda who: st.tuples(st.just(who), almost(who))), st.booleans())
def test_whoever_looks_alike_is_found_by_an_index(two, same_practice):
    """Only those whom an index finds are compared; nobody may be left out by that."""
    one, other = two
    if alike(one, other, same_practice):
        assert is_found(one, other, same_practice)


LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONG = st.text(LETTERS, min_size=6, max_size=20)


@given(LONG, st.text(LETTERS, min_size=1, max_size=20), st.data())
def test_one_typo_in_a_long_name_is_still_alike(family_name, given_name, data):
    at = data.draw(st.integers(0, len(family_name) - 2))
    before, letter, after = family_name[:at], family_name[at], family_name[at + 1 :]
    new = data.draw(st.sampled_from(LETTERS))
    typo = data.draw(
        st.sampled_from([before + after, before + new + after, before + letter + new + after,
                         before + after[0] + letter + after[1:]])
    )  # fmt: skip
    assert alike(somebody(given_name, family_name), somebody(given_name, typo), same_practice=False)


@given(LONG, LONG, st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(1, 20_000))
def test_of_one_name_only_a_slip_of_the_birth_date_is_alike(given_name, family_name, born_on, days):
    other = born_on + timedelta(days)
    digits = sum(a != b for a, b in zip(f"{born_on:%Y%m%d}", f"{other:%Y%m%d}", strict=True))
    mixed_up = (born_on.year, born_on.month, born_on.day) == (other.year, other.day, other.month)
    same = alike(somebody(given_name, family_name, born_on), somebody(given_name, family_name, other))
    assert same is (digits == 1 or mixed_up)


@given(st.text("mno", min_size=1), st.text("abcdefghijkl", min_size=4), st.text("pqrstuvwxyz", min_size=4))
def test_another_family_name_is_another_patient(given_name, one, other):
    assert not alike(somebody(given_name, one), somebody(given_name, other))
