"""Reading: formulas of z3, and what they prove of every picture that there could be; a page asks `referrals.prover`."""
