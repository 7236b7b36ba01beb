"""``lightspeech serve``."""

import os
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli._backend import Backend
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.inference.recognizer import load


def command(
    bundle_paths: Annotated[
        list[Path] | None,
        typer.Option(
            "--bundle",
            help="Folder or address of one, or nano, micro, small; give several, the first is the "
            "usual one; else $LIGHTSPEECH_BUNDLE, else micro.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="Address; another than this machine's wants $LIGHTSPEECH_TOKEN set."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8000,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="A web page's origin that may ask too, as https://example.org."),
    ] = None,
    backend: Backend = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, as streams=500; docs/serving.md lists them."),
    ] = None,
) -> None:
    """Answer files over HTTP and live sound over WebSockets; Ctrl-C ends it.

    Nothing is recorded. docs/serving.md tells the protocol and the limits.

    Example: lightspeech serve --bundle micro --port 8000
    """
    try:
        from lightspeech.serving import access, server
        from lightspeech.serving.limits import parsed
        from lightspeech.serving.service import Service
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "lightspeech":
            raise
        raise MissingExtra("the server", "serve") from None
    limits = parsed(limit or [])
    may_ask = access.for_host(host, os.environ.get(access.TOKEN), tuple(origin or ()))
    asked: list[Path | None] = [*bundle_paths] if bundle_paths else [None]
    recognizers = [load(path, backend=backend) for path in asked]
    by_name = {recognizer.bundle.name: recognizer for recognizer in recognizers}
    if len(by_name) < len(recognizers):
        raise ConfigError("two bundles have one name; give each once, or rename one")
    service = Service(by_name, may_ask, limits)
    taken = server.bound(host, port)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"http://{shown}:{taken.getsockname()[1]} answers with {', '.join(by_name)}")
    server.Server(service).run([taken])
