"""When the database is away the service says so, and when to come back; it does not break."""

import pytest

from tests.conftest import application


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.sqlite", "postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=2"]
)
@pytest.mark.parametrize("path", ["/sign-in", "/queue/", "/referrals/new", "/referrals/000000000000"])
def test_every_page_says_that_it_will_be_back(url, path):
    client = application(url).test_client()
    with client.session_transaction() as session:
        session.update(_user_id="somebody", _fresh=True, key="a key")
    answer = client.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Traceback" not in answer.text
