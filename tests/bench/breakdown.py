"""Where the time of sending one referral goes, without a server: form, screening, database, and what is around them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from urllib.parse import parse_qsl

from sqlalchemy import Engine
from werkzeug.datastructures import MultiDict

from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import as_json, assess
from referrals.screening import CRITERIA_SET
from referrals.web.intake_answers import Intake
from tests.bench.figure import Figure, Line
from tests.bench.referrers import Desk
from tests.bench.rush import SEE_OTHER
from tests.bench.statements import Spent, watched
from tests.bench.visitor import encoded
from tests.clinic import TODAY
from tests.visitor import Visitor

TIMES = 50
FORM = "application/x-www-form-urlencoded"


def breakdown(kind: str, engine: Engine, desk: Desk) -> Iterator[Line]:
    """Of the referrals that this desk sends, at the median."""
    posts = list(_posts(engine, desk))
    whole, statements = median(seconds for seconds, _ in posts), median(len(spent.statements) for _, spent in posts)
    held, executing, committing = (
        median(getattr(spent, part) for _, spent in posts) for part in ("held", "executing", "committing")
    )
    reading, screening = _reading(desk.form), _screening(desk.form)
    for part, seconds in {
        "the whole": whole,
        "form read and validated": reading,
        "signing in, session, forgery, redirect": whole - reading - held,
        "one transaction, from BEGIN on": held,
        f"· driver and database ({statements:.0f} statements in all)": executing,
        "· commit": committing,
        "· screening, with its JSON": screening,
        "· what is left: making the statements, reading what they return": held - executing - committing - screening,
    }.items():
        yield Figure(f"{kind}, one referral in this process: {part}", f"{1000 * seconds:.2f} ms")


def _posts(engine: Engine, desk: Desk) -> Iterator[tuple[float, Spent]]:
    visitor = Visitor(desk.app, desk.physician)
    signed_in = visitor.client.get_cookie("session")
    assert signed_in is not None
    with watched(engine) as spent:
        for body in desk.written(TIMES, csrf_token=visitor.csrf_token):
            visitor.client.set_cookie(
                "session", signed_in.value
            )  # else it gathers what every post says on the next page
            spent.statements = []
            began = time.perf_counter()
            answer = visitor.client.post("/referrals/new", data=body, content_type=FORM)
            seconds = time.perf_counter() - began
            assert answer.status_code == SEE_OTHER
            yield seconds, replace(spent)


def _reading(form: dict[str, str]) -> float:
    answers = MultiDict(parse_qsl(encoded(form).decode(), keep_blank_values=True))

    def read() -> None:
        intake = Intake(answers, TODAY)
        assert intake.validate(), intake.problems
        intake.submission()

    return _usual(read)


def _screening(form: dict[str, str]) -> float:
    picture = Intake(MultiDict(form), TODAY).picture()
    return _usual(lambda: as_json(assess(in_force(CRITERIA_SET, TODAY), picture.patient, picture.vertebrae, TODAY)))


def _usual(work: Callable[[], object]) -> float:
    """Seconds that it takes, at the median."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)
