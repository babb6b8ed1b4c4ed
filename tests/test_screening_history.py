"""What was said of a referral over time and why it changed, and what was known and said on any day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from referrals import amendment, kept_edition, queue, rescreen, screening_history, turning
from referrals.clinical import newest_picture
from referrals.eligibility import criteria
from referrals.eligibility.edition import ProcedureCriteria
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.sets import clinic as clinic_set
from referrals.events import Event
from referrals.queue import Wanted
from referrals.referral import Referral
from referrals.screening import screen
from referrals.screening_history import DAY, EDITION, TOLD
from referrals.transition import NotAllowed, Stale
from referrals.web.bands import drawn
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, TODAY
from tests.page_text import PageText
from tests.visitor import Visitor, hidden

STARTED = "conservative_management_started_on"
WAITS = {**FRAIL, STARTED: TODAY - timedelta(25)}
"""A candidate for kyphoplasty in three days."""
SOON = TODAY + timedelta(4)
WAIT = "Tumor damage, or four weeks of conservative management without success"


def noon(day):
    """A moment of the day at the clinic."""
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


def on(day):
    return time_machine.travel(noon(day), tick=False)


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


class Desk(dict[str, Visitor]):
    """Somebody at a browser, who signs in when they are first needed: on the day on which that is."""

    def __init__(self, app, people):
        super().__init__()
        self.app, self.people = app, people

    def __missing__(self, name):
        return Visitor(self.app, self.people[name])


@pytest.fixture
def at(app, people):
    return Desk(app, people)


@pytest.fixture
def waiting(database, people):
    """A referral of somebody whose four weeks are not over, sent on TODAY."""
    with on(TODAY), database.begin() as session:
        return clinic.refer(session, people["physician"], clinic.told(WAITS))


def rescreened(database, day):
    with on(day), database.reading() as session:
        found = rescreen.find(session, day)
    with on(day):
        return rescreen.rescreen(database, found)


def amended(database, people, referral, day, *vertebrae, **facts):
    with on(day), database.begin() as session:
        current = session.get_one(Referral, referral.id)
        told = clinic.told({**WAITS, **facts}, *vertebrae)
        amendment.amend(session, current, people["physician"], current.version, day, told, "Found out")


def stricter(days=42, begins=SOON):
    """The clinic's criteria with a longer wait."""
    wait = replace(clinic_set.TUMOR_OR_FAILED_MANAGEMENT, rule=Yes("tumor_damage") | Within(STARTED, days, None))
    first = criteria.in_force("clinic", TODAY)
    kyphoplasty = first.procedures["kyphoplasty"]
    changed = ProcedureCriteria(inclusion=(*kyphoplasty.inclusion[:-1], wait), exclusion=kyphoplasty.exclusion)
    return replace(first, name="2", in_force_from=begins, procedures={**first.procedures, "kyphoplasty": changed})


def adopt(database, edition):
    with database.begin() as session:
        kept_edition.keep(session, edition, adopted=True)


def history(database, referral):
    with database.reading() as session:
        return screening_history.said_of(session, referral.id)


def causes(said):
    """{why: the criteria that turned because of it}"""
    return {
        cause.kind: sorted({new["criterion"] for each in cause.turned for _, new in each.criteria})
        for cause in said.causes
    }


def verdict(said, procedure="kyphoplasty"):
    return said.screening.explanation["verdicts"][procedure]["verdict"]


def words(answer):
    """What is read, a blank between any two things that stand apart."""
    return " ".join(PageText(answer.text.replace("<", " <")).words.split())


# Why it changed


def test_the_first_screening_has_nothing_before_it(database, waiting):
    (first,) = history(database, waiting)
    assert (first.number, first.before, first.causes, first.again) == (1, None, (), ())


def test_a_day_alone_turned_it_and_the_criterion_is_named(database, waiting):
    assert rescreened(database, SOON) == (1, 0)
    newest, first = history(database, waiting)
    assert (verdict(first), verdict(newest)) == ("not_yet", "candidate")
    assert causes(newest) == {DAY: ["tumor_or_failed_management"]}


def test_new_facts_alone_turned_it(database, people, waiting):
    amended(database, people, waiting, TODAY, pregnant=True)
    newest, _ = history(database, waiting)
    assert causes(newest) == {TOLD: ["pregnancy"]}
    assert verdict(newest) == "contraindicated"


def test_a_new_edition_alone_turned_it(database, people):
    with on(TODAY), database.begin() as session:
        referral = clinic.refer(session, people["physician"])
    adopt(database, stricter(begins=TODAY))
    assert rescreened(database, TODAY) == (1, 0)
    newest, _ = history(database, referral)
    assert causes(newest) == {EDITION: ["tumor_or_failed_management"]}
    assert verdict(newest) == "not_yet"


