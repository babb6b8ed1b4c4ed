"""Everyone at once: how many have which verdict on any day, whom a day or an edition moves, and screening them anew."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest
import time_machine
from sqlalchemy import select

from referrals import amendment, kept_edition, queue, registry, rescreen
from referrals.clinical import newest_picture
from referrals.eligibility import criteria, facts
from referrals.eligibility.cql import library
from referrals.eligibility.edition import ProcedureCriteria
from referrals.eligibility.edition_notation import edition_from_json, edition_to_json
from referrals.eligibility.evaluate import assess
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.plain_text import plain_text
from referrals.eligibility.sets import clinic as clinic_set
from referrals.eligibility.verdict import PROCEDURES, Verdict
from referrals.events import Event
from referrals.queue import Wanted
from referrals.referral import IS_OPEN, Referral
from referrals.registry import Move
from referrals.screening import Screening
from tests import clinic
from tests.clinic import FRAIL, TODAY
from tests.eligibility.test_sql import some

STARTED = "conservative_management_started_on"
EDITION = criteria.in_force("clinic", TODAY)
WAITS = {**FRAIL, STARTED: TODAY - timedelta(27)}
"""A candidate for kyphoplasty tomorrow."""
LATER = TODAY + timedelta(3)


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def waiting(database, people):
    """A referral of somebody whose four weeks end tomorrow."""
    return sent(database, people, WAITS)


def sent(database, people, patient, *vertebrae):
    with database.begin() as session:
        return clinic.refer(session, people["physician"], clinic.told(patient, *vertebrae))


def found(database, on):
    with database.reading() as session:
        return rescreen.find(session, on)


def screened_anew(database, on):
    return rescreen.rescreen(database, found(database, on))


def again(database, referral):
    with database.reading() as session:
        return session.get_one(Referral, referral.id)


def screenings(database, referral):
    with database.reading() as session:
        picture = newest_picture(session, referral.id)
        return session.scalars(select(Screening).where(Screening.picture_id == picture.id).order_by(Screening.id)).all()


# On any day


def test_the_tally_is_what_asking_of_each_referral_would_give(database, people):
    chance = Random(5)  # noqa: S311
    told = [_any(chance) for _ in range(60)]
    for picture in told:
        sent(database, people, *picture)
    for day in (TODAY, TODAY + timedelta(14), TODAY - timedelta(30)):
        each = [assess(EDITION, patient, vertebrae, day).kinds() for patient, *vertebrae in told]
        with database.reading() as session:
            assert registry.tally(session, EDITION, day) == Counter(
                (procedure, kinds[procedure]) for kinds in each for procedure in PROCEDURES
            )


def test_whom_the_day_moves_is_found_as_by_comparing_everybody(database, people):
    chance = Random(6)  # noqa: S311
    for _ in range(60):
        sent(database, people, *_about_to_wait(chance))
    with database.reading() as session:
        for day, edition in product((TODAY - timedelta(30), TODAY, TODAY + timedelta(20)), (EDITION, stricter())):
            compared = registry.moved(session, registry.recorded(day), registry.said_by(edition, day), day)
            assert registry.outdated(session, edition, day) == compared
            assert bool(compared) is ((day, edition.name) != (TODAY, EDITION.name))


def _about_to_wait(chance):
    """A picture of none, one or several vertebrae that a wait may decide."""
    patient = {**FRAIL, STARTED: TODAY - timedelta(chance.randint(0, 60))}
    levels = chance.sample(facts.LEVELS, chance.choice((0, 1, 1, 2, 3)))
    told = (
        {"painful": chance.choice((True, True, False, None)), "tumor_damage": chance.random() < 0.2} for _ in levels
    )
    return patient, *({**clinic.COLLAPSED, "level": level, **more} for level, more in zip(levels, told, strict=True))


def test_of_several_vertebrae_it_is_the_best_that_moves(database, people):
    """L1 waits; beside it is one that is worse and stays so, or one that stays a candidate."""
    worse, other = (
        {**clinic.COLLAPSED, "level": "L2", **more} for more in ({"painful": False}, {"tumor_damage": True})
    )
    with_worse = sent(database, people, WAITS, clinic.COLLAPSED, worse)
    sent(database, people, WAITS, clinic.COLLAPSED, other)
    assert [each.public_id for each in found(database, LATER).open] == [with_worse.public_id]


def _any(chance):
    """Half of a picture, of none, one or several vertebrae."""
    patient = _half(facts.PATIENT, chance)
    levels = chance.sample(facts.LEVELS, chance.choice((0, 1, 1, 2, 3)))
    return patient, *({**_half(facts.VERTEBRA, chance), "level": level} for level in levels)


def _half(vocabulary, chance):
    return {fact.name: some(fact, chance) for fact in vocabulary if chance.random() > 0.15}


def test_it_can_be_asked_what_was_known_then(database, people, waiting):
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False), database.begin() as session:
        _amended(session, session.get_one(Referral, waiting.id), people["physician"])
    with database.reading() as session:
        now = registry.tally(session, EDITION, LATER)
        then = registry.tally(session, EDITION, LATER, datetime(2026, 11, 23, tzinfo=UTC))
    assert now["kyphoplasty", "contraindicated"] == 1
    assert (then["kyphoplasty", "candidate"], then["kyphoplasty", "contraindicated"]) == (0, 0)


def _amended(session, referral, by):
    amendment.amend(
        session, referral, by, referral.version, TODAY, clinic.told({**WAITS, "pregnant": True}), "Found out"
    )


def test_the_picture_that_counts_is_the_newest(database, people, waiting):
    with database.begin() as session:
        _amended(session, session.get_one(Referral, waiting.id), people["physician"])
    with database.reading() as session:
        assert session.get_one(Referral, waiting.id).picture_id == newest_picture(session, waiting.id).id


def test_drafts_and_mistakes_are_not_counted(database, people):
    with database.reading() as session:
        assert registry.tally(session, EDITION, TODAY) == {}


# The day comes


def test_on_the_day_a_wait_ends_the_referral_is_screened_anew_and_stands_on_the_list(database, people, waiting):
    assert again(database, waiting).kyphoplasty == "not_yet"
    assert screened_anew(database, TODAY) == (0, 0), "nothing has moved yet"
    assert screened_anew(database, LATER) == (1, 0)
    now = again(database, waiting)
    assert (now.kyphoplasty, now.kyphoplasty_from, now.becomes_eligible_on) == ("candidate", None, None)
    assert (now.state, now.version, now.turned_on) == ("submitted", waiting.version + 1, LATER)
    assert on_the_list(database, people) == [waiting.public_id]


def test_what_was_said_before_stays_and_the_history_says_what_became_of_it(database, people, waiting):
    screened_anew(database, LATER)
    first, second = screenings(database, waiting)
    assert (first.as_of, first.explanation["verdicts"]["kyphoplasty"]["verdict"]) == (TODAY, "not_yet")
    assert (second.as_of, second.explanation["verdicts"]["kyphoplasty"]["verdict"]) == (LATER, "candidate")
    with database.reading() as session:
        event = session.scalars(select(Event).where(Event.action == "rescreen")).one()
        assert (event.who, event.version, event.details["after"]["kyphoplasty"]) == ("The service", 2, "candidate")


def test_screening_twice_does_it_once(database, people, waiting):
    assert screened_anew(database, LATER) == (1, 0)
    assert screened_anew(database, LATER) == (0, 0)
    assert len(screenings(database, waiting)) == 2


def test_two_that_found_the_same_do_it_once(database, people, waiting):
    both = [found(database, LATER) for _ in range(2)]
    assert [rescreen.rescreen(database, each) for each in both] == [(1, 0), (0, 0)]
    assert len(screenings(database, waiting)) == 2


def test_broken_off_it_goes_on_where_it_was(database, people, monkeypatch):
    monkeypatch.setattr(rescreen, "BATCH", 2)
    referrals = [sent(database, people, WAITS) for _ in range(5)]

    def broken_off(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rescreen.rescreen(database, found(database, LATER), broken_off)
    assert [again(database, each).turned_on for each in referrals] == [LATER, LATER, None, None, None]
    assert screened_anew(database, LATER) == (3, 0)


def test_whoever_was_amended_meanwhile_is_judged_by_what_is_known_now(database, people, waiting):
    before = found(database, LATER)
    with database.begin() as session:
        _amended(session, session.get_one(Referral, waiting.id), people["physician"])
    assert rescreen.rescreen(database, before) == (0, 0)
    assert again(database, waiting).kyphoplasty == "contraindicated"


def test_acting_on_it_takes_it_off_the_list(database, people, waiting):
    screened_anew(database, LATER)
    with database.begin() as session:
        clinic.claim(session, session.get_one(Referral, waiting.id), people["coordinator"])
    assert on_the_list(database, people) == []


def test_one_that_has_ended_is_left_by_the_days(database, people, waiting):
    with database.begin() as session:
        clinic.withdraw(session, session.get_one(Referral, waiting.id), people["physician"])
    assert screened_anew(database, LATER) == (0, 0)


# A new edition


def stricter(**changed):
    """The clinic's criteria with a wait of six weeks."""
    six_weeks = replace(clinic_set.TUMOR_OR_FAILED_MANAGEMENT, rule=Yes("tumor_damage") | Within(STARTED, 42, None))
    kyphoplasty = EDITION.procedures["kyphoplasty"]
    inclusion = (*kyphoplasty.inclusion[:-1], six_weeks)
    return replace(
        EDITION,
        name="2",
        in_force_from=LATER,
        procedures={
            **EDITION.procedures,
            "kyphoplasty": ProcedureCriteria(inclusion=inclusion, exclusion=kyphoplasty.exclusion),
        },
        **changed,
    )


