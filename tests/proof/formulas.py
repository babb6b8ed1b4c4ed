"""The third reading of the policy: permissions, grounds and actions as formulas of z3."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from referrals.access import ACTS, CLAIMS, LISTS, OPENS, RESTRICTS, REVIEWS, Condition, Ground
from referrals.policy import ALONE, POLICY, Kind, Permission, Reach
from referrals.staff import RoleName
from referrals.workflow import ROWS, Action, State

Formula = Any
"""z3 tells no types."""
NOBODY = 0
STATE, STATES = z3.EnumSort("State", [str(state) for state in State])
STATE_OF = dict(zip(State, STATES, strict=True))


@dataclass(frozen=True)
class Rules:
    """All tables that access rests on; a test plants a fault by replacing one of them."""

    policy: Mapping[str, Permission]
    alone: frozenset[RoleName]
    opens: tuple[Ground, ...]
    lists: tuple[Ground, ...]
    restricts: tuple[Ground, ...]
    acts: tuple[Ground, ...]
    claims: tuple[Ground, ...]
    reviews: tuple[Ground, ...]
    actions: tuple[Action, ...]


THE_RULES = Rules(POLICY, ALONE, OPENS, LISTS, RESTRICTS, ACTS, CLAIMS, REVIEWS, ROWS)


class Somebody:
    """Any person: any roles, active or not, of any practice."""

    def __init__(self, name: str = "person") -> None:
        self.active, self.number, self.practice = z3.Bool(f"{name} active"), z3.Int(name), z3.Int(f"{name} practice")
        self.held = {role: z3.Bool(f"{name} is {role}") for role in RoleName}

    def counts(self, rules: Rules, role: RoleName) -> Formula:
        """Whether the role is held and counts: policy.counted."""
        others = z3.Or([held for other, held in self.held.items() if other is not role])
        return z3.And(self.held[role], z3.Not(others)) if role in rules.alone else self.held[role]

    def carries(self, rules: Rules, permission: str, *far: Reach) -> Formula:
        """Whether a role carries the permission so far: policy.reaches."""
        reaches = rules.policy[permission].reaches
        return z3.Or([self.counts(rules, role) for role, reach in reaches.items() if reach in far])

    def may(self, rules: Rules, permission: str, practice: Formula) -> Formula:
        """policy.may."""
        own = z3.And(self.carries(rules, permission, Reach.OWN_PRACTICE), self.practice == practice)
        return z3.And(self.active, z3.Or(self.carries(rules, permission, Reach.EVERYWHERE), own))

    def has(self, rules: Rules, kind: Kind) -> Formula:
        """Whether the person may do anything of this kind."""
        names = [name for name, permission in rules.policy.items() if permission.kind is kind]
        return z3.And(self.active, z3.Or([self.carries(rules, name, *Reach) for name in names]))


class Case:
    """Any person before any referral, and before any emergency access."""

    def __init__(self) -> None:
        self.person, self.state = Somebody(), z3.Const("state", STATE)
        self.practice, self.requester = z3.Int("practice"), z3.Int("requester")
        self.owner, self.ir_physician = z3.Int("owner"), z3.Int("IR physician")
        self.restricted, self.glass_open = z3.Bool("restricted"), z3.Bool("glass open")
        self.sent, self.opened_by = z3.Bool("sent"), z3.Int("opened by")

    def conditions(self, rules: Rules) -> dict[Condition, Formula]:
        c, person = Condition, self.person
        return {
            c.ACTIVE: person.active,
            c.REFERS: person.carries(rules, "read_referral", Reach.OWN_PRACTICE),
            c.PHYSICIAN: person.counts(rules, RoleName.PHYSICIAN),
            c.DELEGATE: person.counts(rules, RoleName.DELEGATE),
            c.CLINIC_ROLE: person.carries(rules, "read_referral", Reach.EVERYWHERE),
            c.ADMINISTRATOR: person.counts(rules, RoleName.ADMINISTRATOR),
            c.REVIEWER: person.may(rules, "review_emergency_access", person.practice),
            c.OWN_PRACTICE: person.practice == self.practice,
            c.SENT: self.sent,
            c.NOT_RESTRICTED: z3.Not(self.restricted),
            c.REQUESTER: self.requester == person.number,
            c.OWNER: self.owner == person.number,
            c.IR_PHYSICIAN: self.ir_physician == person.number,
            c.GLASS_OPEN: self.glass_open,
            c.OPENED_BY_ANOTHER: self.opened_by != person.number,
        }

    def each(self, rules: Rules, grounds: Iterable[Ground]) -> dict[str, Formula]:
        """Every ground, by its words, as a formula."""
        said = self.conditions(rules)
        return {
            ground.words: z3.And([said[condition] for condition in sorted(ground.conditions)]) for ground in grounds
        }

    def holds(self, rules: Rules, grounds: Iterable[Ground]) -> Formula:
        return z3.Or(list(self.each(rules, grounds).values()))

    def does(self, rules: Rules, action: Action) -> Formula:
        """Whether the table lets the person do it, and the referral is one that they get at: transition()."""
        grounds = rules.claims if action.name == "claim" else rules.acts
        by_role = z3.Or([self.person.held[role] for role in sorted(action.roles)])
        from_here = z3.Or([self.state == STATE_OF[state] for state in action.sources])
        return z3.And(self.holds(rules, grounds), by_role, from_here)

    def done(self, rules: Rules) -> dict[str, Formula]:
        """Every row of the table of actions as a formula, by what it does and from where."""
        return {f"{action.name} from {', '.join(action.sources)}": self.does(rules, action) for action in rules.actions}

    @property
    def of_the_clinic(self) -> Formula:
        return z3.Or(self.person.held[RoleName.COORDINATOR], self.person.held[RoleName.IR_PHYSICIAN])
