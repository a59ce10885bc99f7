"""The thin shell of HTTP round `Api`: routes, and who may come in.

Bound to loopback unless asked. A request must name the address it was sent to (so that
no other site can reach in through the browser), is read up to a limit, and finds
nothing but the page, the interface and the results; the page may load nothing from
anywhere else.
"""

import asyncio
import json
import logging
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .opening import Openings
from .refused import RefusedError

if TYPE_CHECKING:
    from .api import Api

STATIC = Path(__file__).parent / "static"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_BYTES = 300_000
"""Of a request: the largest is a dropped scenario file."""
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
}
"""Everything that is served; Python's own table differs between machines."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
)
"""A report stands alone, and must not reach the page that is open beside it."""
COOKIE = "groundswell"
NOTHING = Openings()


class Guard:
    """Lets in who names this server, and carries its token if it has one."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str) -> None:
        """Guard an application that is reached under these names."""
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        line = self._fault(request)
        if line:
            await _refusal(line, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _fault(self, request: Request) -> str:
        host = request.headers.get("host", "")
        if self.hosts and host not in self.hosts:
            return "Host: this server goes by another name; open the address it printed"
        origin = request.headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return "Origin: another page may not use this server"
        given = request.query_params.get("token") or request.cookies.get(COOKIE, "")
        if not secrets.compare_digest(given.encode(), self.token.encode()):
            return "token: missing or wrong; open the address that was printed"
        return ""


def application(
    api: Callable[[], "Api"],
    hosts: frozenset[str] = frozenset(),
    token: str = "",
    openings: Openings = NOTHING,
) -> ASGIApp:
    """Return the server as an ASGI application.

    Parameters
    ----------
    api : callable
        Returns what the page may ask; it is first called by the first request that is
        no file of the page.
    hosts : frozenset of str
        The names, with ports, that a request may address it by; any if empty.
    token : str
        That the first address must carry; none if empty.
    openings : Openings
        What can be answered before `api` is there.
    """
    shell = _Shell(api, token)
    routes = [
        Route("/", shell.page),
        Route("/static/{path:path}", shell.static),
        Route("/results/{path:path}", shell.result),
        Route("/api/catalogue", _answer(lambda _, __: _catalogue(api, openings))),
        Route("/api/opening", _posted(lambda _, body: openings.get(body)), **POST),
        Route("/api/scenarios", _posted(lambda _, body: api().drop(body)), **POST),
        Route("/api/sessions", _posted(lambda _, body: api().open(body)), **POST),
        Route(
            "/api/sessions/{id}",
            _answer(lambda id, _: api().leave(id)),
            methods=["DELETE"],
        ),
        Route(
            "/api/sessions/{id}/layout",
            _answer(lambda id, _: api().layout(id)),
        ),
        Route(
            "/api/sessions/{id}/step",
            _posted(lambda id, body: api().step(id, body)),
            **POST,
        ),
        Route(
            "/api/sessions/{id}/life",
            _posted(lambda id, body: api().lives(id, body)),
            **POST,
        ),
        Route(
            "/api/sessions/{id}/take",
            _posted(lambda id, body: api().take(id, body)),
            **POST,
        ),
        Route(
            "/api/differences", _posted(lambda _, body: api().differences(body)), **POST
        ),
        Route("/api/factors", _posted(lambda _, body: api().factors(body)), **POST),
        Route(
            "/api/jobs/{id}/prices",
            _posted(lambda id, body: api().priced(id, body)),
            **POST,
        ),
        Route("/api/jobs", _posted(lambda _, body: api().begin(body)), **POST),
        Route("/api/jobs/{id}", _answer(lambda id, _: api().job(id).news())),
        Route("/api/jobs/{id}/cancel", _posted(lambda id, _: api().cancel(id)), **POST),
        Route("/api/jobs/{id}/weekly", _answer(lambda id, _: api().weekly(id))),
        Route("/api/jobs/{id}/result", _answer(lambda id, _: _result(api(), id))),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={RefusedError: _refused, HTTPException: _not_found},
    )
    return Guard(app, hosts, token)


POST: dict[str, Any] = {"methods": ["POST"]}
Call = Callable[[str, Mapping[str, Any]], Any]


def _catalogue(api: Callable[[], "Api"], openings: Openings) -> dict[str, Any]:
    """Return what there is, from the last start if it is the same program."""
    known = openings.get("catalogue")
    if known:
        found: dict[str, Any] = json.loads(known)
        return found
    found = api().catalogue()
    openings.keep("catalogue", json.dumps(found).encode())
    return found


def _result(api: "Api", id: str) -> dict[str, Any]:
    job = api.job(id)
    if job.result is None:
        raise RefusedError("no result yet; ask again when the job is done", 409)
    return job.result


def _answer(call: Call) -> Callable[[Request], Any]:
    """Return a route that hands the id to a call."""

    async def route(request: Request) -> Response:
        id = request.path_params.get("id", "")
        return _response(await run_in_threadpool(call, id, {}))

    return route


def _posted(call: Call) -> Callable[[Request], Any]:
    """Return a route that hands the id and the body, a JSON object, to a call."""

    async def route(request: Request) -> Response:
        body = await _body(request)
        id = request.path_params.get("id", "")
        return _response(await run_in_threadpool(call, id, body))

    return route


def _response(answer: Any) -> Response:  # noqa: ANN401 (a document, bytes, or CSV)
    if isinstance(answer, bytes):
        return Response(answer, 200, HEADERS, "application/octet-stream")
    if isinstance(answer, str):
        return Response(answer, 200, HEADERS, KINDS[".csv"])
    return JSONResponse(answer, 200, HEADERS)


async def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise RefusedError("Content-Type: send application/json", 415)
    text = bytearray()
    try:
        async for part in request.stream():
            text += part
            if len(text) > MOST_BYTES:
                raise RefusedError(f"body: more than {MOST_BYTES:,} bytes", 413)
    except ClientDisconnect:
        raise RefusedError("body: cut short") from None
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"body: no JSON ({error})") from None
    if not isinstance(found, dict):
        raise RefusedError("body: no JSON object")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _refusal(line: str, status: int) -> Response:
    headers = {**HEADERS, "Connection": "close"} if status == 413 else HEADERS
    return JSONResponse({"error": line}, status, headers)


