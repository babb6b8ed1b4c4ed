"""Who could have joined VAPOUR, the trial of vertebroplasty for fresh fractures: a new set is one file."""

from datetime import date

from referrals.eligibility.edition import CriteriaSet, Criterion, Edition, ProcedureCriteria, Source
from referrals.eligibility.language import OneOf, Within, Yes
from referrals.eligibility.verdict import PROCEDURES

PROTOCOL = "Clark and others, trial protocol, Trials 2015, doi 10.1186/s13063-015-0671-8"
JOINED = Source("VAPOUR", f"{PROTOCOL}, table 1, inclusion")
KEPT_OUT = Source("VAPOUR", f"{PROTOCOL}, table 1, exclusion")
TITLE = Source("VAPOUR", f"{PROTOCOL}, title and methods")

FRACTURE = Criterion(
    name="osteoporotic_fracture",
    title="An osteoporotic fracture",
    rule=OneOf("injury", ("compression_fracture",)) & OneOf("cause", ("osteoporosis",)),
    source=TITLE,
    reading="A compression fracture whose cause is osteoporosis.",
)
PAINFUL = Criterion(
    name="pain_from_the_fracture",
    title="The pain comes from this fracture",
    rule=Yes("painful"),
    source=JOINED,
    reading="Found at this level on examination.",
    ours=True,
)
FEW = Criterion(
    name="one_or_two_fractures",
    title="One or two fractures",
    rule=Within("levels_to_treat", None, 2),
    source=JOINED,
    reading="The levels to be treated in one session stand for the fractures that hurt.",
    ours=True,
)
FRESH = Criterion(
    name="fresh_fracture",
    title="Pain for less than six weeks",
    rule=Within("onset_on", None, 41),
    source=JOINED,
    reading="Less than six weeks is at most 41 days since the first symptoms.",
    ours=True,
)
SEVERE = Criterion(
    name="severe_pain",
    title="Pain of 7 or more",
    rule=Within("pain_score", 7, None),
    source=JOINED,
    reading="The table of the protocol has more than 7; the report of the trial (Lancet 2016) has 7 or more, "
    "which is taken.",
    ours=True,
)
EDEMA = Criterion(
    name="edema_or_uptake",
    title="Edema or uptake on MRI or SPECT/CT",
    rule=Yes("marrow_edema"),
    source=JOINED,
    reading="The fact also takes uptake on a plain bone scan, which the trial did not.",
    ours=True,
)
RETROPULSION = Criterion(
    name="retropulsion",
    title="Fragment pushed back into the canal",
    rule=Yes("retropulsion"),
    source=KEPT_OUT,
    reading="The trial kept out significant retropulsion. How much that is, the fact does not say: any counts.",
    ours=True,
)
MALIGNANCY = Criterion(
    name="spinal_malignancy",
    title="Malignancy of the spine",
    rule=OneOf("cause", ("cancer",)) | (Yes("tumor_damage") & ~OneOf("cause", ("benign_tumor",))),
    source=KEPT_OUT,
    reading="Cancer as the cause, or damage by a tumor that nobody has called benign. Of this vertebra only.",
    ours=True,
)
INFECTION = Criterion(
    name="infection",
    title="Active infection",
    rule=Yes("active_infection"),
    source=KEPT_OUT,
    reading="The trial kept out systemic infection; one of the spine or at the site counts here too.",
    ours=True,
)

CRITERIA = ProcedureCriteria(
    inclusion=(FRACTURE, PAINFUL, FEW, FRESH, SEVERE, EDEMA),
    exclusion=(RETROPULSION, MALIGNANCY, INFECTION),
)

FIRST = Edition(
    criteria_set="vapour",
    name="1",
    in_force_from=date(2026, 11, 1),
    procedures=dict.fromkeys(PROCEDURES, CRITERIA),
    unjudged=(
        "Older than 60 years",
        "No chronic back pain that needs opioids",
        "No sciatica",
        "MRI or SPECT/CT within the last week",
        "Able to consent, and to answer in English",
    ),
)

VAPOUR = CriteriaSet(
    name="vapour",
    title="VAPOUR trial",
    about="Who could have joined the trial, to compare a patient with those it studied; it recruits nobody any more. "
    "It studied vertebroplasty alone: of kyphoplasty the set says only how the same patient would stand.",
    editions=(FIRST,),
)
