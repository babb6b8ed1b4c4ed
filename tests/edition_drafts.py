"""What people do on the pages of a drafted edition, in their words."""

from datetime import timedelta

from tests.clinic import TODAY
from tests.filled_form import FilledForm
from tests.page_text import PageText
from tests.visitor import hidden

DRAFTS = "/criteria/drafts"
WAIT = "tumor_or_failed_management"
FIRST_DAY = TODAY + timedelta(3)


def words(answer):
    return " ".join(PageText(answer.text).words.split())


def save(visitor, place, **said):
    """Change the form of a page and send it."""
    return visitor.post(place, {**form(visitor, place), **said})


def form(visitor, place):
    """What the form of a page begins with, to be sent back."""
    said = FilledForm(visitor.get(place).text, "draft").answers
    return {name: texts for name, texts in said.items() if name != "csrf_token"}


def six_weeks(visitor, draft):
    """The wait is six weeks instead of four."""
    return save(visitor, f"{draft}/criteria/{WAIT}", **{"q-1-1-low": "42"})


def signed(visitor, draft, name, **said):
    version = hidden(visitor.get(f"{draft}/sign").text, "version")
    return visitor.post(f"{draft}/sign", {"version": version, "name": name, **said})


def signed_first(visitor, draft, name="Test Radiologist", **said):
    return signed(
        visitor, draft, name, **{"reason": "As the payer asks.", "in_force_from": FIRST_DAY.isoformat(), **said}
    )


def adopted(at, draft):
    six_weeks(at["ir"], draft)
    signed_first(at["ir"], draft)
    return signed(at["administrator"], draft, "Test Administrator")
