"""Every route × method × person × own, neighbor's and nobody's thing: what is asked is what the policy says, no more.

Routes come from the URL map, permissions from policy.POLICY, and what has to happen is worked out here from that table
alone. A new route fails until it declares a permission and, where its address names something, has a row in NAMES.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest

from referrals import drafting, user_session
from referrals.db import now
from referrals.duplicates import SAME, PatientLink
from referrals.emergency import EmergencyAccess
from referrals.merge import Merge
from referrals.outbox import Mail, Stands
from referrals.policy import POLICY, Permission, Reach
from referrals.staff import CLINIC_ROLES, Person, Role, RoleName
from referrals.submission import open_draft
from referrals.user_session import UserSession
from referrals.web import policy, second_factor, signed_in
from tests import clinic
from tests.conftest import whole_database
from tests.visitor import Visitor

R = RoleName
NOT_OFFERED = "DELETE"
"""A method that no route of ours has."""
ASIDE = frozenset({"OPTIONS", "HEAD", NOT_OFFERED})
"""What no form and no link asks: somebody whom the policy lets in, somebody whom it refuses and nobody ask it, once."""
UNKNOWN = "000000000000"
FILES = frozenset({"static", "assets", "security.static"})
SIGN_IN_FIRST, FORBIDDEN, NOT_THERE, NO_SUCH_METHOD = "sign in first", 403, 404, 405
LET_IN = "let in"
A_REFERRAL = ("own", "neighbor's", "nobody's", "own draft", "neighbor's draft", "own restricted")
"""Whose referral an address may name; each is asked for. The restricted one was referred by a colleague."""
A_PERSON, A_PRACTICE, AN_ACCESS = ("a person", "nobody's"), ("a practice", "nobody's"), ("an access", "nobody's")
A_SESSION = ("another's session", "nobody's")
ITS_DOCUMENT = "its document"
"""A document of the referral that the address names, whichever that is."""
A_PATIENT = ("own patient", "neighbor's patient", "restricted patient", "nobody's")
TO_MERGE, MERGED = ("two records", "nobody's"), ("a merge", "nobody's")
A_MAIL = ("a mail", "nobody's")
A_DRAFT = ("a draft of an edition", "nobody's")
AN_OUTLINE = ("an outline", "nobody's")
IN_THE_LOG = ("own", "neighbor's", "nobody's")

NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "assets": {"filename": ("htmx.min.js",)},
    "static": {"filename": ("page.css",)},
    "security.static": {"filename": ("css/x.css",)},
    "queue.show": {"name": ("new", "all")},
    "queue.narrow": {"name": ("all",)},
    **{f"queue.{page}": {"name": ("new",)} for page in ("pulse", "following")},
    **{f"desk.{page}": {"name": ("new",)} for page in ("assign", "remind", "keep_view")},
    "letters.show": {"public_id": A_REFERRAL},
    "letters.write": {"public_id": A_REFERRAL, "kind": ("decision",)},
    "letters.packet_of": {"public_id": A_REFERRAL},
    **{f"evidence.{page}": {"public_id": A_REFERRAL} for page in ("show", "as_pdf")},
    **{f"letters.{page}": {"procedure": ("kyphoplasty",)} for page in ("sheet", "sheet_as_pdf")},
    "desk.forget_view": {"public_id": ("nobody's",)},
    "practice.tab": {"name": ("sent", "drafts")},
    "intake.vertebra": {"level": ("L1",)},
    "intake.edit": {"public_id": A_REFERRAL},
    "referral.show": {"public_id": A_REFERRAL},
    "messages.show": {"public_id": A_REFERRAL},
    "pictures.show": {"public_id": A_REFERRAL},
    "pictures.comparison": {"public_id": A_REFERRAL},
    **{f"screenings.{page}": {"public_id": A_REFERRAL} for page in ("show", "on")},
    "screenings.one": {"public_id": A_REFERRAL, "number": ("1",)},
    "turning.acknowledge": {"public_id": A_REFERRAL},
    "retelling.amend": {"public_id": A_REFERRAL},
    "retelling.resubmit": {"public_id": A_REFERRAL},
    "reply.answer": {"public_id": A_REFERRAL},
    **{
        f"closing.{page}": {"public_id": A_REFERRAL}
        for page in (
            "withdraw",
            "ask_withdrawal",
            "confirm_withdrawal",
            "refuse_withdrawal",
            "close_incomplete",
            "mark_error",
            "reopen",
            "discard",
        )
    },
    **{
        f"handing_on.{page}": {"public_id": A_REFERRAL}
        for page in ("assign", "return_with_advice", "redirect", "prioritise")
    },
    **{f"visits.{page}": {"public_id": A_REFERRAL} for page in ("show", "missed", "attend", "complete")},
    **{f"booking.{page}": {"public_id": A_REFERRAL} for page in ("book", "rebook")},
    "procedure_record.write": {"public_id": A_REFERRAL, "number": ("1",)},
    "triage.claim": {"public_id": A_REFERRAL},
    "triage.ask": {"public_id": A_REFERRAL},
    "triage.accept": {"public_id": A_REFERRAL},
    "triage.decline": {"public_id": A_REFERRAL},
    "place.change": {"public_id": A_REFERRAL},
    "restriction.change": {"public_id": A_REFERRAL},
    **{f"new_document.{page}": {"public_id": A_REFERRAL} for page in ("add", "images")},
    "documents.show": {"public_id": A_REFERRAL},
    **{f"documents.{page}": {"public_id": A_REFERRAL, "document_id": (ITS_DOCUMENT,)} for page in ("download", "mark")},
    "same_patient.show": {"public_id": A_REFERRAL},
    "same_patient.decide": {"public_id": A_REFERRAL},
    "patient.show": {"public_id": A_PATIENT},
    "merging.one": {"public_id": TO_MERGE},
    "merging.undo": {"public_id": MERGED},
    "emergency.open_access": {"public_id": A_REFERRAL},
    "emergency.end": {"public_id": A_REFERRAL},
    "emergency.review": {"public_id": AN_ACCESS},
    "log.patient": {"public_id": IN_THE_LOG},
    "own_account.end": {"public_id": A_SESSION},
    "inbox.read_one": {"public_id": ("any referral",)},
    "mails.replay": {"public_id": A_MAIL},
    "oversight.one": {"public_id": AN_OUTLINE},
    "oversight.act": {"public_id": AN_OUTLINE, "name": ("assign",)},
    **{f"people.{page}": {"public_id": A_PERSON} for page in ("one", "edit", "roles")},
    **{f"people.{page}": {"public_id": A_PERSON} for page in ("deactivate", "reactivate", "reinvite")},
    **{f"practices.{page}": {"public_id": A_PRACTICE} for page in ("one", "edit")},
    **{f"drafting.{page}": {"public_id": A_DRAFT} for page in ("one", "discard")},
    **{f"edition_signing.{page}": {"public_id": A_DRAFT} for page in ("sign", "take_back", "withdraw")},
    "criteria.export": {"set_name": ("clinic",), "name": ("1",), "form": ("cql",)},
    "new_criterion.add": {"public_id": A_DRAFT},
    **{f"drafted_criterion.{page}": {"public_id": A_DRAFT, "name": ("pregnancy",)} for page in ("edit", "restore")},
    **{f"drafted_condition.{page}": {"public_id": A_DRAFT, "name": ("pregnancy",)} for page in ("join", "take_out")},
    "invitation.join": {"token": ("x",)},
    "own_password.choose": {"token": ("x",)},
    **{f"security.{view}_response": {"token": ("x",)} for view in ("wan_register", "wan_signin", "wan_verify")},
    "security.two_factor_setup_validate": {"token": ("x",)},
}
"""A row for each endpoint whose address names something: what to put there."""
NAMED = frozenset(
    {
        *A_REFERRAL,
        *A_PERSON,
        *A_PRACTICE,
        *AN_ACCESS,
        *A_SESSION,
        *A_PATIENT,
        *TO_MERGE,
        *MERGED,
        *A_MAIL,
        *A_DRAFT,
        *AN_OUTLINE,
    }
)
"""What is there for some and not for others; of what else an address names, everybody is told the same."""
KNOWN_TO_THE_CLINIC = frozenset({"emergency.open_access", "emergency.end"})
"""What the clinic does with a restricted referral whose outline alone it sees."""
VOID = frozenset({"invitation.join", "sign_on.start", "sign_on.answer"})
"""Pages that are not there: their link leads to nobody, or this installation has no sign-on."""
LEFT_OUT = frozenset({f"security.{view}" for view in second_factor.NOT_OFFERED})
LAST = "security.two_factor_token_validation"
"""Signs whoever is signed in out."""


class Somebody(NamedTuple):
    """Who asks: in which roles, at which practice; nobody has a person, and somebody inactive is nobody."""

    name: str
    roles: frozenset[RoleName] = frozenset()
    active: bool = True

    @property
    def counted(self) -> frozenset[RoleName]:
        """Who acts does not audit."""
        return self.roles - {R.AUDITOR} if len(self.roles) > 1 else self.roles

    def reach(self, permission: Permission) -> set[Reach]:
        return {permission.reaches[role] for role in self.counted if role in permission.reaches}

    @property
    def at_clinic(self) -> bool:
        return bool(self.roles & (CLINIC_ROLES | {R.ADMINISTRATOR, R.AUDITOR}))


EVERYBODY = (
    *(Somebody(role.words, frozenset({role})) for role in RoleName),
    Somebody("physician and delegate", frozenset({R.PHYSICIAN, R.DELEGATE})),
    Somebody("physician and auditor", frozenset({R.PHYSICIAN, R.AUDITOR})),
    Somebody("coordinator and auditor", frozenset({R.COORDINATOR, R.AUDITOR})),
    Somebody("administrator and IR physician", frozenset({R.ADMINISTRATOR, R.IR_PHYSICIAN})),
    Somebody("everything at once", frozenset(RoleName)),
    Somebody("inactive physician", frozenset({R.PHYSICIAN}), active=False),
    Somebody("inactive everything", frozenset(RoleName), active=False),
    Somebody("no role"),
    Somebody("nobody", active=False),
)
NOBODY = EVERYBODY[-1]


class Asked(NamedTuple):
    """One combination: who sends which method to which address, and what is known of both."""

    who: Somebody
    method: str
    address: str
    whose: str
    endpoint: str
    offered: bool

    @property
    def is_void(self) -> bool:
        """Whether nobody finds this page. A form goes there without its token, and is refused before that shows."""
        return self.endpoint in VOID | LEFT_OUT and self.method in ("GET", "HEAD")

    @property
    def is_closed(self) -> bool:
        """Whether this is a restricted referral, of which only the outline is shown."""
        return self.whose == "own restricted" and self.endpoint not in KNOWN_TO_THE_CLINIC


def expected(asked: Asked, permission: Permission | None) -> object:
    """What has to happen, from the policy table alone."""
    if not asked.offered:
        return NO_SUCH_METHOD
    if permission is None:
        return NOT_THERE if asked.is_void else LET_IN
    if not asked.who.active:
        return SIGN_IN_FIRST
    reach = asked.who.reach(permission)
    if not reach:
        return FORBIDDEN
    return LET_IN if asked.method == "OPTIONS" else found_by(asked)


def found_by(asked: Asked) -> object:
    """What has to happen once the route is open to them: it depends on what the address names."""
    if asked.is_void or not is_there(asked):
        return NOT_THERE
    return FORBIDDEN if asked.is_closed else LET_IN


def is_there(asked: Asked) -> bool:
    """Whether what the address names is there for somebody who has the permission. Nothing named: it is.

    A referral is opened by whoever may read referrals, whatever else the route asks for. The clinic sees no draft, and
    knows of a restricted one; the log tells of every referral. A patient is there for who opens a referral of theirs.
    """
    if asked.whose in ("nobody's", "another's session", "restricted patient"):
        return False
    if asked.whose not in A_REFERRAL + A_PATIENT or asked.endpoint == "log.patient":
        return True
    reading = asked.who.reach(POLICY["read_referral"])
    if Reach.EVERYWHERE in reading:
        return asked.whose in ("own", "neighbor's", "own restricted", "own patient", "neighbor's patient")
    return bool(reading) and asked.whose in ("own", "own draft", "own patient") and not asked.who.at_clinic


def happened(answer, permission: str | None) -> object:
    """The same in an answer's terms. The ways to sign in lead to one another."""
    led_to_sign_in = answer.status_code in (302, 303) and answer.headers["Location"].startswith("/sign-in")
    if permission and (answer.status_code == 401 or led_to_sign_in):
        return SIGN_IN_FIRST
    if answer.status_code in (FORBIDDEN, NOT_THERE, NO_SUCH_METHOD) or answer.status_code >= 500:
        return answer.status_code
    return LET_IN


