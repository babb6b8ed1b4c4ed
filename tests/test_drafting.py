"""An edition is drafted on pages, signed by two people, and only then moves anybody; whom, is seen before."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from referrals import drafting, edition_signing, kept_edition, rescreen
from referrals.administration import ChangedMeanwhile, Refused
from referrals.edition_draft import EditionDraft
from referrals.edition_signing import Signature
from referrals.eligibility import criteria
from referrals.eligibility.language import AtLeast, OneOf, Within, Yes
from referrals.eligibility.revision import compared
from referrals.events import Event
from referrals.kept_edition import KeptEdition
from referrals.referral import Referral
from referrals.screening import Screening
from referrals.staff import RoleName
from tests import clinic
from tests.clinic import FRAIL, SAFE, TODAY
from tests.edition_drafts import DRAFTS, FIRST_DAY, WAIT, adopted, form, save, signed, signed_first, six_weeks, words
from tests.letterbox import letterbox
from tests.visitor import hidden

STARTED = "conservative_management_started_on"
WHY = "As the payer asks."
BASE = criteria.in_force("clinic", TODAY)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(datetime(2026, 11, 22, 17, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        made = clinic.everybody(session)
        hospital = made["ir"].practice
        made["other_ir"] = clinic.person(session, "Other Radiologist", RoleName.IR_PHYSICIAN, hospital)
        made["other_admin"] = clinic.person(session, "Other Administrator", RoleName.ADMINISTRATOR, hospital)
        made["auditor"] = clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital)
    return made


@pytest.fixture
def draft(at):
    """The address of a draft that the IR physician has begun."""
    return at["ir"].post(DRAFTS).location


def stored(database):
    with database.reading() as session:
        return session.scalars(select(EditionDraft)).one()


def rule_of(database, name=WAIT):
    return next(each.rule for each in stored(database).edition.criteria if each.name == name)


def sent(database, people, patient=FRAIL, *vertebrae, **said):
    with database.begin() as session:
        return clinic.refer(session, people["physician"], clinic.told(patient, *vertebrae), **said)


# Who may


def test_a_draft_is_for_ir_physicians_and_administrators(at, draft):
    for who in ("ir", "other_ir", "administrator"):
        assert at[who].get(draft).status_code == 200
        assert "Drafts of editions" in at[who].get("/criteria").text
    for who in ("physician", "delegate", "coordinator", "auditor"):
        for page in ("", "/sign", "/add", f"/criteria/{WAIT}"):
            assert at[who].get(f"{draft}{page}").status_code == 403
        assert at[who].post(DRAFTS).status_code == 403
        assert "Drafts of editions" not in at[who].get("/criteria").text


def test_starting_twice_is_starting_once_and_looking_writes_nothing(database, at, draft):
    assert at["administrator"].post(DRAFTS).location == draft
    for page in (DRAFTS, draft, f"{draft}?prove=", f"{draft}/add", f"{draft}/sign", f"{draft}/discard"):
        at["ir"].get(page)
    assert (stored(database).version, stored(database).content["edition"]) == (1, "2")


# Changing


def test_a_threshold_is_changed_and_both_editions_are_read_side_by_side(database, at, draft):
    assert six_weeks(at["ir"], draft).location == draft
    assert rule_of(database) == Yes("tumor_damage") | (
        Yes("conservative_management_failed") & Within(STARTED, 42, None) & Yes("bedridden_risk")
    )
    page = words(at["administrator"].get(draft))
    assert "at least 28 days ago" in page
    assert "at least 42 days ago" in page
    assert "Changed" in page
    assert "its reading is still that of edition 1" in page
    change = next(each for each in compared(BASE, stored(database).edition) if each.name == WAIT)
    assert change.after
    assert (change.kind, change.after.ours) == ("changed", True)


def test_saving_what_is_there_changes_nothing(database, at, draft):
    for each in BASE.criteria:
        assert save(at["ir"], f"{draft}/criteria/{each.name}").status_code == 303
    assert stored(database).version == 1
    assert "Nothing yet" in at["ir"].get(draft).text


def test_codes_counts_and_words_are_changed(database, at, draft):
    place = f"{draft}/criteria/suitable_cause"
    save(at["ir"], place, **{"q-0-codes": ["cancer"], "q-count": "2", "title": "Only cancer", "reading": "Read so."})
    changed = next(each for each in stored(database).edition.criteria if each.name == "suitable_cause")
    assert isinstance(changed.rule, AtLeast)
    assert (changed.rule.count, changed.rule.parts[0]) == (2, OneOf("cause", ("cancer",)))
    assert (changed.title, changed.reading) == ("Only cancer", "Read so.")


def test_a_criterion_is_switched_off_for_one_procedure_then_for_both_and_put_back(database, at, draft):
    place = f"{draft}/criteria/pregnancy"
    save(at["ir"], place, **{"in-vertebroplasty": "none"})
    assert "Vertebroplasty: not asked" in words(at["ir"].get(draft))
    save(at["ir"], place, **{"in-kyphoplasty": "none"})
    assert "pregnancy" not in [each.name for each in stored(database).edition.criteria]
    assert "Off" in words(at["ir"].get(draft))
    at["ir"].post(f"{place}/restore", version=stored(database).version)
    assert all(each.kind == "same" for each in compared(BASE, stored(database).edition))


def test_a_criterion_is_added_from_the_vocabulary_and_conditions_are_joined_to_it(database, at, draft):
    page = at["ir"].get(f"{draft}/add")
    assert "Loss of vertebral height" in page.text
    added = at["ir"].post(
        f"{draft}/add?fact=height_loss",
        {"version": 1, "q-low": "25", "q-says": "yes", "title": "Height is lost", "reading": "A quarter.",
         "in-vertebroplasty": "none", "in-kyphoplasty": "inclusion"},
    )  # fmt: skip
    assert added.location == draft
    at["ir"].post(f"{draft}/criteria/height_is_lost/condition?fact=kyphotic_deformity&at=",
                  {"version": 2, "q-says": "yes", "joined": "or"})  # fmt: skip
    at["ir"].post(f"{draft}/criteria/height_is_lost/condition?fact=cause&at=",
                  {"version": 3, "q-codes": ["trauma"], "q-says": "no", "joined": "in"})  # fmt: skip
    rule = rule_of(database, "height_is_lost")
    assert (rule.count, len(rule.parts), rule.parts[:2]) == (
        1,
        3,
        (Within("height_loss", 25), Yes("kyphotic_deformity")),
    )
    at["ir"].post(f"{draft}/criteria/height_is_lost/without", version=4, at="0")
    assert len(rule_of(database, "height_is_lost").parts) == 2
    made = next(each for each in stored(database).edition.criteria if each.name == "height_is_lost")
    assert (made.ours, made.addition, made.source.ref) == (True, True, "Own")
    assert "Added" in words(at["ir"].get(draft))


def test_with_a_source_an_addition_is_not_our_reading(database, at, draft):
    at["ir"].post(
        f"{draft}/add?fact=inr",
        {"version": 1, "q-high": "1.8", "q-says": "yes", "title": "INR", "reading": "Low enough.", "ref": "SIR",
         "where": "page 3", "in-vertebroplasty": "documentation", "in-kyphoplasty": "none"},
    )  # fmt: skip
    made = next(each for each in stored(database).edition.criteria if each.name == "inr")
    assert (made.ours, made.addition, str(made.source)) == (False, True, "SIR: page 3")


RIGHT = {
    "q-low": "25", "q-says": "yes", "title": "Height is lost", "reading": "A quarter.", "in-vertebroplasty": "none",
    "in-kyphoplasty": "inclusion",
}  # fmt: skip


MISTAKES = (
    ({"q-low": ""}, "at least one of the two numbers"),
    ({"q-low": "101"}, "from 0 to 100"),
    ({"q-low": "٢٥"}, "in digits"),
    ({"q-low": "9" * 5000}, "in digits"),
    ({"q-low": "50", "q-high": "20"}, "ends before it begins"),
    ({"q-low": "0"}, "so nothing is asked"),
    ({"q-says": "perhaps"}, "Choose one of"),
    ({"title": ""}, "short title"),
    ({"title": "active infection"}, "Another criterion has this title"),
    ({"reading": "\0"}, "hidden or control"),
    ({"ref": "SIR"}, "Name both the source"),
    ({"in-kyphoplasty": "none"}, "Choose a procedure"),
    ({"in-kyphoplasty": "exclude"}, "Choose one of"),
    ({"rule": "pain_score > 3"}, "does not ask"),
    ({"version": ""}, "Open the page again"),
)


def test_a_mistake_is_said_beside_its_field_and_the_text_is_kept(database, at, draft):
    for said, why in MISTAKES:
        answer = at["ir"].post(f"{draft}/add?fact=height_loss", {"version": 1, **RIGHT, **said})
        assert answer.status_code == 422, said
        assert why in words(answer), said
        assert ("A quarter." in answer.text) or "reading" in said
    assert stored(database).version == 1


def test_all_mistakes_are_said_at_once(at, draft):
    page = words(at["ir"].post(f"{draft}/add?fact=cause", {"version": 1, "q-says": "yes", "where": "page 3"}))
    assert all(
        why in page for why in ("Tick at least one", "short title", "how it is meant", "Name both", "Choose one")
    )


def test_every_fact_of_the_vocabulary_has_its_question(at, draft):
    for section in re.findall(r"\?fact=([a-z_]+)", at["ir"].get(f"{draft}/add").text):
        assert at["ir"].get(f"{draft}/add?fact={section}").status_code == 200
    assert at["ir"].get(f"{draft}/add?fact=age").status_code == 404
    assert at["ir"].get(f"{draft}/criteria/{WAIT}/condition?at=9").status_code == 404
    assert at["ir"].get(f"{draft}/criteria/{WAIT}/condition?at=x").status_code == 400


def test_a_procedure_keeps_something_that_it_asks_for(database, at, draft):
    for name in ("injured_vertebra", "frail_weak_or_tumor"):
        assert save(at["ir"], f"{draft}/criteria/{name}", **{"in-vertebroplasty": "none"}).status_code == 303
    refused = save(at["ir"], f"{draft}/criteria/painful", **{"in-vertebroplasty": "none"})
    assert refused.status_code == 422
    assert "nearly everybody would be a candidate" in words(refused)


def test_the_last_condition_cannot_be_taken_out(at, draft):
    assert at["ir"].post(f"{draft}/criteria/pregnancy/without", version=1, at="").status_code == 422


def test_two_at_once_one_wins_and_the_other_sees_both_and_keeps_the_text(database, at, draft):
    place = f"{draft}/criteria/{WAIT}"
    mine = form(at["administrator"], place)
    six_weeks(at["ir"], draft)
    late = at["administrator"].post(place, {**mine, "q-1-1-low": "35", "reading": "My own words"})
    assert late.status_code == 409
    page = words(late)
    assert "by Test Radiologist" in page
    assert "at least 42 days ago" in page
    assert "My own words" in page
    assert rule_of(database).parts[1].parts[1] == Within(STARTED, 42, None)


def test_sent_twice_it_is_done_once(database, at, draft):
    place = f"{draft}/criteria/{WAIT}"
    mine = {**form(at["ir"], place), "q-1-1-low": "42"}
    assert [at["ir"].post(place, mine).status_code for _ in range(2)] == [303, 303]
    joined = {"version": 2, "q-says": "yes", "joined": "and"}
    where = f"{draft}/criteria/pregnancy/condition?fact=painful&at="
    assert [at["ir"].post(where, joined).status_code for _ in range(2)] == [303, 303]
    assert [at["ir"].post(f"{draft}/add?fact=height_loss", {"version": 3, **RIGHT}).status_code for _ in range(2)] == [
        303,
        303,
    ]
    assert stored(database).version == 4


def test_a_discarded_draft_is_read_and_not_gone_on_with(database, at, draft):
    assert at["ir"].post(f"{draft}/discard", version=1).location == DRAFTS
    assert at["ir"].get(draft).status_code == 200
    assert at["ir"].get(f"{draft}/criteria/{WAIT}").status_code == 303
    assert at["ir"].post(f"{draft}/add?fact=height_loss", {"version": 2, **RIGHT}).status_code == 409
    assert at["ir"].post(DRAFTS).location != draft


# Signing


def test_two_people_sign_and_then_it_is_an_edition_that_everybody_reads_about(database, at, draft):
    assert adopted(at, draft).location == draft
    with database.reading() as session:
        kept = session.scalars(select(KeptEdition).where(KeptEdition.adopted)).one()
        assert (kept.name, kept.in_force_from, kept.digest) == ("2", FIRST_DAY, stored(database).edition_digest)
        assert kept_edition.in_force(session, "clinic", FIRST_DAY - timedelta(1)).name == "1"
        assert kept_edition.in_force(session, "clinic", FIRST_DAY).digest == kept.digest
        actions = session.scalars(
            select(Event.action).where(Event.subject == draft.rpartition("/")[2]).order_by(Event.id)
        )
        assert list(actions) == ["draft_edition", "change_draft", "sign_draft", "adopt_edition"]
    page = words(at["physician"].get("/criteria"))
    assert "Test Radiologist and Test Administrator" in page
    assert "As the payer asks." in page
    assert kept.digest[:12] in page
    assert at["ir"].post(DRAFTS).location != draft


def test_whoever_may_sign_next_is_told_by_mail_and_then_who_signed_first(app, at, draft):
    read = letterbox(app)
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    told = read()
    assert sorted(mail["To"].partition("@")[0] for mail in told) == [
        "other.administrator",
        "other.radiologist",
        "test.administrator",
    ]
    assert {mail["Subject"] for mail in told} == {"Edition 2 of the criteria waits for a second signature"}
    assert "Test Radiologist has signed edition 2 of the criteria, to count from 25 Nov 2026" in told[0].get_content()
    assert draft in told[0].get_content()
    assert WHY not in told[0].get_content()
    signed(at["administrator"], draft, "Test Administrator")
    (then,) = read()[3:]
    assert then["To"] == "test.radiologist@example.org"
    assert then["Subject"] == "Edition 2 of the criteria was adopted"


def test_the_criteria_say_to_whoever_drafts_that_a_signature_is_missing(at, draft):
    assert "Edition 2: being drafted" in words(at["administrator"].get("/criteria"))
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    assert "Edition 2: signed once, waits for a second signature" in words(at["administrator"].get("/criteria"))
    assert "Edition 2" not in words(at["physician"].get("/criteria"))
    signed(at["administrator"], draft, "Test Administrator")
    assert "signed once" not in words(at["administrator"].get("/criteria"))


def test_after_an_administrator_only_an_ir_physician_may_sign_and_only_they_are_told(app, at, draft):
    six_weeks(at["ir"], draft)
    read = letterbox(app)
    signed_first(at["administrator"], draft, "Test Administrator")
    assert sorted(mail["To"].partition("@")[0] for mail in read()) == ["other.radiologist", "test.radiologist"]


def test_every_edition_is_there_as_a_file_the_adopted_ones_too(database, at, draft):
    adopted(at, draft)
    with database.reading() as session:
        kept = session.scalars(select(KeptEdition).where(KeptEdition.adopted)).one()
    for form_of, ending, says in (("cql", "cql", kept.cql), ("english", "txt", kept.english)):
        file = at["physician"].get(f"/criteria/clinic/editions/2/{form_of}")
        assert file.text == says
        assert file.headers["Content-Disposition"] == f"attachment; filename=clinic-2.{ending}"
    assert json.loads(at["physician"].get("/criteria/clinic/editions/2/json").text) == kept.content
    for nowhere in ("clinic/editions/3/cql", "klinik/editions/1/cql", "clinic/editions/1/pdf"):
        assert at["physician"].get(f"/criteria/{nowhere}").status_code == 404


def test_a_change_voids_the_first_signature(database, at, draft):
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    before = hidden(at["administrator"].get(f"{draft}/sign").text, "version")
    save(at["other_ir"], f"{draft}/criteria/pregnancy", reading="Read differently.")
    assert (stored(database).state, stored(database).first_signer_id) == ("drafted", None)
    late = at["administrator"].post(f"{draft}/sign", {"version": before, "name": "Test Administrator"})
    assert late.status_code == 409
    assert stored(database).state == "drafted"


def test_nobody_signs_twice(database, at, draft, people):
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    again = signed(at["ir"], draft, "Test Radiologist")
    assert again.status_code == 422
    assert "another person signs with you" in words(again)
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(
            update(EditionDraft).values(
                state="adopted",
                second_signer_id=people["ir"].id,
                second_signed_at=datetime.now(UTC),
                edition_digest="x",
            )
        )


def test_one_of_the_two_is_an_ir_physician(database, at, draft):
    six_weeks(at["ir"], draft)
    signed_first(at["administrator"], draft, "Test Administrator")
    refused = signed(at["other_admin"], draft, "Other Administrator")
    assert refused.status_code == 422
    assert "has to be an IR physician" in words(refused)
    assert signed(at["other_ir"], draft, "Other Radiologist").status_code == 303
    assert stored(database).state == "adopted"


def test_who_signs_says_who_why_and_from_when(database, at, draft):
    six_weeks(at["ir"], draft)
    for said, why in (
        ({"reason": " "}, "Say why"),
        ({"in_force_from": ""}, "Give the day"),
        ({"in_force_from": "2026-11-21"}, "before 22 Nov 2026"),
        ({"in_force_from": "2026-11-31"}, "does not exist"),
        ({"in_force_from": "2028-11-22"}, "the latest that is possible"),
        ({"name": "test radiologist"}, "as it stands here"),
    ):
        refused = signed_first(at["ir"], draft, **said)
        assert refused.status_code == 422, said
        assert why in words(refused)
    assert stored(database).state == "drafted"


def test_a_draft_that_changes_nothing_is_not_signed(at, draft):
    refused = signed_first(at["ir"], draft)
    assert refused.status_code == 422
    assert "nothing to sign" in words(refused)


def test_a_signature_is_taken_back(database, at, draft):
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    version = stored(database).version
    assert [at["administrator"].post(f"{draft}/take-back", version=version).status_code for _ in range(2)] == [303, 303]
    assert (stored(database).state, stored(database).reason) == ("drafted", "As the payer asks.")
    assert "As the payer asks." in at["administrator"].get(f"{draft}/sign").text


def test_its_first_day_may_not_have_passed_when_the_second_signs(database, people, at, draft):
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    held, later = stored(database), FIRST_DAY + timedelta(1)
    with pytest.raises(Refused) as refused, database.begin() as session:
        said = Signature("Test Administrator")
        edition_signing.sign(session, people["administrator"], held.public_id, held.version, later, said)
    assert "first day has passed" in refused.value.what_to_do


def test_a_draft_of_an_edition_that_is_no_longer_the_newest_is_not_signed(app, database, people, at, draft):
    six_weeks(at["ir"], draft)
    with database.begin() as session:
        other = stored(database).edition
        kept_edition.keep(session, other, adopted=True)
    refused = signed_first(at["ir"], draft)
    assert refused.status_code == 422
    assert "Another edition was adopted" in words(refused)


def test_what_was_signed_is_what_is_adopted_word_for_word(database, people, at, draft):
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    with database.begin() as session:
        held = session.scalars(select(EditionDraft)).one()
        changed = {**held.content, "provisional": "Something that nobody signed."}
        held.content = changed
    refused = signed(at["administrator"], draft, "Test Administrator")
    assert refused.status_code == 422
    assert "not what was signed" in words(refused)


# Whom it moves


def test_before_it_counts_it_is_seen_who_moves(database, people, at, draft):
    """Somebody who waits for 35 days is a candidate by edition 1 and has to wait for another four by the draft."""
    moves, stays = sent(database, people), sent(database, people, SAFE)
    ended = sent(database, people)
    with database.begin() as session:
        clinic.withdraw(session, session.merge(ended), people["physician"])
    six_weeks(at["ir"], draft)
    page = at["ir"].get(f"{draft}?on={FIRST_DAY}")
    assert re.search(r"Candidate.*?Not yet.*?<td[^>]*>1</td><td[^>]*>1</td>", page.text, re.S)
    assert moves.public_id in page.text
    assert stays.public_id not in page.text
    assert ended.public_id not in page.text
    with database.reading() as session:
        read = session.scalars(select(Event).where(Event.action == "list_read")).all()
        assert [event.details["rows"] for event in read if event.by_id == people["ir"].id] == [1]
    much_later = at["ir"].get(f"{draft}?on={TODAY + timedelta(60)}")
    assert "Nobody moves on 21 Jan 2027" in words(much_later)
    assert at["ir"].get(f"{draft}?on=2020-01-01").status_code == 400


def test_an_administrator_sees_figures_and_no_patient(database, people, at, draft):
    referral = sent(database, people)
    six_weeks(at["ir"], draft)
    page = at["administrator"].get(draft)
    assert re.search(r"Candidate.*?Not yet.*?<td[^>]*>1</td><td[^>]*>0</td>", page.text, re.S)
    assert referral.public_id not in page.text
    assert "Sample" not in page.text
    with database.reading() as session:
        assert not session.scalars(select(Event).where(Event.action == "list_read")).all()


def test_a_restricted_referral_is_in_no_figure_and_on_no_list(database, people, at, draft):
    referral = sent(database, people)
    with database.begin() as session:
        session.get_one(Referral, referral.id).restricted = True
    six_weeks(at["ir"], draft)
    for who in ("ir", "administrator"):
        page = at[who].get(draft)
        assert "Nobody moves" in words(page)
        assert referral.public_id not in page.text


def test_z3_says_whether_somebody_could_be_added_or_dropped(at, draft):
    six_weeks(at["ir"], draft)
    page = words(at["ir"].get(f"{draft}?prove=1"))
    assert "Kyphoplasty, dropped: somebody can be" in page
    assert "Kyphoplasty, added: nobody can be" in page
    assert "A patient of whom this is known" in page


def test_an_adopted_edition_judges_from_its_first_day_and_what_was_said_stays(database, people, at, draft):
    before = sent(database, people)
    adopted(at, draft)
    with database.reading() as session:
        assert rescreen.find(session, FIRST_DAY - timedelta(1)).open == []
    with database.reading() as session:
        found = rescreen.find(session, FIRST_DAY)
    assert rescreen.rescreen(database, found) == (1, 0)
    with database.reading() as session:
        assert session.get_one(Referral, before.id).turned_on == FIRST_DAY
        said = session.scalars(select(Screening).order_by(Screening.id)).all()
        assert [each.edition for each in said] == ["1", "2"]
        assert said[0].edition_digest == BASE.digest
        assert kept_edition.edition_of(session, said[1].edition_digest).name == "2"
        assert [said[each].explanation["verdicts"]["kyphoplasty"]["verdict"] for each in (0, 1)] == [
            "candidate",
            "not_yet",
        ]


# The verbs alone


def test_who_was_faster_wins_also_behind_the_pages(database, people):
    with database.begin() as session:
        begun = drafting.start(session, people["ir"], "clinic", TODAY)
    with pytest.raises(ChangedMeanwhile), database.begin() as session:
        edition_signing.sign(session, people["ir"], begun.public_id, 7, TODAY, Signature("Test Radiologist"))
