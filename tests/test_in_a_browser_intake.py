"""Referring a patient as people in a hurry do it: by keyboard, without script, after a lost session, pressing twice."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.workflow import State
from tests import clinic
from tests.at_a_browser import Visit, fill_in_patient

MOST_TABS = 400
INFECTION = "Any active infection: systemic, of the spine, or at the site?"
RED_FLAG = "New weakness, numbness"


@pytest.fixture
def physician(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm = clinic.practice(session, "Elm Practice")
        return clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)


@pytest.fixture
def open_intake(open_browser, live_server, physician):
    """The physician at an empty intake page, in a browser with or without script."""

    def at_the_page(**options):
        visit = Visit(open_browser(**options))
        visit.come_in(live_server, physician)
        visit.page.goto("/referrals/new")
        return visit

    return at_the_page


@pytest.fixture
def visit(open_intake):
    return open_intake()


def referrals(live_server):
    with live_server.database.reading() as session:
        return session.scalars(select(Referral)).all()


def fill_in_the_least(visit):
    fill_in_patient(visit)
    visit.choose(RED_FLAG, "No")


def tab_to(page, control):
    """Press Tab until the control has the focus, as somebody does who has no mouse."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if control.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {control}")


def test_a_patient_is_referred_by_keyboard_alone(visit, live_server):
    page, keys = visit.page, visit.page.keyboard
    write_by_keyboard(page, {"Given name": "Ada", "Family name": "Sample", "Date of birth": "03091943", "Sex": "F"})
    tab_to(page, page.get_by_role("checkbox", name="L1 "))
    keys.press("Space")
    injury = visit.question("What does imaging show?", "L1").get_by_role("radio").first
    expect(injury).to_be_visible()
    for control in (injury, visit.question(RED_FLAG).get_by_role("radio").first):
        tab_to(page, control)
        keys.press("Space")
        expect(control).to_be_checked()
    keys.press("ArrowRight")
    expect(visit.question(RED_FLAG).get_by_role("radio", name="No", exact=True)).to_be_checked()
    write_by_keyboard(page, {"Reason for referral": "Painful fracture"})
    tab_to(page, page.get_by_role("button", name="Send the referral"))
    keys.press("Enter")
    visit.reads("Sent, not yet opened")
    sent = referrals(live_server)[0]
    assert (sent.levels, sent.red_flag, sent.reason) == ("L1", False, "Painful fracture")
    assert visit.complaints == []


def write_by_keyboard(page, texts):
    for label, text in texts.items():
        tab_to(page, page.get_by_label(label))
        page.keyboard.type(text)


def test_whatever_has_the_focus_can_be_seen_to_have_it(visit):
    unseen = set()
    for _ in range(80):
        visit.page.keyboard.press("Tab")
        unseen.add(visit.page.evaluate(FOCUS_UNSEEN))
    assert unseen <= {""}


FOCUS_UNSEEN = """() => {
    const focused = document.activeElement;
    const marked = [focused, focused.parentElement, ...(focused.parentElement?.children ?? [])].some((each) => {
        const look = getComputedStyle(each);
        return (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2) || look.boxShadow !== "none";
    });
    const calendar = focused.type === "date" && !focused.matches(":focus-visible");  // the browser rings its button
    return marked || calendar || focused === document.body ? "" : focused.outerHTML.slice(0, 120);
}"""


def test_an_answer_given_before_the_script_was_there_counts_too(open_browser, live_server, physician):
    """Somebody is faster than a slow line, or the browser puts back what was typed before."""
    visit = Visit(open_browser())
    visit.come_in(live_server, physician)
    with visit.held_back("intake.js"):
        visit.page.goto("/referrals/new", wait_until="commit")
        so_far = visit.page.locator("#so-far")
        visit.tick_level("L1")
        visit.choose(INFECTION, "Yes")
        expect(so_far).not_to_contain_text("Contraindicated")
    expect(so_far.get_by_text("Contraindicated").first).to_be_visible()
    expect(visit.page.locator("#saved")).to_contain_text("Draft saved")
    assert visit.complaints == []


def test_enter_in_a_box_does_not_send(visit, live_server):
    fill_in_the_least(visit)
    visit.page.get_by_label("Family name").press("Enter")
    expect(visit.page.get_by_label("Family name")).to_have_value("Sample")
    assert [referral for referral in referrals(live_server) if referral.status is not State.DRAFT] == []


def test_a_patient_is_referred_without_script(open_intake, live_server):
    visit = open_intake(java_script_enabled=False)
    fill_in_the_least(visit)
    visit.tick_level("L1")
    visit.tick_level("T12")
    visit.press("Show the questions for these levels")
    visit.choose("What does imaging show?", "Compression fracture", "L1")
    visit.choose("Is the pain at this level, on examination?", "Yes", "T12")
    visit.press("Check eligibility")
    side = visit.page.get_by_role("complementary")
    expect(side).to_contain_text("L1")
    expect(side).to_contain_text("T12")
    expect(side).to_contain_text("Is the patient too frail to undergo spinal surgery?")
    expect(visit.question("What does imaging show?", "L1").get_by_role("radio", name="Compression")).to_be_checked()
    expect(visit.page.get_by_label("Family name")).to_have_value("Sample")
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    assert referrals(live_server)[0].levels == "T12 L1"


