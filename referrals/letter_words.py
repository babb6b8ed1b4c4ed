"""What the letters say, from what is known of the referral: pieces of text, without how they are set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from referrals.course import BONE_HEALTH, OUTCOMES
from referrals.information import InformationRequest
from referrals.referral import Referral
from referrals.typeset import Part, facts, heading, items, paragraph
from referrals.workflow import State

VERDICTS = {
    "candidate": "Candidate",
    "more_information": "More information",
    "not_yet": "Not yet",
    "not_indicated": "Not indicated",
    "contraindicated": "Contraindicated",
}
SAYS: Mapping[bool | None, str] = {True: "met", False: "not met", None: "not known"}
SAYS_OF_EXCLUSIONS: Mapping[bool | None, str] = {True: "present", False: "absent", None: "not known"}
FLAGS_ONLY = (
    "The eligibility checker compares what was entered with the clinic’s documented criteria. It flags a referral for "
    "review; the decision is a person’s."
)


@dataclass(frozen=True)
class Known:
    """All that a letter is written from. `spoken` writes a day; `moment` a moment, by the clinic's clock."""

    referral: Referral
    assessment: Mapping[str, Any]
    request: InformationRequest | None
    visit: Mapping[str, str]
    own_words: str
    spoken: Callable[[Any], str]
    moment: Callable[[Any], str]

    @property
    def about(self) -> Part:
        patient = self.referral.patient
        assert patient is not None
        number = f", record number {patient.mrn}" if patient.mrn else ""
        return paragraph(f"About {patient.name}, born {self.spoken(patient.born_on)}{number}.")


def written(kind: str, known: Known) -> tuple[str, tuple[Part, ...]]:
    """The title and the pieces of a letter."""
    title, body = LETTERS[kind]
    own = [paragraph(known.own_words)] if known.own_words else []
    return title, (known.about, *body(known), *own)


def _acknowledgement(known: Known) -> Iterator[Part]:
    referral = known.referral
    yield paragraph(
        f"Thank you for this referral, which reached us on {known.moment(referral.first_submitted_at)}. "
        f"Its urgency is {referral.asked_urgency.words.lower()}. We will write again, with a decision or a question."
    )
    if referral.owner:
        yield paragraph(f"{referral.owner.name} is looking after it.")
    yield heading("What the criteria say so far")
    yield _verdicts(known)
    yield paragraph(FLAGS_ONLY)


def _request(known: Known) -> Iterator[Part]:
    request = known.request
    if request is None:
        return
    yield paragraph(f"To decide we need the following by {known.spoken(request.due_on)}. “Not known” is an answer.")
    yield items([item.question for item in request.items])
    if request.comment:
        yield paragraph(request.comment)
    yield paragraph("Please answer on the page of the referral: it asks just these questions.")


def _decision(known: Known) -> Iterator[Part]:
    referral = known.referral
    decided = f"{referral.decided_by.name}, {known.moment(referral.decided_at)}" if referral.decided_by else ""
    yield paragraph(f"{DECISIONS[referral.status]} Decided by {decided}.")
    if referral.status is State.REDIRECTED:
        yield paragraph(f"Sent on to {referral.service}.")
    if referral.coded_reason:
        yield paragraph(f"Reason: {referral.coded_reason.words}.")
    if referral.decision_comment:
        yield paragraph(referral.decision_comment)
    if referral.would_change and referral.status is State.DECLINED:
        yield heading("What would change this")
        yield paragraph(referral.would_change)
    yield heading("What the criteria say")
    yield from reasons(known.assessment, known.spoken)
    yield paragraph(FLAGS_ONLY)


DECISIONS = {
    State.ACCEPTED: "We have accepted this referral, and will book a visit.",
    State.DECLINED: "We cannot accept this referral.",
    State.RETURNED_WITH_ADVICE: "We return this referral with advice. Sent again, it keeps its place in time.",
    State.REDIRECTED: "This referral is better served elsewhere.",
}


def _appointment(known: Known) -> Iterator[Part]:
    yield paragraph("We have booked this visit:")
    yield facts(("What", "When and where"), [(name, text) for name, text in known.visit.items()])
    yield paragraph("If the patient is better, or cannot come, please tell us: somebody else is waiting for the time.")


def _outcome(known: Known) -> Iterator[Part]:
    referral = known.referral
    seen = f" on {known.spoken(referral.appointment_on)}" if referral.appointment_on else ""
    yield paragraph(f"Your patient was seen{seen}. {OUTCOMES[referral.outcome or 'watch']}.")
    if known.visit:
        yield facts(("What", "Details"), list(known.visit.items()))
    if referral.bone_health:
        yield paragraph(f"Bone health: {BONE_HEALTH[referral.bone_health]}.")
    else:
        yield paragraph(
            "Please see to the treatment of osteoporosis where it is the cause: another fracture is likely."
        )


LETTERS: dict[str, tuple[str, Callable[[Known], Iterator[Part]]]] = {
    "acknowledgement": ("We have your referral", _acknowledgement),
    "request": ("We need more information", _request),
    "decision": ("Our decision on your referral", _decision),
    "appointment": ("A visit is booked", _appointment),
    "outcome": ("What came of your referral", _outcome),
}


def _verdicts(known: Known) -> Part:
    said = known.assessment["verdicts"].items()
    rows = [(procedure.capitalize(), verdict_words(verdict, known.spoken)) for procedure, verdict in said]
    return facts(("Procedure", "Verdict"), rows)


def verdict_words(verdict: Mapping[str, Any], spoken: Callable[[Any], str]) -> str:
    since = f" from {spoken(verdict['from'])}" if verdict.get("from") else ""
    return f"{VERDICTS[verdict['verdict']]}{since}"


def reasons(assessment: Mapping[str, Any], spoken: Callable[[Any], str]) -> Iterator[Part]:
    """Per vertebra and procedure: the verdict, and each criterion that decided it, with its source."""
    for vertebra in assessment["vertebrae"]:
        for procedure in assessment["verdicts"]:
            judgement = vertebra[procedure]
            level, said = vertebra["level"] or "level not known", verdict_words(judgement, spoken)
            yield paragraph(f"{procedure.capitalize()}, {level}: {said}.")
            if rows := list(_criteria(judgement["criteria"])):
                yield facts(("Criterion", "Says", "Source"), rows)


def _criteria(criteria: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """What the procedure asks for, and of what would rule it out only what is present or not known."""
    for finding in criteria:
        exclusion = finding["part"] == "exclusion"
        if exclusion and finding["holds"] is False:
            continue
        says = (SAYS_OF_EXCLUSIONS if exclusion else SAYS)[finding["holds"]]
        yield finding["title"], says, _source(finding["source"])


def _source(source: Any) -> str:
    if isinstance(source, Mapping):
        return str(source.get("where", ""))
    if isinstance(source, str):
        return source
    return "; ".join(_source(part) for part in source or ())
