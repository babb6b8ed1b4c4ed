"""The pages of administrators: people, practices, and who may do what."""

from referrals.web.administration import people, policy_page, practices

parts = (people, practices, policy_page)
