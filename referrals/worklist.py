"""The clinic's worklists: each open referral on exactly one, named after what is owed; and lists across all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, true

from referrals import payer
from referrals.desk import Desk
from referrals.list_page import SORTS
from referrals.referral import FAR_AWAY, IS_OPEN, Referral, dated, fixed
from referrals.staff import Person

SOON = timedelta(days=14)
DAY = timedelta(days=1)
ANY_ORDER = ("pressing", "urgency", "waiting", "conservative", "onset", "eligible")

Belongs = Callable[[Person, date], ColumnElement[bool]]


@dataclass(frozen=True)
class Worklist:
    """A list: its name in the address, its words, what it would hold, its orders (the first unless asked), its heading.

    `clinical`: that a referral stands on it tells something of the patient.
    """

    name: str
    words: str
    holds: str
    sorts: tuple[str, ...]
    group: str
    belongs: Belongs
    clinical: bool = False

    @property
    def sort(self) -> str:
        return self.sorts[0]


def _on(desk: Desk) -> Belongs:
    return lambda _, __: _at(desk)


def _at(desk: Desk) -> ColumnElement[bool]:
    return Referral.worklist == fixed(desk.value)


def _window_closes_soon(_: Person, today: date) -> ColumnElement[bool]:
    open_for = payer.window(today)
    if open_for is None:
        return false()
    first = today - open_for
    return and_(dated(Referral.onset_on) >= fixed(first), dated(Referral.onset_on) <= fixed(first + SOON), IS_OPEN)


# A row each; a formatter would stand the rows on end.
# fmt: off
ROWS = (
    Worklist("new", "New", "Referrals that nobody has claimed yet.", ANY_ORDER, "To decide", _on(Desk.NEW)),
    Worklist("undecided", "Undecided", "Referrals in review with a coordinator.", ANY_ORDER, "To decide",
             _on(Desk.UNDECIDED)),
    Worklist("needs_ir", "Needs IR physician", "Referrals whose decision lies with an IR physician.", ANY_ORDER,
             "To decide", _on(Desk.NEEDS_IR)),
    Worklist("withdrawals", "Withdrawals to confirm", "Accepted referrals that the referrer asks back.", ANY_ORDER,
             "To decide", _on(Desk.WITHDRAWALS)),
    Worklist("waiting", "Waiting for referrer", "Referrals with a question that is not answered yet.", ("due",),
             "With the referrer",
             lambda _, today: and_(_at(Desk.WAITING), dated(Referral.due_on) >= fixed(today))),
    Worklist("overdue", "Overdue answers", "Referrals whose answer was due before today.", ("due",),
             "With the referrer",
             lambda _, today: and_(_at(Desk.WAITING), dated(Referral.due_on) < fixed(today))),
    Worklist("to_book", "To book", "Accepted referrals without a visit, and those seen that need another.", ANY_ORDER,
             "Visits", _on(Desk.TO_BOOK)),
    Worklist("to_rebook", "To rebook", "Referrals whose visit was missed or cancelled.", ANY_ORDER, "Visits",
             _on(Desk.TO_REBOOK)),
    Worklist("today", "Today and tomorrow", "Visits of today and tomorrow, and earlier ones still to be recorded.",
             ("appointment",), "Visits",
             lambda _, today: and_(_at(Desk.BOOKED), dated(Referral.appointment_on) <= fixed(today + DAY))),
    Worklist("booked", "Booked later", "Visits from the day after tomorrow on.", ("appointment",), "Visits",
             lambda _, today: and_(_at(Desk.BOOKED), dated(Referral.appointment_on) > fixed(today + DAY))),
    Worklist("letters", "Letters to send", "Patients who are treated, or need no treatment, and whose letter is owed.",
             ANY_ORDER, "Visits", _on(Desk.LETTERS)),
    Worklist("mine", "Mine", "Open referrals that you own.", ("pressing",), "Across all",
             lambda person, _: and_(Referral.owner_id == person.id, IS_OPEN)),
    Worklist("red_flags", "Red flags", "Open referrals with a new neurological deficit: telephone.", ("waiting",),
             "Across all", lambda _, __: and_(Referral.red_flag, IS_OPEN)),
    Worklist("soon", "Becomes eligible soon", "Open referrals whose wait ends within 14 days.", ("eligible",),
             "Across all", lambda _, today: and_(dated(Referral.becomes_eligible_on) <= fixed(today + SOON), IS_OPEN),
             clinical=True),
    Worklist("turned", "Verdict changed", "Open referrals whose verdict the days or a new edition changed, until "
             "somebody acts on them.", ("turned",), "Across all",
             lambda _, __: and_(Referral.turned_on.is_not(None), dated(Referral.turned_on) < FAR_AWAY, IS_OPEN),
             clinical=True),
    Worklist("window", "Payer window closes soon", "Open referrals whose payer’s window, counted from onset, closes "
             "within 14 days.", ("onset",), "Across all", _window_closes_soon, clinical=True),
    Worklist("all", "All", "Every referral ever sent.", ("newest",), "Across all", lambda _, __: true()),
)
# fmt: on
CLINIC_LISTS = {entry.name: entry for entry in ROWS}
PARTITION = tuple(entry.name for entry in ROWS if entry.group != "Across all")
"""Every open referral stands on exactly one of these."""
UNCOUNTED = ("all",)


def sorts(name: str) -> dict[str, str]:
    """The orders that a worklist is offered in, each served by an index."""
    return {sort: SORTS[sort][0] for sort in CLINIC_LISTS[name].sorts}