def test_of_a_day_an_edition_and_facts_at_once_each_says_what_it_alone_turned(database, people, waiting):
    adopt(database, stricter())
    amended(database, people, waiting, SOON, pregnant=True)
    newest, _ = history(database, waiting)
    assert causes(newest) == {
        DAY: ["tumor_or_failed_management"],
        EDITION: ["tumor_or_failed_management"],
        TOLD: ["pregnancy"],
    }
    day, edition, _ = newest.causes
    (there, back) = (cause.turned[0].criteria[0] for cause in (day, edition))
    assert [(old["holds"], new["holds"]) for old, new in (there, back)] == [(False, True), (True, False)]


def test_what_was_said_again_just_the_same_is_folded(database, waiting):
    for day in (TODAY, TODAY + timedelta(1), TODAY + timedelta(2)):
        with on(day), database.begin() as session:
            picture = newest_picture(session, waiting.id)
            screen(session, picture.id, picture.details(), day)
    (only,) = history(database, waiting)
    assert [each.as_of for each in only.again] == [TODAY + timedelta(2), TODAY + timedelta(1), TODAY]
    rescreened(database, SOON)
    newest, first = history(database, waiting)
    assert (newest.number, first.number, newest.before.as_of) == (5, 1, TODAY + timedelta(2))


def test_another_picture_that_changes_no_verdict_is_not_folded(database, people, waiting):
    amended(database, people, waiting, TODAY, pain_score=7)
    newest, _ = history(database, waiting)
    assert causes(newest) == {TOLD: []}


def test_a_changed_criterion_is_told_by_its_rule_and_others_by_being_there():
    first = criteria.in_force("clinic", TODAY)
    assert names(screening_history.changed_criteria(first, stricter())) == [("tumor_or_failed_management",) * 2]
    assert names(screening_history.changed_criteria(first, first)) == []
    assert names(screening_history.changed_criteria(shorter(first), first)) == [(None, "suitable_cause")]


def names(changed):
    return [tuple(criterion and criterion.name for criterion in each) for each in changed]


def shorter(edition):
    kyphoplasty = edition.procedures["kyphoplasty"]
    left = tuple(each for each in kyphoplasty.inclusion if each.name != "suitable_cause")
    less = ProcedureCriteria(inclusion=left, exclusion=kyphoplasty.exclusion)
    return replace(edition, procedures={**edition.procedures, "kyphoplasty": less})


def test_the_bands_fill_the_whole_time_and_none_is_too_narrow_to_be_seen(database, people, waiting):
    rescreened(database, SOON)
    amended(database, people, waiting, SOON, pregnant=True)
    bands = drawn(history(database, waiting), SOON + timedelta(60))
    assert [band.verdict for band in bands["kyphoplasty"]] == ["not_yet", "candidate", "contraindicated"]
    assert [band.verdict for band in bands["vertebroplasty"]] == ["candidate", "contraindicated"]
    for row in bands.values():
        assert sum(band.width for band in row) == pytest.approx(100)
        assert min(band.width for band in row) > 7
        assert [band.until for band in row[:-1]] == [band.since for band in row[1:]]


# What was known and said on a day


def as_of(database, referral, day, ends_at=None):
    with database.reading() as session:
        return screening_history.as_of(session, referral.id, day, ends_at or noon(day))


def test_before_the_first_picture_nothing_was_known(database, waiting):
    then = as_of(database, waiting, TODAY - timedelta(1))
    assert (then.picture, then.said, then.judged) == (None, None, ())


def test_on_a_day_in_between_it_is_what_was_known_and_said_by_then(database, people, waiting):
    rescreened(database, SOON)
    amended(database, people, waiting, SOON + timedelta(3), pregnant=True)
    between = as_of(database, waiting, SOON + timedelta(1))
    assert (between.picture.number, between.said.as_of) == (1, SOON)
    assert between.said.explanation["verdicts"]["kyphoplasty"]["verdict"] == "candidate"
    after = as_of(database, waiting, SOON + timedelta(4))
    assert (after.picture.number, after.said.picture_id) == (2, after.picture.id)


def test_it_is_also_judged_for_that_day_by_the_edition_that_had_said_it_and_by_the_one_in_force(database, waiting):
    adopt(database, stricter())
    then = as_of(database, waiting, SOON)
    said = {edition.name: judged["verdicts"]["kyphoplasty"] for edition, judged in then.judged}
    assert then.said.edition == "1"
    assert said == {"1": {"verdict": "candidate"}, "2": {"verdict": "not_yet", "from": iso(TODAY + timedelta(17))}}


