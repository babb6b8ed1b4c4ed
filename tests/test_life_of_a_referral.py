"""Any life of a referral, in any order, by anybody, also two at once: what must always hold holds after every step."""

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from referrals import amendment, booking, closing, inquiry, triage
from referrals.clinical import PictureDetails, newest_picture
from referrals.closing import Outcome
from referrals.course import FOR_A_REASON, OUTCOMES
from referrals.desk import desk_of
from referrals.events import Event
from referrals.information import open_request
from referrals.inquiry import Answer, Item
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from referrals.transition import Incomplete, NotAllowed, Said, Stale
from referrals.workflow import ACTIONS, ENDED, Urgency, possible
from tests import clinic
from tests.clinic import TODAY

R = RoleName
ANYBODY = st.sampled_from([R.PHYSICIAN, R.DELEGATE, R.COORDINATOR, R.IR_PHYSICIAN, R.ADMINISTRATOR, R.AUDITOR])
REFUSALS = (NotAllowed, Incomplete)


def changed(picture, number):
    """The same picture with another worst pain."""
    patient = {**picture.patient, "pain_score": number}
    return PictureDetails(patient, picture.vertebrae, picture.imaging, picture.treatments, picture.notes)


def slot(days):
    return clinic.slot(TODAY + timedelta(days=days), kind="procedure")


def told_anew(verb):
    """A verb that is given the whole picture, with another worst pain in it."""

    def step(session, referral, actor, version, said, number):
        picture = changed(newest_picture(session, referral.id).details(), number)
        verb(session, referral, actor, version, TODAY, picture, "It is different now")

    return step


def ask(session, referral, actor, version, said, number):
    items, due = [Item("Any infection?", "active_infection")], TODAY + timedelta(days=number)
    inquiry.ask(session, referral, actor, version, TODAY, items, due)


def answer(session, referral, actor, version, said, number):
    inquiry.answer(session, referral, actor, version, TODAY, {0: Answer("As told", (True, False, None)[number % 3])})


def beside(session, actor, number):
    """Somebody of the same practice."""
    staff = session.scalars(select(Person).where(Person.practice_id == actor.practice_id).order_by(Person.id)).all()
    return staff[number % len(staff)]


def assign(session, referral, actor, version, said, number):
    triage.assign(session, referral, actor, version, TODAY, beside(session, actor, number))


def reopen(session, referral, actor, version, said, number):
    owner = beside(session, actor, number) if R.ADMINISTRATOR in actor.role_names else None
    closing.reopen(session, referral, actor, version, TODAY, said, owner)


def prioritise(session, referral, actor, version, said, number):
    triage.prioritise(session, referral, actor, version, TODAY, list(Urgency)[number % 3], said)


def return_with_advice(session, referral, actor, version, said, number):
    adviser = session.get(Person, referral.ir_physician_id) if referral.ir_physician_id else None
    triage.return_with_advice(session, referral, actor, version, TODAY, Said(comment=said.comment), adviser)


def complete(session, referral, actor, version, said, number):
    outcome = Outcome("referred", ("", "Told by telephone")[number % 2])
    closing.complete(session, referral, actor, version, TODAY, outcome, Said())


