"""How many have which verdict today and on another day, who moves in between, and who may count them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from referrals.events import Event
from tests import clinic
from tests.clinic import TODAY
from tests.page_text import PageText
from tests.test_screening_history import SOON, WAITS, Desk, amended, iso, on, words


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def at(app, people):
    return Desk(app, people)


@pytest.fixture
def several(database, people):
    """Two who move by SOON, one of them restricted, one who ended and one who does not move."""
    with on(TODAY), database.begin() as session:
        physician = people["physician"]
        moving, closed, ended = (clinic.refer(session, physician, clinic.told(WAITS)) for _ in range(3))
        clinic.refer(session, physician)
        clinic.withdraw(session, ended, physician)
        closed.restricted = True
    return {"moving": moving, "closed": closed, "ended": ended}


def registry(at, who, day):
    with on(TODAY):
        return at[who].get("/registry", query_string={"day": iso(day)})


def test_nothing_is_counted_until_somebody_asks(at, several):
    with on(TODAY):
        answer = at["coordinator"].get("/registry")
    assert answer.status_code == 200
    assert "some seconds" in answer.text
    assert "Difference" not in answer.text


def test_the_figures_are_the_same_for_whoever_may_count_and_leave_the_restricted_out(at, several):
    for who in ("coordinator", "ir", "administrator"):
        said = words(registry(at, who, SOON))
        _, _, kyphoplasty = said.partition("Kyphoplasty: referrals by verdict")
        assert "Candidate 1 3 +2 More information 0 0 0 Not yet 2 0 −2" in kyphoplasty, who
        assert "All 3 3" in kyphoplasty
        assert "Kyphoplasty Not yet → becomes Candidate 1 1" in said, "one is open and one has ended"


def test_who_moves_is_listed_for_who_opens_referrals_and_for_nobody_else(database, at, several):
    spoken = {name: f"/referrals/{referral.public_id}/" for name, referral in several.items()}
    listed = registry(at, "coordinator", SOON).text
    assert [name for name, link in spoken.items() if link in listed] == ["moving"]
    assert not any(link in registry(at, "administrator", SOON).text for link in spoken.values())
    assert "Ada" not in listed
    with database.reading() as session:
        read = session.scalars(select(Event).where(Event.action == "list_read")).all()
    assert [each.details for each in read] == [{"page": "registry.show", "rows": 1}]


def test_a_past_day_is_counted_by_what_is_known_now_or_by_what_was_told_by_then(database, at, people, several):
    amended(database, people, several["moving"], TODAY, pregnant=True)
    with on(SOON):
        now, then, before = (
            words(at["coordinator"].get("/registry", query_string=asked))
            for asked in (
                {"day": iso(SOON - timedelta(1))},
                {"day": iso(TODAY - timedelta(1)), "known_then": "yes"},
                {"day": iso(TODAY), "known_then": "yes"},
            )
        )
    assert "from what is known now" in now
    assert "All 3 0" in then, "the day before nothing had been told"
    assert "All 3 3" in before
    assert "from what had been told by the end of that day" in before


BAD_QUESTIONS = (
    ({"day": ""}, "Choose a day."),
    ({"day": "2026-02-30"}, "This date does not exist."),
    ({"day": "9999-12-31"}, "the latest that is possible"),
    ({"day": iso(SOON), "known_then": "yes"}, "Only of a day that is past"),
    ({"day": iso(SOON), "known_then": "maybe"}, "Tick the box or leave it."),
    ({"day": iso(SOON), "sort": "new"}, "an answer to a question that it does not ask"),
)


def test_a_bad_question_is_refused_and_kept(at):
    with on(TODAY):
        coordinator = at["coordinator"]
        for asked, says in BAD_QUESTIONS:
            answer = coordinator.get("/registry", query_string=asked)
            assert (answer.status_code, says in answer.text) == (422, True), asked
            assert PageText(answer.text).boxes["day"] == asked["day"]


def test_a_practice_counts_nobody(at):
    for who in ("physician", "delegate", "neighbor"):
        assert registry(at, who, SOON).status_code == 403
