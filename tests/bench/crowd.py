"""Many at once over HTTP: twenty coordinators at their queues, and how many referrals are sent and claimed a second."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median, quantiles

from sqlalchemy import select

from referrals.desk import Desk as Pile
from referrals.referral import Referral
from referrals.scope import SYSTEM
from referrals.worklist import CLINIC_LISTS
from tests import clinic as people
from tests.bench.clinic import ROUNDS, Clinic
from tests.bench.figure import Figure, Line, at_least, at_most
from tests.bench.referrers import Desk
from tests.bench.rush import Asked, Rush, rush
from tests.bench.serving import THE_SERVICE, Server, served
from tests.bench.visitor import Visitor, encoded, form_of

COORDINATORS, PAGES = 20, 6
CLIENTS, EACH = 4, 20
LIMIT, LEAST = 1.3, 0.9


@dataclass(frozen=True)
class Open:
    """A clinic that is served, and who is signed in there."""

    clinic: Clinic
    server: Server
    coordinators: list[Visitor]
    desks: list[Desk]

    @classmethod
    def of(cls, clinic: Clinic, server: Server) -> "Open":
        coordinators = [Visitor(server.port) for _ in range(COORDINATORS)]
        for visitor, person in zip(coordinators, clinic.filled.coordinators, strict=True):
            visitor.sign_in(person.email, people.PASSWORD)
        physicians = clinic.filled.physicians[:CLIENTS]
        return cls(clinic, server, coordinators, [Desk.of(clinic.app, each, server.port) for each in physicians])

    def look(self, turn: int) -> Rush:
        """Every coordinator opens some worklists; nobody the same ones at the same time."""
        lists = [Asked(f"/queue/{name}") for name in CLINIC_LISTS] * 2
        places = [(turn + PAGES * number) % len(CLINIC_LISTS) for number in range(COORDINATORS)]
        pages = [lists[place : place + PAGES] for place in places]
        return rush(self.server, list(zip(self.coordinators, pages, strict=True)))

    def send(self, _turn: int) -> Rush:
        return rush(self.server, [(desk.visitor, desk.sending(EACH)) for desk in self.desks])

    def claim(self, _turn: int) -> Rush:
        """Each of some coordinators claims referrals that are new."""
        with self.clinic.database.reading(SYSTEM) as session:
            new = select(Referral.public_id).where(Referral.worklist == Pile.NEW).limit(CLIENTS * EACH)
            waiting = session.scalars(new).all()
        clients = self.coordinators[:CLIENTS]
        return rush(self.server, [(who, _claims(who, waiting[place::CLIENTS])) for place, who in enumerate(clients)])


def _claims(visitor: Visitor, waiting: Sequence[str]) -> list[Asked]:
    visitor.reconnect()  # the server waits two seconds for the next request of a connection
    token = form_of(visitor.browse("/queue/new").body)["csrf_token"]
    form = encoded({"csrf_token": token, "version": "1"})
    return [Asked(f"/referrals/{public_id}/claim", form) for public_id in waiting]


def crowd(kind: str, clinics: Sequence[Clinic]) -> Iterator[Line]:
    """All clinics are served, and are asked by turns."""
    with ExitStack() as running:
        opened = [Open.of(each, running.enter_context(served(THE_SERVICE, each.database.url))) for each in clinics]
        looked = _by_turns(opened, Open.look)
        yield _tails(kind, looked)
        yield _rates(f"{kind}: referrals sent a second", _by_turns(opened, Open.send))
        yield _rates(f"{kind}: referrals claimed a second", _by_turns(opened, Open.claim))


def _by_turns(opened: Sequence[Open], what: Callable[[Open, int], Rush]) -> list[list[Rush]]:
    """The first turn warms them and is not counted."""
    turns = [[what(each, turn) for each in opened] for turn in range(ROUNDS + 1)]
    wrong = [answer for rushes in turns for each in rushes for answer in each.wrong]
    assert not wrong, wrong[:3]
    return turns[1:]


def _tails(kind: str, turns: Sequence[Sequence[Rush]]) -> Figure:
    tails = [[1000 * quantiles(each.each, n=20)[-1] for each in rushes] for rushes in turns]
    words = " → ".join(f"{median(each):.0f}" for each in zip(*tails, strict=True))
    ratio = median(max(each[1:], default=each[0]) / each[0] for each in tails)
    return at_most(f"{kind}: p95 of {COORDINATORS} coordinators at once, {words} ms: ratio", ratio, LIMIT)


def _rates(what: str, turns: Sequence[Sequence[Rush]]) -> Figure:
    rates = [[each.throughput for each in rushes] for rushes in turns]
    words = " → ".join(f"{median(each):.0f}" for each in zip(*rates, strict=True))
    return at_least(
        f"{what}, {words}: ratio", median(min(each[1:], default=each[0]) / each[0] for each in rates), LEAST
    )
