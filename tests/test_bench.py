"""The benchmark of the log measures what it says, on both databases: in small, for a run in earnest takes minutes."""

from tests.bench import log
from tests.bench.figure import Figure


def test_what_the_log_and_the_policy_cost_is_measured_on_both_databases(postgres_url, monkeypatch):
    monkeypatch.setenv("TEST_POSTGRES_URL", postgres_url)
    for name, less in (("TURNS", 2), ("ENTRIES", 200), ("AT_ONCE", 100), ("CALLS", 10)):
        monkeypatch.setattr(log, name, less)
    figures = [line for line in log.measure() if isinstance(line, Figure)]
    for kind in ("sqlite", "postgresql"):
        measured = [
            figure.what.partition(": ")[2].partition(" in and out")[0] for figure in figures if kind in figure.what
        ]
        assert measured[:4] == [
            "claiming, log",
            "a referral's page, log",
            "the criteria's page, policy",
            "one question to the policy",
        ]
        assert measured[4] == "seconds to verify 200 entries"
