"""Every page as everybody sees it: axe finds nothing, nothing sticks out at any width, the browser has no complaint."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from config import DEMONSTRATION_SECRET
from referrals import (
    amendment,
    closing,
    drafting,
    edition_signing,
    filing,
    glass,
    inquiry,
    invitation,
    merge,
    merging,
    message,
    outbox,
    place,
    restriction,
    same_patient,
    triage,
)
from referrals.clinical import PictureDetails
from referrals.closing import Outcome
from referrals.db import now
from referrals.document import About, Support
from referrals.edition_signing import Signature
from referrals.eligibility.language import Within
from referrals.eligibility.revision import with_criterion
from referrals.inquiry import Item
from referrals.membership import Position
from referrals.outbox import Mail, Stands
from referrals.people import Details
from referrals.procedure import LevelDetails
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.throttle import FailedSignIn
from referrals.transition import Said
from referrals.workflow import Urgency
from tests import clinic
from tests.at_a_browser import Visit, axe_violations, too_wide
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY
from tests.conftest import LiveServer, application
from tests.corpus import today
from tests.second_factors import with_authenticator

WIDE, NARROW = 1280, 390
"""As on a desk and as on a telephone."""
ZOOMED = (1024, 640, 320)
"""As wide as 1280 is at a zoom of 125, 200 and 400 %."""
ASKED = (
    Item("Any active infection?", "active_infection"),
    Item("Which brace, and since when?"),
    Item("L1: Since when?", "onset_on", 0, "L1"),
)
LONG = "Bartholomew-Featherstonehaugh"
NOTES = {"narrative": "Fell in the kitchen. " * 20 + "Got up.", "allergies": "Penicillin"}


@pytest.fixture(scope="module")
def town(migrated_sqlite, tmp_path_factory):
    """A clinic in which there is something on every page."""
    file = tmp_path_factory.mktemp("pages") / "referrals.sqlite"
    file.write_bytes(migrated_sqlite.read_bytes())
    running = LiveServer(application(f"sqlite:///{file}"))
    with running.app.app_context(), running.database.begin() as session:
        people, pages = furnished(session)
        pages |= documented(session, running.app, people, pages)
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
    made = (*referrals(session, **people), *visited(session, **people))
    pages = {name: referral.public_id for name, referral in made}
    people["delegate"] = clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm)
    people["colleague"] = clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital)
    people["auditor"] = clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital)
    people["administrator"] = clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital)
    more = administered(session, people, elm) | dict(emergencies(session, **people))
    more |= dict(twice(session, **people))
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
        "withdrawn": withdrawn(session, people["administrator"], people["ir"]),
        "to_come": adopted(session, people["administrator"], people["ir"]).public_id,
        "draft": drafted(session, people["administrator"]),
    }


def adopted(session, first, second):
    """An edition that two have signed, and that counts only next month."""
    draft = drafting.start(session, first, "clinic", today())

    def revise(edition, base):
        return with_criterion(edition, base, waiting(edition, 35), {"vertebroplasty": None, "kyphoplasty": "inclusion"})

    drafting.change(session, first, draft.public_id, draft.version, revise)
    said = Signature(first.name, "A week more, as the payer asks.", today() + timedelta(30))
    edition_signing.sign(session, first, draft.public_id, draft.version, today(), said)
    edition_signing.sign(session, second, draft.public_id, draft.version, today(), Signature(second.name))
    return draft


def withdrawn(session, first, second):
    edition, why = adopted(session, first, second), "It was meant for another clinic."
    edition_signing.withdraw(session, second, edition.public_id, edition.version, today(), why)
    return edition.public_id


def waiting(edition, days):
    """The criterion that asks for a wait, asking for so many days."""
    before = next(each for each in edition.criteria if each.name == "tumor_or_failed_management")
    return replace(before, rule=Within("conservative_management_started_on", days, None))


def drafted(session, by):
    """The draft of an edition that changes a criterion, has one less and one more."""
    draft = drafting.start(session, by, "clinic", today())
    before = {each.name: each for each in draft.edition.criteria}
    weeks = waiting(draft.edition, 42)
    new = replace(before["painful"], name="lost", title=f"{LONG} {LONG}", rule=~Within("height_loss", None, 25))
    nowhere: dict[str, Any] = {"vertebroplasty": None, "kyphoplasty": None}
    places: dict[str, Any] = {"tumor_or_failed_management": (weeks, "inclusion"), "lost": (new, "documentation")}

    def revise(edition, base):
        for each, part in places.values():
            edition = with_criterion(edition, base, each, {**nowhere, "kyphoplasty": part})
        return with_criterion(edition, base, before["pregnancy"], nowhere)

    drafting.change(session, by, draft.public_id, draft.version, revise)
    return draft.public_id


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
    placed = clinic.refer(session, physician, clinic.told(early, {**COLLAPSED, "too_weak": False}))
    place.override(session, placed, ir, placed.version, 60, "Cannot lie flat. " * 20)
    yield "early", placed
    candidate = clinic.claim(session, clinic.refer(session, physician), coordinator)
    yield "candidate", candidate
    yield "undecided", clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE)), coordinator)
    waiting = clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE)), coordinator)
    inquiry.ask(session, waiting, coordinator, waiting.version, TODAY, ASKED, TODAY + timedelta(days=7), "Please look.")
    yield "waiting", waiting
    declined = clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE, *several)), ir)
    why = Said(session.get(Reason, "symptoms-resolved"), "The pain has gone. " * 20)
    triage.decline(session, declined, ir, declined.version, TODAY, why, "New pain at the level of the fracture.")
    yield "declined", declined
    accepted = clinic.claim(session, clinic.refer(session, physician), coordinator)
    triage.accept(session, accepted, coordinator, accepted.version, TODAY)
    yield "accepted", accepted
    yield from told_again(session, physician, coordinator, ir)


def told_again(session, physician, coordinator, ir):
    """One whose picture was told three times and that is written about; one that came back with advice."""
    several = [{**COLLAPSED, "level": level} for level in ("T8", "T12", "L3")]
    again = clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE, *several)), coordinator)
    for picture in (clinic.told({**FRAIL, "active_infection": True}, *several[1:]), clinic.told(FRAIL, *several[:2])):
        told = PictureDetails(picture.patient, picture.vertebrae, ({"modality": "mri"},), ({"what": "Brace"},), NOTES)
        amendment.amend(session, again, ir, again.version, TODAY, told, "By telephone. " * 10)
    for number, by in enumerate((physician, coordinator, physician)):
        message.post(session, again, by, f"{LONG}{LONG}{LONG} " + "Which brace? " * 40, f"{number}")
    yield "again", again
    back = clinic.claim(session, clinic.refer(session, physician, clinic.told(SAFE, *several)), ir)
    said = Said(comment="A brace for three weeks. " * 10)
    triage.return_with_advice(session, back, ir, back.version, TODAY, said)
    yield "back", back


def documented(session, app, people, pages):
    """A report with all that can be said of it, one that was an error, and where pictures are."""
    physician, coordinator = people["physician"], people["coordinator"]
    candidate = session.query(Referral).filter_by(public_id=pages["candidate"]).one()
    supports = (Support("marrow_edema", "L1", 2), Support("relative_contraindications_addressed", None, 1))
    report = clinic.document(session, app, candidate, physician, b"1", supports=supports)
    report.file_name = f"{LONG.lower()}-" * 3 + "mri.pdf"
    wrong = clinic.document(session, app, candidate, physician, b"2", supports=())
    filing.mark_in_error(session, candidate, wrong, coordinator, "Another patient’s report. " * 20)
    changed = clinic.document(session, app, candidate, coordinator, b"3")
    app.extensions["storage"].remove(changed.stored_as)
    filing.add_pictures(session, candidate, physician, About("ct", TODAY), f"{LONG} {LONG} Hospital", "A-" * 30)
    return {"report": report.public_id, "changed": changed.public_id}


def visited(session, physician, coordinator, ir):
    """With a visit to come at a place that is taken, with a treatment that nobody recorded, and finished."""
    day = today()
    booked, beside, treated, finished = (
        clinic.accepted(session, clinic.refer(session, physician, today=day), coordinator, day) for _ in range(4)
    )
    for each in (booked, beside):
        clinic.booked(session, each, coordinator, clinic.slot(day), day, pain="no")
    for each in (treated, finished):
        clinic.seen(session, each, coordinator, today=day, finding="Tender at L1. " * 30).place = f"{LONG} {LONG}"
    levels = [LevelDetails(level, "kyphoplasty", "bipedicular", True, "pmma_high_viscosity", 4.5, "symptomatic", "disc")
              for level in ("T8", "T12", "L3")]  # fmt: skip
    told = clinic.procedure(ir, *levels, guidance="both", complicated=True, complications="Bled a little. " * 20)
    for _ in range(2):
        clinic.recorded(session, finished, ir, told)
    outcome = Outcome("asked_of_referrer", "Told by telephone. " * 10)
    closing.complete(session, finished, ir, finished.version, day, outcome, Said())
    yield from {"booked": booked, "treated": treated, "finished": finished}.items()


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


def twice(session, physician, coordinator, administrator, **_others):
    """Somebody with a long name in three records of the practice: one to be looked at, one to be merged, one merged."""
    named = clinic.patient(given_name=LONG, family_name=f"{LONG} {LONG}", mrn="", born_on=date(1939, 1, 2))
    several = [{**COLLAPSED, "level": level} for level in ("T8", "T12", "L3")]
    sent = [
        clinic.refer(session, physician, clinic.told(FRAIL, *several), replace(named, given_name=given), separate=True)
        for given in (LONG, LONG.replace("h", "", 1), LONG.replace("t", "", 1), LONG.replace("e", "", 1))
    ]
    yield "alike", sent[0].public_id
    assert sent[0].patient
    yield "patient", sent[0].patient.public_id
    beside: dict[Any, Any] = {
        record.patient.id: record for record in same_patient.beside(session, sent[0], coordinator)
    }
    for other in sent[2:]:
        same_patient.say_same(session, sent[0], coordinator, beside[other.patient_id].link.public_id, "")
    to_merge, merged = (beside[other.patient_id].link.public_id for other in sent[2:])
    seen = merge.proposal(session, merged).seen
    made = merging.merge(session, administrator, merged, seen, sent[0].patient.public_id, "A letter was missing. " * 9)
    yield "to_merge", to_merge
    yield "merge", made.public_id


class Look:
    """How one comes to a page: as whom, from where, and what one does there."""

    def __init__(self, words, who, address, *doing):
        self.words, self.who, self.address, self.doing = words, who, address, doing

    def __str__(self):
        return f"{self.words}, as {self.who}"


def press(words):
    return lambda visit: send(visit, words)


def send(visit, words):
    """Press a button and stand before the page that answers: the one before it shows, and may be judged, until then."""
    with visit.page.expect_navigation():
        visit.press(words)


def read(words):
    return lambda visit: visit.page.get_by_text(words).first.wait_for()


def follow(words):
    def go(visit):
        with visit.page.expect_navigation():
            visit.follow(words)

    return go


def search_for(words):
    return lambda visit: visit.write("Name, MRN or referral id", words)


def choose_levels(visit):
    visit.tick_level("L1")
    visit.tick_level("T12")
    visit.question("What does imaging show?", "L1").wait_for()
    visit.question("What does imaging show?", "T12").wait_for()
    visit.choose("New weakness, numbness", "Yes")
    visit.page.get_by_role("complementary").get_by_text("Contraindicated").first.wait_for()


def say_that_the_pain_has_gone(visit):
    visit.choose("Is the pain still there?", "No, it has gone")


def show_more_levels(visit):
    visit.page.get_by_text("More levels").click()


def show_what_was_before(visit):
    visit.page.get_by_text("What was recorded before").click()


def write_nonsense(visit):
    for label in ("Worst pain in the last 24 hours", "NPI", "Latest INR"):
        visit.page.get_by_label(label, exact=True).fill("1_0")
    send(visit, "Send the referral")


def support_wrongly(visit):
    visit.page.locator("#fact0").select_option("marrow_edema")
    visit.page.locator("#level1").select_option("L1")
    visit.page.locator("#page2").fill("two")
    send(visit, "Add the document")


def guess(visit):
    if visit.page.get_by_label("Password").is_visible():
        visit.write("Email address", "guess@example.org")
        visit.write("Password", "not the password")
        send(visit, "Sign in")


def write_known_patient(visit):
    visit.write("Given name", LONG)
    visit.write("Family name", f"{LONG} {LONG}")
    visit.write("Date of birth", "1939-01-02")
    visit.page.locator("#sent-before").get_by_text("Sent already?").wait_for()


def as_if_somebody_else_had_decided(visit):
    visit.page.locator("input[name=seen]").first.evaluate("each => each.value = 'different'")
    visit.page.get_by_role("button", name="Same patient").first.click()


def lose_session(visit):
    visit.write("Comment", "A long thought. " * 10)
    sign_out_elsewhere(visit)
    send(visit, "Decline")
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
    send(visit, "Accept")


def as_if_the_picture_was_told_by_somebody_else_meanwhile(visit):
    visit.page.locator("input[name=version]").evaluate("each => each.value = 1")
    visit.page.get_by_label("What has changed").fill("A long thought. " * 10)
    visit.page.get_by_role("checkbox", name="T8 ").uncheck()
    visit.page.get_by_role("complementary").get_by_text("T8 is not ticked").wait_for()
    send(visit, "Amend and screen again")


def unfold(words):
    return lambda visit: visit.page.get_by_text(words).click()


def sign_in_halfway(visit):
    visit.write("Email address", "test.radiologist@example.org")
    visit.write("Password", clinic.PASSWORD)
    send(visit, "Sign in")


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
    Look("the intake page with a patient who is known", "physician", "/referrals/new", write_known_patient),
    Look("my referrals", "physician", "/referrals"),
    Look("my decided referrals", "physician", "/referrals/list/decided"),
    Look("what was found of a patient", "physician", "/referrals", search_for(LONG), press("Find")),
    Look("what was sent of nobody", "physician", "/referrals", search_for("Nobody"), press("Find")),
    Look("my drafts, of which there are none", "physician", "/referrals/list/drafts"),
    Look("a new referral with a red flag", "physician", "/referrals/{new}"),
    Look("a new referral with a red flag", "coordinator", "/referrals/{new}"),
    Look("a referral that is not yet eligible", "coordinator", "/referrals/{early}"),
    Look("a referral in review", "coordinator", "/referrals/{undecided}"),
    Look("a referral that waits for an answer", "physician", "/referrals/{waiting}"),
    Look("a referral that was not accepted", "physician", "/referrals/{declined}"),
    Look("a referral that was accepted", "physician", "/referrals/{accepted}"),
    Look("the evidence for the payer", "physician", "/referrals/{undecided}/evidence"),
    Look("the evidence for the payer, most of it missing", "coordinator", "/referrals/{early}/evidence"),
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
    Look("a place set by hand", "ir", "/referrals/{early}"),
    Look("setting a place", "ir", "/referrals/{new}/place"),
    Look("setting another place, wrongly", "ir", "/referrals/{early}/place", press("Set its place")),
    Look("answering", "physician", "/referrals/{waiting}/answer"),
    Look("answering nothing", "physician", "/referrals/{waiting}/answer", press("Send the answers")),
    Look("booking", "coordinator", "/referrals/{accepted}/book"),
    Look("booking where the pain has gone", "coordinator", "/referrals/{accepted}/book", say_that_the_pain_has_gone),
    Look("booking nothing", "coordinator", "/referrals/{accepted}/book", press("Book")),
    Look("moving a visit", "coordinator", "/referrals/{booked}/rebook"),
    Look("a missed visit", "coordinator", "/referrals/{booked}/missed", press("Record it")),
    Look("recording a visit", "ir", "/referrals/{booked}/attend", press("Record the visit")),
    Look("recording a procedure", "ir", "/referrals/{treated}/visits/1/procedure", show_more_levels),
    Look("recording nothing", "ir", "/referrals/{treated}/visits/1/procedure", press("Record it")),
    Look("correcting a record", "ir", "/referrals/{finished}/visits/1/procedure"),
    Look("finishing", "coordinator", "/referrals/{treated}/complete", press("Finish")),
    Look("visits, of which there is none", "coordinator", "/referrals/{new}/visits"),
    Look("a visit to come", "physician", "/referrals/{booked}/visits"),
    Look("a visit to come", "coordinator", "/referrals/{booked}/visits"),
    Look("a visit of which the record is missing", "ir", "/referrals/{treated}/visits"),
    Look("the visits of a finished referral", "physician", "/referrals/{finished}/visits"),
    Look("the visits of a finished referral", "coordinator", "/referrals/{finished}/visits", show_what_was_before),
    Look("withdrawing", "physician", "/referrals/{new}/withdraw"),
    Look("withdrawing without a reason", "physician", "/referrals/{new}/withdraw", press("Withdraw")),
    Look("the documents of the practice", "physician", "/referrals/{candidate}/documents"),
    Look("the documents at the clinic", "coordinator", "/referrals/{candidate}/documents"),
    Look("no documents", "physician", "/referrals/{new}/documents"),
    Look("adding a document", "physician", "/referrals/{candidate}/documents/new"),
    Look("adding no document", "coordinator", "/referrals/{candidate}/documents/new", press("Add the document")),
    Look("adding a document with mistakes", "physician", "/referrals/{candidate}/documents/new", support_wrongly),
    Look("saying where images are", "physician", "/referrals/{candidate}/documents/images"),
    Look("not saying where images are", "physician", "/referrals/{candidate}/documents/images", press("Add")),
    Look(
        "marking a document without a reason",
        "coordinator",
        "/referrals/{candidate}/documents/{report}/error",
        press("Mark as an error"),
    ),
    Look("a file that was changed", "coordinator", "/referrals/{candidate}/documents/{changed}"),
    Look("amending", "physician", "/referrals/{new}/amend"),
    Look(
        "amending nothing",
        "ir",
        "/referrals/{again}/amend",
        press("Amend and screen again"),
        read("Nothing is different"),
    ),
    Look("amending too late", "ir", "/referrals/{again}/amend", as_if_the_picture_was_told_by_somebody_else_meanwhile),
    Look("sending again", "physician", "/referrals/{back}/resubmit"),
    Look("sending again without a word", "physician", "/referrals/{back}/resubmit", press("Send again")),
    Look("the pictures", "coordinator", "/referrals/{again}/pictures"),
    Look("the only picture", "physician", "/referrals/{back}/pictures"),
    Look("two pictures", "physician", "/referrals/{again}/pictures/compare?before=1&after=2", unfold("the same (")),
    Look("two pictures that are one", "coordinator", "/referrals/{again}/pictures/compare?before=2&after=2"),
    Look("the screenings", "coordinator", "/referrals/{again}/screenings", unfold("The same as a table")),
    Look("the only screening", "physician", "/referrals/{back}/screenings"),
    Look("the reasons of a screening", "physician", "/referrals/{again}/screenings/2"),
    Look("as of today", "coordinator", f"/referrals/{{again}}/screenings/on?day={today()}"),
    Look("as of a day before", "physician", "/referrals/{again}/screenings/on?day=2020-01-01"),
    Look("as of no day", "physician", "/referrals/{again}/screenings/on?day=3+March"),
    Look("the registry", "administrator", "/registry"),
    Look("the registry counted", "coordinator", f"/registry?day={today() + timedelta(60)}"),
    Look("the messages", "ir", "/referrals/{again}/messages"),
    Look("no messages", "physician", "/referrals/{back}/messages"),
    Look("sending an empty message", "physician", "/referrals/{again}/messages", press("Send to the clinic")),
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
    Look("a referral that may be sent twice", "coordinator", "/referrals/{alike}"),
    Look("possibly the same patient", "coordinator", "/referrals/{alike}/same-patient"),
    Look("possibly the same patient", "physician", "/referrals/{alike}/same-patient"),
    Look("nobody who is alike", "coordinator", "/referrals/{accepted}/same-patient"),
    Look(
        "a decision that somebody else has taken",
        "coordinator",
        "/referrals/{alike}/same-patient",
        as_if_somebody_else_had_decided,
    ),
    Look("a patient", "coordinator", "/patients/{patient}"),
    Look("a patient", "physician", "/patients/{patient}"),
    Look("the records to merge", "administrator", "/administration/records"),
    Look("merging for no reason", "administrator", "/administration/records/{to_merge}", press("Merge the records")),
    Look("undoing a merge", "administrator", "/administration/records/merges/{merge}/undo", press("Undo the merge")),
    Look("a referral by its id", "administrator", "/administration/referrals"),
    Look("a referral by an id that is none", "administrator", "/administration/referrals?id=ZZZZ+ZZZZ"),
    Look("the outline of a referral", "administrator", "/administration/referrals/{claimed}"),
    Look("the outline of one that has ended for good", "administrator", "/administration/referrals/{declined}"),
    Look("giving one to nobody", "administrator", "/administration/referrals/{candidate}/assign", press("Assign")),
    Look(
        "an error without a reason",
        "administrator",
        "/administration/referrals/{candidate}/mark_error",
        press("Mark as made in error"),
    ),
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
    Look("the queue in a clinical order", "colleague", "/queue/undecided?sort=onset"),
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
    Look("the drafts of editions", "administrator", "/criteria/drafts"),
    Look("a draft of an edition", "ir", "/criteria/drafts/{draft}?prove=1"),
    Look("a draft of an edition, without patients", "administrator", "/criteria/drafts/{draft}"),
    Look("a criterion of a draft", "ir", "/criteria/drafts/{draft}/criteria/suitable_cause"),
    Look("what a criterion can ask", "ir", "/criteria/drafts/{draft}/add"),
    Look("adding no criterion", "ir", "/criteria/drafts/{draft}/add?fact=level", press("Add the criterion")),
    Look(
        "joining no condition",
        "ir",
        "/criteria/drafts/{draft}/criteria/pregnancy/condition?fact=inr&at=",
        press("Add the condition"),
    ),
    Look("signing a draft without a word", "ir", "/criteria/drafts/{draft}/sign", press("Sign")),
    Look("an edition that is still to count", "ir", "/criteria/drafts/{to_come}"),
    Look(
        "withdrawing an edition without a word",
        "administrator",
        "/criteria/drafts/{to_come}/withdraw",
        press("Withdraw it"),
    ),
    Look("an edition that was withdrawn", "ir", "/criteria/drafts/{withdrawn}"),
    Look("discarding a draft", "ir", "/criteria/drafts/{draft}/discard"),
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


class Seat:
    """The page at which all look, one after another: a process of Chromium for each takes longer than axe does."""

    def __init__(self, server):
        self.server = server
        self.browser: Any = None
        self.visit: Any = None
        self.keeper: Any = None

    def taken(self, browser):
        """As if nobody had sat here before, in a browser that is new where the last was ended."""
        if browser is not self.browser:
            self.browser = browser
            self.visit = Visit(browser.new_context(base_url=self.server.url))
            self.keeper = self.visit.context.new_cdp_session(self.visit.page)
        self.visit.page.goto("/static/icon.svg")  # ends what asks again by itself; about:blank would end the process
        self.keeper.send("Storage.clearDataForOrigin", {"origin": self.server.url, "storageTypes": "all"})
        self.visit.page.set_viewport_size({"width": WIDE, "height": 900})
        self.visit.complaints.clear()
        return self.visit

    def left(self):
        if self.browser and self.browser.is_connected():
            self.visit.context.close()


@pytest.fixture(scope="module")
def seat(town, lasting_browser):
    seat = Seat(town[0])
    yield seat
    seat.left()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_everybody_can_use_the_page(browser, town, seat, look):
    server, people, pages = town
    with server.database.begin() as session:
        session.execute(delete(FailedSignIn))  # or who looks at the page of too many tries leaves all others waiting
    visit = seat.taken(browser)
    if look.who != "nobody":
        visit.come_in(server, people[look.who])
    visit.page.goto(look.address.format(**pages))
    for doing in look.doing:
        doing(visit)
    found = faults(visit)
    assert not found, "\n".join(found)


def faults(visit):
    """All that is wrong with the page that somebody stands at, at every width."""
    found = []
    for width in (WIDE, NARROW, *ZOOMED):
        visit.page.set_viewport_size({"width": width, "height": 900})
        found += [f"at {width} {each}" for each in too_wide(visit.page)]
        if width not in ZOOMED:
            found += [f"at {width} {each}" for each in axe_violations(visit.page)]
    return [*visit.complaints, *found]