def test_rows_are_added_without_script_and_nothing_is_lost(open_intake):
    visit = open_intake(java_script_enabled=False)
    visit.page.get_by_label("What was tried").first.fill("Brace")
    visit.press("Add a treatment")
    expect(visit.page.get_by_role("group", name="Treatment 2")).to_be_visible()
    expect(visit.page.get_by_label("What was tried").first).to_have_value("Brace")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_red_flag_says_at_once_to_telephone(open_intake, script):
    visit = open_intake(java_script_enabled=script)
    telephone = visit.page.get_by_text("telephone the clinic now, day or night")
    expect(telephone).to_be_hidden()
    visit.choose(RED_FLAG, "Yes")
    expect(telephone).to_be_visible()
    expect(visit.page.get_by_role("alert").get_by_role("link", name="555-0100")).to_be_visible()
    visit.choose(RED_FLAG, "No")
    expect(telephone).to_be_hidden()


def test_the_verdict_and_what_it_needs_follow_the_answers(visit):
    side = visit.page.get_by_role("complementary")
    expect(side).to_contain_text("No vertebra chosen yet")
    visit.tick_level("L1")
    expect(side.get_by_role("heading", name="L1")).to_be_visible()
    expect(side).to_contain_text(INFECTION)
    visit.choose(INFECTION, "Yes")
    expect(side).to_contain_text("Contraindicated")
    visit.choose(INFECTION, "Not known")
    expect(side).not_to_contain_text("Contraindicated")
    assert visit.complaints == []


def test_a_question_still_needed_leads_to_where_it_is_asked(visit):
    visit.tick_level("L1")
    side = visit.page.get_by_role("complementary")
    side.get_by_role("link", name=INFECTION).first.click()
    expect(visit.question(INFECTION).get_by_role("radio").first).to_be_focused()


def test_the_question_to_ask_next_is_marked_and_moves_on_with_the_answers(visit):
    visit.tick_level("L1")
    marked = visit.page.locator(".field-next")
    expect(visit.page.locator(".ask-next")).to_contain_text("What does imaging show?")
    expect(marked).to_contain_text("What does imaging show?")
    visit.choose("What does imaging show?", "Compression fracture", "L1")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("Is the pain at this level")
    assert visit.complaints == []


def test_a_draft_outlives_the_session(visit, physician, live_server):
    page = visit.page
    page.clock.install()
    page.reload()
    fill_in_the_least(visit)
    visit.tick_level("L1")
    visit.choose("What does imaging show?", "Compression fracture", "L1")
    is_told_after_a_while(visit, "Draft saved")
    page.context.clear_cookies()
    visit.write("Family name", "Changed")
    is_told_after_a_while(visit, "Not saved: you are signed out")
    visit.is_told("You are signed out")
    visit.press("Send the referral")
    visit.reads("You are not signed in any more")
    visit.reads("Changed")
    go_on_with_the_draft(visit, physician)
    expect(page.get_by_label("Family name")).to_have_value("Sample")
    expect(visit.question("What does imaging show?", "L1").get_by_role("radio", name="Compression")).to_be_checked()
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    assert [referral.status for referral in referrals(live_server)] == [State.SUBMITTED]


def is_told_after_a_while(visit, words):
    """The page saves by itself once nobody has typed for some seconds: its clock is put forward."""
    visit.page.clock.run_for(5_000)
    expect(visit.page.get_by_role("status").filter(has_text=words)).to_be_visible()


def go_on_with_the_draft(visit, physician):
    visit.page.goto("/sign-in")
    visit.sign_in(physician)
    visit.follow("My referrals")
    visit.page.get_by_role("link", name="Drafts").click()
    visit.page.get_by_role("link", name="Continue").click()


def test_a_double_click_sends_once(visit, live_server):
    fill_in_the_least(visit)
    visit.page.get_by_role("button", name="Send the referral").dblclick()
    visit.reads("Sent, not yet opened")
    assert [referral.status for referral in referrals(live_server)] == [State.SUBMITTED]


def test_going_back_after_sending_and_sending_again_sends_once(visit, live_server):
    fill_in_the_least(visit)
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    visit.page.go_back()
    visit.press("Send the referral")
    visit.reads("answers need another look")  # a new page, for another patient
    assert [referral.status for referral in referrals(live_server)] == [State.SUBMITTED]


def test_reloading_a_refusal_keeps_the_text_and_sending_then_sends_once(visit, live_server):
    fill_in_the_least(visit)
    visit.write("Reason for referral", "")
    visit.press("Send the referral")
    expect(visit.page.locator("#error-summary")).to_be_focused()  # the refusal, not the page before it, is reloaded
    visit.page.reload()
    expect(visit.page.get_by_role("alert")).to_be_focused()
    expect(visit.page.get_by_label("Family name")).to_have_value("Sample")
    visit.page.get_by_role("alert").get_by_role("link").click()
    expect(visit.page.get_by_label("Reason for referral")).to_be_focused()
    visit.page.keyboard.type("Pain")
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    assert [referral.status for referral in referrals(live_server)] == [State.SUBMITTED]