STEPS = {
    "claim": lambda s, r, a, v, said, n: triage.claim(s, r, a, v, TODAY),
    "assign": assign,
    "ask_information": ask,
    "answer": answer,
    "accept": lambda s, r, a, v, said, n: triage.accept(s, r, a, v, TODAY, said),
    "return_with_advice": return_with_advice,
    "decline": lambda s, r, a, v, said, n: triage.decline(s, r, a, v, TODAY, said, "New facts"),
    "redirect": lambda s, r, a, v, said, n: triage.redirect(s, r, a, v, TODAY, said, "Spine surgery"),
    "book": lambda s, r, a, v, said, n: booking.book(s, r, a, v, TODAY, slot(n % 4), "yes"),
    "rebook": lambda s, r, a, v, said, n: booking.rebook(s, r, a, v, TODAY, slot(n % 4), "yes", said),
    "missed": lambda s, r, a, v, said, n: booking.missed(s, r, a, v, TODAY, said),
    "attend": lambda s, r, a, v, said, n: booking.attend(s, r, a, v, TODAY, sorted(OUTCOMES)[n % 5], "Seen"),
    "complete": complete,
    "close_incomplete": lambda s, r, a, v, said, n: closing.close_incomplete(s, r, a, v, TODAY, said),
    "withdraw": lambda s, r, a, v, said, n: closing.withdraw(s, r, a, v, TODAY, said),
    "ask_withdrawal": lambda s, r, a, v, said, n: closing.ask_withdrawal(s, r, a, v, TODAY, said),
    "confirm_withdrawal": lambda s, r, a, v, said, n: closing.confirm_withdrawal(s, r, a, v, TODAY, said),
    "refuse_withdrawal": lambda s, r, a, v, said, n: closing.refuse_withdrawal(s, r, a, v, TODAY, said),
    "mark_error": lambda s, r, a, v, said, n: closing.mark_error(s, r, a, v, TODAY, said),
    "resubmit": told_anew(closing.resubmit),
    "reopen": reopen,
    "amend": told_anew(amendment.amend),
    "prioritise": prioritise,
}
"""What somebody does: the verb that the page calls, with a number that says how."""
ENDING = frozenset(row.name for row in ACTIONS.values() if row.target in ENDED)
ONWARD = {
    "submitted": "claim", "in_review": "accept", "awaiting_information": "answer", "accepted": "book",
    "scheduled": "attend", "attended": "complete", "returned_with_advice": "resubmit", "declined": "resubmit",
    "closed_incomplete": "reopen", "withdrawn": "reopen", "completed": "reopen",
}  # fmt: skip
"""The way that most referrals go."""
ENOUGH = 18
"""Actions, of 23, that the examples have to have taken. Each by itself, in every state: see test_workflow.py."""
FOR_GOOD = frozenset({"redirect", "mark_error"})
"""What ends a life for good: done at its end, or the examples would hardly get anywhere."""