async def _refused(_: Request, error: Exception) -> Response:
    return _refusal(str(error), getattr(error, "status", 400))


async def _not_found(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    words = {405: "not that method here"}.get(status, "nothing here")
    return _refusal(words, status)


class _Shell:
    """The files: the page, and what studies left."""

    def __init__(self, api: Callable[[], "Api"], token: str) -> None:
        self.api, self.token = api, token

    async def page(self, _: Request) -> Response:
        response = _file(STATIC, "index.html")
        if self.token:
            response.set_cookie(
                COOKIE, self.token, httponly=True, samesite="strict", path="/"
            )
        return response

    async def static(self, request: Request) -> Response:
        return _file(STATIC, request.path_params["path"])

    async def result(self, request: Request) -> Response:
        api = await run_in_threadpool(self.api)
        response = _file(api.results, request.path_params["path"])
        if response.media_type == KINDS[".html"]:
            response.headers["Content-Security-Policy"] = REPORT_POLICY
        return response


def _file(folder: Path, name: str) -> Response:
    """Return a file of a folder; what leads out of it, or is of no known kind, is not.

    Raises
    ------
    RefusedError
    """
    try:
        path = (folder / name).resolve()
        is_inside = path.is_relative_to(folder.resolve())
        kind = KINDS.get(path.suffix)
        if is_inside and kind and path.is_file():
            return Response(path.read_bytes(), 200, HEADERS, kind)
    except (OSError, ValueError):
        pass
    raise RefusedError("no such file", 404)


# Serving


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes any that is free.

    Raises
    ------
    OSError
        The address is not ours, or is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio leaves Nagle's delay on: 40 ms between head and body.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def names(port: int) -> frozenset[str]:
    """Return the names under which a browser on this machine reaches a port."""
    return frozenset(f"{host}:{port}" for host in LOOPBACK)


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until Ctrl-C."""
    config = uvicorn.Config(
        app,
        log_level=logging.CRITICAL,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
