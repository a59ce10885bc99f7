"""The page for the class room and the board room."""

from typing import Annotated

import typer

from analysis.command import Quiet, command

PORT = 8765


@command
def studio(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes any that is free.")
    ] = PORT,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page.")
    ] = True,
    host: Annotated[
        str, typer.Option(help="Where others may come in; the address has a token.")
    ] = "127.0.0.1",
    quiet: Quiet = False,
) -> None:
    """Open the page: play a market, meet a customer, compare."""
    from analysis.studio.server import LOOPBACK, application, listening, names, serve

    try:
        listener = listening(host, port)
    except OSError as error:
        from analysis.errors import InputError

        reason = error.strerror or str(error)
        raise InputError(
            f"studio: {host}:{port} cannot be opened ({reason}); try --port 0"
        ) from None
    port = listener.getsockname()[1]
    address, token, known = f"http://{host}:{port}/", "", names(port)
    if host not in LOOPBACK:
        from secrets import token_urlsafe

        token, known = token_urlsafe(16), frozenset()
        address += f"?token={token}"
    if not quiet:
        typer.echo(f"{address}   (Ctrl-C ends it)")
    if browser:
        import threading
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    from analysis.studio.loading import Loading
    from analysis.studio.opening import of_this_program

    openings = of_this_program()
    api = Loading(openings)
    try:
        serve(application(api, known, token, openings), listener)
    finally:
        api.close()
        listener.close()
