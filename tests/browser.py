"""A Chromium for the tests: the one of the system, kept from talking to anybody but this machine."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Timer

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
AT_MOST = 120
"""How many seconds a test may have the browser: ten times what any takes."""


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


class TookTooLong(Exception):
    """A test had the browser for so long that it was ended; the message says so."""


class LastingBrowser:
    """One Chromium for one test after another, and another one where a test had to be ended: a script may never end."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._browser: Browser | None = None

    @contextmanager
    def lent(self, seconds: float = AT_MOST) -> Iterator[Browser]:
        """For so long; then it is killed, and whatever waits for it ends."""
        browser = self._started()
        end = Timer(seconds, os.kill, (process_of(browser), signal.SIGKILL))
        end.daemon = True
        end.start()
        try:
            yield browser
        finally:
            end.cancel()
        if not browser.is_connected():
            raise TookTooLong(f"The browser ended by itself, or was killed: no test may have it for over {seconds} s")

    def _started(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self.close()
            self._browser = self._running.enter_context(chromium())
        return self._browser

    def close(self) -> None:
        self._running.close()


def process_of(browser: Browser) -> int:
    """The number of Chromium's own process; the others end with it."""
    asking = browser.new_browser_cdp_session()
    processes = asking.send("SystemInfo.getProcessInfo")["processInfo"]
    asking.detach()
    return next(int(process["id"]) for process in processes if process["type"] == "browser")
