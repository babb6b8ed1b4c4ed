"""Somebody at a browser, without the browser: signs in, opens pages, sends forms with their token."""

import re
import time

from flask import session as request_session
from flask_wtf.csrf import generate_csrf

from referrals import user_session
from tests.clinic import PASSWORD

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
SHOWN_ID = re.compile(r"\b[0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4}\b")


def without_random(page: str) -> str:
    """A page without the tokens of its forms and the ids that it shows: any two or three letters may stand in them."""
    return SHOWN_ID.sub("", TOKEN.sub("", page))


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return found.group(1)


def address(rule, public_id="000000000000"):
    """A route's address, with this for every id and something of the right form for all else."""
    values = {"public_id": public_id, "document_id": public_id, "level": "L1", "name": "new", "number": 1}
    return rule.build({name: values.get(name, "x") for name in rule.arguments})[1]


class Visitor:
    """`person` None: somebody who has not signed in."""

    def __init__(self, app, person=None):
        self.client = app.test_client()
        self.csrf_token = ""
        if person is not None:
            self._as_if_signed_in(person)

    def _as_if_signed_in(self, person):
        """With the session that signing in leaves, and a token as its pages hold one."""
        app = self.client.application
        with app.extensions["database"].begin() as writing:
            key = user_session.start(writing, person)
        with self.client.session_transaction() as session, app.test_request_context():
            self.csrf_token = generate_csrf()
            session["csrf_token"] = request_session["csrf_token"]
            session.update(_user_id=person.fs_uniquifier, _fresh=False, key=key, fs_paa=time.time())
            session["csrf_token_of"] = person.public_id

    def sign_in(self, email, password=PASSWORD, **query):
        """Through the sign-in page."""
        answer = self.sign_in_halfway(email, password, **query)
        if answer.status_code == 302:
            self._take_token()
        return answer

    def sign_in_halfway(self, email, password=PASSWORD, **query):
        """The password is right, and the second factor is still to come."""
        page = self.get("/sign-in").text
        form = {"email": email, "password": password, "csrf_token": hidden(page, "csrf_token")}
        return self.client.post("/sign-in", query_string=query, data=form)

    def _take_token(self, page="/criteria"):
        self.csrf_token = hidden(self.get(page).text, "csrf_token")

    def get(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, data=None, **fields):
        """Send a form; the token goes with it unless the form brings its own."""
        return self.client.post(path, data={"csrf_token": self.csrf_token, **(data or {}), **fields})
