"""The status page in a headless Chromium on the node itself."""

import contextlib
import http.server
import json
import socket
import threading
import urllib.request

import browser
import pytest
from look import ALL, PATIENCE, eventually, eventually_true, is_alive, status
from shared import ok
from vipherd_lab import scenarios
from vipherd_lab.agent import API_PORT
from vipherd_lab.processes import Process

browser.skip_without()

PAGE = f"http://127.0.0.1:{API_PORT}/"
# The first line of a cell of each row. A sign and its word are joined by a no-break space.
ROWS = ("[...document.querySelectorAll('#{} tbody tr')].map("
        "row => row.cells[{}].innerText.split('\\n')[0].replace('\\u00a0', ' '))")


@pytest.fixture
def page(lb1):
    with browser.on(lb1.host) as driver:
        yield driver


def opened(page, url=PAGE):
    page.get(url)
    page.shows("#overall", "healthy")
    page.execute_script("window.opened = true")
    return page


def not_reloaded(page):
    return page.js("window.opened === true")


def test_it_shows_what_the_status_says(page, lab, lb1):
    scenarios.prepare(lab, "nginx-kill", lb1)()  # what it shows of events are the newest ones
    eventually(lambda: lb1.agent.get("/health")[0], 503)
    scenarios.heal(lab, lb1)
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    opened(page)
    eventually_true("a path to all", lambda: {vip["reach"]["state"] for vip in status(lb1)["vips"]} == {"reached"})
    page.is_at(ROWS.format("vips", 6), ["✓ to all"] * len(ALL))
    assert page.title == "✓ lb1: healthy"
    assert page.text("h1") == "vipherd on lb1"
    assert "1 of 1 services up, 6 of 6 VIPs announced" in page.text("#counts")
    assert page.js(ROWS.format("services", 1)) == ["✓ up"]
    assert page.js(ROWS.format("checks", 0)) == ["web/http"]
    assert page.js("document.querySelectorAll('.strip .pass').length") > 0
    assert page.js(ROWS.format("vips", 0)) == ALL
    for column, expected in ((2, "✓ complete"), (3, "✓ yes"), (4, "✓ attached"), (5, "✓ announced")):
        assert set(page.js(ROWS.format("vips", column))) == {expected}
    neighbours = {name for vip in status(lb1)["vips"] for daemon in vip["daemons"] for name in daemon["neighbours"]}
    assert set(page.js(ROWS.format("neighbours", 0))) == neighbours
    page.shows("#events", "service web up: 1 of 1 checks up, 1 needed")
    assert page.text("#problems .none") == "None."
    assert page.js("[...document.querySelectorAll('p.none')].filter(one => !one.hidden && !one.closest('section[hidden]')).length") == 2
    assert page.complaints() == []


