"""Practices as administrators enter and change them, and the page that says who may do what."""

import pytest
from sqlalchemy import func, select

from referrals import access
from referrals.events import Event
from referrals.policy import ROWS
from referrals.staff import Practice, RoleName
from referrals.workflow import ROWS as ACTIONS
from tests import clinic
from tests.page_text import PageText
from tests.visitor import Visitor, hidden

PRACTICES = "/administration/practices"
OAK = {"name": "Oak Practice", "telephone": "555-0150", "fax": "555-0151", "address": "1 Made Up Street\nNowhere"}


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        hospital, elm = clinic.practice(session, "Clinic", is_clinic=True), clinic.practice(session, "Elm Practice")
        return {
            "elm": elm,
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "admin": clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital),
            "other": clinic.person(session, "Other Administrator", RoleName.ADMINISTRATOR, hospital),
            "auditor": clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital),
        }


@pytest.fixture
def admin(app, people):
    return Visitor(app, people["admin"])


def words(answer):
    return " ".join(PageText(answer.text).words.split())


def change(visitor, practice, **said):
    place = f"{PRACTICES}/{practice.public_id}/edit"
    return visitor.post(place, {"seen": hidden(visitor.get(place).text, "seen"), **OAK, **said})


def test_a_practice_is_entered_and_its_people_can_be_invited_to_it(database, admin):
    entered = admin.post(f"{PRACTICES}/new", OAK)
    assert entered.status_code == 303
    page = words(admin.get(entered.location))
    assert all(" ".join(text.split()) in page for text in OAK.values())
    assert "Nobody belongs to it yet" in page
    assert "Oak Practice" in admin.get("/administration/people/invite").text
    with database.reading() as session:
        event = session.scalars(select(Event).where(Event.action == "practice_entered")).one()
        assert event.subject == entered.location.rpartition("/")[2]
        assert not session.scalars(select(Practice).where(Practice.name == "Oak Practice")).one().is_clinic


def test_a_practice_sent_twice_is_one(database, admin):
    first, second = (admin.post(f"{PRACTICES}/new", OAK) for _ in range(2))
    assert first.location == second.location
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Practice.name == "Oak Practice")) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [({"name": ""}, "Write the name"), ({"name": "elm practice"}, "already"), ({"telephone": " "}, "telephone"),
     ({"fax": "x" * 41}, "40 characters"), ({"address": "a\0b"}, "hidden or control"),
     ({"is_clinic": "yes"}, "does not ask")],
)  # fmt: skip
def test_a_practice_with_a_mistake_is_refused_with_the_text_kept(database, admin, said, why):
    refused = admin.post(f"{PRACTICES}/new", {**OAK, **said})
    assert refused.status_code == 422
    assert why in words(refused)
    assert {"name", "telephone", "fax"} <= PageText(refused.text).boxes.keys()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Practice)) == 2


def test_a_practice_is_changed_and_the_log_says_which_fields(database, people, admin):
    assert change(admin, people["elm"], name="Elm and Oak").status_code == 303
    assert change(admin, people["elm"], name="Elm and Oak").status_code == 303
    with database.reading() as session:
        [event] = session.scalars(select(Event).where(Event.action == "practice_changed"))
        assert event.details == {"fields": ["name", "telephone", "fax", "address"]}
        assert event.practice_id == people["elm"].id


def test_of_two_who_change_a_practice_the_later_is_told_and_keeps_the_text(app, people, admin):
    place = f"{PRACTICES}/{people['elm'].public_id}/edit"
    seen = hidden(admin.get(place).text, "seen")
    assert change(Visitor(app, people["other"]), people["elm"]).status_code == 303
    late = admin.post(place, {**OAK, "fax": "a fax to keep", "seen": seen})
    assert late.status_code == 409
    assert "a fax to keep" in words(late)


def test_the_page_of_a_practice_shows_its_people_with_their_npi(people, admin):
    page = words(admin.get(f"{PRACTICES}/{people['elm'].public_id}"))
    assert "Elm Physician" in page
    assert "1234567893" in page
    assert admin.get(f"{PRACTICES}/zzzzzzzzzzzz").status_code == 404


def test_practices_are_found_by_name(admin):
    assert "Elm Practice" in admin.get(f"{PRACTICES}?words=ELM").text
    assert "No practice matches" in admin.get(f"{PRACTICES}?words=fir").text
    assert admin.get(f"{PRACTICES}?sort=name").status_code == 400


@pytest.mark.parametrize("who", ["admin", "auditor"])
def test_the_page_of_who_may_do_what_names_every_permission_role_and_action(app, people, who):
    page = words(Visitor(app, people[who]).get("/administration/policy"))
    for row in (*ROWS, *access.LISTS, *access.ACTS, *access.RESTRICTS, *access.REVIEWS, *RoleName):
        assert row.words in page
    at = page.index("What is done to a referral")
    for action in ACTIONS:  # in their order, also those that have several rows
        at = page.index(f" {action.words} ", at) + 1
