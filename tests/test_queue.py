"""The clinic's queue: what stands on which worklist, in which order, found how, at what cost."""

import re
from datetime import timedelta

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from referrals import inquiry, list_page, queue, triage, worklist
from referrals.course import OUTCOMES
from referrals.db import now
from referrals.desk import desk_of
from referrals.eligibility.verdict import NOT_YET
from referrals.list_page import SORTS
from referrals.notice import Notice
from referrals.queue import Wanted
from referrals.referral import Referral
from referrals.saved_view import SavedView
from referrals.staff import RoleName
from referrals.workflow import OPEN, State, Urgency
from referrals.worklist import CLINIC_LISTS, PARTITION
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY
from tests.visitor import Visitor


@pytest.fixture
def desk(app, database):
    """A coordinator's browser, and the people who fill the queue."""
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
        coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
    return physician, coordinator, Visitor(app, coordinator)


def rows(database, coordinator, name, **wanted):
    with database.reading() as session:
        page = queue.page(session, coordinator, Wanted(name, **{"sort": "waiting", **wanted}), TODAY)
        return [referral.public_id for referral in page.rows], page.next_after


def test_a_new_referral_stands_on_new_and_a_claimed_one_in_review(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        new, claimed = clinic.refer(session, physician), clinic.refer(session, physician)
        clinic.claim(session, claimed, coordinator)
    assert rows(database, coordinator, "new")[0] == [new.public_id]
    assert rows(database, coordinator, "undecided")[0] == [claimed.public_id]


def test_a_red_flag_stands_on_its_own_list_whatever_its_verdict(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        flagged = clinic.refer(session, physician, clinic.told({**FRAIL, "neurological_deficit": True}))
        clinic.refer(session, physician)
    assert rows(database, coordinator, "red_flags")[0] == [flagged.public_id]


@pytest.mark.parametrize(("days", "listed"), [(14, True), (15, False)])
def test_a_referral_becomes_eligible_soon_from_fourteen_days_before(database, desk, days, listed):
    physician, coordinator, _ = desk
    waiting = {**FRAIL, "conservative_management_started_on": TODAY - timedelta(days=28 - days)}
    with database.begin() as session:
        referral = clinic.refer(session, physician, clinic.told(waiting))
    assert referral.kyphoplasty == NOT_YET
    assert referral.becomes_eligible_on == TODAY + timedelta(days=days)
    assert (referral.public_id in rows(database, coordinator, "soon", sort="eligible")[0]) is listed


def test_the_longest_conservative_management_comes_first_and_the_unknown_last(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        unknown = clinic.refer(session, physician, clinic.told(SAFE))
        short = clinic.refer(session, physician, clinic.told({**FRAIL}))
        began = TODAY - timedelta(days=99)
        long = clinic.refer(session, physician, clinic.told({**FRAIL, "conservative_management_started_on": began}))
    order = [referral.public_id for referral in (long, short, unknown)]
    assert rows(database, coordinator, "new", sort="conservative")[0] == order


def test_the_most_urgent_comes_first(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        sent = {urgency: clinic.refer(session, physician, urgency=urgency).public_id for urgency in reversed(Urgency)}
    assert rows(database, coordinator, "new", sort="urgency")[0] == [sent[urgency] for urgency in Urgency]


@pytest.mark.parametrize("sort", [name for name in SORTS if name not in ("changed", "due", "appointment", "newest")])
def test_pages_show_every_referral_once(database, desk, monkeypatch, sort):
    monkeypatch.setattr(list_page, "PAGE", 3)
    physician, coordinator, _ = desk
    with database.begin() as session:
        sent = {clinic.refer(session, physician, clinic.told(facts)).public_id for facts in [SAFE, FRAIL] * 4}
    seen, after = [], ""
    while after is not None:
        page, after = rows(database, coordinator, "new", sort=sort, after=after)
        seen += page
    assert len(seen) == len(sent)
    assert set(seen) == sent


@pytest.mark.parametrize(
    "words", ["O'Brien", "o'brien m", "Máire", "máire o'b", "o'brien, máire", "MRN-77", "mrn-7", "O’", "%", "_"]
)
def test_a_patient_is_found_by_the_beginning_of_a_name_or_record_number(database, desk, words):
    physician, coordinator, _ = desk
    with database.begin() as session:
        wanted = clinic.refer(
            session, physician, of=clinic.patient(given_name="Máire", family_name="O'Brien", mrn="MRN-77")
        )
        clinic.refer(session, physician)
    found, _ = rows(database, coordinator, "all", words=words)
    assert found == ([] if words in ("%", "_", "O’") else [wanted.public_id])


def test_a_referral_is_found_by_its_id_as_it_is_spoken(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        referral = clinic.refer(session, physician)
    spoken = f"{referral.public_id[:4]} {referral.public_id[4:8]} {referral.public_id[8:]}".upper()
    assert rows(database, coordinator, "all", words=spoken)[0] == [referral.public_id]


def test_what_is_searched_for_stands_in_no_address_and_goes_with_filters_and_pages(app, database, desk):
    physician, coordinator, visitor = desk
    with database.begin() as session:
        wanted = clinic.refer(session, physician, of=clinic.patient(family_name="Wanted"))
        clinic.refer(session, physician)
        colleague = clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, coordinator.practice)
    answer = visitor.post("/queue/new", words=" wanted ", urgency="routine", sort="")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert "wanted" not in address.lower()
    page = visitor.get(address).text
    assert wanted.public_id in page
    assert page.count("<tr") == 1 + 1
    assert 'value="wanted"' in page
    assert address.partition("search=")[2] in page.partition("<thead>")[2], "another order keeps the search"
    assert Visitor(app, colleague).get(address).headers["Location"] == "/queue/new?urgency=routine"
    assert visitor.get("/queue/new?search=zzzzzzzzzzzz").headers["Location"] == "/queue/new"
    with time_machine.travel(now() + timedelta(hours=13), tick=False):
        later = Visitor(app, coordinator)
        assert "That search is forgotten by now" in later.get(address, follow_redirects=True).text


def test_filters_narrow_by_urgency_owner_practice_and_verdict(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        mine = clinic.claim(session, clinic.refer(session, physician, urgency=Urgency.URGENT), coordinator)
        other = clinic.refer(session, physician, clinic.told(SAFE, {**COLLAPSED, "injury": "none"}))
        practice = physician.practice.public_id
    ids = {mine.public_id, other.public_id}
    for wanted, expected in (
        ({"urgency": Urgency.URGENT}, {mine.public_id}),
        ({"owner": "me"}, {mine.public_id}),
        ({"owner": "nobody"}, {other.public_id}),
        ({"practice": practice}, ids),
        ({"practice": "000000000000"}, set()),
        ({"verdict": "candidate"}, {mine.public_id}),
        ({"verdict": "not_indicated"}, {other.public_id}),
    ):
        assert set(rows(database, coordinator, "all", **wanted)[0]) == expected, wanted


HOW_MUCH_IS_UNREAD = 1
"""The count in the navigation, of every page alike."""
TO_RECORD_IT = 3
"""That the list was read is an entry of the log: begin or take turns, find the entry before, add this one."""


def test_the_queue_costs_as_many_statements_for_fifty_rows_as_for_one_and_at_most_six_and_its_entry_in_the_log(
    app, database, desk
):
    physician, _, visitor = desk

    def statements(path):
        executed = []
        listener = lambda *call: executed.append(call[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listener)
        try:
            assert visitor.get(path).status_code == 200
        finally:
            event.remove(database.engine, "before_cursor_execute", listener)
        return executed

    with database.begin() as session:
        clinic.refer(session, physician)
    for_one = statements("/queue/")
    with database.begin() as session:
        for _ in range(59):
            last = clinic.refer(session, physician)
    for_fifty = statements("/queue/")
    assert len(for_one) == len(for_fifty) <= 6 + HOW_MUCH_IS_UNREAD + TO_RECORD_IT, for_fifty
    assert len(statements(f"/queue/?after={last.public_id}")) <= 6 + HOW_MUCH_IS_UNREAD + TO_RECORD_IT


@pytest.mark.parametrize(
    "asked",
    [
        "sort=id;drop", "sort=", "page=-1", "after=", "urgency=9", "urgency=stat", "owner=everybody", "verdict=yes",
        "sort=urgency&sort=waiting", "words=%00", "words=" + "x" * 101, "role=admin", "verdict=%E2%80%AE",
    ],
)  # fmt: skip
def test_an_address_that_asks_for_what_is_not_offered_is_refused_or_ignored_as_empty(desk, asked):
    _, _, visitor = desk
    expected = 200 if asked in ("sort=", "after=") else 400
    assert visitor.get(f"/queue/?{asked}").status_code == expected


def test_an_unknown_worklist_or_place_in_it_is_not_found(desk):
    _, _, visitor = desk
    assert visitor.get("/queue/everything").status_code == 404
    assert visitor.get("/queue/?after=000000000000").status_code == 404


LIVES = st.fixed_dictionaries(
    {
        "state": st.sampled_from([*OPEN, State.AWAITING_INFORMATION, State.IN_REVIEW]),
        "due": st.none() | st.integers(-3, 3),
        "visit": st.integers(-3, 5),
        "owner": st.sampled_from(["coordinator", "ir"]),
        "ir": st.sampled_from([None, "ir"]),
        "rebook": st.booleans(),
        "asked_back": st.booleans(),
        "outcome": st.sampled_from(list(OUTCOMES)),
    }
)


def test_every_open_referral_stands_on_exactly_one_of_the_clinics_lists(database, desk):
    physician, coordinator, _ = desk
    with database.begin() as session:
        ir = clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, coordinator.practice)
        people = {"coordinator": coordinator.id, "ir": ir.id, None: None}
        referral = clinic.refer(session, physician)
        met = set()

        @settings(max_examples=300, deadline=None, database=None, derandomize=True)
        @given(LIVES)
        def stands_on_one(life):
            known = {
                "state": life["state"], "owner_id": people[life["owner"]], "ir_physician_id": people[life["ir"]],
                "needs_rebooking": life["rebook"], "withdrawal_asked_at": now() if life["asked_back"] else None,
                "outcome": life["outcome"], "appointment_at": now(), "appointment_kind": "procedure",
                "appointment_on": TODAY + timedelta(days=life["visit"]),
                "due_on": None if life["due"] is None else TODAY + timedelta(days=life["due"]),
            }  # fmt: skip
            session.execute(
                update(Referral)
                .where(Referral.id == referral.id)
                .values(known | {"worklist": desk_of(referral, known)})
            )
            found = [
                name
                for name in PARTITION
                if session.scalar(select(Referral.id).where(CLINIC_LISTS[name].belongs(coordinator, TODAY)))
            ]
            assert len(found) == 1, (life, found)
            met.update(found)

        stands_on_one()
        assert met == set(PARTITION), "the examples have to reach every list"


def test_what_a_coordinator_ticks_goes_to_somebody_and_what_changed_meanwhile_stays(database, desk):
    physician, coordinator, visitor = desk
    with database.begin() as session:
        colleague = clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, coordinator.practice)
        mine = [clinic.claim(session, clinic.refer(session, physician), coordinator) for _ in range(3)]
    seen = [f"{referral.public_id}:{referral.version}" for referral in mine]
    with database.begin() as session:
        changed = session.merge(mine[2])
        triage.accept(session, changed, coordinator, changed.version, TODAY)
    answer = visitor.client.post(
        "/desk/undecided/assign", data={"row": seen, "owner": colleague.public_id, "csrf_token": visitor.csrf_token}
    )
    assert answer.status_code == 303
    said = visitor.get("/queue/mine").text
    assert "2 referrals go to Other Coordinator. 1 left" in said
    with database.reading() as session:
        owners = [session.get_one(Referral, each.id).owner_id for each in mine]
    assert owners == [colleague.id, colleague.id, coordinator.id]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"row": "x"}, 400),
        ({"row": "x:1"}, 400),
        ({}, 400),
        ({"row": "x:1", "owner": "nobody"}, 400),
        ({"mine": "1"}, 400),
    ],
)
def test_ticking_nothing_or_nobody_says_what_to_do(desk, form, status):
    assert desk[2].post("/desk/undecided/assign", form).status_code == status


