"""Messages: both sides write to each other about a referral, each reads what is new, and nothing of it is lost."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.exc import DBAPIError

from referrals import closing, glass, message, restriction, submission
from referrals.db import now
from referrals.events import CLINIC, REFERRER, Event, Notice
from referrals.message import Message, MessageMark
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.transition import NotAllowed, Said
from tests import clinic
from tests.clinic import TODAY
from tests.visitor import Visitor, hidden


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def sent(database, people):
    with database.begin() as session:
        return clinic.refer(session, people["physician"])


@pytest.fixture
def page(sent):
    return f"/referrals/{sent.public_id}/messages"


def write(visitor, page, words, **changed):
    token = hidden(visitor.get(page).text, "token")
    return visitor.post(page, {"token": token, "text": words, **changed})


def everything(database, kind):
    with database.reading() as session:
        return session.scalars(select(kind).order_by(kind.id)).all()


def unread(database, person, *referrals):
    with database.reading() as session:
        return message.unread_counts(session, person, [referral.id for referral in referrals])


# Writing


def test_both_sides_read_what_either_wrote_the_oldest_first_with_name_role_and_side(at, page):
    assert write(at["physician"], page, "Does she stop the apixaban?").status_code == 303
    assert write(at["coordinator"], page, "Two days before.\nOur pharmacist calls.").status_code == 303
    for reader in ("colleague", "ir"):
        seen = at[reader].get(page).text
        assert seen.index("Does she stop the apixaban?") < seen.index("Two days before.\nOur pharmacist calls.")
        assert "Referring physician, Elm Practice" in seen
        assert "Coordinator, Test Clinic" in seen
        assert "Test Coordinator" in seen


@pytest.mark.parametrize(("who", "told"), [("physician", CLINIC), ("coordinator", REFERRER), ("ir", REFERRER)])
def test_the_other_side_is_told_and_the_log_says_that_but_not_what(at, database, page, sent, people, who, told):
    write(at[who], page, "Nobody else should read this")
    entry = everything(database, Event)[-1]
    assert (entry.action, entry.by_id, entry.subject) == ("message", people[who].id, sent.public_id)
    assert "Nobody else" not in str(vars(entry))
    notice = everything(database, Notice)[-1]
    assert (notice.kind, notice.audience, notice.event_id) == ("message", told, entry.id)


def test_the_practice_reads_in_its_news_that_there_is_a_message_and_is_led_to_it(at, page):
    write(at["coordinator"], page, "Please call.")
    news = at["physician"].get("/referrals").text
    assert re.search(rf'href="{page}">[^<]*Sample[^<]*</a>: .*wrote a message', news)
    assert "Please call." not in news


def test_a_delegate_writes_in_their_own_name_and_the_log_says_for_whom(at, database, page, people):
    write(at["delegate"], page, "The films are on their way.")
    entry = everything(database, Event)[-1]
    assert (entry.by_id, entry.on_behalf_of_id) == (people["delegate"].id, people["physician"].id)
    assert "Practice delegate, Elm Practice" in at["coordinator"].get(page).text


def test_a_message_makes_nobody_s_open_form_stale(at, database, page, sent):
    withdrawing = at["physician"].get(f"/referrals/{sent.public_id}/withdraw").text
    write(at["coordinator"], page, "Before you withdraw: we could see her on Friday.")
    said = {"version": hidden(withdrawing, "version"), "reason": "improved"}
    assert at["physician"].post(f"/referrals/{sent.public_id}/withdraw", said).status_code == 303
    assert everything(database, Referral)[0].state == "withdrawn"


def test_a_referral_that_has_ended_can_still_be_written_about(at, database, page, sent, people):
    with database.begin() as session:
        said = Said(session.get(Reason, "improved"))
        closing.withdraw(session, session.get_one(Referral, sent.id), people["physician"], sent.version, TODAY, said)
    assert write(at["physician"], page, "Thank you all the same.").status_code == 303
    assert write(at["coordinator"], page, "All the best to her.").status_code == 303


def test_nobody_writes_about_a_draft(at, database, people):
    with database.begin() as session:
        draft = submission.open_draft(session, "a draft", people["physician"])
        unsent = submission.open_draft(session, "another draft", people["physician"])
    assert at["physician"].get(f"/referrals/{draft.public_id}/messages").status_code == 409
    at["physician"].post(f"/referrals/{draft.public_id}/discard")
    assert at["physician"].get(f"/referrals/{draft.public_id}/messages").status_code == 409
    with pytest.raises(NotAllowed), database.begin() as session:
        message.post(session, session.get_one(Referral, unsent.id), people["physician"], "x", "token")


def test_the_same_form_sent_twice_says_it_once(at, database, page):
    form = {"token": hidden(at["physician"].get(page).text, "token"), "text": "Once."}
    assert [at["physician"].post(page, form).status_code for _ in range(2)] == [303, 303]
    assert len(everything(database, Message)) == len(everything(database, Notice)) - 1 == 1


def test_pressed_by_many_fingers_at_once_it_is_said_once(app, database, page, people):
    fingers = [Visitor(app, people["physician"]) for _ in range(6)]
    form = {"token": hidden(fingers[0].get(page).text, "token"), "text": "Once."}
    with ThreadPoolExecutor(len(fingers)) as pressed:
        answers = list(pressed.map(lambda finger: finger.post(page, form).status_code, fingers))
    assert answers == [303] * len(fingers)
    assert len(everything(database, Message)) == 1


def test_the_same_words_in_another_form_are_another_message(at, database, page):
    for _ in range(2):
        write(at["physician"], page, "Any news?")
    assert len(everything(database, Message)) == 2


@pytest.mark.parametrize(
    "words", ["", "   ", "a NUL\x00", "right to left\u202e", "x" * 5001, "\u200d"], ids=lambda words: repr(words)[:12]
)
def test_what_cannot_be_sent_comes_back_with_its_text_and_nothing_is_stored(at, database, page, words):
    refused = write(at["physician"], page, words)
    assert refused.status_code == 422
    assert "The message was not sent" in refused.text
    assert words.strip() in refused.text or "\x00" in words
    assert everything(database, Message) == []


def test_the_longest_message_is_5000_characters_with_its_line_breaks(at, database, page):
    assert write(at["physician"], page, "a\r\n" * 2000 + "b" * 1000).status_code == 303
    assert everything(database, Message)[0].text == "a\n" * 2000 + "b" * 1000


def test_markup_in_a_message_is_text(at, page):
    write(at["physician"], page, "<script>alert(1)</script>")
    assert "<script>alert" not in at["coordinator"].get(page).text


def test_a_form_that_was_made_for_somebody_else_is_refused(at, database, page):
    theirs = hidden(at["colleague"].get(page).text, "token")
    assert at["physician"].post(page, {"token": theirs, "text": "x"}).status_code == 400
    assert everything(database, Message) == []


def test_a_message_is_never_changed_or_taken_back(database, people, sent):
    with database.begin() as session:
        message.post(session, session.get_one(Referral, sent.id), people["physician"], "As I said.", "token")
    for change in (update(Message).values(text="As I never said."), delete(Message)):
        with pytest.raises(DBAPIError, match="append-only"), database.begin() as session:
            session.execute(change)
    assert [said.text for said in everything(database, Message)] == ["As I said."]


# Who reads it


def test_a_neighbor_finds_no_messages_and_cannot_write_any(at, database, page):
    write(at["physician"], page, "Ours alone.")
    assert at["neighbor"].get(page).status_code == 404
    assert at["neighbor"].post(page, token="x", text="Hello").status_code == 404
    assert at["administrator"].get(page).status_code == 403
    assert len(everything(database, Message)) == 1


def test_the_messages_of_a_restricted_referral_are_for_those_who_open_it(at, database, page, people, sent):
    write(at["physician"], page, "A public person.")
    with database.begin() as session:
        restriction.restrict(session, session.get_one(Referral, sent.id), people["physician"], sent.version, "Known.")
    assert "A public person." in at["physician"].get(page).text
    assert at["coordinator"].get(page).status_code == 403
    assert at["coordinator"].post(page, token="x", text="Hello").status_code == 403
    with database.begin() as session:
        glass.open_access(
            session, session.get_one(Referral, sent.id), people["coordinator"], "Weak legs.", now(), second_factor=False
        )
    assert "A public person." in at["coordinator"].get(page).text


def test_opening_the_messages_is_a_reading_of_the_patient_s_page(at, database, page, sent):
    at["coordinator"].get(page)
    entry = everything(database, Event)[-1]
    assert (entry.action, entry.subject, entry.details) == ("read", sent.public_id, {"page": "messages.show"})


# What is new


def test_what_others_wrote_is_new_until_it_is_opened_and_what_i_wrote_never_is(at, database, page, people, sent):
    for words in ("One.", "Two."):
        write(at["coordinator"], page, words)
    assert unread(database, people["physician"], sent) == {sent.id: 2}
    assert unread(database, people["coordinator"], sent) == {}
    assert at["physician"].get(page).text.count("said-new") == 2
    assert unread(database, people["physician"], sent) == {}
    assert "said-new" not in at["physician"].get(page).text
    assert unread(database, people["colleague"], sent) == {sent.id: 2}, "a colleague has not read them yet"


def test_the_tab_counts_what_is_new_for_whoever_looks(at, page, sent):
    tab = re.compile(r'messages">(Messages.*?)</a>')
    write(at["physician"], page, "One.")
    of_referral = f"/referrals/{sent.public_id}"
    assert tab.findall(at["physician"].get(of_referral).text) == ["Messages"]
    assert tab.findall(at["coordinator"].get(of_referral).text) == ['Messages <span class="count">1</span>']


def test_my_referrals_say_at_which_patient_there_are_new_messages(at, page):
    assert "new message" not in at["physician"].get("/referrals").text
    write(at["coordinator"], page, "One.")
    assert "1 new message<" in at["physician"].get("/referrals").text
    write(at["coordinator"], page, "Two.")
    assert "2 new messages<" in at["physician"].get("/referrals").text
    at["physician"].get(page)
    assert "new message" not in at["physician"].get("/referrals").text


def test_a_mark_never_goes_back(database, people, sent):
    with database.begin() as session:
        referral = session.get_one(Referral, sent.id)
        for words in ("One.", "Two."):
            message.post(session, referral, people["coordinator"], words, words)
        first, second = message.thread(session, sent.id)
        for read in (second, first):
            message.mark_read(session, people["physician"], read)
        assert message.last_read(session, people["physician"], sent.id) == second.id
    assert len(everything(database, MessageMark)) == 1


def test_a_refused_message_marks_nothing_as_read(at, database, page, people, sent):
    write(at["coordinator"], page, "One.")
    at["physician"].post(page, token="x", text="")
    assert unread(database, people["physician"], sent) == {sent.id: 1}


def test_the_unread_of_many_referrals_are_counted_in_one_statement(database, people):
    with database.begin() as session:
        several = [clinic.refer(session, people["physician"]) for _ in range(4)]
        for number, referral in enumerate(several):
            for time in range(number):
                message.post(session, referral, people["coordinator"], "Hello.", f"{time}")
    statements = []
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        event.listen(session.connection(), "before_cursor_execute", lambda *said: statements.append(said[2]))
        counted = message.unread_counts(session, people["physician"], [referral.id for referral in several])
    assert counted == {referral.id: number for number, referral in enumerate(several) if number}
    assert len(statements) == 1
