"""The documents of a referral, for both sides: the list, giving a file out, and saying that one was an error."""

from io import BytesIO

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, send_file, url_for

from referrals import document as documents
from referrals import filing, scanning, sight
from referrals.document import Document
from referrals.file_name import fitting
from referrals.referral import Referral
from referrals.storage import Away, Changed
from referrals.transition import NotAllowed
from referrals.web.act import Answered, answers
from referrals.web.context import begin, database, me, reading, scanner, stop_reading, storage, today
from referrals.web.document_form import ErrorForm
from referrals.web.part import part
from referrals.web.policy import allow
from referrals.web.reading import open_referral
from referrals.workflow import State

blueprint = Blueprint("documents", __name__, url_prefix="/referrals")

PATIENCE_OF_A_LIST, ASKED_ABOUT = 3.0, 3
"""How long, and about how many files, the scanner is asked while somebody waits for the list."""
SANDBOX = "sandbox; default-src 'none'"


@blueprint.get("/<public_id>/documents")
@allow("read_referral")
def show(public_id: str) -> Answered:
    """Everything kept with the referral. Whatever waits for the virus scanner is asked about once more."""
    referral = open_referral(public_id)
    if referral.status is State.DRAFT:
        return redirect(url_for("intake.edit", public_id=public_id))
    if _asked_about_waiting(referral):  # what this request has read so far is of before
        stop_reading()
        referral = sight.find(reading(), public_id, me())
    session = reading()
    kept, may_add = documents.documents_of(session, referral), filing.may_add(session, me(), referral)
    return part(
        "documents/show.html",
        referral,
        documents=[document for document in kept if document.error_at is None],
        in_error=[document for document in kept if document.error_at is not None],
        may_add=may_add,
        markable={each.public_id for each in kept if may_add and filing.is_markable_by(me(), each)},
        scanning=scanner() is not None,
    )


def _asked_about_waiting(referral: Referral) -> bool:
    """Whether the scanner was asked about something, in the little time that a list may take."""
    asked = scanner(PATIENCE_OF_A_LIST)
    waiting = scanning.waiting(reading(), referral)[:ASKED_ABOUT] if asked else ()
    if asked and waiting:
        scanning.scan(database(), storage(), asked, waiting)
    return bool(waiting)


@blueprint.get("/<public_id>/documents/<document_id>")
@allow("read_referral")
def download(public_id: str, document_id: str) -> Answered:
    """Give the file out, to be kept and not to be opened here: whatever is in it does nothing in our pages."""
    referral, document = _found(public_id, document_id)
    if not document.is_open(scanner() is not None):
        raise NotAllowed("download")
    assert document.file_name
    assert document.media_type
    try:
        content = documents.read(storage(), document)
    except Changed:
        return _changed(referral, document)
    name = fitting(document.file_name, document.media_type)
    given = send_file(BytesIO(content), document.media_type, as_attachment=True, download_name=name, etag=False)
    given.headers["Content-Security-Policy"] = SANDBOX
    return given


@blueprint.route("/<public_id>/documents/<document_id>/error", methods=["GET", "POST"])
@allow("add_document")
def mark(public_id: str, document_id: str) -> Answered:
    """Say that a document was entered in error."""
    referral, document = _found(public_id, document_id)
    if request.method == "GET" and not filing.may_mark(reading(), me(), referral, document):
        raise NotAllowed("document_in_error")
    form = ErrorForm(answers(), today=today())
    if request.method == "POST" and form.validate():
        with begin() as session:
            current = sight.find(session, public_id, me())
            marked = documents.find(session, current, document_id)
            filing.mark_in_error(session, current, marked, me(), form.reason.data)
        flash("Marked as an error. It stays on the list, and nobody can open it any more.")
        return redirect(url_for("documents.show", public_id=public_id), 303)
    page = render_template("documents/mark.html", form=form, referral=referral, document=document)
    return (page, 422) if request.method == "POST" else page


def _found(public_id: str, document_id: str) -> tuple[Referral, Document]:
    referral = open_referral(public_id, {"document": document_id})
    if referral.status is State.DRAFT:
        raise NotAllowed("documents")
    return referral, documents.find(reading(), referral, document_id)


def _changed(referral: Referral, document: Document) -> Answered:
    """Somebody else than the service has written there: nobody gets the file, and the log says so."""
    current_app.logger.error("The file of document %s was changed since it was stored.", document.public_id)
    page = render_template("documents/changed.html", referral=referral, document=document)
    with begin() as session:
        filing.record_changed(session, referral, document, me())
    return page, 409


def away(fault: Away) -> tuple[str, int, dict[str, str]]:
    current_app.logger.error("The place where documents lie is away: %s", fault)
    return render_template("documents/away.html"), 503, {"Retry-After": "30"}


def register(app: Flask) -> None:
    app.register_error_handler(Away, away)
