"""Who may ask: on this machine anybody but foreign web pages, over a network who has the token."""

import hmac
import ipaddress
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers

from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.serving.protocol import Code, Refused

LEAST_TOKEN = 16
"""Characters of a token."""
TOKEN = "LIGHTSPEECH_TOKEN"
"""Environment variable that holds it: arguments of a process can be read by all."""


@config
class Access:
    """Who may ask a server.

    Attributes:
        token: that every request must bring; None on this machine alone.
        origins: of web pages that may ask beside those that the server itself gives.
        is_local: nobody but programs on this machine can connect.
    """

    token: str | None = None
    origins: tuple[str, ...] = ()
    is_local: bool = True

    def check_page(self, headers: Headers) -> None:
        """Refuse web pages of others, whose scripts run where the server is trusted.

        A browser names the page's origin, for streams too, which CORS does not guard. A page may
        call its own name this machine's; then the name of the host is none of ours.

        Raises:
            Refused: if it is a foreign one.
        """
        host = headers.get("host", "")
        name = _host(f"//{host}").hostname or ""
        if self.is_local and self.token is None and not is_loopback(name):
            raise Refused(Code.FORBIDDEN, f"host {host!r} is not this machine")
        origin = headers.get("origin")
        if origin is None or origin in self.origins or _host(origin).netloc == host:
            return
        raise Refused(Code.FORBIDDEN, f"pages of {origin} may not ask; allow it with --origin")

    def check_token(self, given: str | None) -> None:
        """Refuse who does not know the token, in constant time.

        Raises:
            Refused: if it is another, or none.
        """
        if self.token is None:
            return
        if not hmac.compare_digest(*(_bytes(token or "") for token in (given, self.token))):
            raise Refused(
                Code.UNAUTHORIZED, "the token is missing or wrong; send Authorization: Bearer TOKEN"
            )


def for_host(host: str, token: str | None, origins: tuple[str, ...]) -> Access:
    """Decide who may ask a server.

    Args:
        host: address that it listens on.
        token: that it asks for; None for none.
        origins: of web pages that may ask too.

    Raises:
        ConfigError: if others could connect and there is no token, or one that can be guessed.
    """
    is_local = is_loopback(host)
    if token is None and not is_local:
        raise ConfigError(
            f"--host {host} lets other machines connect, and there is no token; type: "
            f"export {TOKEN}=$(openssl rand -hex 16)"
        )
    if token is not None and len(token) < LEAST_TOKEN:
        raise ConfigError(f"{TOKEN} has {len(token)} characters; give {LEAST_TOKEN} or more")
    return Access(token=token, origins=origins, is_local=is_local)


def bearer(headers: Headers) -> str | None:
    """Give the token of a header; None where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is that of this machine for itself alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(url: str) -> SplitResult:
    """Split an address; one that is none has no host."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _bytes(token: str) -> bytes:
    """Encode whatever a client sends: half a character in JSON, too."""
    return token.encode(errors="surrogatepass")