def test_it_is_for_keyboards_screen_readers_and_phones(page, lb1):
    opened(page)
    assert page.js("document.documentElement.lang") == "en"
    for landmark in ("header", "nav[aria-label]", "main", "footer"):
        assert page.js("document.querySelectorAll(arguments[0]).length", landmark) == 1, landmark
    assert page.js("document.querySelectorAll('h1').length") == 1
    assert page.js("[...document.querySelectorAll('section')].every("
                   "one => one.querySelector('h2').id === one.getAttribute('aria-labelledby'))")
    assert page.js("[...document.querySelectorAll('th')].every(one => one.scope)")
    assert page.js("document.getElementById('overall').role") == "status"
    # By Tab: the skip link, the parts, the filter, each of them visibly focused.
    reached = []
    for _ in range(10):
        press(page, "Tab", 9)
        reached.append(page.js("document.activeElement.id || document.activeElement.getAttribute('href')"))
        assert page.js("getComputedStyle(document.activeElement).outlineStyle") == "solid", reached
    assert reached == ["#main", "#problems", "#instructions", "#services", "#checks", "#vips", "#neighbours", "#events",
                       "#agent", "filter"]
    page.execute_script("document.querySelector('.skip').focus()")
    press(page, "Enter", 13)
    page.is_at("document.activeElement.id", "main")
    # On a phone nothing is wider than the screen, and tables are still tables to a screen reader.
    page.devtools("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    assert page.js("[innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    for width in (360, 900, 1000, 1400):
        page.devtools("Emulation.setDeviceMetricsOverride", width=width, height=740, deviceScaleFactor=1, mobile=False)
        assert page.js("[...document.querySelectorAll('section')].filter("
                       "one => one.scrollWidth > one.clientWidth).map(one => one.id)") == [], width
    tree = page.devtools("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in tree if not node.get("ignored")}
    assert {"banner", "navigation", "main", "contentinfo", "status", "table", "row", "columnheader", "rowheader", "cell",
            "searchbox", "image"} <= roles
    assert page.complaints() == []


def press(page, key, code):
    for kind in ("rawKeyDown", "keyUp"):
        page.devtools("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": "\r"} if key == "Enter" and kind == "rawKeyDown" else {}))


def test_a_killed_nginx_is_shown_at_once(page, lab, lb1):
    opened(page)
    page.execute_script("document.querySelector('#agent tbody tr').untouched = true")
    ok(lb1, "drain", "10.10.10.12", "--reason", "<b>new</b> certificate", "--for", "30m")
    page.shows("#instructions tbody", "<b>new</b> certificate")
    page.shows("#overall", "drained")
    assert "in 29m" in page.text("#instructions tbody") or "in 30m" in page.text("#instructions tbody")
    scenarios.prepare(lab, "nginx-kill", lb1)()
    page.shows("#overall", "NOT HEALTHY")
    page.shows("#services tbody", "✗ down")
    page.shows("#events tbody", "service web down")
    page.shows("#problems", "service web is down")
    page.is_at("document.querySelectorAll('.strip .fail').length > 0", True)
    # The drained one comes after those that no operator meant to take out.
    page.is_at(f"{ROWS.format('vips', 0)}.at(-1)", "10.10.10.12")
    page.is_at(ROWS.format("vips", 2), ["✗ stops at service web"] * 5 + ["! stops at drain"])
    scenarios.heal(lab, lb1)
    ok(lb1, "resume", "10.10.10.12")
    page.shows("#overall", "✓ healthy")
    assert not_reloaded(page)
    assert page.js("document.querySelector('#agent tbody tr').untouched") is True  # was not drawn anew
    assert page.complaints() == []


def test_it_says_when_the_agent_does_not_answer(page, lb1):
    opened(page)
    lb1.agent.stop()
    page.shows("#no-answer", "The agent has not answered since")
    assert page.js("document.title") == "✗ no answer: lb1"
    assert page.js("document.querySelectorAll('#vips tbody tr').length") == len(ALL)  # as of then
    lb1.agent.start()
    lb1.agent.wait_ready()
    page.is_at("document.getElementById('no-answer').hidden", True)
    page.shows("#overall", "healthy")
    # The stream was opened again, and nothing in between is missing.
    page.shows("#events tbody", "starts")
    ok(lb1, "drain", "10.10.10.10")
    page.shows("#events tbody", "VIP 10.10.10.10 is to be drained")
    ok(lb1, "resume", "10.10.10.10")
    assert not_reloaded(page)


def port_answers(node, port):
    with node.host.network(), socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def nginx_in_front(node, port):
    """Another nginx on the node, with its defaults: the endpoint is at /vipherd/lb1/."""
    folder = node.host.path("/run/in-front")
    text = f"""daemon off; pid /run/in-front.pid; error_log /var/log/nginx/in-front.log; user www-data;
events {{}}
http {{
  access_log off;
  client_body_temp_path /run/nginx/body; proxy_temp_path /run/nginx/proxy; fastcgi_temp_path /run/nginx/fastcgi;
  uwsgi_temp_path /run/nginx/uwsgi; scgi_temp_path /run/nginx/scgi;
  server {{ listen 127.0.0.1:{port}; location /vipherd/lb1/ {{ proxy_pass http://127.0.0.1:{API_PORT}/; }} }}
}}
"""
    with open(folder + ".conf", "w") as file:
        file.write(text)
    child = node.host.start(["nginx", "-c", "/run/in-front.conf"], node.host.path("/var/log/nginx/in-front.out"))
    process = Process.of(child.pid)
    try:
        eventually_true("nginx in front", lambda: port_answers(node, port))
        yield f"http://127.0.0.1:{port}/vipherd/lb1/"
    finally:
        child.terminate()
        child.wait(10)
        assert not is_alive(process)


def test_it_works_behind_a_path_prefix(page, lb1):
    with nginx_in_front(lb1, 21191) as url:
        opened(page, url)
        page.shows("#events tbody", "service web up")
        ok(lb1, "drain", "10.10.10.11")  # comes by the stream alone
        page.shows("#events tbody", "VIP 10.10.10.11 is to be drained")
        ok(lb1, "resume", "10.10.10.11")
        assert page.complaints() == []
        page.get("about:blank")


# -------------------------------------------------------------------------------------- 10,000 VIPs

MANY = 10000
BAD, DRAINED = 7000, 3


def of_many(status):
    """A status with many VIPs, one of which is not announced and another one drained."""
    template = json.dumps(status["vips"][0])
    vips = []
    for number in range(MANY):
        vip = json.loads(template)
        vip["vip"] = f"10.20.{number // 250}.{number % 250}"
        if number == BAD:
            vip["announced"] = {**vip["announced"], "state": "losing", "why": "zebra prefers a static route"}
        if number == DRAINED:
            vip["drain"] = {"step": {**vip["announced"], "state": "drained", "why": "the operator drains it"},
                            "connections": None}
        vips.append(vip)
    return {**status, "vips": vips}


@contextlib.contextmanager
def served(node, changed):
    """The agent's answers by another server, with another status. Yields its address."""
    ending, status_of_many, making = threading.Event(), [], threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if "stream" in self.path:
                answer, kind, policy = b":\n\n", "text/event-stream", ""
            else:
                with node.host.network(), urllib.request.urlopen(PAGE + self.path[1:], timeout=PATIENCE) as original:
                    answer, kind = original.read(), original.headers["Content-Type"]
                    policy = original.headers["Content-Security-Policy"]
                if self.path.startswith("/v1/status"):
                    with making:  # once: it takes longer than the page waits, where the machine has other work
                        if not status_of_many:
                            status_of_many.append(json.dumps(changed(json.loads(answer))).encode())
                    [answer] = status_of_many
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", policy or "")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer)
                if "stream" in self.path:
                    self.wfile.flush()
                    ending.wait()

    with node.host.network():
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_stays_usable_with_10000_vips(page, lb1, record_property):
    with served(lb1, of_many) as url:
        opened(page, url)
        page.shows("#shown", f"100 of {MANY}")
        # Those that want an operator's attention come first.
        assert page.js(ROWS.format("vips", 0))[:3] == [f"10.20.{BAD // 250}.{BAD % 250}", f"10.20.0.{DRAINED}",
                                                       "10.20.0.0"]
        assert page.js("document.querySelectorAll('*').length") < 5000
        first = float(page.js("document.documentElement.dataset.rendered"))
        page.execute_script("document.querySelectorAll('#vips tbody tr')[50].untouched = true")
        page.execute_script("delete document.documentElement.dataset.rendered;"
                            "document.dispatchEvent(new Event('visibilitychange'))")  # has the status fetched
        page.is_at("document.documentElement.dataset.rendered > 0", True)  # the next status
        again = float(page.js("document.documentElement.dataset.rendered"))
        assert page.js("document.querySelectorAll('#vips tbody tr')[50].untouched") is True
        record_property("rendered_ms", [first, again])
        assert max(first, again) < 2000  # 40 and 17 ms on a busy machine of two cores
        page.find_element("id", "filter").send_keys("10.20.39.24")
        page.shows("#shown", "11 of 11 found")
        assert page.js("document.querySelectorAll('#vips tbody tr').length") == 11
        page.execute_script("const filter = document.getElementById('filter'); filter.value = 'not selected';"
                            "filter.dispatchEvent(new Event('input'))")
        page.shows("#shown", "1 of 1 found")
        page.execute_script("const filter = document.getElementById('filter'); filter.value = '';"
                            "filter.dispatchEvent(new Event('input'))")
        page.find_element("css selector", "#vips .more").click()
        page.shows("#shown", f"200 of {MANY}")
        assert page.complaints() == []
        page.get("about:blank")
