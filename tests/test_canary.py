"""Two practices full of markers: whatever anybody opens, sends or gets wrong, nothing of a stranger's comes back."""

import re
from itertools import chain, cycle, zip_longest

import pytest
from sqlalchemy import Text as AsText
from sqlalchemy import cast, select

from referrals.db import Base
from referrals.scope import SYSTEM
from referrals.web import context
from referrals.workflow import State
from tests.conftest import whole_database
from tests.crawler import addresses_in, crawl, look_around
from tests.marked_town import MarkedTown, take_the_first_wall_down
from tests.markers import (
    BORN_IN,
    MARKER,
    NOBODY_S,
    OF_AN_ACCOUNT,
    OF_PEOPLE,
    OF_THE_CLINIC,
    PART_OF_MARKERS,
    words_of,
)
from tests.visitor import Visitor

AT_LEAST = {
    "oak physician": 1400, "elm delegate": 1400, "hub coordinator": 1250, "hub ir_physician": 1300,
    "hub administrator": 1400, "hub auditor": 1200, "nobody": 950,
}  # fmt: skip
"""Who crawls, and how many answers each has to have read."""
NOT_SHOWN = {
    "patients.search_name", "patients.search_given_name", "patients.search_mrn",
    "patients.plain_family_name", "patients.plain_given_name",
    "events.address",
}  # fmt: skip
"""Marked, of patients, and on no page today."""
A_BIRTHDAY = {owner: re.compile(rf"\d\d? [A-Z][a-z]{{2}} {year}|{year}-\d\d-\d\d") for owner, year in BORN_IN.items()}


BEHIND_THE_SECOND_WALL = ("oak physician", "hub coordinator", "hub auditor")
"""Who crawls on PostgreSQL as well: a walk of everybody else, with the first wall down, is in test_second_wall.py."""
CRAWLS = [("sqlite", who) for who in AT_LEAST] + [("postgresql", who) for who in BEHIND_THE_SECOND_WALL]


@pytest.fixture
def town(app):
    return MarkedTown(app)


def visit(app, town, who):
    """Everything that this person can get, trying what they must not see wherever they can."""
    person = town.people.get(who)
    return crawl(Visitor(app, person), hidden_from(town, who), PART_OF_MARKERS)


def hidden_from(town, who):
    """A referral of each kind that the person must not open; of the two practices by turns, for they have the same."""
    owners = {"elm": ("oak",), "oak": ("elm",)}.get(who[:3], ("elm", "oak"))
    if who in ("hub coordinator", "hub ir_physician"):
        hidden = [(State.DRAFT, owner) for owner in owners]
    else:
        hidden = list(zip(State, cycle(owners), strict=False))
    return list(chain.from_iterable(town.ids[owner][state][:1] for state, owner in hidden))


def everything_of(answer):
    return f"{answer.status}\n{answer.headers}\n{answer.get_data().decode('utf-8', 'replace')}"


def strangers_in(text, town, who):
    """What stands in the text that this person may not read."""
    at, person = who[:3], town.people.get(who)
    foreign = {mark for mark in town.marks.in_text(text) if not town.marks.may_be_read(mark, person, at)}
    of_clinic = person is not None and person.works_at_clinic
    born = {owner for owner, day in A_BIRTHDAY.items() if owner != at and not of_clinic and day.search(text)}
    return foreign | {f"born {owner}" for owner in born}


@pytest.fixture
def one_wall(database_url, monkeypatch):
    """Each wall alone, for either may hide a fault of the other: on PostgreSQL the pages' own filter is off."""
    if not database_url.startswith("sqlite"):
        take_the_first_wall_down(monkeypatch)


@pytest.mark.parametrize(("database_url", "who"), CRAWLS, indirect=["database_url"])
def test_nobody_ever_reads_what_is_not_theirs(app, town, who, one_wall, record_property):
    read, leaks = 0, []
    for answer in visit(app, town, who):
        read += 1
        where = f"{answer.request.method} {answer.request.full_path}: {answer.status_code}"
        text = everything_of(answer)
        leaks += [f"{where}: {stranger}" for stranger in strangers_in(text, town, who)]
        told = [address for address in addresses_in(answer) if tells_on_a_patient(address, town.marks)]
        leaks += [f"{where}: an address says {address}" for address in told]
        assert answer.status_code < 500, where
        assert answer.headers.get("Cache-Control") == "no-store" or is_a_file(answer), where
    record_property("answers read", read)
    assert not leaks, f"{len(leaks)} leaks:\n" + "\n".join(leaks[:20])
    assert read >= AT_LEAST[who]


def tells_on_a_patient(address, marks):
    """Whether an address says a name, a record number or a day of birth. A colleague is written to, a practice rung."""
    meant = {"mailto": "people.email", "tel": "practices.telephone"}.get(address.partition(":")[0])
    said = {mark for mark in marks.in_text(address) if mark.column != meant}
    return bool(said) or any(day.search(address) for day in A_BIRTHDAY.values())


def is_a_file(answer):
    return answer.request.path.startswith(("/static/", "/assets/"))


def test_every_text_that_somebody_owns_is_marked(app, town):
    """A new column of text fails here until it is marked or named in CODES."""
    with whole_database(app).reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in words_of(table) if table.name not in NOBODY_S else ():
                held = " ".join(text or "" for text in session.scalars(select(cast(column, AsText))))
                owners = {found.group(1) for found in MARKER.finditer(held)}
                assert owners >= ({"hub"} if table.name in OF_THE_CLINIC else {"elm", "oak"}), str(column)


def test_the_markers_are_where_their_owners_read_them(app, town, record_property):
    """Else finding none of them elsewhere would prove nothing. Two of them look around in turn, until all was seen."""
    wanted = {mark.column for mark in town.marks.known.values() if is_of_patients(mark)} - NOT_SHOWN
    owners = [look_around(Visitor(app, town.people[who])) for who in ("elm physician", "hub coordinator")]
    read = 0
    for answer in chain.from_iterable(zip_longest(*owners)):
        if answer is not None:
            read += 1
            marks = town.marks.in_text(answer.get_data().decode("utf-8", "replace"))
            wanted -= {mark.column for mark in marks if mark.owner == "elm"}
        if not wanted:
            break
    record_property("answers read", read)
    assert not wanted


def is_of_patients(mark):
    return mark.table not in OF_PEOPLE | OF_AN_ACCOUNT | OF_THE_CLINIC


def test_the_canary_sings_when_the_filter_is_off(app, town, monkeypatch):
    """Planted: everybody sees every referral, on PostgreSQL past the second wall too. The crawl has to notice."""
    monkeypatch.setattr(context, "scope_of", lambda _: SYSTEM)
    take_the_first_wall_down(monkeypatch)
    assert any(
        strangers_in(everything_of(answer), town, "elm physician") for answer in visit(app, town, "elm physician")
    )