class Life(RuleBasedStateMachine):
    """One referral, everybody who could do something to it, and what is known of it from outside."""

    database: Any = None
    met: ClassVar[set[str]] = set()

    @initialize()
    def send(self):
        with self.database.begin() as session:
            practice = clinic.practice(session, f"Practice {next(clinic._count)}")
            hospital = clinic.practice(session, f"Clinic {next(clinic._count)}", is_clinic=True)
            self.people = {
                role: clinic.person(
                    session, f"{role} {next(clinic._count)}", role,
                    practice if role in (R.PHYSICIAN, R.DELEGATE) else hospital,
                ).id
                for role in R
            }  # fmt: skip
            referral = clinic.refer(session, session.get(Person, self.people[R.PHYSICIAN]))
            self.steps = 0
            self.id, self.first_sent, self.stale = referral.id, referral.first_submitted_at, referral.version

    def done(self, action, role, number):
        """Take the step in a transaction of its own. It happens exactly when the table lets this role do it now."""
        self.steps += 1
        with self.database.begin() as session:
            referral, actor = session.get(Referral, self.id), session.get(Person, self.people[role])
            offered = action in {row.name for row in possible(referral, {role})}
            before, self.stale = (referral.state, referral.version), referral.version
            try:
                with session.begin_nested():
                    STEPS[action](session, referral, actor, referral.version, self.said(session, action, role), number)
            except REFUSALS:
                session.refresh(referral)
                assert (referral.state, referral.version) == before
            else:
                assert offered, f"{role} did {action} in {before[0]}"
                assert referral.version == before[1] + 1
                self.met.add(action)

    def said(self, session, action, role):
        reasons = session.scalars(select(Reason).order_by(Reason.code)).all()
        fitting = next((reason for reason in reasons if reason.fits(action, {role}, TODAY)), None)
        return Said(fitting, "Because of the test")

    @rule(number=st.integers(0, 10))
    def it_goes_on(self, number):
        with self.database.reading() as session:
            referral = session.get(Referral, self.id)
            action = ONWARD.get(referral.state, "")
            role = next((role for role in R if action in {row.name for row in possible(referral, {role})}), None)
        if role:
            self.done(action, role, number if action != "book" else number % 2)

    @rule(data=st.data(), number=st.integers(0, 10), to_its_end=st.booleans())
    def somebody_does_what_they_may(self, data, number, to_its_end):
        with self.database.reading() as session:
            referral = session.get(Referral, self.id)
            may = [(row.name, role) for role in R for row in possible(referral, {role}) if row.name in STEPS]
        left_out = FOR_GOOD if to_its_end else ENDING
        likely = [each for each in may if each[0] not in left_out]
        if likely:
            action, role = data.draw(st.sampled_from(likely))
            self.done(action, role, number)

    @rule(action=st.sampled_from(sorted(STEPS)), role=ANYBODY, number=st.integers(0, 10))
    def anybody_tries_anything(self, action, role, number):
        if action not in FOR_GOOD:
            self.done(action, role, number)

    @precondition(lambda self: self.steps > 15)
    @rule(action=st.sampled_from(sorted(FOR_GOOD)), role=ANYBODY)
    def it_ends_for_good(self, action, role):
        self.done(action, role, 0)

    @rule(action=st.sampled_from(sorted(STEPS)), role=ANYBODY)
    def somebody_else_was_faster(self, action, role):
        """Two at once: whoever comes second is told so, and nothing is different."""
        with self.database.begin() as session:
            referral, actor = session.get(Referral, self.id), session.get(Person, self.people[role])
            before = referral.state, referral.version
            if self.stale == referral.version:
                return
            with pytest.raises((Stale, *REFUSALS)):
                STEPS[action](session, referral, actor, self.stale, self.said(session, action, role), 1)
            session.refresh(referral)
            assert (referral.state, referral.version) == before

    @rule()
    def the_process_is_started_again(self):
        self.database.engine.dispose()

    @invariant()
    def what_must_always_hold(self):
        if not hasattr(self, "id"):
            return
        with self.database.reading() as session:
            referral = session.get(Referral, self.id)
            self.replayed(session, referral)
            assert referral.first_submitted_at == self.first_sent
            assert referral.worklist == desk_of(referral, {})
            assert (referral.worklist is not None) == referral.is_open
            owes = open_request(session, referral.id)
            assert (owes is not None) == (referral.state == "awaiting_information")
            if referral.status in ENDED:
                assert referral.decided_by_id is not None
                assert referral.decision_reason or referral.status not in FOR_A_REASON

    def replayed(self, session, referral):
        """Every change has its entry, each goes on where the one before stopped, and the last is where it stands."""
        entries = select(Event).where(Event.referral_id == self.id, Event.version.is_not(None)).order_by(Event.id)
        state = "draft"
        for number, event in enumerate(session.scalars(entries), 1):
            assert (event.version, event.from_state) == (number, state)
            state = event.to_state
        assert (referral.version, referral.state) == (number, state)


def test_whatever_is_done_to_a_referral_what_must_always_hold_holds(database):
    Life.met.clear()
    life = type("ThisLife", (Life,), {"database": database})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=20, stateful_step_count=60, deadline=None, database=None, derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
    assert len(Life.met) >= ENOUGH, f"the examples hardly get anywhere: {sorted(set(STEPS) - Life.met)} never happened"


def test_the_examples_take_every_step_of_the_table():
    assert set(STEPS) | {"save", "submit", "submit_on_behalf", "message"} == set(ACTIONS)
