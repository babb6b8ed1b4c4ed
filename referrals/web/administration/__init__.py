"""The pages of administrators: people, practices, records, referrals by their id, failed mails, who may do what."""

from referrals.web.administration import mails, merging, oversight, people, policy_page, practices

parts = (people, practices, merging, oversight, mails, policy_page)
