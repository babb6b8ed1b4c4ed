"""The pages, one module a journey, and what they share."""

from flask import Flask
from flask_wtf import CSRFProtect

from config import Settings
from referrals.web import (
    account,
    administration,
    assets,
    booking,
    browser,
    clock,
    closing,
    context,
    criteria,
    desk,
    documents,
    drafted_condition,
    drafted_criterion,
    drafting,
    edition_signing,
    emergency,
    entering,
    errors,
    evidence,
    fact_fields,
    handing_on,
    inbox,
    intake,
    invitation,
    letters,
    log,
    mail_preferences,
    messages,
    new_criterion,
    new_document,
    own_account,
    own_factors,
    own_password,
    patient,
    pictures,
    place,
    policy,
    practice,
    procedure_record,
    queue,
    reading,
    recovery_codes,
    referral,
    refusal,
    registry,
    reply,
    restriction,
    retelling,
    same_patient,
    screenings,
    spine,
    triage,
    turning,
    visits,
    wire,
    words,
)


def register(app: Flask, settings: Settings) -> None:
    """Put the pages on the application; refuses to start when a route declares no policy."""
    browser.register(app, settings)
    for part in (
        context, policy, new_document, documents, wire, words, clock, fact_fields, spine, errors, assets, reading,
        refusal,
    ):  # fmt: skip
        part.register(app)
    CSRFProtect(app)
    account.register(app, settings)
    for journey in (
        own_account, own_password, invitation, intake, entering, practice, reply, referral, queue, desk, triage,
        handing_on, closing, criteria, drafting, drafted_criterion, drafted_condition, new_criterion, edition_signing,
        restriction, visits, booking, procedure_record, documents, new_document, letters, evidence, emergency, place,
        log, own_factors, recovery_codes, messages, pictures, screenings, turning, registry, retelling, same_patient,
        patient, inbox, mail_preferences, *administration.parts,
    ):  # fmt: skip
        app.register_blueprint(journey.blueprint)
    app.context_processor(account.page_context)
    policy.check_every_route(app)
