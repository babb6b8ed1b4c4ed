"""Hypothesis as these tests use it: no clock, and nothing left behind."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "eligibility", max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("eligibility")
