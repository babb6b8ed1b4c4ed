"""Choosing from the vocabulary what a condition asks about, and reading what was asked."""

from collections.abc import Callable

from flask import abort, render_template, request

from referrals.edition_draft import EditionDraft
from referrals.eligibility.edition import Criterion
from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Node, Not
from referrals.web.condition_form import SECTIONS, AskingForm, question


def asked_about() -> Fact | None:
    """The fact that the address names; None: it is still to be chosen."""
    name = request.args.get("fact", "")
    if not name:
        return None
    return BY_NAME.get(name) or abort(404)


def chooser(draft: EditionDraft, what: str, address: Callable[[str], str], criterion: Criterion | None = None) -> str:
    """The vocabulary, to choose what is asked."""
    return render_template(
        "criteria/vocabulary.html", draft=draft, what=what, address=address, sections=sections(), criterion=criterion
    )


def sections() -> list[tuple[str, list[Fact]]]:
    """The facts that can be asked about, under their headings."""
    return [(words, [fact for fact in BY_NAME.values() if fact.section == name]) for name, words in SECTIONS.items()]


def asked(form: AskingForm, fact: Fact) -> Node:
    """The question that the form asks of the fact."""
    leaf, denied = question(form, "q", fact)
    assert not isinstance(leaf, int)
    return Not(leaf) if denied else leaf