def iso(day):
    return day.isoformat()


def test_a_day_ends_at_the_clinics_midnight(database, at, people):
    late = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)  # 23:30 on 23 Nov in New York
    with time_machine.travel(late, tick=False), database.begin() as session:
        referral = clinic.refer(session, people["physician"], today=date(2026, 11, 23))
    with on(SOON):
        pages = {day: words(at["physician"].get(page(referral, f"on?day=2026-11-{day}"))) for day in (22, 23)}
    assert "On 22 Nov 2026 nothing was known yet" in pages[22]
    assert "What had been said by the end of 23 Nov 2026" in pages[23]
    assert "nothing was known" not in pages[23]


# The pages


def page(referral, rest=""):
    return f"/referrals/{referral.public_id}/screenings{'/' * bool(rest)}{rest}"


def test_the_tab_says_what_was_said_and_why_the_newest_first(database, at, people, waiting):
    rescreened(database, SOON)
    amended(database, people, waiting, SOON + timedelta(1), {**COLLAPSED, "height_loss": 30}, pregnant=True)
    for who in ("physician", "coordinator", "ir"):
        with on(SOON + timedelta(2)):
            said = words(at[who].get(page(waiting)))
        newest, days, first = said.partition("Days went by")
        assert "Elm Physician told picture 2 on 27 Nov 2026" in newest
        assert "Pregnant ≠ Changed No Yes" in newest
        assert "Height loss + Now known Not known 30" in newest
        assert "1 day went by as well, and turned nothing." in newest
        assert "4 days, from 22 Nov 2026 to 26 Nov 2026: L1, kyphoplasty Not yet from 25 Nov 2026" in days + first
        assert f"→ became Candidate {WAIT} not met → became met" in first
        assert first.index("→ became Candidate") < first.index("The first screening.")


def test_a_new_edition_is_shown_by_the_criterion_in_both(database, at, people, waiting):
    rescreened(database, SOON)
    adopt(database, stricter(begins=SOON + timedelta(1)))
    rescreened(database, SOON + timedelta(1))
    with on(SOON + timedelta(1)):
        said = words(at["coordinator"].get(page(waiting)))
    assert "Edition 2 in place of edition 1:" in said
    assert "What is different in it (1)" in said
    assert "at least 28 days ago" in said
    assert "at least 42 days ago" in said
    assert "by edition 1 (not in force today)" in said


def test_each_screening_opens_with_its_reasons_as_they_stood(database, at, waiting):
    rescreened(database, SOON)
    with on(SOON):
        first, second = (words(at["physician"].get(page(waiting, str(number)))) for number in (1, 2))
        assert at["physician"].get(page(waiting, "3")).status_code == 404
        assert at["physician"].get(page(waiting, "0")).status_code == 404
    assert "Screening of 22 Nov 2026" in first
    assert f"Not met today: {WAIT}" in first
    assert "Screening of 26 Nov 2026" in second
    assert f"Not met today: {WAIT}" not in second
    assert "Source: S7" in second


def test_what_is_worked_out_now_stands_apart_from_what_was_said_then(database, at, waiting):
    adopt(database, stricter())
    with on(SOON + timedelta(5)):
        answer = at["coordinator"].get(page(waiting, f"on?day={SOON}"))
    said = words(answer)
    then, worked_out = said.split("What the criteria say of 26 Nov 2026")
    assert "By edition 1 (not in force today), of picture 1" not in then
    assert "On 22 Nov 2026 by edition 1" in then
    assert "Kyphoplasty Not yet from 25 Nov 2026" in then
    assert "Worked out now from what was known then. Nobody was told this on 26 Nov 2026" in worked_out
    assert worked_out.index("Candidate") < worked_out.index("By edition 2 , in force on 26 Nov 2026")
    assert "days ago" not in then.split("The clinical picture as it was then")[1]


NO_DAYS = {
    "2026-02-30": "This date does not exist.",
    "3 March": "Write the date as year-month-day",
    "": "Choose a day.",
    "2031-01-01": "the latest that is possible",
    "0001-01-01": "the earliest that is possible",
    "9999-12-31": "the latest that is possible",
}


def test_a_day_that_is_none_is_refused_and_kept(at, waiting):
    with on(TODAY):
        physician = at["physician"]
        for asked, says in NO_DAYS.items():
            answer = physician.get(page(waiting, "on"), query_string={"day": asked})
            assert (answer.status_code, says in answer.text) == (422, True), asked
            assert PageText(answer.text).boxes["day"] == asked


