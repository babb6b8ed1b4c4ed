"""The pages of administrators: people, practices, and who may do what."""

from referrals.web.administration import merging, people, policy_page, practices

parts = (people, practices, merging, policy_page)
