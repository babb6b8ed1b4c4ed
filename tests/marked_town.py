"""A town in which every text that somebody could read is a marker of whose it is."""

import sys
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, Row, Table, select, true, update
from sqlalchemy.orm import Session, selectinload

from referrals import (
    closing,
    filing,
    inbox,
    inquiry,
    merge,
    merging,
    message,
    place,
    preference,
    saved_view,
    search,
    triage,
    user_session,
)
from referrals.clinical import PictureDetails
from referrals.closing import Outcome
from referrals.db import Base, now
from referrals.document import About, Support
from referrals.duplicates import SAME, PatientLink
from referrals.emergency import EmergencyAccess
from referrals.events import Origin, comes_from
from referrals.inquiry import Answer, Item
from referrals.inspection import Inspected
from referrals.patients import Patient
from referrals.procedure import LevelDetails
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import Identity, Passkey, Person, Practice, RoleName
from referrals.storage import Storage
from referrals.submission import open_draft, save_draft
from referrals.transition import Said
from referrals.virus import Verdict
from referrals.workflow import State
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY
from tests.conftest import whole_database
from tests.markers import (
    BELONGS_BY,
    BORN_IN,
    BORN_TO_BE_MERGED,
    IDENTIFYING,
    LEFT_EMPTY,
    NOBODY_S,
    OF_A_REVIEW,
    WRITTEN_ONCE,
    Marks,
    words_of,
)


