"""The shell of HTTP, on a port of its own: what comes in, and what is kept out."""

import http.client
import json
import threading

import httpx
import pytest
import uvicorn

from analysis.studio.api import Api
from analysis.studio.server import MOST_BYTES, STATIC, application, listening, names
from simulation.scene import SHOWN

SMALL = {"customers": 200, "overrides": ["clock.warmup_weeks=4", "clock.weeks=10"]}


class Served:
    """A server that runs beside the test."""

    def __init__(self, results, token=""):
        self.api = Api(results)
        listener = listening("127.0.0.1", 0)
        self.port = listener.getsockname()[1]
        hosts = frozenset() if token else names(self.port)
        app = application(lambda: self.api, hosts, token)
        config = uvicorn.Config(app, log_level="critical", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [listener]}
        )
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def end(self):
        self.server.should_exit = True
        self.thread.join(20)
        self.api.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    results = tmp_path_factory.mktemp("work") / "results"
    (results / "study").mkdir(parents=True)
    (results / "study" / "report.html").write_text("<h1>Found</h1>")
    (results / "study" / "runs.parquet").write_bytes(b"PAR1")
    (results.parent / "secret.json").write_text("{}")
    found = Served(results)
    yield found
    found.end()


@pytest.fixture
def client(served):
    with httpx.Client(base_url=served.url, timeout=60) as found:
        yield found


def opened(client):
    answer = client.post("/api/sessions", json=SMALL)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer, status):
    assert answer.status_code == status, answer.text
    line = answer.json()["error"]
    assert line
    assert "\n" not in line
    assert "Traceback" not in answer.text
    return line


# What is served


def test_page_and_its_files_come_with_their_kind_and_a_strict_policy(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for path in STATIC.iterdir():
        answer = client.get(f"/static/{path.name}")
        assert answer.content == path.read_bytes()
        assert answer.headers["x-content-type-options"] == "nosniff"
        if path.suffix == ".js":
            assert answer.headers["content-type"].startswith("text/javascript")


def test_no_file_of_the_page_names_an_outside_address():
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name


def test_the_page_says_one_time_for_the_first_compilation():
    """Measured: 29 s on two cores."""
    told = [path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")]
    told.append((STATIC.parent / "job.py").read_text(encoding="utf-8"))
    said = [line for text in told for line in text.splitlines() if "minute" in line]
    assert len(said) == 2
    assert all("takes about half a minute" in line for line in said)


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda p: p.name)
def test_a_module_stays_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200


def test_a_session_from_opening_to_closing(client):
    session = opened(client)
    path = f"/api/sessions/{session['id']}"
    frames = client.post(f"{path}/step", json={"steps": 2})
    assert frames.headers["content-type"] == "application/octet-stream"
    assert len(frames.content) == 2 * 2 * (8 * (1 + len(SHOWN)) + 2 * 200)
    assert client.get(f"{path}/layout").content[:4] == (200).to_bytes(4, "little")
    told = client.post(f"{path}/life", json={"row": 3}).json()
    assert len(told["worlds"]) == 2
    taken = client.post(f"{path}/take", json={"name": "Mine", "levers": []}).json()
    assert (taken["id"][:5], taken["name"]) == ("file:", "Mine")
    refused(client.get("/api/jobs/nobody/weekly"), 404)
    assert client.delete(path).status_code == 200
    refused(client.post(f"{path}/step", json={}), 404)


def test_results_are_served_shut_off_from_the_page(client):
    answer = client.get("/results/study/report.html")
    assert answer.text == "<h1>Found</h1>"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "connect-src" not in answer.headers["content-security-policy"]


# What is kept out


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil:80", ""]
)
def test_a_wrong_host_is_refused(served, host):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status in (400, 403)
    assert b"\n" not in answer.read()
    connection.close()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost"])
def test_a_wrong_origin_is_refused(client, origin):
    answer = client.post("/api/sessions", json=SMALL, headers={"Origin": origin})
    assert "Origin" in refused(answer, 403)


def test_the_own_origin_is_welcome(client, served):
    answer = client.post("/api/sessions", json=SMALL, headers={"Origin": served.url})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/" + "a" * 5000,
        "/results/../secret.json",
        "/results/..%2fsecret.json",
        "/results/study/runs.parquet",
        "/results/study",
        "/nowhere",
    ],
)
def test_nothing_outside_is_served(served, path):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 404, body
    assert list(json.loads(body)) == ["error"]
    connection.close()


def test_a_body_of_100_megabytes_is_refused_before_it_is_read(client, served):
    sent = 0

    def parts():
        nonlocal sent
        for _ in range(1600):
            sent += 65536
            yield b" " * 65536

    try:
        answer = client.post(
            "/api/sessions",
            content=parts(),
            headers={"Content-Type": "application/json"},
        )
        refused(answer, 413)
    except httpx.TransportError:
        pass  # the server hung up while we were still sending
    assert sent < 20 * MOST_BYTES + 8_000_000
    with httpx.Client(base_url=served.url, timeout=60) as again:
        assert opened(again)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[]",
        b"3",
        b'{"seed": NaN}',
        b'{"seed": Infinity}',
        b"\xff\xfe",
        b"[" * 100000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client, body):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/sessions", content=body, headers=headers)
    assert refused(answer, 400).startswith("body")


def test_a_form_is_refused(client):
    refused(client.post("/api/sessions", data={"seed": "1"}), 415)


def test_a_wrong_method_is_refused(client):
    refused(client.get("/api/sessions"), 405)
    refused(client.post("/", json={}), 405)


def test_an_unknown_session_is_refused(client):
    refused(client.post("/api/sessions/nobody/step", json={"steps": 1}), 404)


def test_levers_that_are_no_numbers_are_refused(client):
    session = opened(client)
    body = '{"steps": 1, "levers": [{"follow_up": {"strength": NaN}}]}'
    answer = client.post(
        f"/api/sessions/{session['id']}/step",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    refused(answer, 400)


def test_two_hundred_sessions_leave_the_last_ones_undisturbed(client, served):
    first = opened(client)
    for _ in range(200):
        last = opened(client)
    assert len(served.api.sessions) <= 64
    refused(client.post(f"/api/sessions/{first['id']}/step", json={}), 404)
    assert client.post(f"/api/sessions/{last['id']}/step", json={}).status_code == 200


# Let in from elsewhere


def test_another_address_needs_the_token(tmp_path):
    served = Served(tmp_path / "results", token="open-sesame")
    try:
        with httpx.Client(base_url=served.url, timeout=60) as client:
            assert "token" in refused(client.get("/"), 403)
            for guess in ("guess", "é"):
                assert "token" in refused(client.get(f"/?token={guess}"), 403)
            assert client.get("/?token=open-sesame").status_code == 200
            assert client.get("/api/catalogue").status_code == 200, "by its cookie"
        refused(httpx.post(f"{served.url}/api/sessions", json=SMALL), 403)
    finally:
        served.end()
