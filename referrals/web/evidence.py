"""The evidence packet for prior authorization: a page to read and print, and the same as a PDF."""

from flask import Blueprint

from referrals.clinical import pictures_of
from referrals.document import documents_of
from referrals.eligibility.criteria import SETS
from referrals.evidence import Record, sections
from referrals.payer import PAYER
from referrals.prior_authorization import NOT_A_DECISION, TITLE, Bundle, gap_words, on_paper, says
from referrals.referral import Referral
from referrals.screening import assess_by
from referrals.typeset import set_as_pdf
from referrals.web.act import Answered
from referrals.web.context import reading, today
from referrals.web.letters import given, paper_of
from referrals.web.part import part, sent_referral
from referrals.web.policy import allow
from referrals.web.words import day, moment

blueprint = Blueprint("evidence", __name__, url_prefix="/referrals")


@blueprint.get("/<public_id>/evidence")
@allow("read_referral")
def show(public_id: str) -> Answered:
    """By criterion of the payer: the fact, who said it and when, the document and page; and what is missing."""
    bundle = _gathered(sent_referral(public_id))
    return part(
        "evidence/show.html",
        bundle.referral,
        bundle=bundle,
        title=TITLE,
        not_a_decision=NOT_A_DECISION,
        gap_words=gap_words,
        says=says,
    )


@blueprint.get("/<public_id>/evidence.pdf")
@allow("read_referral")
def as_pdf(public_id: str) -> Answered:
    """The same to send to the payer."""
    bundle = _gathered(sent_referral(public_id))
    title, parts = on_paper(bundle)
    return given(set_as_pdf(paper_of(bundle.referral, title, parts)), f"evidence-{public_id}.pdf")


def _gathered(referral: Referral) -> Bundle:
    session = reading()
    record = Record(pictures_of(session, referral.id), documents_of(session, referral))
    assessment = assess_by(session, PAYER, record.pictures[0].details(), today())
    return Bundle(
        referral=referral,
        edition=assessment.edition,
        title=SETS[PAYER].title,
        as_of=today(),
        sections=sections(assessment, record),
        spoken=day,
        moment=moment,
    )
