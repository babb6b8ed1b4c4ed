"""The letters of a referral: what was sent, writing and signing one, the packet, and sheets for patients."""

from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from referrals import letter as letters
from referrals import sight
from referrals.clinical import newest_picture
from referrals.document import documents_of
from referrals.eligibility.evaluate import as_json
from referrals.information import open_request
from referrals.inspection import Inspected
from referrals.letter import KINDS
from referrals.letter_words import Known, written
from referrals.packet import Bundle, packet
from referrals.referral import Referral
from referrals.screening import assess_picture
from referrals.sheet import SHEETS, SOURCE
from referrals.transition import Incomplete, NotAllowed
from referrals.typeset import Paper, set_as_pdf
from referrals.web.act import ActionForm, Answered, answers
from referrals.web.context import begin, me, reading, settings, storage, today
from referrals.web.documents import SANDBOX
from referrals.web.fields import Area, Line
from referrals.web.part import part
from referrals.web.policy import allow
from referrals.web.reading import open_referral
from referrals.web.visit_words import of_letter
from referrals.web.words import day, moment, spoken_id
from referrals.workflow import State

blueprint = Blueprint("letters", __name__)

PREVIEW = "preview"


class LetterForm(ActionForm):
    """What is added to a letter, and the name that signs it."""

    of_the_whole = "name"
    comment = Area("In your own words", 4000, hint="Stands at the end of the letter, before your name.")
    name = Line("Your name, to sign", 100)


@blueprint.get("/referrals/<public_id>/letters")
@allow("read_referral")
def show(public_id: str) -> Answered:
    """Letters that were sent; for the clinic, those that can be written now."""
    referral = _opened(public_id)
    sent = letters.letters_of(reading(), referral)
    offered = letters.offered(referral) if me().works_at_clinic else {}
    return part("letters/show.html", referral, letters=sent, offered=offered, sheets=SHEETS)


@blueprint.route("/referrals/<public_id>/letters/<kind>", methods=["GET", "POST"])
@allow("work_queue")
def write(public_id: str, kind: str) -> Answered:
    """The letter as it would be sent; signed by name, it is kept and the referrer is told."""
    if kind not in KINDS:
        abort(404)
    referral = _opened(public_id)
    if not letters.may_write(referral, me(), kind):  # also of a form that was opened before it moved on
        raise NotAllowed("sign_letter")
    form = LetterForm(answers(), today=today(), version=referral.version)
    only_shown = request.form.get("submit") == PREVIEW
    if request.method == "POST" and form.validate() and not only_shown:
        try:
            return _signed(form, referral, kind)
        except Incomplete as missing:
            form.refuse(missing)
    page = render_template(
        "letters/write.html", referral=referral, kind=KINDS[kind][0], form=form, paper=_paper(referral, kind, form)
    )
    return (page, 422) if form.problems else page


def _signed(form: LetterForm, referral: Referral, kind: str) -> Response:
    """Set first, for that takes a while, then kept: whatever changed meanwhile has another version, and is refused."""
    paper = set_as_pdf(_paper(referral, kind, form))
    with begin() as session:
        current = sight.find(session, referral.public_id, me())
        said = (form.version.data, today(), kind, form["name"].data or "", paper)
        letters.sign(session, storage(), current, me(), *said)
    flash("Signed and sent. The referrer has been told.")
    return redirect(url_for("letters.show", public_id=referral.public_id), 303)


@blueprint.get("/referrals/<public_id>/packet")
@allow("read_referral")
def packet_of(public_id: str) -> Answered:
    """Everything that is known of the referral, as one PDF."""
    referral, session = _opened(public_id), reading()
    picture = newest_picture(session, referral.id)
    said = as_json(assess_picture(session, picture, today()))
    title, parts = packet(Bundle(referral, picture, said, documents_of(session, referral), day, moment))
    return given(set_as_pdf(paper_of(referral, title, parts)), f"packet-{public_id}.pdf")


@blueprint.get("/sheets/<procedure>")
@allow("read_criteria")
def sheet(procedure: str) -> Answered:
    """A sheet for patients, to be read or printed."""
    title, parts = SHEETS.get(procedure) or abort(404)
    return render_template("letters/sheet.html", title=title, pieces=parts, source=SOURCE, procedure=procedure)


@blueprint.get("/sheets/<procedure>.pdf")
@allow("read_criteria")
def sheet_as_pdf(procedure: str) -> Answered:
    """The same as a PDF."""
    title, parts = SHEETS.get(procedure) or abort(404)
    paper = Paper(title, parts, settings().clinic_name, settings().clinic_telephone, SOURCE)
    return given(set_as_pdf(paper), f"{procedure}.pdf")


def _opened(public_id: str) -> Referral:
    referral = open_referral(public_id)
    if referral.status is State.DRAFT:
        raise NotAllowed("letters")
    return referral


def _paper(referral: Referral, kind: str, form: LetterForm) -> Paper:
    session = reading()
    picture = newest_picture(session, referral.id)
    known = Known(
        referral=referral,
        assessment=as_json(assess_picture(session, picture, today())),
        request=open_request(session, referral.id),
        visit=of_letter(referral, kind),
        own_words=form.comment.data or "",
        spoken=day,
        moment=moment,
    )
    title, parts = written(kind, known)
    signed = (f"Signed by {me().name}", day(today()))
    to = (referral.requester.name, referral.practice.name, *referral.practice.address.splitlines())
    return paper_of(referral, title, parts, to=to, date=day(today()), signed=signed)


def paper_of(referral: Referral, title: str, parts: Any, **more: Any) -> Paper:
    """A paper of the clinic about this referral."""
    clinic = settings()
    foot = f"Referral {spoken_id(referral.public_id)}"
    return Paper(title, parts, clinic.clinic_name, clinic.clinic_telephone, foot, **more)


def given(paper: Inspected, name: str) -> Response:
    """The file to be kept, and not to be opened here."""
    given = send_file(BytesIO(paper.content), paper.media_type, as_attachment=True, download_name=name, etag=False)
    given.headers["Content-Security-Policy"] = SANDBOX
    return given
