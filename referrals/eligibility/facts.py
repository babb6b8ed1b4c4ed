"""The clinical vocabulary: one name per fact, in the order of the questions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from referrals.eligibility.fact import Fact as Fact
from referrals.eligibility.fact import Kind, Scope

LEVELS = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)

SETTINGS = {
    "outpatient": "Outpatient",
    "inpatient": "Hospital inpatient",
    "emergency": "Emergency department",
    "nursing_home": "Nursing home",
}
TRENDS = {"worsening": "Getting worse", "stable": "Stable", "improving": "Getting better"}
COAGULOPATHIES = {"none": "None", "correctable": "Correctable", "uncorrectable": "Uncorrectable"}
INJURIES = {
    "compression_fracture": "Compression fracture",
    "tumor_lesion": "Tumor without fracture",
    "other_fracture": "Another kind of fracture",
    "none": "No injury",
}
COLLAPSES = {"none": "None", "partial": "Partial", "complete": "Complete"}
CAUSES = {
    "osteoporosis": "Osteoporosis",
    "cancer": "Cancer",
    "benign_tumor": "Benign tumor",
    "trauma": "Trauma",
    "other": "Other",
}


class _Section:
    """Writes the facts of one section of the form, so that each takes one line below."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope = scope
        self.name = name

    def flag(self, name: str, question: str, clause: str, hint: str = "", **more: Any) -> Fact:
        return self._fact("flag", name, question, clause, hint, **more)

    def coded(
        self, name: str, codes: Mapping[str, str], question: str, clause: str, hint: str = "", **more: Any
    ) -> Fact:
        return self._fact("coded", name, question, clause, hint, codes=MappingProxyType(dict(codes)), **more)

    def quantity(
        self, name: str, low: float, high: float, question: str, clause: str, hint: str = "", **more: Any
    ) -> Fact:
        return self._fact("quantity", name, question, clause, hint, low=low, high=high, **more)

    def date(self, name: str, question: str, clause: str, hint: str = "", **more: Any) -> Fact:
        return self._fact("date", name, question, clause, hint, **more)

    def _fact(self, kind: Kind, name: str, question: str, clause: str, hint: str, **more: Any) -> Fact:
        return Fact(
            name=name, kind=kind, scope=self.scope, section=self.name,
            question=question, clause=clause, hint=hint, **more,
        )  # fmt: skip


_pain = _Section("patient", "pain")
_function = _Section("patient", "function")
_conservative = _Section("patient", "conservative")
_safety = _Section("patient", "safety")
_bone = _Section("patient", "bone_health")
_vertebra = _Section("vertebra", "vertebra")

# One fact after another, each on one line where it fits; a formatter would stand them on end.
# fmt: off
PATIENT: tuple[Fact, ...] = (
    _pain.coded("setting", SETTINGS, "Where is the patient now?", "the setting [is|is not] {}"),
    _pain.quantity("pain_score", 0, 10, "Worst pain in the last 24 hours", "the worst pain [is|is not] {}",
                   "From 0, no pain, to 10, the worst imaginable", unit="of 10", coding="LOINC 72514-3"),
    _pain.coded("pain_trend", TRENDS, "Over the last week the pain is …", "the pain [is|is not] {}"),
    _pain.quantity("disability_rdq", 0, 24, "Roland–Morris Disability Questionnaire",
                   "the Roland–Morris score [is|is not] {}", "If it has been done", unit="of 24",
                   coding="local"),
    _function.flag("too_frail_for_surgery", "Is the patient too frail to undergo spinal surgery?",
                   "the patient [is|is not] too frail for spinal surgery",
                   "A clinician's judgement, never worked out from age or a score"),
    _function.quantity("clinical_frailty_scale", 1, 9, "Clinical Frailty Scale before this fracture",
                       "the Clinical Frailty Scale [is|is not] {}", "Supports the judgement, never replaces it",
                       unit="of 9"),
    _function.flag("bedridden_risk", "At risk of becoming bedridden?",
                   "the patient [is|is not] at risk of becoming bedridden",
                   "Yes if the fracture has already put the patient to bed; "
                   "if bedbound for another reason: not known, and say so"),
    _conservative.date("conservative_management_started_on", "When did conservative management begin?",
                       "conservative management began {}"),
    _conservative.flag("conservative_management_failed", "Has conservative management been unsuccessful?",
                       "conservative management [has|has not] failed",
                       "Partial relief, or still under way: not known"),
    _conservative.flag("nonsurgical_management_optimal", "Has non-surgical management been optimal?",
                       "non-surgical management [has|has not] been optimal"),
    _conservative.flag("intractable_cancer_pain", "Intractable pain that medical therapy does not relieve?",
                       "intractable cancer pain [is|is not] present", "Asked where the cause is cancer",
                       asked_when={"cause": ("cancer",)}),
    _safety.flag("active_infection", "Any active infection: systemic, of the spine, or at the site?",
                 "an active infection [is|is not] present", coding="ICD-10-CM M46.2-, A41.9, R78.81"),
    _safety.coded("coagulopathy", COAGULOPATHIES, "Bleeding disorder or anticoagulation",
                  "the bleeding disorder [is|is not] {}", coding="ICD-10-CM D68.9, D69.6, Z79.01"),
    _safety.flag("cement_allergy", "Allergy to bone cement?", "the patient [is|is not] allergic to bone cement",
                 coding="ICD-10-CM Z88.8"),
    _safety.flag("contrast_allergy", "Allergy to contrast medium?",
                 "the patient [is|is not] allergic to contrast medium", coding="ICD-10-CM Z91.041"),
    _safety.flag("pregnant", "Pregnant?", "the patient [is|is not] pregnant", coding="ICD-10-CM Z33.1"),
    _safety.flag("neurological_deficit",
                 "New weakness, numbness, saddle anesthesia, bladder or bowel change, "
                 "or cord compression on imaging?", "a new neurological deficit [is|is not] present",
                 "Yes is a red flag: telephone the clinic at once, day or night",
                 coding="ICD-10-CM G95.20, G83.4"),
    _safety.flag("spinal_instability", "Unstable spine?", "the spine [is|is not] unstable"),
    _safety.flag("relative_contraindications_addressed",
                 "Does the record say how the relative contraindications are dealt with?",
                 "the record [says|does not say] how the relative contraindications are dealt with"),
    _safety.quantity("levels_to_treat", 1, 10, "Levels to be treated in one session",
                     "the number of levels to treat [is|is not] {}"),
    _safety.quantity("inr", 0.5, 20, "Latest INR", "the INR [is|is not] {}", whole=False, coding="LOINC 6301-6"),
    _safety.quantity("platelets", 1, 2000, "Latest platelet count", "the platelet count [is|is not] {}",
                     unit="10⁹/L", whole=False, coding="LOINC 777-3"),
    _bone.flag("bone_density_referral", "Referred for bone density and osteoporosis education?",
               "the patient [has|has not] been referred for bone density and osteoporosis education"),
    _bone.flag("osteoporosis_program", "Told to join an osteoporosis prevention or treatment program?",
               "the patient [has|has not] been told to join an osteoporosis program"),
)