def adopt(database, edition):
    with database.begin() as session:
        kept_edition.keep(session, edition, adopted=True)


def test_an_adopted_edition_counts_from_its_first_day(database):
    adopt(database, stricter())
    with database.reading() as session:
        on = {day: kept_edition.in_force(session, "clinic", day) for day in (LATER - timedelta(1), LATER)}
        assert [edition.name for edition in on.values()] == ["1", "2"]
        assert on[LATER].digest == stricter().digest
        assert kept_edition.in_force(session, "safety", LATER).name == "1"


def test_before_it_counts_it_can_be_seen_who_would_move(database, people, waiting):
    with database.begin() as session:
        ended = clinic.refer(session, people["physician"], clinic.told(FRAIL))
        clinic.withdraw(session, ended, people["physician"])
    sent(database, people, FRAIL)
    before, after = (registry.said_by(edition, LATER) for edition in (EDITION, stricter()))
    with database.reading() as session:
        assert registry.moves(session, before, after) == {
            Move("kyphoplasty", "candidate", "not_yet", True): 2,
            Move("kyphoplasty", "candidate", "not_yet", False): 1,
        }
        one, *_ = registry.moved(session, before, after, LATER, of=IS_OPEN, limit=1)
    assert (one.public_id, one.before["kyphoplasty"].kind) == (waiting.public_id, "candidate")
    assert one.after["kyphoplasty"] == Verdict("not_yet", TODAY + timedelta(42 - 27))
    assert one.after["vertebroplasty"] == one.before["vertebroplasty"]


