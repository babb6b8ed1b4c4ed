"""The worker as a process: asked to stop, killed at any point, several at once; no mail is lost by it."""

import os
import socketserver
import subprocess
import sys
import time
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import pytest
import time_machine
from sqlalchemy import func, select, update

from config import DEMONSTRATION, DEMONSTRATION_SECRET, Settings
from referrals import errand, outgoing
from referrals.db import now
from referrals.errand import Errand, each_night, every
from referrals.errands import ERRANDS
from referrals.lease import LEASE
from referrals.outbox import Mail, Stands
from referrals.outgoing import Outgoing
from referrals.scope import Sees
from referrals.worker import Worker
from tests import letterbox
from tests.conftest import whole_database
from tests.lasting import put_away, quick
from tests.serving import serving
from tests.test_setup import OURS, ROOT

MANY = 40
PATIENCE = 60
"""Seconds; a process that takes longer hangs."""


class Clinic:
    """An installation with mails that are owed, and the worker as a process beside it."""

    def __init__(self, database_url, smtp_url):
        self.settings = Settings(
            mode=DEMONSTRATION, secret_key=DEMONSTRATION_SECRET, database_url=database_url, smtp_url=smtp_url,
            mail_from="referrals@clinic.example", public_url="https://referrals.example.org",
        )  # fmt: skip
        self.app = quick(self.settings)
        self.database = whole_database(self.app)

    def owe(self, number):
        with self.database.begin() as session:
            for each in range(number):
                said = Outgoing("elm@example.org", f"Number {each}", "Hello")
                outgoing.put(session, self.settings, "account", said)

    def started(self, *options, **environment):
        told = {name: value for name, value in os.environ.items() if name not in OURS}
        told |= {
            "REFERRALS_MODE": DEMONSTRATION, "DATABASE_URL": self.settings.database_url,
            "SMTP_URL": self.settings.smtp_url, "PUBLIC_URL": self.settings.public_url, **environment,
        }  # fmt: skip
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", *options]
        return subprocess.Popen(command, cwd=ROOT, env=told, stderr=subprocess.PIPE, text=True)

    def finish(self):
        """A worker that ends by itself has sent what is due."""
        process = self.started("--once")
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 0, said
        return said

    def go_on(self):
        """The next worker sends what is due: the same code, without a process that has to begin first."""
        letterbox.worker(self.app).work_off()

    def let_leases_run_out(self):
        """As if so much time had gone by; what a dead worker had in hand."""
        with self.database.begin() as session:
            leased = update(Mail).where(Mail.state == Stands.LEASED, Mail.due_at > now()).values(due_at=now())
            return session.execute(leased.returning(Mail.id)).all()

    def states(self):
        with self.database.reading() as session:
            return dict(session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mails"


@pytest.fixture
def installed(database_url, folder):
    clinic = Clinic(database_url, folder.as_uri())
    yield clinic
    put_away(clinic.app)


def until(so, process):
    """Look until it is so: the process goes on meanwhile, and must not have ended."""
    for _ in range(PATIENCE * 100):
        if so():
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    raise AssertionError("it takes too long")


def arrived(folder):
    return len(list(folder.glob("*.eml"))) if folder.exists() else 0


def everybody():
    return {f"Number {each}" for each in range(MANY)}


def subjects(folder):
    return [mail["Subject"] for mail in letterbox.read(folder)]


# Killed


def test_a_worker_that_is_killed_again_and_again_loses_no_mail(installed, folder):
    installed.owe(MANY)
    for at in (1, MANY // 4, MANY // 2):
        process = installed.started()
        until(lambda at=at: arrived(folder) >= at, process)
        process.kill()
        process.wait(PATIENCE)
        process.stderr.close()
        assert len(installed.let_leases_run_out()) <= 1, "it has one in hand at the most"
    installed.go_on()
    assert set(subjects(folder)) == everybody()
    assert len(subjects(folder)) <= MANY + 3, "twice at most what a worker had in hand"
    assert installed.states() == {Stands.SENT: MANY}


class Killer(socketserver.ThreadingTCPServer):
    """A mail server that kills the worker when a conversation has come so far, once."""

    daemon_threads = True

    def __init__(self, point):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.point, self.victim, self.received = point, None, []

    def come_to(self, point):
        if self.victim and point == self.point:
            os.kill(self.victim, SIGKILL)
            self.victim = None


class Conversation(socketserver.StreamRequestHandler):
    """As much of a mail server as takes one mail."""

    server: Killer

    def handle(self):
        try:
            self.talk()
        except ConnectionError:
            return

    def talk(self):
        self.server.come_to("before the greeting")
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line[:4].upper().decode()
            if word == "DATA":
                self.server.come_to("before the text")
                self.wfile.write(b"354 go on\r\n")
                self.server.received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.server.come_to("after the text")
            if word == "QUIT":
                self.server.come_to("after all of it")
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.mark.parametrize("point", ["before the greeting", "before the text", "after the text", "after all of it"])
def test_killed_in_the_middle_of_a_mail_it_is_sent_by_the_next(database_url, point):
    with serving(Killer(point)) as server:
        clinic = Clinic(database_url, f"smtp://127.0.0.1:{server.server_address[1]}?tls=no")
        clinic.owe(3)
        process = clinic.started()
        server.victim = process.pid
        assert process.wait(PATIENCE) == -SIGKILL
        process.stderr.close()
        assert clinic.states()[Stands.LEASED] == 1
        clinic.go_on()
        assert clinic.states() == {Stands.SENT: 2, Stands.LEASED: 1}, "its lease has not run out"
        assert len(clinic.let_leases_run_out()) == 1
        clinic.go_on()
        text = b"".join(server.received)
        assert [b"Number %d" % each in text for each in range(3)] == [True] * 3
        assert clinic.states() == {Stands.SENT: 3}
        clinic.app.extensions["database"].engine.dispose()


def test_a_folder_holds_whole_mails_or_none(installed, folder):
    installed.owe(1)
    installed.finish()
    assert [file.suffix for file in folder.iterdir()] == [".eml"]


# Asked to stop


@pytest.mark.parametrize("asking", [SIGTERM, SIGINT])
def test_asked_to_stop_it_ends_what_it_has_in_hand_and_no_lease_is_left(installed, folder, asking):
    installed.owe(MANY)
    process = installed.started()
    until(lambda: arrived(folder) >= 1, process)
    process.send_signal(asking)
    assert process.wait(PATIENCE) == 0
    process.stderr.close()
    sent = arrived(folder)
    assert installed.states().get(Stands.LEASED, 0) == 0
    assert installed.states()[Stands.SENT] == sent


def test_it_waits_for_more_and_sends_it(installed, folder):
    process = installed.started()
    until(lambda: has_been_here(installed), process)
    installed.owe(1)
    until(lambda: arrived(folder) == 1, process)
    process.terminate()
    assert process.wait(PATIENCE) == 0
    process.stderr.close()


def has_been_here(installed):
    with installed.database.reading() as session:
        return not errand.is_due(session, ERRANDS[0], now())


def test_two_workers_share_the_work_and_send_nothing_twice(installed, folder):
    installed.owe(MANY)
    both = [installed.started("--once") for _ in range(2)]
    for process in both:
        assert process.communicate(timeout=PATIENCE)[1] == ""
        assert process.returncode == 0
    assert sorted(subjects(folder)) == sorted(everybody())


def test_without_its_settings_it_says_what_is_missing(installed):
    process = installed.started("--once", REFERRALS_MODE="production", SECRET_KEY="", PUBLIC_URL="")
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1
    assert "SECRET_KEY" in said
    assert "Traceback" not in said


def test_a_database_that_is_away_does_not_end_it(tmp_path, caplog):
    app = quick(
        Settings(mode=DEMONSTRATION, secret_key=DEMONSTRATION_SECRET, database_url=f"sqlite:///{tmp_path}/no/x")
    )
    waits = []

    def heard(seconds):
        waits.append(seconds)
        return len(waits) > 3

    letterbox.worker(app, ERRANDS).run(heard)
    assert "away" in caplog.text
    assert max(waits) > 2, "it does not knock without a pause"


def test_it_works_on_the_whole_database_and_not_for_a_person(installed):
    assert letterbox.worker(installed.app).database.scope.reach == {Sees.SYSTEM}


def test_a_lease_is_longer_than_a_mail_server_may_take():
    assert LEASE.total_seconds() > 10 * 20, "about ten answers of 20 seconds at the most"


def test_the_readme_and_the_manual_say_how_it_is_run():
    for document in ("README.md", "docs/operations.md"):
        assert "flask --app wsgi worker" in (ROOT / document).read_text(), document
    assert "ExecStart=" in (ROOT / "docs/operations.md").read_text()


# Errands


def counting(name="count", next_after=None):
    gone = []
    return gone, Errand(name, lambda _, __, at: gone.append(at), next_after or every(errand.LEASE * 2))


def going(installed, *errands):
    return Worker(installed.database, installed.settings, installed.app.extensions["post"], errands)


def test_an_errand_is_gone_on_once_when_it_is_time_however_many_workers_there_are(installed):
    gone, count = counting()
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(3):
            going(installed, count).work_off()
        assert len(gone) == 1
        clock.shift(errand.LEASE * 2)
        for _ in range(3):
            going(installed, count).work_off()
        assert len(gone) == 2


def test_an_errand_that_fails_is_gone_on_again_and_keeps_nothing_else_from_being_done(installed, folder, caplog):
    def fail(_database, _settings, _at):
        raise RuntimeError("Secretname")

    installed.owe(1)
    gone, count = counting()
    with time_machine.travel(now(), tick=False) as clock:
        going(installed, Errand("fail", fail, each_night), count).work_off()
        assert (len(gone), arrived(folder)) == (1, 1)
        assert "RuntimeError" in caplog.text
        assert "Secretname" not in caplog.text
        clock.shift(errand.LEASE)
        caplog.clear()
        going(installed, Errand("fail", fail, each_night)).work_off()
        assert "RuntimeError" in caplog.text


def test_a_nightly_errand_is_due_at_the_clinic_s_midnight(installed):
    gone, count = counting(next_after=each_night)
    with time_machine.travel("2026-11-22T12:00:00-05:00", tick=False) as clock:
        going(installed, count).work_off()
        clock.move_to("2026-11-22T23:59:00-05:00")
        going(installed, count).work_off()
        assert len(gone) == 1
        clock.move_to("2026-11-23T00:00:00-05:00")
        going(installed, count).work_off()
        assert len(gone) == 2


def test_every_errand_has_a_name_of_its_own():
    assert len({each.name for each in ERRANDS}) == len(ERRANDS)
    assert Path(errand.__file__).with_name("errands.py").exists()
