"""The pages, one module a journey, and what they share."""

from flask import Flask
from flask_wtf import CSRFProtect

from config import Settings
from referrals.web import (
    account,
    administration,
    assets,
    browser,
    context,
    criteria,
    emergency,
    errors,
    fact_fields,
    inbox,
    intake,
    invitation,
    log,
    mail_preferences,
    own_account,
    own_factors,
    own_password,
    policy,
    practice,
    queue,
    reading,
    referral,
    refusal,
    reply,
    restriction,
    spine,
    triage,
    wire,
    words,
)


def register(app: Flask, settings: Settings) -> None:
    """Put the pages on the application; refuses to start when a route declares no policy."""
    browser.register(app, settings)
    for part in (context, policy, wire, words, fact_fields, spine, errors, assets, reading, refusal):
        part.register(app)
    CSRFProtect(app)
    account.register(app, settings)
    for journey in (
        own_account, own_password, invitation, intake, practice, reply, referral, queue, triage, criteria, restriction,
        emergency, log, own_factors, inbox, mail_preferences, *administration.parts,
    ):  # fmt: skip
        app.register_blueprint(journey.blueprint)
    app.context_processor(account.page_context)
    policy.check_every_route(app)
