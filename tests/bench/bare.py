"""The clinic's rule as somebody in a hurry writes it for everybody: one pass of SQL, without reasons and waits."""

EXCLUDED = (
    "(p.active_infection OR p.coagulopathy = 'uncorrectable' OR p.cement_allergy OR p.pregnant"
    " OR p.neurological_deficit)"
)
INCLUDED = {
    "vertebroplasty": "(v.injury IN ('compression_fracture', 'tumor_lesion', 'other_fracture') AND v.painful"
    " AND (p.too_frail_for_surgery OR v.too_weak OR v.tumor_damage))",
    "kyphoplasty": "(v.injury = 'compression_fracture' AND v.collapse IN ('partial', 'complete') AND v.painful"
    " AND (v.cause IN ('osteoporosis', 'cancer') OR (v.cause IN ('benign_tumor', 'trauma', 'other')"
    " AND v.other_fracture_suitable)) AND (v.tumor_damage OR (p.conservative_management_failed"
    " AND p.conservative_management_started_on <= '2026-10-25' AND p.bedridden_risk)))",
}
"""Four weeks before everybody.TODAY."""


def _verdict(included: str) -> str:
    """0 to 4, as the verdicts are ordered; a wait is not told from a no."""
    return (
        f"CASE WHEN {EXCLUDED} THEN 4 WHEN {included} IS FALSE THEN 3"
        f" WHEN {included} IS TRUE AND {EXCLUDED} IS FALSE THEN 0 ELSE 1 END"
    )


SCAN = f"""
    SELECT vertebroplasty, kyphoplasty, count(*) FROM (
        SELECT {", ".join(f"min({_verdict(rule)}) AS {name}" for name, rule in INCLUDED.items())}
        FROM referrals r
        JOIN clinical_pictures p ON p.id = r.picture_id
        LEFT JOIN vertebrae v ON v.picture_id = p.id
        GROUP BY r.id
    ) said GROUP BY vertebroplasty, kyphoplasty
"""
"""How many referrals have which verdicts."""