def test_reminding_tells_the_referrer_once_a_day_and_leaves_what_owes_no_answer(database, desk):
    physician, coordinator, visitor = desk
    with database.begin() as session:
        asked, other = (clinic.claim(session, clinic.refer(session, physician), coordinator) for _ in range(2))
        inquiry.ask(session, asked, coordinator, asked.version, TODAY, [inquiry.Item("Which brace?")], TODAY)
    seen = [f"{referral.public_id}:{referral.version}" for referral in (asked, other)]
    for says in ("Reminded of 1. 1 left", "Reminded of 0. 2 left"):
        answer = visitor.client.post("/desk/overdue/remind", data={"row": seen, "csrf_token": visitor.csrf_token})
        assert answer.status_code == 303
        assert says in visitor.get("/queue/overdue").text
    with database.reading() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "remind")).all()
        assert [(notice.referral_id, notice.audience) for notice in told] == [(asked.id, "referrer")]


def test_a_view_is_kept_for_oneself_or_for_all_and_forgotten(app, database, desk):
    _, coordinator, visitor = desk
    with database.begin() as session:
        colleague = clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, coordinator.practice)
    other = Visitor(app, colleague)
    for name, shared in (("Mine alone", ""), ("For everybody", "yes")):
        asked = {"view": name, "urgency": "urgent", "sort": "onset", "shared": shared}
        assert visitor.post("/desk/undecided/views", asked).status_code == 303
    page = visitor.get("/queue/").text
    assert "/queue/undecided?urgency=urgent&amp;sort=onset" in page
    assert "Mine alone" in page
    seen = other.get("/queue/").text
    assert "For everybody" in seen
    assert "Mine alone" not in seen
    with database.reading() as session:
        ids = [view.public_id for view in session.scalars(select(SavedView).order_by(SavedView.id))]
    assert other.post(f"/desk/views/{ids[1]}/forget").status_code == 404
    assert visitor.post(f"/desk/views/{ids[1]}/forget").status_code == 303
    assert "For everybody" not in other.get("/queue/").text