class MarkedTown:
    """Two practices and the clinic with somebody in every role, referrals in every state, every text marked."""

    def __init__(self, app) -> None:
        self.marks = Marks()
        self.people: dict[str, Person] = {}
        self.storage: Storage = app.extensions["storage"]
        with app.app_context(), whole_database(app).begin() as session:
            practices = {owner: clinic.practice(session, owner, owner == "hub") for owner in ("elm", "oak", "hub")}
            self._engage(session, practices)
            for owner in ("elm", "oak"):
                for number, referral in enumerate(self._referrals(session, owner)):
                    if referral.patient:
                        referral.patient.born_on = date(BORN_IN[owner], 3, 1) + timedelta(number)
            session.flush()
            self.to_merge = {id_ for owner in ("elm", "oak") for id_ in self._one_patient(session, owner)}
            self._link(session, *(self._of(session, practices[owner]) for owner in ("elm", "oak")))
            self._paint(session, {practice.id: owner for owner, practice in practices.items()})
        with whole_database(app).reading() as session:
            with_roles = [selectinload(Person.roles)]
            self.people = {
                name: session.get_one(Person, person.id, options=with_roles) for name, person in self.people.items()
            }
            self.ids = {
                owner: {state: list(self._ids(session, practices[owner], state)) for state in State}
                for owner in ("elm", "oak")
            }

    def _ids(self, session: Session, practice: Practice, state: State):
        return session.scalars(
            select(Referral.public_id).where(Referral.practice_id == practice.id, Referral.state == state)
        )

    def _engage(self, session: Session, practices: dict[str, Practice]) -> None:
        for owner, practice in practices.items():
            roles = list(RoleName)[2:] if owner == "hub" else list(RoleName)[:2]
            for role in roles:
                person = clinic.person(session, f"{owner} {role}", role, practice)
                self.people[person.name] = person
                user_session.start(session, person)
                session.add(Identity(person_id=person.id, issuer="x", subject=person.name))
                session.add(_passkey(person))
                search.remember(session, person, "x")
                preference.choose(session, person, ())
        saved_view.save(session, self.people["hub coordinator"], "x", "new", {}, shared=True)

    def _referrals(self, session: Session, owner: str):
        """Referrals of the practice, one or two in every state that can be reached."""
        physician, delegate = self.people[f"{owner} physician"], self.people[f"{owner} delegate"]
        cora, ira = self.people["hub coordinator"], self.people["hub ir_physician"]
        comes_from(session, Origin(address=self.marks.new(owner, "events.address")))
        yield from (self._draft(session, owner, person) for person in (physician, delegate))
        yield self._written_about(session, owner, refer(session, physician))
        yield clinic.refer(session, delegate, picture(SAFE), requester=physician)
        yield clinic.claim(session, refer(session, physician), cora)
        by_hand = clinic.claim(session, clinic.refer(session, physician, picture(SAFE)), ira)
        place.override(session, by_hand, ira, by_hand.version, 60, self.marks.new(owner, "events.comment"))
        yield by_hand
        for answered in (False, False, True):
            yield self._asked(session, owner, answered)
        accepted = clinic.claim(session, refer(session, physician), cora)
        triage.accept(session, accepted, cora, accepted.version, TODAY, self._said(owner))
        self._documents(session, accepted, physician, cora)
        yield accepted
        yield from self._visited(session, owner)
        yield from self._ended(session, owner)
        session.add(_glass(ira, accepted))

    def _visited(self, session: Session, owner: str):
        """Referrals of the practice with a visit to come, one of which something came, and one that is finished."""
        physician, cora = self.people[f"{owner} physician"], self.people["hub coordinator"]
        ira = self.people["hub ir_physician"]
        booked, treated, finished = (clinic.accepted(session, refer(session, physician), cora) for _ in range(3))
        clinic.booked(session, booked, cora, clinic.slot(place=self.marks.new(owner, "events.details")))
        for seen in (treated, finished):
            clinic.seen(session, seen, cora)
            level = LevelDetails("L1", "kyphoplasty", leak="symptomatic", leak_where="x")
            for _ in range(2):
                clinic.recorded(session, seen, ira, clinic.procedure(ira, level, complicated=True, complications="x"))
        outcome = Outcome("referred", "x")
        closing.complete(session, finished, ira, finished.version, TODAY, outcome, self._said(owner))
        yield from (booked, treated, finished)

    def _ended(self, session: Session, owner: str):
        """Referrals of the practice that have ended, one in every way that can be reached."""
        physician, delegate = self.people[f"{owner} physician"], self.people[f"{owner} delegate"]
        cora, ira = self.people["hub coordinator"], self.people["hub ir_physician"]
        declined = clinic.claim(session, refer(session, physician), ira)
        said = self._said(owner, session.get(Reason, "symptoms-resolved"))
        triage.decline(session, declined, ira, declined.version, TODAY, said, "nothing")
        yield declined
        redirected = clinic.claim(session, refer(session, physician), cora)
        said = self._said(owner, session.get(Reason, "spine-surgery"))
        triage.redirect(session, redirected, cora, redirected.version, TODAY, said, "x")
        yield redirected
        withdrawn = refer(session, physician)
        said = self._said(owner, session.get(Reason, "improved"))
        closing.withdraw(session, withdrawn, delegate, withdrawn.version, TODAY, said)
        yield self._written_about(session, owner, withdrawn)

    def _documents(self, session: Session, referral: Referral, physician: Person, cora: Person) -> None:
        """A report, where its pictures are, one with a virus, and one that was an error."""
        about = About("mri_report", TODAY, (Support("marrow_edema", "L1", 1),))
        files = [Inspected(f"{number} of {referral.public_id}".encode(), "application/pdf", 2) for number in range(3)]
        kept = [filing.add(session, self.storage, referral, physician, about, file, "x") for file in files]
        filing.settle(session, referral, kept[1], Verdict("x"))
        filing.mark_in_error(session, referral, kept[2], cora, "x")
        filing.add_pictures(session, referral, cora, About("ct"), "x", "x")

    def _written_about(self, session: Session, owner: str, referral: Referral) -> Referral:
        """With a message of either side; the clinic has read the first."""
        physician, cora = self.people[f"{owner} physician"], self.people["hub coordinator"]
        message.post(session, referral, physician, self.marks.new(owner, "messages.text"), "x")
        message.mark_read(session, cora, message.thread(session, referral.id)[-1])
        message.post(session, referral, cora, self.marks.new(owner, "messages.text"), "x")
        return referral

    def _one_patient(self, session: Session, owner: str):
        """Two records that wait to be merged, and two that were; the ids of all four."""
        physician, administrator = self.people[f"{owner} physician"], self.people["hub administrator"]
        for merged in (False, True):
            pair = [session.get_one(Patient, refer(session, physician).patient_id) for _ in range(2)]
            for patient in pair:
                patient.born_on = BORN_TO_BE_MERGED
            session.flush()
            link = self._link(session, *pair, practice_id=physician.practice_id, decision=SAME)
            if merged:
                seen = merge.proposal(session, link.public_id).seen
                merging.merge(session, administrator, link.public_id, seen, pair[0].public_id, "x")
            yield from (patient.id for patient in pair)

    def _link(self, session: Session, one: Patient, other: Patient, **said: Any) -> PatientLink:
        if said:
            said |= {"decided_by_id": self.people["hub coordinator"].id, "decided_at": now()}
        session.add(link := PatientLink(patient_id=one.id, other_id=other.id, **said))
        session.flush()
        return link

    def _of(self, session: Session, practice: Practice) -> Patient:
        """A patient of the practice who has an open referral."""
        mine = select(Referral).where(Referral.practice_id == practice.id, Referral.state == State.SUBMITTED)
        return session.get_one(Patient, session.scalars(mine.order_by(Referral.id)).all()[0].patient_id)

    def _said(self, owner: str, reason: Reason | None = None) -> Said:
        return Said(reason, self.marks.new(owner, "events.comment"))

    def _draft(self, session: Session, owner: str, by: Person) -> Referral:
        draft = open_draft(session, f"draft {by.name}", by)
        names = ("given_name", "family_name", "mrn", "telephone", "reason", "narrative", "allergies")
        answers = {name: [self.marks.new(owner, "referrals.draft_answers", True)] for name in names}
        save_draft(session, draft, {**answers, "born_on": [f"{BORN_IN[owner]}-02-03"]})
        return draft

    def _asked(self, session: Session, owner: str, answered: bool) -> Referral:
        physician, cora = self.people[f"{owner} physician"], self.people["hub coordinator"]
        asked = clinic.claim(session, refer(session, physician), cora)
        items = [Item("Any infection?", "active_infection"), Item(self.marks.new(owner, "events.details"))]
        comment = self.marks.new(owner, "events.comment")
        inquiry.ask(session, asked, cora, asked.version, TODAY, items, TODAY, comment)
        if answered:
            inquiry.answer(session, asked, physician, asked.version, TODAY, {1: Answer("a soft one")}, comment)
        return asked

    def _paint(self, session: Session, owners: dict[int, str]) -> None:
        """Put a marker of its own into every text of every row, by whose it is."""
        session.flush()
        self.owner_of = {("practices", id_): owner for id_, owner in owners.items()}
        for table in Base.metadata.sorted_tables:
            if table.name not in NOBODY_S:
                for row in session.execute(select(table)).all():
                    self._paint_row(session, table, row)

    def _paint_row(self, session: Session, table: Table, row: Row[Any]) -> None:
        said = row._asdict()
        owner = self.owner_of[table.name, row.id] = self._owner(table, said)
        texts = {} if table.name in WRITTEN_ONCE else {column: said[column.name] for column in words_of(table)}
        made = {
            column.name: self._text(owner, column, said)
            for column, text in texts.items()
            if text is not None or str(column) not in LEFT_EMPTY
        }
        if made:
            session.execute(update(table).where(table.c.id == row.id).values(made))

    def _owner(self, table: Table, said: dict[str, Any]) -> str:
        """Whose a row is, by the first of BELONGS_BY; a review is of whoever broke the glass."""
        if table.name == "practices":
            return self.owner_of[table.name, said["id"]]
        ways = ("person_id",) if table.name in OF_A_REVIEW else BELONGS_BY
        for name in ways:
            if said.get(name) is not None:
                (key,) = table.c[name].foreign_keys
                return self.owner_of[key.column.table.name, said[name]]
        raise AssertionError(
            f"nothing says whose a row of {table.name} is: see BELONGS_BY and NOBODY_S in tests.markers"
        )

    def _text(self, owner: str, column: Column[Any], said: dict[str, Any]) -> Any:
        if str(column) == "referrals.draft_answers":
            return said["draft_answers"]
        person_id = said.get("person_id") or said.get("user_id")
        to_merge = column.table.name == "patients" and column.name in IDENTIFYING and said["id"] in self.to_merge
        marker = self.marks.new(owner, str(column), said.get("state") == State.DRAFT, person_id, to_merge)
        return f"{marker}@example.org" if column.name == "email" else marker


