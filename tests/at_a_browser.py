"""What people do at a real browser, in their words; whatever the browser complains of on the way is kept."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Route, expect

from referrals.staff import Person
from tests.clinic import PASSWORD
from tests.conftest import LiveServer
from tests.visitor import Visitor

NO_COMPLAINT = "Failed to load resource: the server responded with a status of 4"
"""Chromium's note on a page that refuses something: it is meant to."""
TOO_WIDE = """() => {
    const named = (each) => `${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`;
    const cutting = (each) => {
        const look = getComputedStyle(each);
        if (each.tagName === "INPUT") return false;  // what is typed in a box can be scrolled there
        return ["hidden", "clip"].includes(look.overflowX) && look.textOverflow !== "ellipsis" && each.clientWidth > 1;
    };
    const everything = [...document.body.querySelectorAll("*")];
    const cut = everything.filter((each) => each.scrollWidth > each.clientWidth + 1 && cutting(each));
    const page = document.documentElement;
    const out = page.scrollWidth <= page.clientWidth ? [] : everything.filter(
        (each) => each.getBoundingClientRect().right > page.clientWidth + 1 && !each.closest(".scroll-across"));
    return [...cut.map((each) => "cuts off: " + named(each)), ...out.map((each) => "sticks out: " + named(each))];
}"""

AXE = Axe().axe_script
VIOLATIONS = """async () => {
    const colors = (each) => {
        const look = getComputedStyle(each);
        const size = parseFloat(look.fontSize) * (look.fontWeight < 700 ? 1 : 24 / 18.66);
        return each.checkVisibility({visibilityProperty: true, opacityProperty: true}) && [
            look.color, look.backgroundColor, look.backgroundImage, look.opacity, look.filter, look.mixBlendMode,
            look.textShadow, look.clip, look.clipPath, size < 24 ? "small" : "large",
        ].join();
    };
    const before = window.colorsBefore;
    const now = window.colorsBefore = new Map([...document.querySelectorAll("*")].map((each) => [each, colors(each)]));
    const asked = {resultTypes: ["violations"]};
    if (!before) return (await axe.run(asked)).violations;
    const others = [...now].filter(([each, look]) => look && before.get(each) !== look).map(([each]) => each);
    const but = await axe.run({...asked, rules: {"color-contrast": {enabled: false}}});
    if (!others.length) return but.violations;
    const contrast = await axe.run({include: others}, {...asked, runOnly: ["color-contrast"]});
    return [...but.violations, ...contrast.violations];
}"""
"""All rules once; then all but contrast, and contrast of all that shows otherwise than before, or did not show."""


class Visit:
    """Somebody's page in a browser of their own."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page = context.new_page()
        self.complaints: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", lambda fault: self.complaints.append(str(fault.error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NO_COMPLAINT):
            self.complaints.append(message.text)

    def sign_in(self, person: Person) -> None:
        """Through the sign-in page, wherever the browser stands before it."""
        if "/sign-in" not in self.page.url:
            self.page.goto("/sign-in")
        self.page.get_by_label("Email address").fill(person.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")
        expect(self.page.get_by_role("banner")).to_contain_text(person.name)

    def come_in(self, server: LiveServer, person: Person) -> None:
        """Signed in already: a password takes its time to check, on purpose."""
        session = Visitor(server.app, person).client.get_cookie("session")
        assert session
        self.context.add_cookies([{"name": "session", "value": session.value, "url": server.url}])

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    @contextmanager
    def held_back(self, script: str) -> Iterator[None]:
        """As on a slow line: the page is there, and this script of ours comes only after the block."""
        waiting: list[Route] = []

        def hold(route: Route) -> None:
            waiting.append(route)

        self.page.route(f"**/static/{script}*", hold)
        yield
        for route in waiting:
            route.continue_()

    def follow(self, words: str) -> None:
        self.page.get_by_role("link", name=words, exact=True).click()

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def choose(self, question: str, answer: str, level: str = "") -> None:
        """A segment of a question; `level`: of which vertebra."""
        self.question(question, level).get_by_role("radio", name=answer, exact=True).check()

    def question(self, question: str, level: str = "") -> Locator:
        among = self.page.locator(f"#vertebra-{level}") if level else self.page
        return among.get_by_role("radiogroup", name=question)

    def tick_level(self, level: str) -> None:
        self.page.get_by_role("group", name="Which vertebrae?").get_by_role("checkbox", name=f"{level} ").check()

    def reads(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words)

    def is_told(self, words: str) -> None:
        """Something that shows, not only something that is in the page."""
        expect(self.page.get_by_text(words).first).to_be_visible()


def fill_in_patient(visit: Visit, family_name: str = "Sample") -> None:
    visit.write("Given name", "Ada")
    visit.write("Family name", family_name)
    visit.write("Date of birth", "1943-03-09")
    visit.page.get_by_label("Sex").select_option("Female")
    visit.write("Call-back number", "555-0103")
    visit.write("Reason for referral", "Painful fracture, no relief")


@contextmanager
def as_wide_as(page: Page, width: int) -> Iterator[None]:
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    yield
    assert before
    page.set_viewport_size(before)


def axe_violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, each with where.

    Contrast takes most of its time; where the page was looked at before, it is asked of what has other colors now.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS)
    return [f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']][:5]}" for each in found]


def too_wide(page: Page) -> list[str]:
    """What is cut off on the right, or sticks out so that the page has to be pushed sideways."""
    return list(page.evaluate(TOO_WIDE))
