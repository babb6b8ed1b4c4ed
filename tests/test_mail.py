"""Mail: to a server or, in the demonstration, into a folder; and what an installation has to say of it."""

import logging
import socketserver
from pathlib import Path

import pytest

from config import DEMONSTRATION, DEMONSTRATION_SECRET, Settings, from_environment
from referrals import create_app, mail, outgoing
from referrals.fitness import MissingSettings, require
from referrals.outgoing import Outgoing
from tests import letterbox
from tests.conftest import whole_database
from tests.serving import serving
from tests.test_setup import GOOD

SMTP = {"SMTP_URL": "smtp://clinic:hush@mail.example.org:587", "MAIL_FROM": "referrals@clinic.example"}
PUBLIC = {"PUBLIC_URL": "https://referrals.example.org"}


class Server(socketserver.StreamRequestHandler):
    """As much of a mail server as takes one mail."""

    received: list[bytes] = []  # noqa: RUF012

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                self.received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            leaving = line.upper().startswith(b"QUIT")
            self.wfile.write(b"221 bye\r\n" if leaving else b"250 ok\r\n")
            if leaving:
                return


@pytest.fixture
def port():
    with serving(socketserver.TCPServer(("127.0.0.1", 0), Server)) as server:
        yield server.server_address[1]


@pytest.fixture
def sending(sqlite_url):
    def send(url):
        settings = Settings(
            mode=DEMONSTRATION,
            secret_key=DEMONSTRATION_SECRET,
            database_url=sqlite_url,
            smtp_url=url,
            mail_from="referrals@clinic.example",
        )
        app = create_app(settings)
        with whole_database(app).begin() as session:
            outgoing.put(
                session, settings, "account", Outgoing("elm@example.org", "Choose a new password", "Hello Élm")
            )
        letterbox.worker(app).work_off()
        app.extensions["database"].engine.dispose()

    return send


def test_a_mail_goes_to_the_server(port, sending):
    Server.received.clear()
    sending(f"smtp://127.0.0.1:{port}?tls=no")
    [received] = Server.received
    assert b"To: elm@example.org" in received
    assert b"Subject: Choose a new password" in received


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:9?tls=no", "smtp://127.0.0.1:{port}"])
def test_a_mail_that_cannot_be_sent_or_not_encrypted_is_said_in_the_service_s_own_log_without_its_address(
    port, url, caplog, sending
):
    Server.received.clear()
    with caplog.at_level(logging.ERROR):
        sending(url.format(port=port))
    assert "A mail was not sent" in caplog.text
    assert "elm@example.org" not in caplog.text
    assert Server.received == []


def test_a_line_break_in_an_address_is_no_way_to_another_reader():
    with pytest.raises(ValueError):
        mail.written("a@example.org", "elm@example.org\nBcc: evil@example.org", "Subject", "Text", "name")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({**SMTP, **PUBLIC, "SMTP_URL": "mail.example.org"}, "SMTP_URL"),
        ({**SMTP, **PUBLIC, "SMTP_URL": "smtp://clinic:hush@mail.example.org:70000"}, "SMTP_URL"),
        ({**SMTP, **PUBLIC, "SMTP_URL": "smtp://mail.example.org?tls=no"}, "SMTP_URL"),
        ({**SMTP, **PUBLIC, "SMTP_URL": Path("/mails").as_uri()}, "SMTP_URL"),
        ({**SMTP, **PUBLIC, "MAIL_FROM": "Clinic <a@example.org>"}, "MAIL_FROM"),
        ({**SMTP, **PUBLIC, "MAIL_FROM": ""}, "MAIL_FROM"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://referrals.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://referrals.example.org/path"}, "PUBLIC_URL"),
    ],
)
def test_production_refuses_mail_that_would_not_work_and_never_repeats_its_password(said, name):
    with pytest.raises(MissingSettings) as refused:
        require(from_environment({**GOOD, **said}))
    assert f"{name}: " in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["smtp://localhost?tls=no", "smtps://clinic:hush@mail.example.org", SMTP["SMTP_URL"]])
def test_production_with_mail_or_without_may_serve(url):
    require(from_environment({**GOOD, **SMTP, **PUBLIC, "SMTP_URL": url}))
    require(from_environment(GOOD))
