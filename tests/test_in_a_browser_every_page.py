"""Every page as everybody sees it: axe finds nothing, nothing sticks out at any width, the browser has no complaint."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from config import DEMONSTRATION_SECRET
from referrals import glass, invitation, outbox, restriction, triage
from referrals.db import now
from referrals.membership import Position
from referrals.outbox import Mail, Stands
from referrals.people import Details
from referrals.staff import RoleName
from referrals.throttle import FailedSignIn
from referrals.transition import Said
from referrals.triage import Item
from referrals.workflow import Reason, Urgency
from tests import clinic
from tests.at_a_browser import Visit, as_wide_as, axe_violations, too_wide
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY
from tests.conftest import LiveServer, application
from tests.second_factors import with_authenticator

WIDE, NARROW = 1280, 390
"""As on a desk and as on a telephone; the colors are the same on both."""
ZOOMED = (1024, 640, 320)
"""As wide as 1280 is at a zoom of 125, 200 and 400 %."""
ASKED = (
    Item("Any active infection?", "active_infection"),
    Item("Which brace, and since when?"),
    Item("L1: Since when?", "onset_on", 0, "L1"),
)
LONG = "Bartholomew-Featherstonehaugh"


@pytest.fixture(scope="module")
def town(migrated_sqlite, tmp_path_factory):
    """A clinic in which there is something on every page."""
    file = tmp_path_factory.mktemp("pages") / "referrals.sqlite"
    file.write_bytes(migrated_sqlite.read_bytes())
    running = LiveServer(application(f"sqlite:///{file}"))
    with running.app.app_context(), running.database.begin() as session:
        people, pages = furnished(session)
    with_authenticator(running.app, people["ir"])
    yield running, people, pages
    running.stop()


def furnished(session):
    elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
    people = {
        "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
        "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
    }
    pages = {name: referral.public_id for name, referral in referrals(session, **people)}
    people["delegate"] = clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm)
    people["colleague"] = clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital)
    people["auditor"] = clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital)
    people["administrator"] = clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital)
    more = administered(session, people, elm) | dict(emergencies(session, **people))
    give_mails_up(session, people["physician"])
    return people, pages | more


def administered(session, people, elm):
    """What the pages of administrators are about: a person of long standing, somebody who was invited, a practice."""
    details = Details(name=f"{LONG} {LONG}", email=f"{LONG}.{LONG}@a-practice-with-a-long-name.example".lower())
    invited = invitation.invite(session, None, details, Position(elm, frozenset({RoleName.PHYSICIAN})))
    return {
        "person": people["physician"].public_id,
        "invited": invited.public_id,
        "practice": elm.public_id,
        "link": invitation.token(invited, DEMONSTRATION_SECRET),
    }


def give_mails_up(session, physician):
    """Two that no server took, one of which can be sent again, and one that waits."""
    dead = {"state": Stands.DEAD, "attempts": 20, "fault": "SMTPServerDisconnected", "ended_at": now()}
    session.add(Mail(kind="invitation", person_id=physician.id, sealed=b"sealed", **dead))
    session.add(Mail(kind="forgotten_password", **dead))
    outbox.put(session, "password_changed", b"sealed", physician.id)


def referrals(session, physician, coordinator, ir):
    """One in every state, with verdicts of every kind."""
    several = [{**COLLAPSED, "level": level} for level in ("T8", "T12", "L3")]
    flagged = clinic.told({**FRAIL, "neurological_deficit": True}, *several)
    early = {**FRAIL, "conservative_management_started_on": TODAY - timedelta(days=3), "too_frail_for_surgery": False}
    named = clinic.patient(given_name=LONG, family_name=f"{LONG} {LONG}", mrn="MRN-0123456789-0123456789-0123456789-01")
    yield "new", clinic.refer(session, physician, flagged, of=named, urgency=Urgency.EMERGENCY)
    yield "early", clinic.refer(session, physician, clinic.told(early, {**COLLAPSED, "too_weak": False}))
    candidate = clinic.claim(session, clinic.refer(session, physician), coordinator)
    yield "candidate", candidate
    yield "undecided", clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE)), coordinator)
    waiting = clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE)), coordinator)
    triage.ask(session, waiting, coordinator, waiting.version, TODAY, ASKED, TODAY + timedelta(days=7), "Please look.")
    yield "waiting", waiting
    declined = clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE, *several)), ir)
    why = Said(session.get(Reason, "symptoms-resolved"), "The pain has gone. " * 20)
    triage.decline(session, declined, ir, declined.version, TODAY, why, "New pain at the level of the fracture.")
    yield "declined", declined
    accepted = clinic.claim(session, clinic.refer(session, physician), coordinator)
    triage.accept(session, accepted, coordinator, accepted.version, TODAY)
    yield "accepted", accepted


def emergencies(session, physician, coordinator, ir, colleague, administrator, **_others):
    """Restricted referrals: claimed or not, opened in an emergency by one and by another, reviewed or not."""
    unclaimed, claimed = clinic.refer(session, physician), clinic.refer(session, physician)
    clinic.claim(session, claimed, coordinator)
    for name, referral in (("unclaimed", unclaimed), ("claimed", claimed)):
        restriction.restrict(session, referral, physician, referral.version, "A public person. " * 20)
        yield name, referral.public_id
    for who, name in ((colleague, "reviewed"), (colleague, "unreviewed"), (ir, "open")):
        opened = glass.open_access(session, claimed, who, "New weakness. " * 30, now(), second_factor=False)
        if name != "open":
            glass.end(session, claimed, who, now())
        if name == "reviewed":
            glass.review(session, opened, administrator, "not_justified", "The owner was there. " * 20, now())
        yield name, opened.public_id


class Look:
    """How one comes to a page: as whom, from where, and what one does there."""

    def __init__(self, words, who, address, *doing):
        self.words, self.who, self.address, self.doing = words, who, address, doing

    def __str__(self):
        return f"{self.words}, as {self.who}"


def press(words):
    return lambda visit: visit.press(words)


def follow(words):
    return lambda visit: visit.follow(words)


def search_for(words):
    return lambda visit: visit.write("Name, MRN or referral id", words)


def choose_levels(visit):
    visit.tick_level("L1")
    visit.tick_level("T12")
    visit.question("What does imaging show?", "L1").wait_for()
    visit.question("What does imaging show?", "T12").wait_for()
    visit.choose("New weakness, numbness", "Yes")
    visit.page.get_by_role("complementary").get_by_text("Contraindicated").first.wait_for()


def write_nonsense(visit):
    for label in ("Worst pain in the last 24 hours", "NPI", "Latest INR"):
        visit.page.get_by_label(label, exact=True).fill("1_0")
    visit.press("Send the referral")


def guess(visit):
    if visit.page.get_by_label("Password").is_visible():
        visit.write("Email address", "guess@example.org")
        visit.write("Password", "not the password")
        visit.press("Sign in")


def lose_session(visit):
    visit.write("Comment", "A long thought. " * 10)
    sign_out_elsewhere(visit)
    visit.press("Decline")
    visit.reads("You are not signed in any more")
    visit.is_told("Send it again")


def sign_out_elsewhere(visit):
    """As if it had ended by itself: this browser still knows whose forms it has."""
    other = visit.context.new_page()
    other.goto("/account")
    other.get_by_role("button", name="Sign out everywhere").click()
    other.close()


def as_if_opened_before_somebody_else_changed_it(visit):
    visit.page.locator("input[name=version]").evaluate("each => each.value = 1")
    visit.page.get_by_label("Comment").fill("A long thought. " * 10)
    visit.press("Accept")


def sign_in_halfway(visit):
    visit.write("Email address", "test.radiologist@example.org")
    visit.write("Password", clinic.PASSWORD)
    visit.press("Sign in")


LOOKS = [
    Look("the sign-in page", "nobody", "/sign-in"),
    Look("the sign-in page after a mistake", "nobody", "/sign-in", press("Sign in")),
    Look("the sign-in page after too many tries", "nobody", "/sign-in", *[guess] * 6),
    Look("the page for a forgotten password", "nobody", "/forgotten-password"),
    Look("a link that is used or too old", "nobody", "/forgotten-password/used"),
    Look("the own account", "coordinator", "/account"),
    Look("changing the password", "physician", "/account/password"),
    Look("changing the password wrongly", "physician", "/account/password", press("Change the password")),
    Look("saying again who one is", "physician", "/sign-in/again"),
    Look("saying it wrongly", "physician", "/sign-in/again", press("Go on")),
    Look("beside a page that was open", "physician", "/signed-in"),
    Look("a decision after the session ended", "coordinator", "/referrals/{candidate}/decline", lose_session),
    Look("the code after the password", "nobody", "/sign-in", sign_in_halfway),
    Look("a wrong code after the password", "nobody", "/sign-in", sign_in_halfway, press("Sign in")),
    Look("a recovery code", "nobody", "/sign-in", sign_in_halfway, follow("No telephone at hand? Use a recovery code")),
    Look("signing in with a passkey", "nobody", "/sign-in", press("Sign in with a passkey")),
    Look("the second factor, of which there is none", "physician", "/account/second-factor"),
    Look("the second factor", "ir", "/account/second-factor"),
    Look("setting up an authenticator", "physician", "/account/authenticator"),
    Look("setting up an authenticator with a wrong code", "physician", "/account/authenticator", press("Set it up")),
    Look("recovery codes to be made", "ir", "/account/recovery-codes"),
    Look("recovery codes", "ir", "/account/recovery-codes", press("Make ten new codes")),
    Look("a new passkey", "physician", "/account/passkeys/new"),
    Look("a new passkey without a name", "physician", "/account/passkeys/new", press("Go on")),
    Look("showing that it is you", "physician", "/verify/passkey"),
    Look("the empty intake page", "physician", "/referrals/new"),
    Look("the intake page with levels and a red flag", "physician", "/referrals/new", choose_levels),
    Look("the intake page with mistakes", "physician", "/referrals/new", choose_levels, write_nonsense),
    Look("the intake page of a delegate", "delegate", "/referrals/new"),
    Look("the intake page of a delegate with mistakes", "delegate", "/referrals/new", choose_levels, write_nonsense),
    Look("my referrals", "physician", "/referrals"),
    Look("my decided referrals", "physician", "/referrals/list/decided"),
    Look("my drafts, of which there are none", "physician", "/referrals/list/drafts"),
    Look("a new referral with a red flag", "physician", "/referrals/{new}"),
    Look("a new referral with a red flag", "coordinator", "/referrals/{new}"),
    Look("a referral that is not yet eligible", "coordinator", "/referrals/{early}"),
    Look("a referral in review", "coordinator", "/referrals/{undecided}"),
    Look("a referral that waits for an answer", "physician", "/referrals/{waiting}"),
    Look("a referral that was not accepted", "physician", "/referrals/{declined}"),
    Look("a referral that was accepted", "physician", "/referrals/{accepted}"),
    Look("the inbox", "physician", "/inbox"),
    Look("the inbox of the clinic", "coordinator", "/inbox"),
    Look("the inbox with what is restricted", "colleague", "/inbox"),
    Look("the inbox in which all is read", "physician", "/inbox", press("Mark all as read")),
    Look("the inbox in which there is nothing", "delegate", "/inbox"),
    Look("what a referrer is mailed", "delegate", "/account/mails"),
    Look("what somebody of the clinic is mailed", "coordinator", "/account/mails"),
    Look("mails that did not leave", "administrator", "/administration/mails"),
    Look("mails that are sent again", "administrator", "/administration/mails", press("Send all again")),
    Look("the queue", "coordinator", "/queue/"),
    Look("the queue of all", "ir", "/queue/all"),
    Look("the queue with nothing found", "coordinator", "/queue/", search_for("Nobody"), press("Show")),
    Look("the criteria", "physician", "/criteria"),
    Look("asking", "coordinator", "/referrals/{undecided}/ask"),
    Look("asking for nothing", "coordinator", "/referrals/{candidate}/ask", press("Ask Elm Practice")),
    Look("accepting", "coordinator", "/referrals/{candidate}/accept"),
    Look("accepting against the verdict", "ir", "/referrals/{undecided}/accept", press("Accept")),
    Look("accepting what only an IR physician may", "coordinator", "/referrals/{undecided}/accept"),
    Look("declining", "coordinator", "/referrals/{candidate}/decline"),
    Look("declining without a reason", "ir", "/referrals/{candidate}/decline", press("Decline")),
    Look("answering", "physician", "/referrals/{waiting}/answer"),
    Look("answering nothing", "physician", "/referrals/{waiting}/answer", press("Send the answers")),
    Look("withdrawing", "physician", "/referrals/{new}/withdraw"),
    Look("withdrawing without a reason", "physician", "/referrals/{new}/withdraw", press("Withdraw")),
    Look("the people", "administrator", "/administration/people"),
    Look("the people when nobody is found", "administrator", "/administration/people?words=nobody"),
    Look("somebody who was invited", "administrator", "/administration/people/{invited}"),
    Look("a person", "administrator", "/administration/people/{person}"),
    Look("inviting nobody", "administrator", "/administration/people/invite", press("Invite")),
    Look("changing the details", "administrator", "/administration/people/{person}/edit"),
    Look("changing roles", "administrator", "/administration/people/{person}/roles"),
    Look("deactivating", "administrator", "/administration/people/{person}/deactivate"),
    Look("resetting the sign-in", "administrator", "/administration/people/{person}/reinvite"),
    Look("the practices", "administrator", "/administration/practices"),
    Look("a practice", "administrator", "/administration/practices/{practice}"),
    Look("entering no practice", "administrator", "/administration/practices/new", press("Enter the practice")),
    Look("who may do what", "administrator", "/administration/policy"),
    Look("an invitation", "nobody", "/invitation/{link}", press("Set the password")),
    Look("the log", "auditor", "/log"),
    Look("the log with nothing found", "auditor", "/log?since=2000-01-01&until=2000-01-01"),
    Look("the log asked for what there is not", "auditor", "/log?since=yesterday&subject=x"),
    Look("who looked at a patient", "auditor", "/log/patients/{declined}"),
    Look("restricting", "physician", "/referrals/{new}/restrict"),
    Look("restricting without a reason", "coordinator", "/referrals/{candidate}/restrict", press("Save")),
    Look("a restricted referral of mine", "physician", "/referrals/{claimed}"),
    Look("a restricted referral that nobody has claimed", "colleague", "/referrals/{unclaimed}"),
    Look("a restricted referral of another", "colleague", "/referrals/{claimed}"),
    Look("emergency access", "colleague", "/referrals/{claimed}/emergency"),
    Look("emergency access for no reason", "colleague", "/referrals/{claimed}/emergency", press("Open for 60 minutes")),
    Look("a patient opened in an emergency", "ir", "/referrals/{claimed}"),
    Look("deciding in an emergency", "ir", "/referrals/{claimed}/decline"),
    Look("the queue with restricted referrals in it", "colleague", "/queue/"),
    Look("the queue in a clinical order", "colleague", "/queue/in_review?sort=onset"),
    Look("the reviews of emergency access", "administrator", "/administration/emergency-access"),
    Look("a review", "administrator", "/administration/emergency-access/{unreviewed}"),
    Look(
        "a review without a finding",
        "administrator",
        "/administration/emergency-access/{unreviewed}",
        press("Close the review"),
    ),
    Look("a review of what is still open", "administrator", "/administration/emergency-access/{open}"),
    Look("what was reviewed", "administrator", "/administration/emergency-access/{reviewed}"),
    Look("a page that is not there", "physician", "/referrals/zzzzzzzzzzzz"),
    Look("a page of another role", "physician", "/queue/"),
    Look("an address that asks for what there is not", "coordinator", "/queue/?sort=id;drop"),
    Look("an action that is over", "coordinator", "/referrals/{accepted}/accept"),
    Look(
        "a decision that comes too late",
        "coordinator",
        "/referrals/{candidate}/accept",
        as_if_opened_before_somebody_else_changed_it,
    ),
]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_everybody_can_use_the_page(browser, town, look):
    server, people, pages = town
    with server.database.begin() as session:
        session.execute(delete(FailedSignIn))  # or who looks at the page of too many tries leaves all others waiting
    with browser.new_context(base_url=server.url, viewport={"width": WIDE, "height": 900}) as context:
        visit = Visit(context)
        if look.who != "nobody":
            visit.come_in(server, people[look.who])
        visit.page.goto(look.address.format(**pages))
        for doing in look.doing:
            doing(visit)
        found = faults(visit)
        assert not found, "\n".join(found)


def faults(visit):
    """All that is wrong with the page that somebody stands at, at every width."""
    found = list(visit.complaints)
    for width in (WIDE, NARROW, *ZOOMED):
        with as_wide_as(visit.page, width):
            found += [f"at {width} {each}" for each in too_wide(visit.page)]
            if width not in ZOOMED:
                found += [f"at {width} {each}" for each in axe_violations(visit.page, contrast=width == WIDE)]
    return found
