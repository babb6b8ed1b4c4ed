"""Adding a document to a referral: a file, or where the pictures of a study are."""

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from referrals import filing, sight
from referrals.clinical import newest_picture
from referrals.eligibility.facts import LEVELS
from referrals.inspection import LARGEST, LARGEST_IN_WORDS
from referrals.keeping import HereAlready
from referrals.referral import Referral
from referrals.transition import NotAllowed
from referrals.virus import NoVerdict, Verdict
from referrals.web.act import Answered, answers
from referrals.web.context import begin, me, reading, scanner, storage, today
from referrals.web.document_form import FACTS, DocumentForm, Groups, PicturesForm
from referrals.web.policy import allow
from referrals.web.reading import open_referral

blueprint = Blueprint("new_document", __name__, url_prefix="/referrals")

BESIDE_THE_FILE = 512 * 1024
"""Bytes that the rest of the form may have."""
INFECTED = "A virus was found in this file ({}), and it was not kept: have the machine that it came from looked at."
TOLD = "Added. {} is told."


@blueprint.route("/<public_id>/documents/new", methods=["GET", "POST"])
@allow("add_document")
def add(public_id: str) -> Answered:
    """Add a file. Sent twice it is there once."""
    referral = _taking(public_id)
    form = DocumentForm(answers(), today=today())
    if request.method == "POST" and form.validate() and (received := form.received()):
        verdict = _verdict(received[0].content)
        if verdict is None or verdict.clean:
            with begin() as session:
                current = sight.find(session, public_id, me())
                filing.add(session, storage(), current, me(), form.about(form.supports), *received, verdict)
            return _added(referral)
        with begin() as session:
            filing.record_refused(session, sight.find(session, public_id, me()), me())
        form["file"].errors = [INFECTED.format(verdict.found)]
    page = render_template(
        "documents/add.html", form=form, referral=referral, facts=FACTS, levels=_levels(referral), largest=LARGEST
    )
    return (page, 422) if request.method == "POST" else page


@blueprint.route("/<public_id>/documents/images", methods=["GET", "POST"])
@allow("add_document")
def images(public_id: str) -> Answered:
    """Say where the pictures of a study are, instead of sending them."""
    referral = _taking(public_id)
    form = PicturesForm(answers(), today=today())
    if request.method == "POST" and form.validate():
        with begin() as session:
            current = sight.find(session, public_id, me())
            place, number = form.pictures_at.data, form.accession_number.data or ""
            filing.add_pictures(session, current, me(), form.about(), place, number)
        return _added(referral)
    page = render_template("documents/images.html", form=form, referral=referral)
    return (page, 422) if request.method == "POST" else page


def _taking(public_id: str) -> Referral:
    """The referral, if documents can be added to it now."""
    referral = open_referral(public_id)
    if not filing.may_add(reading(), me(), referral):
        raise NotAllowed("add_document")
    return referral


def _verdict(content: bytes) -> Verdict | None:
    """What the scanner says; None where there is none, or it gives no answer now: then the file waits for it."""
    try:
        asked = scanner()
        return asked.verdict(content) if asked else None
    except NoVerdict as reason:
        current_app.logger.warning("The virus scanner gave no verdict: %s", reason)
        return None


def _levels(referral: Referral) -> Groups:
    """The levels to choose from, those of this referral first."""
    vertebrae = newest_picture(reading(), referral.id).vertebrae
    own = [level for vertebra in vertebrae if (level := vertebra.facts()["level"])]
    others = [level for level in LEVELS if level not in own]
    return [(words, [(level, level) for level in of]) for words, of in (("Of this referral", own), ("Others", others))]


def _added(referral: Referral) -> Response:
    flash(TOLD.format(referral.practice.name if me().works_at_clinic else "The clinic"))
    return redirect(url_for("documents.show", public_id=referral.public_id), 303)


@blueprint.errorhandler(HereAlready)
def here_already(same: HereAlready) -> Response:
    document = same.document
    flash(f"This file is here already: {document.words}, added by {document.uploaded_by.name}.", "warning")
    return redirect(url_for("documents.show", public_id=(request.view_args or {})["public_id"]), 303)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_fault: RequestEntityTooLarge) -> tuple[str, int]:
    return render_template("documents/too_large.html", largest=LARGEST_IN_WORDS, **(request.view_args or {})), 413


def let_files_in() -> None:
    """Only this route takes more than a form, and only from somebody whom the door has let in."""
    if request.endpoint == "new_document.add":
        request.max_content_length = LARGEST + BESIDE_THE_FILE


def register(app: Flask) -> None:
    app.before_request(let_files_in)
