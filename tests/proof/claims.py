"""What must hold of everybody: each claim looks for somebody who breaks it, and gives back whom it found."""

from collections.abc import Mapping
from dataclasses import dataclass

import z3

from referrals.policy import Kind
from referrals.staff import RoleName
from referrals.workflow import BACK, ENDED, Action, State
from tests.proof.formulas import NOBODY, STATE, STATE_OF, Case, Formula, Rules, Somebody

OF_A_PRACTICE = ("refer", "read_referral", "restrict_referral")
"""The permissions that are about the patients of a practice."""
ADDS_ONLY = ("message",)
"""Actions that write beside a referral, never into it."""


@dataclass(frozen=True)
class Counterexample:
    """Somebody who breaks a claim: their roles, and the rows that let them."""

    roles: tuple[str, ...]
    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' and '.join(self.roles) or 'nobody in particular'}: {'; '.join(self.by)}"


def _search(person: Somebody, rows: Mapping[str, Formula], *facts: Formula) -> Counterexample | None:
    """A person for whom the facts hold and one of the rows does; None where there cannot be one.

    Looked for in a context of its own: whom z3 finds must not depend on what else this process has proved.
    """
    own = z3.Context()
    solver = z3.Solver(ctx=own)
    solver.add(*(fact.translate(own) for fact in (person.number > NOBODY, z3.Or(list(rows.values())), *facts)))
    answer = solver.check()
    assert answer != z3.unknown, solver.reason_unknown()
    if answer == z3.unsat:
        return None
    model = solver.model()
    roles = tuple(str(role) for role, held in person.held.items() if _true(model, held))
    return Counterexample(roles, tuple(name for name, formula in rows.items() if _true(model, formula)))


def _true(model: z3.ModelRef, formula: Formula) -> bool:
    return bool(z3.is_true(model.eval(formula.translate(model.ctx), model_completion=True)))


def an_outsider_gets_in(rules: Rules) -> Counterexample | None:
    """Of another practice and without a role of the clinic, yet knowing of a referral, or doing something to it."""
    case = Case()
    rows = {
        **case.each(rules, (*rules.lists, *rules.opens, *rules.restricts)),
        **{name: case.person.may(rules, name, case.practice) for name in OF_A_PRACTICE},
    }
    return _search(case.person, rows, case.person.practice != case.practice, z3.Not(case.of_the_clinic))


def an_outsider_acts(rules: Rules) -> Counterexample | None:
    """Of another practice, without a role of the clinic and no administrator, yet doing one of the actions."""
    case, administers = Case(), RoleName.ADMINISTRATOR
    facts = (case.person.practice != case.practice, z3.Not(case.of_the_clinic), z3.Not(case.person.held[administers]))
    return _search(case.person, case.done(rules), *facts)


def a_restricted_referral_opens(rules: Rules) -> Counterexample | None:
    """To somebody who neither referred the patient, nor owns it, nor is its IR physician, nor broke the glass."""
    case = Case()
    me = case.person.number
    treats = z3.Or(case.requester == me, case.owner == me, case.ir_physician == me)
    facts = (case.restricted, z3.Not(treats), z3.Not(case.glass_open))
    return _search(case.person, case.each(rules, rules.opens), *facts)


def a_restricted_referral_is_acted_on(rules: Rules) -> Counterexample | None:
    """By somebody of a practice or the clinic who could not open it; but claiming one is how it finds its owner."""
    case = Case()
    me = case.person.number
    treats = z3.Or(case.requester == me, case.owner == me, case.ir_physician == me)
    rows = {name: formula for name, formula in case.done(rules).items() if not name.startswith("claim ")}
    no_administrator = z3.Not(case.person.held[RoleName.ADMINISTRATOR])
    return _search(case.person, rows, case.restricted, z3.Not(treats), z3.Not(case.glass_open), no_administrator)


def a_draft_is_seen(rules: Rules) -> Counterexample | None:
    """By anybody outside the practice, of the clinic or not; also once it was discarded without having been sent."""
    case = Case()
    rows = case.each(rules, (*rules.lists, *rules.claims))
    return _search(case.person, rows, z3.Not(case.sent), case.person.practice != case.practice)


def an_inactive_person_does_something(rules: Rules) -> Counterexample | None:
    """Anything: a permission, a ground, an action of the table."""
    case = Case()
    rows = {
        **case.each(rules, (*rules.lists, *rules.opens, *rules.restricts, *rules.reviews)),
        **{name: case.person.may(rules, name, case.person.practice) for name in rules.policy},
        **case.done(rules),
    }
    return _search(case.person, rows, z3.Not(case.person.active))


def somebody_reviews_the_own(rules: Rules) -> Counterexample | None:
    case = Case()
    return _search(case.person, case.each(rules, rules.reviews), case.opened_by == case.person.number)


def an_ended_referral_is_edited(rules: Rules) -> Counterexample | None:
    """An action that finds it ended and leaves it ended: one that opens it again, or writes beside it, is none."""
    person, state, after = Somebody(), z3.Const("from", STATE), z3.Const("to", STATE)
    rows = {
        f"{action.name} from {source}": z3.And(
            state == STATE_OF[source],
            _leads_to(action, state, after),
            z3.Or([person.held[role] for role in sorted(action.roles)]),
        )
        for action in rules.actions
        for source in action.sources
        if action.name not in ADDS_ONLY
    }
    return _search(person, rows, _ended(state), _ended(after))


def _ended(state: Formula) -> Formula:
    return z3.Or([state == STATE_OF[each] for each in ENDED])


def _leads_to(action: Action, state: Formula, after: Formula) -> Formula:
    if action.target == BACK:  # to wherever it came from: any state
        return z3.BoolVal(True)
    return after == (state if action.target is None else STATE_OF[State(action.target)])


def one_more_role_lets_act_and_audit(rules: Rules) -> Counterexample | None:
    """Somebody who does not do both, and does once any one role is added."""
    before, after, added = Somebody("before"), Somebody("after"), z3.Int("added")
    grown = [
        after.held[role] == z3.Or(before.held[role], added == number) for number, role in enumerate(RoleName, start=1)
    ]
    once = z3.Not(z3.And(before.has(rules, Kind.ACTING), before.has(rules, Kind.AUDITING)))
    watches = [name for name, permission in rules.policy.items() if permission.kind is Kind.AUDITING]
    rows = {name: after.may(rules, name, after.practice) for name in watches}
    same = (before.active == after.active, added >= 1, added <= len(RoleName))
    return _search(after, rows, once, *grown, *same, after.has(rules, Kind.ACTING))