def test_open_referrals_are_to_be_looked_at_and_ended_ones_get_a_note(database, people):
    open_one = sent(database, people, FRAIL)
    with database.begin() as session:
        ended = clinic.refer(session, people["physician"], clinic.told(FRAIL))
        clinic.withdraw(session, ended, people["physician"])
    adopt(database, stricter())
    assert screened_anew(database, LATER) == (1, 1)
    assert screened_anew(database, LATER) == (0, 0), "and only once"
    assert (again(database, open_one).kyphoplasty, again(database, open_one).turned_on) == ("not_yet", LATER)
    noted = again(database, ended)
    assert (noted.state, noted.version, noted.kyphoplasty) == ("withdrawn", ended.version, "candidate")
    assert [each.edition for each in screenings(database, ended)] == ["1", "2"]


def test_two_that_found_the_same_ended_one_note_it_once(database, people):
    with database.begin() as session:
        ended = clinic.refer(session, people["physician"], clinic.told(FRAIL))
        clinic.withdraw(session, ended, people["physician"])
    adopt(database, stricter())
    both = [found(database, LATER) for _ in range(2)]
    assert [rescreen.rescreen(database, each) for each in both] == [(0, 1), (0, 0)]
    assert [each.edition for each in screenings(database, ended)] == ["1", "2"]


def test_every_screening_is_pinned_to_an_edition_that_is_kept(database, people, waiting):
    adopt(database, stricter())
    screened_anew(database, LATER)
    with database.reading() as session:
        for screening in session.scalars(select(Screening)):
            edition = kept_edition.edition_of(session, screening.edition_digest)
            assert (edition.digest, edition.name) == (screening.edition_digest, screening.edition)
            kept = session.get_one(kept_edition.KeptEdition, screening.edition_digest)
            assert edition_to_json(edition_from_json(kept.content)) == edition_to_json(edition)
            assert (kept.english, kept.cql) == (plain_text(criteria.SETS["clinic"], edition), library(edition))


# The command and the night


def invoked(app, *words):
    return app.test_cli_runner().invoke(args=["rescreen", *words])


def test_a_dry_run_says_who_would_move_and_changes_nothing(app, database, people, waiting):
    said = invoked(app, "--as-of", LATER.isoformat(), "--dry-run")
    assert said.exit_code == 0
    assert f"{waiting.public_id}  submitted: kyphoplasty not yet until 2026-11-23 → candidate" in said.stdout
    assert "Would be screened anew: 1 open, 0 that have ended." in said.stdout
    assert again(database, waiting).kyphoplasty == "not_yet"


def test_the_command_screens_anew_and_says_how_many(app, database, people, waiting):
    with time_machine.travel(datetime(2026, 11, 25, 18, tzinfo=UTC), tick=False):
        assert "Screened anew: 1 open, 0 that have ended." in invoked(app).stdout
        assert "Screened anew: 0 open, 0 that have ended." in invoked(app).stdout


@pytest.mark.parametrize("words", [("--as-of", "2026-12-15"), ("--as-of", "tomorrow", "--dry-run")])
def test_another_day_can_only_be_looked_at_and_has_to_be_one(app, words):
    said = invoked(app, *words)
    assert said.exit_code == 2
    assert "Error" in said.stderr


def on_the_list(database, people):
    with database.reading() as session:
        rows = queue.page(session, people["coordinator"], Wanted("turned", "turned"), LATER).rows
        return [row.public_id for row in rows]