VERTEBRA: tuple[Fact, ...] = (
    _vertebra.coded("level", {level: level for level in LEVELS}, "Which vertebra?", "the level [is|is not] {}"),
    _vertebra.coded("injury", INJURIES, "What does imaging show?", "imaging [shows|does not show] {}",
                    coding="ICD-10-CM M48.5-, S22.0-, S32.0-"),
    _vertebra.coded("collapse", COLLAPSES, "How much of the body has collapsed?", "the collapse [is|is not] {}"),
    _vertebra.coded("cause", CAUSES, "Cause of the damage", "the cause [is|is not] {}",
                    coding="ICD-10-CM M80.08XA, M84.58XA, D18.09"),
    _vertebra.flag("other_fracture_suitable",
                   "Has an interventional radiologist judged this kind of fracture suitable for kyphoplasty?",
                   "an interventional radiologist [has|has not] judged this kind of fracture suitable",
                   "Asked only where the cause is neither osteoporosis nor cancer",
                   asked_when={"cause": ("benign_tumor", "trauma", "other")}),
    _vertebra.flag("tumor_damage", "Is this vertebra damaged by a spinal tumor?",
                   "the vertebra [is|is not] damaged by a spinal tumor", coding="ICD-10-CM C79.51, C90.0-"),
    _vertebra.flag("too_weak", "Is this vertebra too weak?", "the vertebra [is|is not] too weak",
                   "A clinician's judgement; osteoporosis alone does not say so"),
    _vertebra.flag("painful", "Is the pain at this level, on examination?",
                   "the pain [is|is not] at this level"),
    _vertebra.date("onset_on", "When did the symptoms of this fracture begin?", "symptoms began {}"),
    _vertebra.flag("marrow_edema", "Marrow edema on MRI, or uptake on bone scan or SPECT/CT?",
                   "marrow edema or uptake [is|is not] seen", "A plain film cannot say"),
    _vertebra.quantity("height_loss", 0, 100, "Loss of vertebral height", "the loss of height [is|is not] {}",
                       unit="%", whole=False),
    _vertebra.flag("height_loss_progressing", "Has the loss of height progressed on a repeat film?",
                   "the loss of height [has|has not] progressed on a repeat film"),
    _vertebra.flag("kyphotic_deformity", "Kyphotic deformity?", "a kyphotic deformity [is|is not] present"),
    _vertebra.flag("retropulsion", "Fragment pushed back into the canal?",
                   "a fragment [is|is not] pushed back into the canal"),
)
# fmt: on

BY_NAME: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in (*VERTEBRA, *PATIENT)})
"""Every fact by its name, in the order in which a referral asks: the vertebra first, then the patient."""
