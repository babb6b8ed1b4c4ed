"""A browser that does not answer any more: the test that has it fails, and the next one gets another."""

import pytest
from playwright.sync_api import Error

from tests.browser import TookTooLong


def test_a_script_that_never_ends_is_ended(lasting_browser):
    with pytest.raises(TookTooLong, match="for over 1 s"), lasting_browser.lent(seconds=1) as browser:
        page = browser.new_page()
        with pytest.raises(Error, match="closed"):
            page.evaluate("() => { while (true); }")


def test_the_next_test_has_a_browser_that_answers(lasting_browser):
    for _ in range(2):
        with lasting_browser.lent() as browser, browser.new_context() as context:
            assert context.new_page().evaluate("() => 6 * 7") == 42
