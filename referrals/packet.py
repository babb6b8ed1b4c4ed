"""The referral packet: everything that is known of a referral on paper, for whoever treats the patient."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from referrals.clinical import MODALITIES, NOTE_FIELDS, ClinicalPicture
from referrals.document import Document
from referrals.eligibility import english, facts
from referrals.letter_words import FLAGS_ONLY, reasons
from referrals.patients import SEXES
from referrals.referral import Referral
from referrals.typeset import Part, heading, items, paragraph
from referrals.typeset import facts as table

NOT_KNOWN = "Not known"


@dataclass(frozen=True)
class Bundle:
    """What a packet is made of. `spoken` writes a day; `moment` a moment, by the clinic's clock."""

    referral: Referral
    picture: ClinicalPicture
    assessment: Mapping[str, Any]
    documents: Iterable[Document]
    spoken: Callable[[Any], str]
    moment: Callable[[Any], str]


def packet(bundle: Bundle) -> tuple[str, tuple[Part, ...]]:
    """The title and the pieces."""
    parts = (_who, _why, _verdicts, _patient_facts, _vertebrae, _studies, _notes, _documents)
    return "Referral packet", tuple(piece for part in parts for piece in part(bundle))


def _who(bundle: Bundle) -> Iterator[Part]:
    referral = bundle.referral
    patient = referral.patient
    assert patient is not None
    carer = ", ".join(part for part in (patient.carer_name, patient.carer_telephone) if part)
    yield table(
        ("Patient", patient.name),
        [
            ("Born", bundle.spoken(patient.born_on)),
            ("Sex", SEXES[patient.sex]),
            ("Record number", patient.mrn or NOT_KNOWN),
            ("Telephone", patient.telephone or NOT_KNOWN),
            ("Language", patient.language or NOT_KNOWN),
            ("Interpreter needed", _yes_no(patient.interpreter)),
            ("Carer", carer or NOT_KNOWN),
            ("Referred by", f"{referral.requester.name}, {referral.practice.name}"),
            ("Call back", referral.call_back or NOT_KNOWN),
            ("First sent", bundle.moment(referral.first_submitted_at)),
            ("Urgency", referral.asked_urgency.words),
        ],
    )


def _why(bundle: Bundle) -> Iterator[Part]:
    yield heading("Reason for referral")
    yield paragraph(bundle.referral.reason)


def _verdicts(bundle: Bundle) -> Iterator[Part]:
    yield heading("What the criteria say")
    yield from reasons(bundle.assessment, bundle.spoken)
    yield paragraph(FLAGS_ONLY)


def _patient_facts(bundle: Bundle) -> Iterator[Part]:
    picture = bundle.picture
    yield heading("Clinical picture")
    yield paragraph(f"Told by {picture.told_by.name}, {bundle.moment(picture.told_at)}.")
    yield table(("Question", "Answer"), _answered(facts.PATIENT, picture.facts()))


def _vertebrae(bundle: Bundle) -> Iterator[Part]:
    for vertebra in bundle.picture.vertebrae:
        told = vertebra.facts()
        yield heading(f"Vertebra {told['level'] or '(level not known)'}")
        yield table(("Question", "Answer"), _answered((each for each in facts.VERTEBRA if each.name != "level"), told))


def _answered(vocabulary: Iterable[facts.Fact], told: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(fact.question, english.value(fact, told[fact.name])) for fact in vocabulary]


def _studies(bundle: Bundle) -> Iterator[Part]:
    if studies := bundle.picture.imaging:
        yield heading("Imaging studies")
        yield table(
            ("Study", "Date", "Where", "Pictures"),
            [
                (MODALITIES[each.modality], bundle.spoken(each.done_on) or NOT_KNOWN, each.site, each.pictures_at)
                for each in studies
            ],
        )
    if treatments := bundle.picture.treatments:
        yield heading("Treatments tried")
        yield table(
            ("Treatment", "From", "To", "Why it was stopped"),
            [
                (each.what, bundle.spoken(each.from_on), bundle.spoken(each.to_on), each.why_stopped)
                for each in treatments
            ],
        )


def _notes(bundle: Bundle) -> Iterator[Part]:
    told = {name: getattr(bundle.picture, name) for name in NOTE_FIELDS}
    rows = [
        (
            name.removesuffix("_on").replace("_", " ").capitalize(),
            value if isinstance(value, str) else bundle.spoken(value),
        )
        for name, value in told.items()
        if value
    ]
    if rows:
        yield heading("In words")
        yield table(("About", "Told"), rows)


def _called(name: str) -> str:
    return name.removesuffix("_on").replace("_", " ").capitalize()


def _documents(bundle: Bundle) -> Iterator[Part]:
    kept = [f"{each.words}: {each.file_name or each.pictures_at}" for each in bundle.documents if each.error_at is None]
    if kept:
        yield heading("Documents kept with it")
        yield items(kept)


def _yes_no(answer: bool | None) -> str:
    return {True: "Yes", False: "No", None: NOT_KNOWN}[answer]
