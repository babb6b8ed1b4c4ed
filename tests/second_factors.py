"""Plain builders for the tests of second factors: an authenticator in somebody's hand, a service that asks for one."""

from datetime import UTC, datetime

from flask_security import hash_password

from config import Settings
from referrals import second_factor
from referrals.staff import Person
from tests.clinic import PASSWORD
from tests.conftest import whole_database
from tests.lasting import quick
from tests.visitor import hidden

SECRET_OF_A_REAL_CLINIC = "Kp3-vT8_wQz1Lm5Xc7Rb2Ny9Hd4Jf6Gs0Ae"


def production(database_url, **settings):
    """The service as a real clinic runs it: nobody whose role needs a second factor works without one."""
    where = {"database_url": database_url, "public_url": "https://localhost"}
    return quick(Settings(secret_key=SECRET_OF_A_REAL_CLINIC, **where, **settings))


def for_production(app, session, person):
    """A password as a real clinic keeps it."""
    with app.app_context():
        session.get(Person, person.id).password = hash_password(PASSWORD)


def with_authenticator(app, person):
    """Set up for the person; gives back what shows the codes."""
    with app.app_context(), whole_database(app).begin() as session:
        secret = app.extensions["security"].totp_factory.generate_totp_secret()
        second_factor.set_up_authenticator(session, second_factor.locked(session, person.id), secret, 1)
    return Authenticator(app, secret)


class Authenticator:
    """An app on a telephone that shows codes."""

    def __init__(self, app, secret):
        self.factory, self.secret = app.extensions["security"].totp_factory, secret

    def code(self, at=None):
        source = self.factory._totp.from_source(self.secret)
        return source.generate(at or datetime.now(UTC)).token


def send(visitor, path, **fields):
    """Open a page that has a form, and send it."""
    token = hidden(visitor.get(path).text, "csrf_token")
    return visitor.client.post(path, data={"csrf_token": token, **fields})


def recovery_codes(visitor):
    """Make new ones, as the page shows them."""
    return codes_on(make_codes(visitor, form_for_codes(visitor)).text)


def form_for_codes(visitor):
    """What the page that makes new ones sends."""
    return hidden(visitor.get("/account/recovery-codes").text, "made_with")


def make_codes(visitor, form):
    return visitor.post("/account/recovery-codes", made_with=form)


def codes_on(page):
    return [part.partition("</code>")[0] for part in page.split("<li><code>")[1:]]


def is_signed_in(visitor):
    return visitor.get("/criteria").status_code == 200