def picture(patient: dict[str, Any]) -> PictureDetails:
    """A picture with a row in every table that belongs to it."""
    studies, treatments = ({"modality": "mri"},), ({"what": "Brace"},)
    return PictureDetails(patient=patient, vertebrae=(COLLAPSED,), imaging=studies, treatments=treatments)


def refer(session: Session, by: Person) -> Referral:
    return clinic.refer(session, by, picture(FRAIL))


def _passkey(person: Person) -> Passkey:
    return Passkey(
        user_id=person.id, credential_id=person.name.encode(), public_key=b"x", backup_state=False,
        device_type="single_device", lastuse_datetime=now(), name="x", usage="first",
    )  # fmt: skip


def _glass(by: Person, referral: Referral) -> EmergencyAccess:
    """An emergency access that has ended and waits for its review."""
    opened_at, ends_at = now() - timedelta(hours=2), now() - timedelta(hours=1)
    return EmergencyAccess(
        person_id=by.id, patient_id=referral.patient_id, referral_id=referral.id, subject=referral.public_id,
        reason="x", opened_at=opened_at, ends_at=ends_at,
    )  # fmt: skip


def take_the_first_wall_down(monkeypatch):
    """Every page finds every referral that the database shows it, whichever module asks who sees what."""
    for name, module in list(sys.modules.items()):
        if name.startswith("referrals.") and hasattr(module, "visible_to"):
            monkeypatch.setattr(module, "visible_to", lambda _: true())
    monkeypatch.setattr(inbox, "_mine", lambda _: true())