class Town:
    """Two practices and the clinic, a visitor for each of EVERYBODY, referrals and drafts of either practice."""

    def __init__(self, app) -> None:
        self.app, self.database = app, whole_database(app)
        # Which roles somebody holds together is nothing that a database knows: that is asked once.
        self.everybody = EVERYBODY if self.database.url.startswith("sqlite") else [*EVERYBODY[: len(RoleName)], NOBODY]
        with app.app_context(), self.database.begin() as session:
            elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
            hospital = clinic.practice(session, "Clinic", is_clinic=True)
            ours = [referrals(session, app, whose, at) for whose, at in (("own", elm), ("neighbor's", oak))]
            self.ids = {"nobody's": UNKNOWN, **ours[0], **ours[1]}
            people = {who: engaged(session, who, hospital if who.at_clinic else elm) for who in EVERYBODY}
            self.ids |= things(session, app, elm, people[EVERYBODY[0]], people[EVERYBODY[2]])
            draft = drafting.start(session, people[EVERYBODY[3]], "clinic", clinic.TODAY)
            self.ids["a draft of an edition"] = draft.public_id
        self.visitors = {who: Visitor(app, people[who] if who.name != "nobody" else None) for who in EVERYBODY}
        with self.database.begin() as session:
            for who, person in people.items():
                session.merge(person).active = who.active

    def combinations(self) -> Iterator[Asked]:
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.endpoint == LAST):
            every, few = list(self.addresses(rule)), self.one_of_each(rule.endpoint)
            for who, method in product(self.everybody, sorted(rule.methods | {NOT_OFFERED})):
                if method in ASIDE:
                    asked = every[:1] if who in few else []
                else:
                    asked = every if self.is_open_to(who, rule.endpoint) else some(every)
                for whose, address in asked:
                    yield Asked(who, method, address, whose, rule.endpoint, method in rule.methods)

    def is_open_to(self, who: Somebody, endpoint: str) -> bool:
        permission = policy.permission_of(self.app, endpoint)
        return not permission or (who.active and bool(who.reach(POLICY[permission])))

    def one_of_each(self, endpoint: str) -> list[Somebody]:
        """Somebody whom the policy lets in, somebody whom it refuses, and nobody."""
        by_right = {self.is_open_to(who, endpoint): who for who in reversed(self.everybody) if who.active}
        return [*by_right.values(), NOBODY]

    def addresses(self, rule) -> Iterator[tuple[str, str]]:
        """The rule with each of what its row says, as (what, address)."""
        row = {name: values for name, values in NAMES.get(rule.endpoint, {}).items() if name in rule.arguments}
        assert set(row) == rule.arguments, f"{rule.endpoint} ({rule.rule}) needs a row in NAMES of {__name__}"
        for values in product(*row.values()):
            whose = next((value for value in values if value in NAMED), " ".join(values))
            ids = self.ids | {ITS_DOCUMENT: self.ids.get(f"document, {whose}", UNKNOWN)}
            yield whose, rule.build(dict(zip(row, (ids.get(value, value) for value in values), strict=True)))[1]

    def ask(self, asked: Asked):
        """Ask it. A form goes with its token only where somebody else was faster anyway: the rest would be done."""
        visitor = self.visitors[asked.who]
        stale = {"csrf_token": visitor.csrf_token, "version": "0"} if asked.whose in NAMED else {}
        if stale:
            with visitor.client.session_transaction() as kept:
                kept.pop("_flashes", None)  # what was said of the one before would show on the next page
        data = stale if asked.method not in ("GET", "HEAD", "OPTIONS") else None
        return visitor.client.open(asked.address, method=asked.method, data=data)