def test_it_is_read_as_the_referral_is_and_the_log_says_so(database, at, waiting):
    with on(TODAY):
        for who in ("neighbor", "administrator"):
            for rest in ("", "1", f"on?day={TODAY}"):
                assert at[who].get(page(waiting, rest)).status_code in (403, 404)
        for rest in ("", "1", f"on?day={TODAY}"):
            assert at["delegate"].get(page(waiting, rest)).status_code == 200
    with database.reading() as session:
        read = session.scalars(select(Event).where(Event.action == "read").order_by(Event.id)).all()
    assert [each.details["page"] for each in read] == ["screenings.show", "screenings.one", "screenings.on"]


# The list of those whose verdict changed


def on_the_list(database, people):
    with database.reading() as session:
        rows = queue.page(session, people["coordinator"], Wanted("turned", "turned"), SOON).rows
        said = turning.turns(session, rows)
        return {row.public_id: said.get(row.id) for row in rows if isinstance(row, Referral)}


def test_a_row_says_when_and_from_what_it_changed(database, at, people, waiting):
    rescreened(database, SOON)
    assert on_the_list(database, people)[waiting.public_id]["before"]["kyphoplasty"] == "not_yet"
    with on(SOON):
        said = words(at["coordinator"].get("/queue/turned"))
    assert "Kyphoplasty was “not yet” until 26 Nov 2026" in said


def test_the_rows_of_a_page_cost_one_statement_however_many_there_are(database, people):
    with on(TODAY), database.begin() as session:
        for _ in range(5):
            clinic.refer(session, people["physician"], clinic.told(WAITS))
    rescreened(database, SOON)
    statements = []
    with database.reading() as session:
        rows = queue.page(session, people["coordinator"], Wanted("turned", "turned"), SOON).rows
        event.listen(session.connection(), "before_cursor_execute", lambda *said: statements.append(said[2]))
        assert len(turning.turns(session, rows)) == 5
    assert len(statements) == 1


def test_the_referral_says_why_it_changed_and_who_has_seen_it_takes_it_off_the_list(database, at, people, waiting):
    rescreened(database, SOON)
    address = f"/referrals/{waiting.public_id}"
    with on(SOON):
        coordinator = at["coordinator"]
        opened = coordinator.get(address)
        said = words(opened)
        assert "The verdict changed on 26 Nov 2026 Kyphoplasty: Not yet from 25 Nov 2026 → became Candidate" in said
        assert f"Because days went by: “{WAIT}” is now met." in said
        assert "The verdict changed" not in words(at["physician"].get(address)), "the practice works no list"
        seen = coordinator.post(f"{address}/seen", version=hidden(opened.text, "version"))
        assert seen.status_code == 303
        assert "Off the list “Verdict changed”." in coordinator.get(address).text
        assert "The verdict changed on" not in words(at["ir"].get(address))
    assert on_the_list(database, people) == {}
    with database.reading() as session:
        now, entry = (
            session.get_one(Referral, waiting.id),
            session.scalars(select(Event).order_by(Event.id.desc()).where(Event.action == "acknowledge")).one(),
        )
    assert (now.state, now.kyphoplasty, now.turned_on, now.owner_id) == ("submitted", "candidate", None, None)
    assert (entry.version, entry.by_id) == (now.version, people["coordinator"].id)


def test_whoever_presses_it_too_late_is_told_who_was_first(database, at, people, waiting):
    rescreened(database, SOON)
    address = f"/referrals/{waiting.public_id}"
    with on(SOON):
        version = hidden(at["coordinator"].get(address).text, "version")
        assert at["ir"].post(f"{address}/seen", version=version).status_code == 303
        late = at["coordinator"].post(f"{address}/seen", version=version)
        assert (late.status_code, "Changed verdict seen" in words(late)) == (409, True)
        assert at["coordinator"].post(f"{address}/seen", version="").status_code == 400
        assert at["physician"].post(f"{address}/seen", version=version).status_code == 403


def test_there_has_to_be_something_to_have_seen(database, people, waiting):
    with pytest.raises(NotAllowed), database.begin() as session:
        turning.acknowledge(session, session.get_one(Referral, waiting.id), people["coordinator"], waiting.version)
    rescreened(database, SOON)
    with pytest.raises(Stale), database.begin() as session:
        turning.acknowledge(session, session.get_one(Referral, waiting.id), people["coordinator"], waiting.version)
    with pytest.raises(NotAllowed), database.begin() as session:
        current = session.get_one(Referral, waiting.id)
        turning.acknowledge(session, current, people["physician"], current.version)
