"""A headless Chromium on a host of the lab, driven by chromedriver there."""

import contextlib
import importlib.util
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

import pytest
from look import PATIENCE, eventually, eventually_true

_PORT = 21190  # of chromedriver, on the host's loopback


def skip_without():
    """Skips a module where there is no browser, which the summary shows."""
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    if not importlib.util.find_spec("selenium"):
        missing.append("python3-selenium")
    if missing:
        pytest.skip(f"the status page is NOT TESTED, missing: {', '.join(missing)}", allow_module_level=True)


def _driver_answers(host):
    try:
        with host.network(), urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/status", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def on(host, *options):
    """A Page whose browser runs on the host: 127.0.0.1 is the host's."""
    with tempfile.TemporaryDirectory() as home:
        # Ends with the lab at the latest, as whatever runs in its namespaces.
        driver = subprocess.Popen(host.command(["env", f"HOME={home}", "chromedriver", f"--port={_PORT}"]),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually_true("chromedriver", lambda: _driver_answers(host))
            page = _start(host, home, options)
            try:
                yield page
            finally:
                page.quit()
        finally:
            driver.terminate()
            driver.wait(10)


def _start(host, home, options):
    from selenium import webdriver

    class Page(webdriver.Remote):
        # What goes to chromedriver has to go from the host.
        def execute(self, *arguments, **keys):
            with host.network():
                return super().execute(*arguments, **keys)

        def js(self, expression, *arguments):
            return self.execute_script(f"return {expression}", *arguments)

        def text(self, selector):
            """What can be read there; empty if there is nothing."""
            return self.js("document.querySelector(arguments[0])?.innerText ?? ''", selector).replace("\u00a0", " ")

        def shows(self, selector, part, timeout=PATIENCE):
            """Waits until it can be read there."""
            eventually_true(f"{part!r} at {selector}", lambda: part in self.text(selector), timeout)

        def is_at(self, expression, expected, timeout=PATIENCE):
            eventually(lambda: self.js(expression), expected, timeout)

        def devtools(self, command, **parameters):
            return self.execute("devtools", {"cmd": command, "params": parameters})["value"]

        def complaints(self):
            """Errors and warnings in the console since they were last asked for."""
            return [entry["message"] for entry in self.get_log("browser") if entry["level"] != "INFO"]

    settings = webdriver.ChromeOptions()
    # Without the rule it would wait for the names of its maker's hosts, which no server here answers.
    for option in ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--headless=new", "--no-sandbox",
                   "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={home}/profile",
                   "--window-size=1280,900", *options):
        settings.add_argument(option)
    settings.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    page = Page(f"http://127.0.0.1:{_PORT}", options=settings)
    page.command_executor._commands["devtools"] = ("POST", "/session/$sessionId/goog/cdp/execute")
    return page
