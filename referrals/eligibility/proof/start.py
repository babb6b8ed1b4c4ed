"""Starts the proofs with the criteria alone: to load the pages and the database as well takes eight times as long."""

import runpy
import sys
from pathlib import Path
from types import ModuleType

criteria_alone = ModuleType("referrals")
criteria_alone.__path__ = [str(Path(__file__).parents[2])]

if __name__ == "__main__":
    sys.modules["referrals"] = criteria_alone
    runpy.run_module("referrals.eligibility.proof", run_name="__main__")
