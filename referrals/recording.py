"""Recording a procedure, and correcting the record by another version of it."""

from sqlalchemy.orm import Session

from referrals import cpt, events
from referrals.appointment import Appointment
from referrals.entry import version_of
from referrals.procedure import ProcedureDetails, ProcedureRecord, TreatedLevel, records_of
from referrals.referral import Referral
from referrals.staff import CLINIC_ROLES, Person, RoleName
from referrals.transition import Incomplete, NotAllowed, Stale, change


def may_record(person: Person, visit: Appointment) -> bool:
    """Whether this person writes, or corrects, what was done at this visit."""
    return visit.was_treatment and bool(person.role_names & CLINIC_ROLES)


def record(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    visit: Appointment,
    told: ProcedureDetails,
    comment: str = "",
) -> ProcedureRecord:
    """Record what was done, or correct it by another version. Raises Stale, NotAllowed, Incomplete."""
    if referral.version != version:
        raise Stale(referral)
    if visit.referral_id != referral.id or not may_record(actor, visit):
        raise NotAllowed("record_procedure")
    _check(told)
    before = records_of(session, referral.id).get(visit.id, [])
    number = before[0].number + 1 if before else 1
    change(session, referral)
    made = _made(visit, actor, number, told)
    session.add(made)
    session.flush()
    _note(session, referral, actor, made, comment)
    return made


def _check(told: ProcedureDetails) -> None:
    if not told.levels:
        raise Incomplete("level1", "Say which level was treated.")
    if len({each.level for each in told.levels}) < len(told.levels):
        raise Incomplete("level1", "A level stands here twice: each is recorded once.")
    if RoleName.IR_PHYSICIAN not in told.performed_by.role_names:
        raise Incomplete("performed_by", "Name the IR physician who did it.")


def _made(visit: Appointment, actor: Person, number: int, told: ProcedureDetails) -> ProcedureRecord:
    filled_in = cpt.codes((each.procedure, each.level) for each in told.levels)
    return ProcedureRecord(
        referral_id=visit.referral_id,
        appointment_id=visit.id,
        number=number,
        recorded_by_id=actor.id,
        performed_by_id=told.performed_by.id,
        guidance=told.guidance,
        anesthesia=told.anesthesia,
        complicated=told.complicated,
        complications=told.complications,
        levels=[
            TreatedLevel(position=i, **{**vars(each), "cpt_code": each.cpt_code or code})
            for i, (each, code) in enumerate(zip(told.levels, filled_in, strict=True))
        ],
    )


def _note(session: Session, referral: Referral, actor: Person, made: ProcedureRecord, comment: str) -> None:
    action = "record_procedure" if made.number == 1 else "correct_procedure"
    said = {"comment": comment or None, "details": {"number": made.number}}
    events.record(session, version_of(referral, action, actor, **said))
