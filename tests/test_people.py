"""People from their invitation to the end of their access: what administrators do about them, and what nobody may."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select

from referrals import invitation, people
from referrals.administration import Refused
from referrals.db import now
from referrals.events import Event
from referrals.membership import Position, Standing, standing
from referrals.staff import Identity, Person, Practice, RoleName
from referrals.user_session import UserSession
from tests import clinic, letterbox
from tests.page_text import PageText
from tests.visitor import Visitor, hidden

LONG = "nine otters knit at dusk"
PEOPLE = "/administration/people"
NEW = {"name": "Dr. New Person", "email": "New.Person@example.org", "npi": "1999900016", "call_back": "555-0140"}


@pytest.fixture
def town(app, database):
    """A practice, the clinic, two administrators and somebody of each other kind."""
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "elm": elm,
            "hospital": hospital,
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "admin": clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital),
            "other": clinic.person(session, "Other Administrator", RoleName.ADMINISTRATOR, hospital),
            "auditor": clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital),
        }


@pytest.fixture
def admin(app, town):
    return Visitor(app, town["admin"])


def invite(admin, town, **said):
    form = {**NEW, "practice": town["elm"].public_id, "roles": ["physician"], **said}
    return admin.post(f"{PEOPLE}/invite", form)


def link_on(page):
    found = re.search(r'link-to-hand-over">([^<]+)<', page)
    assert found, "the page shows no link"
    return urlsplit(found.group(1)).path


def invited(admin, town, **said):
    """Where the invited person is found, and the link they were given."""
    answer = invite(admin, town, **said)
    assert answer.status_code == 303, answer.text
    return answer.location, link_on(admin.get(answer.location).text)


def join(app, link, password=LONG, again=None):
    visitor = Visitor(app)
    token = hidden(visitor.get(link).text, "csrf_token")
    return visitor.post(link, csrf_token=token, new_password=password, password_again=again or password)


def act(admin, place, action, **said):
    """Open the page of an action, and send its form."""
    seen = hidden(admin.get(f"{place}/{action}").text, "seen")
    return admin.post(f"{place}/{action}", {"seen": seen, **said})


def place_of(person):
    return f"{PEOPLE}/{person.public_id}"


def entries(database, place):
    """What the log says of a person, in order."""
    with database.reading() as session:
        about = select(Event).where(Event.subject == place.rpartition("/")[2]).order_by(Event.id)
        return [(event.action, event.by.name, event.details) for event in session.scalars(about)]


def words(answer):
    return " ".join(PageText(answer.text).words.split())


# The way of a person


def test_from_the_invitation_to_the_end_of_access_and_back(app, database, town, admin):
    place, link = invited(admin, town)
    assert Visitor(app).sign_in("new.person@example.org", LONG).status_code == 422, "has not joined yet"
    joined = join(app, link)
    assert (joined.status_code, joined.location) == (303, "/sign-in")
    somebody = Visitor(app)
    assert somebody.sign_in("new.person@example.org", LONG).status_code == 302
    assert somebody.get("/referrals").status_code == 200

    moved = act(admin, place, "roles", practice=town["hospital"].public_id, roles=["coordinator", "ir_physician"])
    assert moved.status_code == 303
    assert somebody.get("/").status_code == 302, "was signed out by it"
    assert "/sign-in" in somebody.get("/").location
    assert somebody.sign_in("new.person@example.org", LONG).status_code == 302
    assert somebody.get("/queue/").status_code == 200

    assert act(admin, place, "deactivate", why="Has left").status_code == 303
    assert "/sign-in" in somebody.get("/queue/").location
    assert Visitor(app).sign_in("new.person@example.org", LONG).status_code == 422
    assert act(admin, place, "reactivate").status_code == 303
    assert "/sign-in" in somebody.get("/queue/").location, "an old session stays ended"
    assert somebody.sign_in("new.person@example.org", LONG).status_code == 302

    roles = {"before": ["physician"], "roles": ["coordinator", "ir_physician"], "fields": ["practice"]}
    assert [entry for entry in entries(database, place) if not entry[0].startswith("sign")] == [
        ("person_invited", "Test Administrator", {"roles": ["physician"]}),
        ("person_joined", "Dr. New Person", {}),
        ("roles_changed", "Test Administrator", roles),
        ("person_deactivated", "Test Administrator", {}),
        ("person_reactivated", "Test Administrator", {}),
    ]


def test_an_invitation_is_kept_as_it_was_written(database, town, admin):
    place, _ = invited(admin, town)
    with database.reading() as session:
        person = people.find(session, place.rpartition("/")[2])
        assert (person.email, person.npi, person.call_back) == ("new.person@example.org", "1999900016", "555-0140")
        assert standing(person) is Standing.INVITED
        assert not person.active


def into_a_list(app):
    """Whatever is mailed from now on: a function that gives (to, subject, text) of each."""
    mails = letterbox.letterbox(app)
    return lambda: [(mail["To"], mail["Subject"], mail.get_content()) for mail in mails()]


def test_where_mail_is_set_up_the_link_is_mailed_and_not_shown(app, town, admin):
    mails = into_a_list(app)
    page = admin.get(invite(admin, town).location).text
    assert "link-to-hand-over" not in page
    [(to, subject, text)] = mails()
    assert to == "new.person@example.org"
    assert "Test Clinic" in subject
    link = re.search(r"http://localhost(/invitation/\S+)", text)
    assert link
    assert join(app, link.group(1)).status_code == 303


def test_nobody_signs_up_by_themself(app):
    assert not app.config["SECURITY_REGISTERABLE"]
    assert "security.register" not in app.view_functions
    assert Visitor(app).get("/register").status_code == 404


# The link


def test_a_link_is_good_once(app, town, admin):
    _, link = invited(admin, town)
    assert join(app, link).status_code == 303
    again = Visitor(app).get(link)
    assert again.status_code == 404
    assert "good once" in words(again)


def test_of_many_who_open_one_link_at_once_one_chooses_the_password(app, town, admin):
    _, link = invited(admin, town)
    visitors = [Visitor(app) for _ in range(4)]
    tokens = [hidden(visitor.get(link).text, "csrf_token") for visitor in visitors]
    start = Barrier(len(visitors))

    def go(number):
        start.wait(timeout=20)
        password = f"{LONG} {number}"
        form = {"csrf_token": tokens[number], "new_password": password, "password_again": password}
        return visitors[number].post(link, form).status_code

    with ThreadPoolExecutor(len(visitors)) as tabs:
        assert sorted(tabs.map(go, range(len(visitors)))) == [303, 404, 404, 404]


def test_a_link_is_good_for_three_days(app, town, admin):
    place, link = invited(admin, town)
    at = now()
    with time_machine.travel(at + timedelta(days=3, minutes=-1)):
        assert Visitor(app).get(link).status_code == 200
    with time_machine.travel(at + timedelta(days=3, minutes=1)):
        assert Visitor(app).get(link).status_code == 404
        late = Visitor(app, town["admin"])
        assert "The invitation has expired" in words(late.get(place))
        assert act(late, place, "reinvite").status_code == 303
        renewed = link_on(late.get(place).text)
        assert renewed != link
        assert join(app, renewed).status_code == 303


def test_a_new_link_makes_the_earlier_one_void(app, town, admin):
    place, link = invited(admin, town)
    assert act(admin, place, "reinvite").status_code == 303
    assert Visitor(app).get(link).status_code == 404
    assert join(app, link_on(admin.get(place).text)).status_code == 303


def test_the_link_outlives_a_change_of_roles_but_not_of_the_address(app, town, admin):
    place, link = invited(admin, town)
    assert act(admin, place, "roles", practice=town["elm"].public_id, roles=["delegate"]).status_code == 303
    assert Visitor(app).get(link).status_code == 200
    mails = into_a_list(app)
    assert act(admin, place, "edit", **{**NEW, "email": "right@example.org"}).status_code == 303
    assert Visitor(app).get(link).status_code == 404, "it went to a wrong address"
    assert [to for to, _, _ in mails()] == ["right@example.org"]


def test_an_invitation_that_was_taken_back_is_void_and_can_be_made_again(app, town, admin):
    place, link = invited(admin, town)
    assert act(admin, place, "deactivate").status_code == 303
    assert Visitor(app).get(link).status_code == 404
    assert act(admin, place, "reactivate").status_code == 422, "never chose a password"
    assert act(admin, place, "reinvite").status_code == 303
    assert join(app, link_on(admin.get(place).text)).status_code == 303


@pytest.mark.parametrize("token", ["x", "WyJ4IiwieSJd.AAAA", "WzFd.x.y", "é"])
def test_a_link_that_nobody_made_leads_nowhere(app, town, token):
    assert Visitor(app).get(f"/invitation/{token}").status_code == 404


def test_a_link_of_another_installation_leads_nowhere(app, town, database, admin):
    place, _ = invited(admin, town)
    with database.reading() as session:
        forged = invitation.token(people.find(session, place.rpartition("/")[2]), "another secret")
    assert Visitor(app).get(f"/invitation/{forged}").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [("short", "short", "at least"), (LONG, "nine otters", "not what is written"), ("", "", "Write the new password")],
)
def test_a_password_that_will_not_do_is_refused_and_never_shown_again(app, town, admin, password, again, said):
    _, link = invited(admin, town)
    answer = join(app, link, password, again)
    assert answer.status_code == 422
    assert said in words(answer)
    assert LONG not in answer.text
    assert Visitor(app).get(link).status_code == 200, "the link is still good"


def test_who_is_signed_in_cannot_use_somebody_else_s_link(app, town, admin):
    _, link = invited(admin, town)
    assert admin.get(link).status_code == 409
    assert admin.post(link, new_password=LONG, password_again=LONG).status_code == 409
    assert join(app, link).status_code == 303


# What is refused


@pytest.mark.parametrize(
    ("where", "held", "said"),
    [
        ("elm", ["coordinator"], "belong to the clinic"),
        ("elm", ["physician", "ir_physician"], "belong to the clinic"),
        ("hospital", ["physician"], "belong to a practice that refers"),
        ("hospital", ["delegate"], "belong to a practice that refers"),
        ("hospital", ["auditor", "administrator"], "who watches those who act must not be one of them"),
        ("elm", [], "at least one role"),
        ("elm", ["emperor"], "Choose from the list"),
    ],
)
def test_roles_that_do_not_go_together_or_with_the_practice_are_refused(database, town, admin, where, held, said):
    refused = invite(admin, town, practice=town[where].public_id, roles=held)
    assert refused.status_code == 422
    assert said in words(refused)
    assert PageText(refused.text).boxes["email"] == NEW["email"], "what was written is kept"
    changed = act(admin, place_of(town["coordinator"]), "roles", practice=town[where].public_id, roles=held)
    assert changed.status_code == 422
    with database.reading() as session:
        assert session.get(Person, town["coordinator"].id).role_names == {RoleName.COORDINATOR}


@pytest.mark.parametrize(
    "said",
    [{"npi": "1999900017"}, {"email": "nowhere"}, {"name": "  "}, {"practice": "zzzzzzzzzzzz"}, {"practice": ""}],
)
def test_an_invitation_with_a_mistake_is_refused_with_the_text_kept(database, town, admin, said):
    refused = invite(admin, town, **said)
    assert refused.status_code == 422
    kept = {**NEW, **said}
    assert all(PageText(refused.text).boxes[name] == kept[name] for name in NEW)
    with database.reading() as session:
        assert session.scalars(select(Person).where(Person.name == NEW["name"])).first() is None


def test_an_address_belongs_to_one_person_whatever_its_case(town, admin):
    refused = invite(admin, town, email="ELM.physician@example.org")
    assert refused.status_code == 422
    assert "belongs to Elm Physician already (active)" in words(refused)
    moved = act(admin, place_of(town["coordinator"]), "edit", name="Cora", email="Elm.Physician@EXAMPLE.org")
    assert moved.status_code == 422


def test_an_invitation_sent_twice_is_one(database, town, admin):
    first, second = invite(admin, town), invite(admin, town)
    assert (first.status_code, first.location) == (303, second.location)
    assert len(entries(database, first.location)) == 1


def test_of_many_invitations_of_one_address_at_once_there_is_one_person(app, database, town):
    tabs = [Visitor(app, town[("admin", "other")[i % 2]]) for i in range(6)]
    start = Barrier(len(tabs))

    def go(number):
        start.wait(timeout=20)
        return invite(tabs[number], town, name=f"Name {number}").status_code

    with ThreadPoolExecutor(len(tabs)) as running:
        assert sorted(running.map(go, range(len(tabs)))) == [303] + [422] * 5


def test_nobody_ends_or_widens_their_own_access(database, town, admin):
    mine = place_of(town["admin"])
    clinic_id = town["hospital"].public_id
    assert "Nobody deactivates themself" in words(act(admin, mine, "deactivate"))
    assert "their own sign-in" in words(act(admin, mine, "reinvite"))
    for roles in (["coordinator"], ["administrator", "coordinator"]):
        answer = act(admin, mine, "roles", practice=clinic_id, roles=roles)
        assert answer.status_code == 422
        assert "Nobody changes their own roles" in words(answer)
    with database.reading() as session:
        assert session.get(Person, town["admin"].id).role_names == {RoleName.ADMINISTRATOR}


def test_of_two_administrators_who_end_each_other_s_access_at_once_one_stays(app, database, town):
    first, second = Visitor(app, town["admin"]), Visitor(app, town["other"])
    forms = [
        (first, place_of(town["other"]), hidden(first.get(f"{place_of(town['other'])}/deactivate").text, "seen")),
        (second, place_of(town["admin"]), hidden(second.get(f"{place_of(town['admin'])}/deactivate").text, "seen")),
    ]
    start = Barrier(2)

    def go(form):
        visitor, place, seen = form
        start.wait(timeout=20)
        return visitor.post(f"{place}/deactivate", seen=seen).status_code

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(go, forms)) in ([303, 401], [303, 403])
    with database.reading() as session:
        assert sum(session.get(Person, town[name].id).active for name in ("admin", "other")) == 1


def test_the_last_active_administrator_stays(app, database, town):
    with app.app_context(), database.begin() as session:
        people.deactivate(session, None, town["other"].public_id, None, None)
    for attempt in (
        lambda session: people.deactivate(session, None, town["admin"].public_id, None, None),
        lambda session: people.change_roles(
            session, None, town["admin"].public_id, None,
            Position(session.get(Practice, town["hospital"].id), frozenset({RoleName.COORDINATOR})),
        ),
    ):  # fmt: skip
        with pytest.raises(Refused, match="last active administrator"), database.begin() as session:
            attempt(session)


def test_a_page_that_somebody_else_has_overtaken_is_refused_with_the_text_kept(database, app, town, admin):
    place = place_of(town["physician"])
    seen = hidden(admin.get(f"{place}/edit").text, "seen")
    said = {"name": "Dr. Elm", "email": "elm.physician@example.org"}
    assert act(Visitor(app, town["other"]), place, "edit", **said, call_back="555-0199").status_code == 303
    late = admin.post(f"{place}/edit", {**said, "name": "A name to keep", "seen": seen})
    assert late.status_code == 409
    assert "A name to keep" in words(late)
    for action in ("roles", "deactivate", "reactivate", "reinvite"):
        form = {"practice": town["elm"].public_id, "roles": "physician"} if action == "roles" else {}
        assert admin.post(f"{place}/{action}", {**form, "seen": seen}).status_code == 409
    with database.reading() as session:
        assert session.get(Person, town["physician"].id).name == "Dr. Elm"


def test_what_is_changed_of_a_person_is_recorded_by_field_and_never_by_content(database, town, admin):
    place = place_of(town["physician"])
    said = {"name": "Elm Physician", "email": "elm.physician@example.org", "npi": "1999900016", "call_back": "555-0198"}
    assert act(admin, place, "edit", **said).status_code == 303
    assert act(admin, place, "edit", **said).status_code == 303, "nothing is different: nothing is recorded"
    assert entries(database, place) == [("person_changed", "Test Administrator", {"fields": ["npi", "call_back"]})]


def test_another_address_ends_the_sessions_and_another_telephone_does_not(app, town, admin):
    place, somebody = place_of(town["physician"]), Visitor(app, town["physician"])
    said = {"name": "Elm Physician", "email": "elm.physician@example.org"}
    assert act(admin, place, "edit", **said, call_back="555-0197").status_code == 303
    assert somebody.get("/referrals").status_code == 200
    assert act(admin, place, "edit", **{**said, "email": "elm@example.org"}).status_code == 303
    assert somebody.get("/referrals").status_code == 302


def test_a_reset_takes_password_second_factor_and_sign_on_away(app, database, town, admin):
    place = place_of(town["coordinator"])
    with database.begin() as session:
        person = session.get(Person, town["coordinator"].id)
        person.tf_primary_method, person.tf_totp_secret = "authenticator", "made up"
        session.add(Identity(person_id=person.id, issuer="https://issuer.example", subject="7"))
    somebody = Visitor(app, town["coordinator"])
    assert act(admin, place, "reinvite", why="Lost the telephone").status_code == 303
    assert somebody.get("/queue/").status_code == 302
    assert Visitor(app).sign_in("test.coordinator@example.org").status_code == 422
    with database.reading() as session:
        person = session.get(Person, town["coordinator"].id)
        assert not person.has_second_factor
        assert person.tf_totp_secret is None
        assert session.scalars(select(Identity)).first() is None
    assert join(app, link_on(admin.get(place).text)).status_code == 303
    assert Visitor(app).sign_in("test.coordinator@example.org", LONG).status_code == 302


# The lists


def test_people_are_found_by_name_address_role_practice_and_standing(town, admin):
    def found(asked):
        return re.findall(r'row-link" href="[^"]+">([^<]+)<', admin.get(f"{PEOPLE}?{asked}").text)

    invited(admin, town)
    everybody = found("")
    assert everybody == sorted(everybody)
    assert len(everybody) == 6
    assert found("words=COORD") == ["Test Coordinator"]
    assert found("words=elm.phys") == ["Elm Physician"]
    assert found("words=%25") == []
    assert found("words=1999900016") == ["Dr. New Person"]
    assert found("role=administrator") == ["Other Administrator", "Test Administrator"]
    assert found(f"practice={town['elm'].public_id}") == ["Dr. New Person", "Elm Physician"]
    assert found("state=invited") == ["Dr. New Person"]
    assert found("state=deactivated") == []
    assert "Nobody matches" in admin.get(f"{PEOPLE}?state=deactivated").text


def test_people_come_a_page_at_a_time(app, database, town, admin):
    with app.app_context(), database.begin() as session:
        for number in range(60):
            clinic.person(session, f"Person {number:02}", RoleName.PHYSICIAN, session.get(Practice, town["elm"].id))
    first = admin.get(f"{PEOPLE}?role=physician").text
    following = re.search(r'<a class="button" rel="next" href="([^"]+)"|href="([^"]+)" rel="next"', first)
    assert following
    second = admin.get((following.group(1) or following.group(2)).replace("&amp;", "&")).text
    names = re.findall(r'row-link" href="[^"]+">([^<]+)<', first + second)
    assert len(names) == len(set(names)) == 61


@pytest.mark.parametrize(
    ("asked", "status"),
    [("role=emperor", 400), ("state=lost", 400), ("colour=red", 400), ("words=a&words=b", 400), ("words=%07", 400),
     ("after=zzzzzzzzzzzz", 404), ("practice=zzzzzzzzzzzz", 200), (f"words={'x' * 101}", 400)],
)  # fmt: skip
def test_an_address_that_asks_for_what_there_is_not_is_refused(town, admin, asked, status):
    assert admin.get(f"{PEOPLE}?{asked}").status_code == status


def test_the_page_of_a_person_counts_their_sessions(app, database, town, admin):
    page = words(admin.get(place_of(town["physician"])))
    assert "Signed in nowNo" in page
    assert "Last sign-inNever" in page
    Visitor(app, town["physician"]), Visitor(app, town["physician"])
    assert "Signed in nowIn 2 browsers" in words(admin.get(place_of(town["physician"])))
    with database.begin() as session:
        session.scalars(
            select(UserSession).where(UserSession.person_id == town["physician"].id)
        ).first().ended_at = now()
    assert "Signed in nowIn 1 browser" in words(admin.get(place_of(town["physician"])))


def test_nobody_of_an_unknown_id_is_found(town, admin):
    for action in ("", "/edit", "/roles", "/deactivate", "/reactivate", "/reinvite"):
        assert admin.get(f"{PEOPLE}/zzzzzzzzzzzz{action}").status_code == 404


@pytest.mark.parametrize("who", ["physician", "coordinator", "auditor"])
def test_only_administrators_get_in(app, town, who):
    visitor = Visitor(app, town[who])
    for path in (PEOPLE, f"{PEOPLE}/invite", place_of(town["elm"]), "/administration/practices"):
        assert visitor.get(path).status_code == 403
    assert visitor.get("/administration/policy").status_code == (200 if who == "auditor" else 403)
    assert "/administration/people" not in visitor.get("/criteria").text


def test_an_administrator_comes_home_to_the_people(admin):
    assert admin.get("/").location == PEOPLE


def test_what_is_wrong_is_listed_in_the_order_of_the_page(admin):
    summary = admin.post("/administration/people/invite", npi="1234567890").text.partition("error-summary")[2]
    places = [summary.index(f'href="#{name}') for name in ("name", "email", "practice", "roles", "npi")]
    assert places == sorted(places)
