"""The pages of administrators: people, practices, mails that failed, and who may do what."""

from referrals.web.administration import mails, merging, people, policy_page, practices

parts = (people, practices, merging, mails, policy_page)