@pytest.mark.parametrize("asked", [{"view": ""}, {"view": "x" * 61}, {"view": "x\u202e"}, {"view": "x", "sort": "due"}])
def test_a_view_without_a_name_or_of_what_is_not_offered_is_refused(desk, asked):
    assert desk[2].post("/desk/undecided/views", asked).status_code == 400


def test_the_pulse_says_when_something_on_the_list_is_different_and_names_nobody(database, desk):
    physician, _, visitor = desk
    before = visitor.get("/queue/new/pulse").json
    with database.begin() as session:
        name = clinic.refer(session, physician, of=clinic.patient(family_name="Unspoken")).public_id
    after = visitor.get("/queue/new/pulse").json
    assert before["newest"] != after["newest"]
    assert (before["counts"]["new"], after["counts"]["new"]) == ("0", "1")
    assert name not in str(after)
    assert "Unspoken" not in str(after)


BASELINE = re.compile(r'data-newest="([^"]*)"')


def test_a_page_begins_with_what_the_pulse_says_of_it_so_that_nothing_is_missed_in_between(database, desk):
    physician, coordinator, visitor = desk
    with database.begin() as session:
        mine, restricted, _new = (clinic.refer(session, physician) for _ in range(3))
        clinic.claim(session, mine, coordinator)
        restricted.restricted = True
    for name in worklist.CLINIC_LISTS:
        (begins_with,) = BASELINE.findall(visitor.get(f"/queue/{name}").text)
        assert begins_with == visitor.get(f"/queue/{name}/pulse").json["newest"], name
    assert not BASELINE.findall(visitor.get("/queue/all?sort=urgency").text), "another order asks for it at once"


