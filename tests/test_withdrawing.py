"""An edition that two people have adopted is withdrawn before its first day, and never counts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from referrals import edition_signing, kept_edition, migrate, registry, rescreen
from referrals.administration import Refused
from referrals.edition_draft import EditionDraft, Stage
from referrals.events import Event
from referrals.kept_edition import KeptEdition
from tests import clinic
from tests.clinic import FRAIL
from tests.edition_drafts import DRAFTS, FIRST_DAY, adopted, signed_first, six_weeks, words
from tests.letterbox import letterbox
from tests.visitor import Visitor, hidden

WHY = "Six weeks was meant for another clinic."


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(datetime(2026, 11, 22, 17, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def edition(at):
    """The address of an edition that was adopted today and counts in three days."""
    draft = at["ir"].post(DRAFTS).location
    assert adopted(at, draft).status_code == 303
    return draft


def withdrawn(visitor, edition, **said):
    version = hidden(visitor.get(f"{edition}/withdraw").text, "version")
    return visitor.post(f"{edition}/withdraw", {"version": version, "reason": WHY, **said})


def stored(database):
    with database.reading() as session:
        return session.scalars(select(EditionDraft).order_by(EditionDraft.id)).first()


def test_one_person_withdraws_it_with_a_reason_and_it_never_counts(database, people, at, edition):
    with database.begin() as session:
        clinic.refer(session, people["physician"], clinic.told(FRAIL))
    assert "Withdraw the edition" in words(at["administrator"].get(edition))
    assert withdrawn(at["administrator"], edition).location == edition
    with database.reading() as session:
        assert kept_edition.in_force(session, "clinic", FIRST_DAY + timedelta(30)).name == "1"
        assert rescreen.find(session, FIRST_DAY).open == []
        of_then = kept_edition.in_force(session, "clinic", FIRST_DAY)
        assert registry.tally(session, of_then, FIRST_DAY)["kyphoplasty", "candidate"] == 1
        told = select(Event.action).where(Event.subject == edition.rpartition("/")[2]).order_by(Event.id.desc())
        assert session.scalars(told).first() == "withdraw_edition"


def test_everybody_who_drafts_reads_who_withdrew_it_and_why(at, edition):
    withdrawn(at["ir"], edition)
    page = words(at["administrator"].get(edition))
    assert "Withdrawn before its first day" in page
    assert "Was to count from" in page
    assert WHY in page
    assert "Withdraw the edition" not in page
    assert "Withdrawn before its first day, 25 Nov 2026" in words(at["ir"].get(DRAFTS))
    criteria = words(at["physician"].get("/criteria"))
    assert "As the payer asks." not in criteria
    assert at["physician"].get("/criteria/clinic/editions/2/json").status_code == 404


def test_who_signed_it_is_told_by_mail_and_who_withdrew_it_knows(app, at, edition):
    read = letterbox(app)
    withdrawn(at["administrator"], edition)
    (mail,) = read()
    assert mail["To"] == "test.radiologist@example.org"
    assert mail["Subject"] == "Edition 2 of the criteria was withdrawn"
    assert "Test Administrator has withdrawn edition 2 of the criteria" in mail.get_content()
    assert edition in mail.get_content()
    assert WHY not in mail.get_content()


def test_it_takes_a_reason(database, at, edition):
    refused = withdrawn(at["ir"], edition, reason=" ")
    assert refused.status_code == 422
    assert "Say why, in a sentence." in words(refused)
    assert stored(database).state == Stage.ADOPTED


@pytest.mark.parametrize("who", ["physician", "delegate", "coordinator"])
def test_who_signs_no_edition_withdraws_none(at, edition, who):
    assert at[who].get(f"{edition}/withdraw").status_code == 403
    assert at[who].post(f"{edition}/withdraw", {"version": "1", "reason": WHY}).status_code == 403


def test_from_its_first_day_it_stays(app, database, people, today, at, edition):
    version = hidden(at["ir"].get(f"{edition}/withdraw").text, "version")
    held = stored(database)
    today.move_to(datetime(2026, 11, 22, 17, tzinfo=UTC) + timedelta(3))
    with pytest.raises(Refused) as refused, database.begin() as session:
        edition_signing.withdraw(session, people["ir"], held.public_id, held.version, FIRST_DAY, WHY)
    assert "it counts already" in refused.value.what_to_do
    three_days_later = Visitor(app, people["ir"])
    assert "Withdraw the edition" not in words(three_days_later.get(edition))
    assert three_days_later.get(f"{edition}/withdraw").location == edition
    too_late = three_days_later.post(f"{edition}/withdraw", {"version": version, "reason": WHY})
    assert too_late.status_code == 422
    assert WHY in too_late.text
    assert stored(database).state == Stage.ADOPTED


def test_sent_twice_it_is_withdrawn_once(app, database, at, edition):
    version = hidden(at["ir"].get(f"{edition}/withdraw").text, "version")
    sent = {"version": version, "reason": WHY}
    read = letterbox(app)
    assert [at["ir"].post(f"{edition}/withdraw", sent).status_code for _ in range(2)] == [303, 303]
    assert len(read()) == 1
    with database.reading() as session:
        assert len(session.scalars(select(Event).where(Event.action == "withdraw_edition")).all()) == 1


def test_who_comes_second_is_told_and_keeps_the_words(at, edition):
    version = hidden(at["ir"].get(f"{edition}/withdraw").text, "version")
    withdrawn(at["administrator"], edition)
    late = at["ir"].post(f"{edition}/withdraw", {"version": version, "reason": "My own words."})
    assert late.status_code == 409
    assert "My own words." in late.text
    assert "by Test Administrator" in words(late)
    assert WHY in words(at["ir"].get(edition))


def test_a_draft_is_not_withdrawn(database, at):
    draft = at["ir"].post(DRAFTS).location
    assert at["ir"].get(f"{draft}/withdraw").location == draft
    assert at["ir"].post(f"{draft}/withdraw", {"version": "1", "reason": WHY}).status_code == 409
    assert stored(database).state == Stage.DRAFTED


def test_what_it_said_is_drafted_anew_under_the_next_number(database, at, edition):
    withdrawn(at["ir"], edition)
    again = at["ir"].post(DRAFTS).location
    assert again != edition
    assert "Draft of edition 3" in words(at["ir"].get(again))
    assert adopted(at, again).status_code == 303
    with database.reading() as session:
        assert kept_edition.in_force(session, "clinic", FIRST_DAY).name == "3"


def test_a_draft_that_began_as_it_is_begun_anew(at, edition):
    follows = at["ir"].post(DRAFTS).location
    withdrawn(at["administrator"], edition)
    six_weeks(at["ir"], follows)
    page = words(at["administrator"].get(follows))
    assert "Nobody can sign this draft" in page
    assert "counts from" not in page
    refused = signed_first(at["ir"], follows, in_force_from=(FIRST_DAY + timedelta(1)).isoformat())
    assert refused.status_code == 422
    assert "begin anew" in words(refused)


def test_for_a_service_that_knows_no_withdrawal_it_was_discarded(database, owner_url, at, edition):
    withdrawn(at["ir"], edition)
    migrate.downgrade(owner_url, "20261126_current_pictures")
    migrate.upgrade(owner_url)
    assert stored(database).state == Stage.DISCARDED
    with database.reading() as session:
        assert kept_edition.in_force(session, "clinic", FIRST_DAY).name == "1"


def test_below_the_code_too_nothing_is_withdrawn_without_a_reason(database, edition):
    with pytest.raises(IntegrityError, match="withdrawn_for_a_reason"), database.begin() as session:
        session.scalars(select(EditionDraft)).one().state = Stage.WITHDRAWN
    with database.reading() as session:
        assert session.scalars(select(KeptEdition).where(KeptEdition.adopted)).one().in_force_from == FIRST_DAY
