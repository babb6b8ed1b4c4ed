"""Asking the virus scanner, over a network and a socket: what it says counts, and silence is never "clean"."""

import socket
import time

import pytest

from referrals.virus import CHUNK, NoVerdict, Scanner, ScannerAway
from tests.clamd import clamd
from tests.files import EICAR, pdf


@pytest.fixture(params=["network", "socket"])
def running(request, tmp_path):
    with clamd(tmp_path / "clamd.sock") if request.param == "socket" else clamd() as running:
        yield running


def test_a_file_without_a_virus_is_clean(running):
    verdict = Scanner(running.address).verdict(pdf())
    assert (verdict.clean, verdict.found) == (True, "")


@pytest.mark.parametrize("where", [0, 3 * CHUNK - 30])
def test_a_virus_is_found_wherever_it_stands_and_named(running, where):
    verdict = Scanner(running.address).verdict(bytes(where) + EICAR.encode() + bytes(5))
    assert (verdict.clean, verdict.found) == (False, "Eicar-Test-Signature")


@pytest.mark.parametrize("said", ["stream: what? ERROR", "UNKNOWN COMMAND", "OK, or not", "stream: OK FOUNDER"])
def test_what_is_neither_clean_nor_a_virus_is_no_verdict(running, said):
    running.said = said
    with pytest.raises(NoVerdict):
        Scanner(running.address).verdict(pdf())


def test_a_file_that_the_scanner_finds_too_large_has_no_verdict(running):
    running.most = 100
    with pytest.raises(NoVerdict):
        Scanner(running.address).verdict(bytes(5000))


def test_a_scanner_that_says_nothing_is_not_waited_for(running):
    running.said = None
    began = time.monotonic()
    with pytest.raises(NoVerdict) as none:
        Scanner(running.address, patience=0.3).verdict(pdf())
    assert time.monotonic() - began < 3
    assert not isinstance(none.value, ScannerAway)


def test_a_scanner_that_is_not_there_is_away(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"127.0.0.1:{port}", str(tmp_path / "none.sock")):
        with pytest.raises(ScannerAway):
            Scanner(address).verdict(pdf())
