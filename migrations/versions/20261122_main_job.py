"""The main job: practices, people, patients, referrals, pictures, screenings, events and reasons."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "20261122_main_job"
down_revision = None
branch_labels = None
depends_on = None

ROLES = ("physician", "coordinator", "ir_physician", "administrator")

IR, STAFF, REFERRER = ["ir_physician"], ["coordinator", "ir_physician"], ["physician"]

# (code, words, actions, roles): the reasons that the clinic starts with
REASONS = (
    ("pain-not-from-this-fracture", "The pain does not come from this fracture", ["decline"], IR),
    ("symptoms-resolved", "The symptoms have resolved", ["decline"], IR),
    ("imaging-does-not-show-fracture", "Imaging does not show a fracture", ["decline"], IR),
    ("infection", "There is an infection", ["decline"], IR),
    ("uncorrectable-coagulopathy", "The bleeding disorder cannot be corrected", ["decline"], IR),
    ("neurological-deficit-needs-surgeon", "A neurological deficit needs a surgeon first", ["decline"], IR),
    ("allergy", "An allergy rules the procedure out", ["decline"], IR),
    ("conservative-care-not-yet-adequate", "Conservative care has not been adequate yet", ["decline"], IR),
    ("patient-too-ill", "The patient is too ill for the procedure", ["decline"], IR),
    ("wrong-service", "The referral is meant for another service", ["decline"], STAFF),
    ("duplicate", "The same referral exists already", ["decline"], STAFF),
    ("no-capacity-in-time", "The clinic has no capacity in time", ["decline"], STAFF),
    ("spine-surgery", "Spine surgery", ["redirect"], STAFF),
    ("emergency", "Emergency department", ["redirect"], STAFF),
    ("oncology", "Oncology", ["redirect"], STAFF),
    ("pain-clinic", "Pain clinic", ["redirect"], STAFF),
    ("bone-health", "Bone health service", ["redirect"], STAFF),
    ("unable-to-contact", "The patient could not be reached", ["close_incomplete"], STAFF),
    ("patient-declined", "The patient does not want the procedure", ["close_incomplete"], STAFF),
    ("patient-died", "The patient has died", ["close_incomplete"], STAFF),
    ("treated-elsewhere", "The patient was treated elsewhere", ["close_incomplete"], STAFF),
    ("information-not-received", "The information asked for was not received", ["close_incomplete"], STAFF),
    ("improved", "The patient has improved", ["withdraw", "ask_withdrawal"], REFERRER),
    ("patient-choice", "The patient chose otherwise", ["withdraw", "ask_withdrawal"], REFERRER),
    ("going-elsewhere", "The patient goes elsewhere", ["withdraw", "ask_withdrawal"], REFERRER),
    ("died", "The patient has died", ["withdraw", "ask_withdrawal"], REFERRER),
    ("raised-in-error", "The referral was made in error", ["withdraw", "ask_withdrawal"], REFERRER),
    ("forgot", "The patient forgot", ["missed"], STAFF),
    ("ill", "The patient was ill", ["missed"], STAFF),
    ("transport", "There was no transport", ["missed"], STAFF),
    ("cancelled-late", "The patient cancelled late", ["missed"], STAFF),
    ("clinic-cancelled", "The clinic cancelled", ["missed"], STAFF),
    ("unknown", "Not known", ["missed"], STAFF),
    ("clinical-judgement", "Clinical judgement", ["accept"], IR),
    ("fact-was-wrong", "A fact was recorded wrongly", ["accept"], IR),
    ("criterion-does-not-apply", "A criterion does not apply to this patient", ["accept"], IR),
    ("newer-evidence", "Newer evidence", ["accept"], IR),
)

# Lists sorted by a date put those without one last; a literal, so that the index serves the sort.
BY_DATE = {
    "ix_referrals_state_eligible": ("state", "coalesce(becomes_eligible_on, '9999-12-31')", "id"),
    "ix_referrals_state_conservative": ("state", "coalesce(conservative_management_started_on, '9999-12-31')", "id"),
    "ix_referrals_state_onset": ("state", "coalesce(onset_on, '9999-12-31')", "id"),
    "ix_referrals_state_due": ("state", "coalesce(due_on, '9999-12-31')", "id"),
}


def upgrade() -> None:
    op.create_table(
        "practices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("telephone", sa.String(length=40), nullable=False),
        sa.Column("is_clinic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
        sa.UniqueConstraint("name", name=op.f("uq_practices_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_practices_public_id")),
    )
    op.create_table(
        "reasons",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("comment_required", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_reasons")),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "name IN ('physician', 'coordinator', 'ir_physician', 'administrator')",
            name=op.f("ck_roles_known_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "patients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("sex", sa.String(length=10), nullable=False),
        sa.Column("mrn", sa.String(length=40), nullable=False),
        sa.Column("telephone", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=60), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=True),
        sa.Column("carer_name", sa.String(length=100), nullable=False),
        sa.Column("carer_telephone", sa.String(length=40), nullable=False),
        sa.Column(
            "search_name",
            sa.String(length=250).with_variant(sa.String(length=250, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "search_given_name",
            sa.String(length=250).with_variant(sa.String(length=250, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "search_mrn",
            sa.String(length=250).with_variant(sa.String(length=250, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("given_name <> '' OR family_name <> ''", name=op.f("ck_patients_has_a_name")),
        sa.CheckConstraint("sex IN ('female', 'male', 'other', 'unknown')", name=op.f("ck_patients_known_sex")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_patients_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("public_id", name=op.f("uq_patients_public_id")),
    )
    op.create_index(op.f("ix_patients_practice_id_search_name"), "patients", ["practice_id", "search_name"])
    op.create_index(op.f("ix_patients_search_given_name"), "patients", ["search_given_name"])
    op.create_index(op.f("ix_patients_search_mrn"), "patients", ["search_mrn"])
    op.create_index(op.f("ix_patients_search_name"), "patients", ["search_name"])
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("npi", sa.String(length=10), nullable=True),
        sa.Column("call_back", sa.String(length=40), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_people_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_people_fs_uniquifier")),
        sa.UniqueConstraint("public_id", name=op.f("uq_people_public_id")),
    )
    op.create_index(op.f("ix_people_practice_id"), "people", ["practice_id"])
    op.create_table(
        "people_roles",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_people_roles_person_id")),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_people_roles_role_id")),
        sa.PrimaryKeyConstraint("person_id", "role_id", name=op.f("pk_people_roles")),
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("submission_token", sa.String(length=64), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("call_back", sa.String(length=40), nullable=False),
        sa.Column("requester_npi", sa.String(length=10), nullable=False),
        sa.Column("authored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("draft_answers", sa.JSON(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=60), nullable=True),
        sa.Column("decision_comment", sa.Text(), nullable=True),
        sa.Column("would_change", sa.Text(), nullable=True),
        sa.Column("vertebroplasty", sa.String(length=20), nullable=True),
        sa.Column("vertebroplasty_from", sa.Date(), nullable=True),
        sa.Column("kyphoplasty", sa.String(length=20), nullable=True),
        sa.Column("kyphoplasty_from", sa.Date(), nullable=True),
        sa.Column("becomes_eligible_on", sa.Date(), nullable=True),
        sa.Column("red_flag", sa.Boolean(), nullable=False),
        sa.Column("levels", sa.String(length=120), nullable=False),
        sa.Column("conservative_management_started_on", sa.Date(), nullable=True),
        sa.Column("onset_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state <> 'declined' OR (decision_comment <> '' AND would_change <> '')",
            name=op.f("ck_referrals_declined_with_what_would_change_it"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'entered_in_error') OR (patient_id IS NOT NULL AND first_submitted_at IS NOT NULL)",
            name=op.f("ck_referrals_sent_with_a_patient"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'in_review', 'awaiting_information', 'accepted', 'scheduled', 'attended', 'completed', 'returned_with_advice', 'declined', 'redirected', 'closed_incomplete', 'withdrawn', 'entered_in_error')",
            name=op.f("ck_referrals_known_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('declined', 'withdrawn') OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL AND decision_reason IS NOT NULL)",
            name=op.f("ck_referrals_ended_by_somebody_for_a_reason"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('in_review', 'accepted') OR owner_id IS NOT NULL",
            name=op.f("ck_referrals_reviewed_by_somebody"),
        ),
        sa.CheckConstraint("urgency BETWEEN 1 AND 3", name=op.f("ck_referrals_known_urgency")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_referrals_decided_by_id")),
        sa.ForeignKeyConstraint(["decision_reason"], ["reasons.code"], name=op.f("fk_referrals_decision_reason")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_referrals_owner_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_referrals_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_referrals_practice_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["people.id"], name=op.f("fk_referrals_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        sa.UniqueConstraint("public_id", name=op.f("uq_referrals_public_id")),
        sa.UniqueConstraint("submission_token", name=op.f("uq_referrals_submission_token")),
    )
    op.create_index(op.f("ix_referrals_patient_id"), "referrals", ["patient_id"])
    op.create_index("ix_referrals_practice", "referrals", ["practice_id", "state", "changed_at", "id"])
    op.create_index("ix_referrals_state_red_flag", "referrals", ["state", "red_flag", "id"])
    op.create_index("ix_referrals_state_first_submitted_at", "referrals", ["state", "first_submitted_at", "id"])
    op.create_index("ix_referrals_state_urgency", "referrals", ["state", "urgency", "first_submitted_at", "id"])
    op.create_table(
        "clinical_pictures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("told_by_id", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allergies", sa.Text(), nullable=False),
        sa.Column("medication", sa.Text(), nullable=False),
        sa.Column("anticoagulant", sa.String(length=100), nullable=False),
        sa.Column("anticoagulant_last_dose_on", sa.Date(), nullable=True),
        sa.Column("mobility_before", sa.String(length=200), nullable=False),
        sa.Column("mobility_now", sa.String(length=200), nullable=False),
        sa.Column("narrative", sa.Text(), nullable=False),
        sa.Column("setting", sa.String(length=30), nullable=True),
        sa.Column("pain_score", sa.Integer(), nullable=True),
        sa.Column("pain_trend", sa.String(length=30), nullable=True),
        sa.Column("disability_rdq", sa.Integer(), nullable=True),
        sa.Column("too_frail_for_surgery", sa.Boolean(), nullable=True),
        sa.Column("clinical_frailty_scale", sa.Integer(), nullable=True),
        sa.Column("bedridden_risk", sa.Boolean(), nullable=True),
        sa.Column("conservative_management_started_on", sa.Date(), nullable=True),
        sa.Column("conservative_management_failed", sa.Boolean(), nullable=True),
        sa.Column("nonsurgical_management_optimal", sa.Boolean(), nullable=True),
        sa.Column("intractable_cancer_pain", sa.Boolean(), nullable=True),
        sa.Column("active_infection", sa.Boolean(), nullable=True),
        sa.Column("coagulopathy", sa.String(length=30), nullable=True),
        sa.Column("cement_allergy", sa.Boolean(), nullable=True),
        sa.Column("contrast_allergy", sa.Boolean(), nullable=True),
        sa.Column("pregnant", sa.Boolean(), nullable=True),
        sa.Column("neurological_deficit", sa.Boolean(), nullable=True),
        sa.Column("spinal_instability", sa.Boolean(), nullable=True),
        sa.Column("relative_contraindications_addressed", sa.Boolean(), nullable=True),
        sa.Column("levels_to_treat", sa.Integer(), nullable=True),
        sa.Column("inr", sa.Float(), nullable=True),
        sa.Column("platelets", sa.Float(), nullable=True),
        sa.Column("bone_density_referral", sa.Boolean(), nullable=True),
        sa.Column("osteoporosis_program", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "coagulopathy IN ('none', 'correctable', 'uncorrectable')",
            name=op.f("ck_clinical_pictures_coagulopathy"),
        ),
        sa.CheckConstraint(
            "pain_trend IN ('worsening', 'stable', 'improving')", name=op.f("ck_clinical_pictures_pain_trend")
        ),
        sa.CheckConstraint(
            "setting IN ('outpatient', 'inpatient', 'emergency', 'nursing_home')",
            name=op.f("ck_clinical_pictures_setting"),
        ),
        sa.CheckConstraint(
            "clinical_frailty_scale BETWEEN 1 AND 9", name=op.f("ck_clinical_pictures_clinical_frailty_scale")
        ),
        sa.CheckConstraint("disability_rdq BETWEEN 0 AND 24", name=op.f("ck_clinical_pictures_disability_rdq")),
        sa.CheckConstraint("inr BETWEEN 0.5 AND 20", name=op.f("ck_clinical_pictures_inr")),
        sa.CheckConstraint("levels_to_treat BETWEEN 1 AND 10", name=op.f("ck_clinical_pictures_levels_to_treat")),
        sa.CheckConstraint("pain_score BETWEEN 0 AND 10", name=op.f("ck_clinical_pictures_pain_score")),
        sa.CheckConstraint("platelets BETWEEN 1 AND 2000", name=op.f("ck_clinical_pictures_platelets")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_clinical_pictures_referral_id")),
        sa.ForeignKeyConstraint(["told_by_id"], ["people.id"], name=op.f("fk_clinical_pictures_told_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinical_pictures")),
        sa.UniqueConstraint("referral_id", "number", name=op.f("uq_clinical_pictures_referral_id_number")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("from_state", sa.String(length=30), nullable=False),
        sa.Column("to_state", sa.String(length=30), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_events_by_id")),
        sa.ForeignKeyConstraint(["reason"], ["reasons.code"], name=op.f("fk_events_reason")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_events_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("referral_id", "version", name=op.f("uq_events_referral_id_version")),
    )
    op.create_table(
        "information_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("came_from", sa.String(length=30), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_information_requests_asked_by_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_information_requests_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_requests")),
    )
    op.create_index(op.f("ix_information_requests_referral_id"), "information_requests", ["referral_id"])
    op.create_table(
        "imaging_studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("picture_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(length=20), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("site", sa.String(length=100), nullable=False),
        sa.Column("pictures_at", sa.String(length=200), nullable=False),
        sa.Column("report_attached", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["picture_id"], ["clinical_pictures.id"], name=op.f("fk_imaging_studies_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imaging_studies")),
        sa.UniqueConstraint("picture_id", "position", name=op.f("uq_imaging_studies_picture_id_position")),
    )
    op.create_table(
        "information_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(length=60), nullable=True),
        sa.Column("vertebra", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=3), nullable=True),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["information_requests.id"], name=op.f("fk_information_items_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_items")),
    )
    op.create_index(op.f("ix_information_items_request_id"), "information_items", ["request_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("audience IN ('clinic', 'referrer')", name=op.f("ck_notices_known_audience")),
        sa.CheckConstraint("(read_at IS NULL) = (read_by_id IS NULL)", name=op.f("ck_notices_read_by_somebody")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_notices_event_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_notices_practice_id")),
        sa.ForeignKeyConstraint(["read_by_id"], ["people.id"], name=op.f("fk_notices_read_by_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_notices_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_practice_id_audience_read_at"), "notices", ["practice_id", "audience", "read_at"])
    op.create_index(op.f("ix_notices_referral_id"), "notices", ["referral_id"])
    op.create_table(
        "screenings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("picture_id", sa.Integer(), nullable=False),
        sa.Column("criteria_set", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.String(length=40), nullable=False),
        sa.Column("edition_digest", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("explanation", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["picture_id"], ["clinical_pictures.id"], name=op.f("fk_screenings_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screenings")),
    )
    op.create_index(op.f("ix_screenings_picture_id"), "screenings", ["picture_id"])
    op.create_table(
        "treatments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("picture_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=100), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("why_stopped", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["picture_id"], ["clinical_pictures.id"], name=op.f("fk_treatments_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatments")),
        sa.UniqueConstraint("picture_id", "position", name=op.f("uq_treatments_picture_id_position")),
    )
    op.create_table(
        "vertebrae",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("picture_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=30), nullable=True),
        sa.Column("injury", sa.String(length=30), nullable=True),
        sa.Column("collapse", sa.String(length=30), nullable=True),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("other_fracture_suitable", sa.Boolean(), nullable=True),
        sa.Column("tumor_damage", sa.Boolean(), nullable=True),
        sa.Column("too_weak", sa.Boolean(), nullable=True),
        sa.Column("painful", sa.Boolean(), nullable=True),
        sa.Column("onset_on", sa.Date(), nullable=True),
        sa.Column("marrow_edema", sa.Boolean(), nullable=True),
        sa.Column("height_loss", sa.Float(), nullable=True),
        sa.Column("height_loss_progressing", sa.Boolean(), nullable=True),
        sa.Column("kyphotic_deformity", sa.Boolean(), nullable=True),
        sa.Column("retropulsion", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('osteoporosis', 'cancer', 'benign_tumor', 'trauma', 'other')",
            name=op.f("ck_vertebrae_cause"),
        ),
        sa.CheckConstraint("collapse IN ('none', 'partial', 'complete')", name=op.f("ck_vertebrae_collapse")),
        sa.CheckConstraint(
            "injury IN ('compression_fracture', 'tumor_lesion', 'other_fracture', 'none')",
            name=op.f("ck_vertebrae_injury"),
        ),
        sa.CheckConstraint(
            "level IN ('C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8', 'T9', 'T10', 'T11', 'T12', 'L1', 'L2', 'L3', 'L4', 'L5', 'S1', 'S2', 'S3', 'S4', 'S5')",
            name=op.f("ck_vertebrae_level"),
        ),
        sa.CheckConstraint("height_loss BETWEEN 0 AND 100", name=op.f("ck_vertebrae_height_loss")),
        sa.ForeignKeyConstraint(["picture_id"], ["clinical_pictures.id"], name=op.f("fk_vertebrae_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vertebrae")),
        sa.UniqueConstraint("picture_id", "level", name=op.f("uq_vertebrae_picture_id_level")),
        sa.UniqueConstraint("picture_id", "position", name=op.f("uq_vertebrae_picture_id_position")),
    )
    for name, columns in BY_DATE.items():
        op.create_index(name, "referrals", [sa.text(column) for column in columns])
    op.bulk_insert(sa.table("roles", sa.column("name", sa.String)), [{"name": name} for name in ROLES])
    op.bulk_insert(
        sa.table(
            "reasons",
            sa.column("code", sa.String),
            sa.column("words", sa.String),
            sa.column("actions", sa.JSON),
            sa.column("roles", sa.JSON),
            sa.column("comment_required", sa.Boolean),
            sa.column("valid_from", sa.Date),
        ),
        [
            {
                "code": code,
                "words": words,
                "actions": actions,
                "roles": roles,
                "comment_required": False,
                "valid_from": date(2000, 1, 1),
            }
            for code, words, actions, roles in REASONS
        ],
    )


def downgrade() -> None:
    for table in (
        "vertebrae",
        "treatments",
        "screenings",
        "notices",
        "information_items",
        "imaging_studies",
        "information_requests",
        "events",
        "clinical_pictures",
        "referrals",
        "people_roles",
        "people",
        "patients",
        "roles",
        "reasons",
        "practices",
    ):
        op.drop_table(table)
