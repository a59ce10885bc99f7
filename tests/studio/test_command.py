"""`groundswell studio`, as it is typed."""

import signal
import socket
import subprocess
import sys

import httpx
import pytest

WORDS = [sys.executable, "-m", "analysis.cli", "studio", "--no-browser"]


def test_it_prints_where_it_is_serves_and_ends_at_once():
    process = subprocess.Popen([*WORDS, "--port", "0"], stdout=subprocess.PIPE)
    try:
        address = process.stdout.readline().decode().split()[0]
        assert address.startswith("http://127.0.0.1:")
        assert "Groundswell" in httpx.get(address, timeout=60).text
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def test_a_port_that_is_taken_is_one_line_with_a_remedy():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*WORDS, "--port", port], capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 2
    assert "--port 0" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none_is_bad_input(port):
    ended = subprocess.run([*WORDS, "--port", port], capture_output=True, timeout=60)
    assert ended.returncode == 2
