"""The policy as formulas, and what is proved of every person, every referral and every set of roles at once."""
