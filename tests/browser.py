"""A Chromium for the tests: the one of the system, kept from talking to anybody but this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = "No Chromium to test with: install one (on Debian: apt-get install chromium), or name it in CHROMIUM"
NOT_STARTED = "Chromium or its driver does not start (on Debian the driver needs: apt-get install libatomic1)"
ALONE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-first-run",
    "--no-pings",
    "--no-sandbox",  # it cannot build one as root; it only ever opens our own pages
)


class NoBrowser(Exception):
    """There is no Chromium to be had; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window; ends with the block."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise NoBrowser(HOW_TO_GET_IT)
    with ExitStack() as started:
        try:
            playwright = started.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=program, args=list(ALONE))
        except Exception as fault:  # Playwright raises this very class when its driver ends
            raise NoBrowser(f"{NOT_STARTED}: {fault}") from fault
        started.callback(browser.close)
        yield browser
