"""What a server answers over HTTP, and where streams begin."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lightspeech import __version__
from lightspeech.serving import access, site, streams, uploads
from lightspeech.serving.protocol import Code, Refused
from lightspeech.serving.service import Service

POLICY = (
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""A page of ours loads nothing, asks its own server alone, and stands in no other page."""
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}  # fmt: skip
"""Of the files of the page; what it may load and ask it says itself."""
KINDS = {
    "html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml",
    "flac": "audio/flac",
}  # fmt: skip
Known = Callable[[Request], Awaitable[None]]
BODY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


def app(service: Service) -> FastAPI:
    """Make the application of a service."""

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    # The usual pages of FastAPI load scripts from elsewhere, which nothing here does: see /docs.
    made = FastAPI(
        title="lightspeech", version=__version__, lifespan=running, docs_url=None, redoc_url=None,
        description="Emotion in speech: files over HTTP, live sound over the WebSocket /v1/stream.",
    )  # fmt: skip

    async def known(request: Request) -> None:
        service.access.check_token(access.bearer(request.headers))

    @made.exception_handler(Refused)
    async def refuse(_: Request, refused: Refused) -> Response:
        # What is left of a body that was refused is not read.
        headers = {"Connection": "close"} | ({"Retry-After": "1"} if refused.status == 503 else {})
        return JSONResponse({"error": refused.as_json()}, refused.status, headers)

    @made.exception_handler(RequestValidationError)
    async def misread(request: Request, fault: RequestValidationError) -> Response:
        told = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in fault.errors())
        return await refuse(request, Refused(Code.BAD_REQUEST, f"{told}; see /docs"))

    @made.exception_handler(HTTPException)
    async def refuse_address(request: Request, fault: HTTPException) -> Response:
        refused = Refused(Code.BAD_REQUEST, f"{fault.detail}; see /docs")
        return JSONResponse({"error": refused.as_json()}, fault.status_code, fault.headers)

    @made.middleware("http")
    async def check_page(
        request: Request, go_on: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            service.access.check_page(request.headers)
        except Refused as refused:
            return await refuse(request, refused)
        return await go_on(request)

    if service.access.origins:
        made.add_middleware(
            CORSMiddleware,
            allow_origins=service.access.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    _add_routes(made, service, known)
    _add_page(made, service, known)
    return made


def _add_routes(made: FastAPI, service: Service, known: Known) -> None:
    @made.post("/v1/predict", dependencies=[Depends(known)], openapi_extra={"requestBody": BODY})
    async def predict(
        request: Request,
        model: Annotated[str | None, Query(description="Default: the first of /v1/models.")] = None,
        whole: Annotated[bool, Query(description="One segment, however long.")] = False,
        each: Annotated[bool, Query(description="A segment a hop, alike or not.")] = False,
    ) -> dict[str, Any]:
        """Answer a file of any format: its bytes are the body."""
        outcome = "internal"
        try:
            uploads.check_keys(request.query_params)
            answer = await uploads.predict(service, request, model, whole=whole, each=each)
            outcome = "answered"
        except Refused as refused:
            outcome = refused.code.value
            raise
        finally:
            service.metrics.uploads.labels(outcome).inc()
        return answer

    @made.get("/v1/models", dependencies=[Depends(known)])
    async def models() -> dict[str, Any]:
        """Tell which models answer, the usual one first."""
        return {"models": _described(service)}

    @made.get("/docs", include_in_schema=False)
    async def interface() -> Response:
        page = files(__package__).joinpath("interface.html").read_bytes()
        return Response(page, headers={"Content-Security-Policy": POLICY}, media_type="text/html")

    @made.get("/healthz")
    async def health() -> Response:
        """Tell whether new work is taken."""
        is_well = service.is_well()
        return JSONResponse({"status": "ok" if is_well else "ending"}, 200 if is_well else 503)

    @made.get("/metrics", dependencies=[Depends(known)], response_class=Response)
    async def metrics() -> Response:
        """Give counters as Prometheus reads them."""
        return Response(service.metrics.text(), media_type=service.metrics.media_type)

    @made.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        try:
            service.access.check_page(websocket.headers)
        except Refused as refused:
            content = json.dumps({"error": refused.as_json()})
            await websocket.send_denial_response(Response(content, refused.status))
            return
        await streams.serve(service, websocket)


def _add_page(made: FastAPI, service: Service, known: Known) -> None:
    """Give the page of `site`; of what is not public it tells only who may ask."""
    contents = site.page()

    @made.get("/models.json", dependencies=[Depends(known)], include_in_schema=False)
    async def inventory() -> Response:
        return Response(site.inventory(_described(service)), media_type="application/json")

    @made.get("/clips/{name}", include_in_schema=False)
    async def clip(name: str) -> Response:
        clips = await asyncio.get_running_loop().run_in_executor(service.threads, site.clips)
        return _file(clips, f"{site.CLIPS}/{name}")

    @made.get("/", include_in_schema=False)
    async def index() -> Response:
        return _file(contents, "index.html")

    @made.get("/{address:path}", include_in_schema=False)
    async def file(address: str) -> Response:
        return _file(contents, address)


def _file(contents: Mapping[str, bytes], address: str) -> Response:
    if address not in contents:
        raise HTTPException(404)
    kind = KINDS[address.rpartition(".")[2]]
    return Response(contents[address], headers=HEADERS, media_type=kind)


def _described(service: Service) -> list[dict[str, Any]]:
    return [site.described(recognizer.bundle) for recognizer in service.recognizers.values()]