def test_an_open_page_that_asks_by_itself_keeps_no_session_alive(app, database, desk):
    visitor = desk[2]
    visitor.get("/queue/")
    by_itself = {"X-By-Itself": "yes", "HX-Request": "true"}
    with time_machine.travel(now() + timedelta(minutes=14), tick=False):
        assert visitor.client.get("/queue/new/pulse", headers=by_itself).status_code == 200
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        assert visitor.client.get("/queue/new/pulse", headers=by_itself).status_code == 401


def test_from_a_decision_a_coordinator_goes_on_to_the_next_of_the_list(database, desk):
    physician, coordinator, visitor = desk
    with database.begin() as session:
        first, second = (clinic.claim(session, clinic.refer(session, physician), coordinator) for _ in range(2))
    address = f"/referrals/{first.public_id}/accept?list=undecided"
    assert "Accept and next" in visitor.get(address).text
    answer = visitor.post(address, version=str(first.version), submit="next")
    assert answer.status_code == 303
    onward = visitor.get(answer.headers["Location"])
    assert onward.headers["Location"].startswith(f"/referrals/{second.public_id}")
    last = visitor.post(
        f"/referrals/{second.public_id}/accept?list=undecided", version=str(second.version), submit="next"
    )
    assert visitor.get(last.headers["Location"]).headers["Location"] == "/queue/undecided"


def test_an_empty_list_says_what_would_be_there(desk):
    _, _, visitor = desk
    for entry in worklist.CLINIC_LISTS.values():
        assert entry.holds in visitor.get(f"/queue/{entry.name}").text


def test_the_row_says_who_owes_what_by_when(database, desk):
    physician, coordinator, visitor = desk
    with database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, physician), coordinator)
        item = inquiry.Item("Which anticoagulant?")
        due = TODAY - timedelta(days=3)
        inquiry.ask(session, referral, coordinator, referral.version, due, [item], due)
    page = visitor.get("/queue/overdue").text
    assert "Answer" in page
    assert "Elm Practice" in page
    assert "overdue" in page.lower()