def some(every: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Where all are refused alike, whatever is named: what is there, and what is not."""
    return every[:1] + [each for each in every[1:] if each[0] == "nobody's"]


def referrals(session, app, whose, practice) -> dict[str, str]:
    physician = clinic.person(session, f"{practice.name} Physician", R.PHYSICIAN, practice)
    draft, sent = open_draft(session, f"unsent {whose}", physician), clinic.refer(session, physician)
    paper = clinic.document(session, app, sent, physician)
    assert sent.patient
    return {
        whose: sent.public_id, f"{whose} draft": draft.public_id, f"document, {whose}": paper.public_id,
        f"{whose} patient": sent.patient.public_id,
    }  # fmt: skip


def things(session, app, practice, person, ira) -> dict[str, str]:
    """What else an address names: of a practice, a colleague, and the clinic."""
    colleague = clinic.person(session, "A Colleague", R.PHYSICIAN, practice)
    user_session.start(session, colleague)
    (signed_in,) = session.query(UserSession).filter_by(person_id=colleague.id)
    closed = clinic.refer(session, colleague)
    paper = clinic.document(session, app, closed, colleague)
    closed.restricted = True
    assert closed.patient
    ended = now() - timedelta(hours=1)
    access = EmergencyAccess(
        person_id=ira.id, patient_id=closed.patient_id, referral_id=closed.id, subject=closed.public_id,
        reason="Could not wait.", opened_at=ended - timedelta(hours=1), ends_at=ended,
    )  # fmt: skip
    mail = Mail(kind="invitation", state=Stands.DEAD, ended_at=ended, person_id=person.id)
    session.add_all((access, mail))
    two, merge = one_patient(session, colleague)
    session.flush()
    return {
        "a mail": mail.public_id,
        "an outline": closed.public_id,
        "own restricted": closed.public_id,
        "document, own restricted": paper.public_id,
        "restricted patient": closed.patient.public_id,
        "two records": two.public_id,
        "a merge": merge.public_id,
        "another's session": signed_in.public_id,
        "a person": person.public_id,
        "a practice": practice.public_id,
        "an access": access.public_id,
    }


def one_patient(session, physician) -> tuple[PatientLink, Merge]:
    """Two records that the clinic has said to be one patient, and two that were merged."""
    ids = sorted(clinic.refer(session, physician).patient_id or 0 for _ in range(4))
    said = {"practice_id": physician.practice_id, "decision": SAME, "decided_by_id": physician.id, "decided_at": now()}
    session.add(two := PatientLink(patient_id=ids[0], other_id=ids[1], **said))
    moved: dict[str, list[int]] = {"referrals": [], "records": [], "links": []}
    merged = {"kept_id": ids[2], "merged_id": ids[3], "merged_by_id": physician.id, "moved": moved}
    session.add(merge := Merge(practice_id=physician.practice_id, **merged))
    return two, merge


def engaged(session, who: Somebody, at) -> Person:
    person = clinic.person(session, who.name, R.PHYSICIAN, at)
    person.roles = list(session.query(Role).where(Role.name.in_(who.roles)))
    session.flush()
    return person


@pytest.fixture
def town(app, monkeypatch) -> Town:
    """On a slow machine asking everything takes longer than a sign-in counts as fresh."""
    monkeypatch.setattr(signed_in, "FRESH_FOR", timedelta(hours=2))
    return Town(app)


def test_every_route_does_for_everybody_what_the_policy_says(town, record_property):
    asked, wrong = 0, []
    not_there: dict[Any, Any] = {}
    for each in town.combinations():
        permission = policy.permission_of(town.app, each.endpoint)
        answer, should = town.ask(each), expected(each, POLICY[permission] if permission else None)
        asked += 1
        if each.endpoint not in FILES and happened(answer, permission) != should:
            wrong.append(f"{each}: {answer.status_code} instead of {should}")
        if answer.status_code == NOT_THERE and each.whose in NAMED:
            seen = answer.data, tuple(sorted(answer.headers.items()))
            not_there.setdefault((each.who, each.method, each.endpoint), {}).setdefault(seen, []).append(each.whose)
        answer.close()
    told_apart = {key: list(seen.values()) for key, seen in not_there.items() if len(seen) > 1}
    record_property("combinations asked", asked)
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong[:20])
    assert not told_apart, f"not the same bytes: {told_apart}"
    assert len(not_there) > 50, "hardly anything was not there"
    assert asked > (8000 if town.everybody is EVERYBODY else 4200)


def test_a_form_without_its_token_does_nothing_on_any_route(town):
    """Whoever may do it is refused all the same; nothing that changes something can be linked to from elsewhere."""
    for rule in town.app.url_map.iter_rules():
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
            for who in (who for who in EVERYBODY if town.is_open_to(who, rule.endpoint)):
                for _, address in some(list(town.addresses(rule))):
                    answer = town.visitors[who].client.open(address, method=method)
                    assert answer.status_code == 400, (who.name, rule, method)
