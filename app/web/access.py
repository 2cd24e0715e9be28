"""Who may call: host names, browser origins, and how large a body may be.

Without accounts the service is open, so it must be reachable from this machine only. A web page elsewhere can still
make the browser on this machine call it; the host name stops DNS rebinding and the origin stops cross-site requests.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import Message, Receive

from app.errors import PayloadTooLarge, SettingsError
from app.settings import Settings
from app.web.errors import HttpProblem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})


def is_loopback(host: str) -> bool:
    """Return whether a host name or address can only mean this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Access:
    """The checks made before a request reaches a route. Raises SettingsError when open beyond this machine."""

    def __init__(self, settings: Settings) -> None:
        if not is_loopback(settings.host):
            raise SettingsError(f"监听 {settings.host} 需要先建立账号；没有账号时只能监听本机地址(127.0.0.1)")
        self.local = True
        self.max_body = settings.max_body_bytes

    def refusal(self, method: str, headers: Mapping[str, str]) -> HttpProblem | PayloadTooLarge | None:
        """Return why a request is refused unread, or None."""
        host = headers.get("host", "")
        if not is_loopback(_hostname(host)):
            return HttpProblem(421, "host_not_allowed", "本机模式只接受 127.0.0.1、[::1] 或 localhost 作为主机名")
        if method not in SAFE_METHODS and not _same_site(headers, host):
            return HttpProblem(403, "cross_site", "拒绝来自其他网站页面的请求")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.max_body:
            return self.too_large()
        return None

    def too_large(self) -> PayloadTooLarge:
        """Return the error for a body over the limit."""
        return PayloadTooLarge(f"请求体不能超过 {self.max_body} 字节")

    def limited(self, receive: Receive) -> Receive:
        """Return `receive` that stops at the limit, whatever Content-Length said. Raises PayloadTooLarge."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_body:
                raise self.too_large()
            return message

        return counted


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # no browser sends such an origin, so it is nobody's
        return ""


def _same_site(headers: Mapping[str, str], host: str) -> bool:
    """A browser names the page a request came from; a program names nothing and is let through."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in OWN_SITE:
        return False
    origin = headers.get("origin")
    return origin is None or _netloc(origin) == host.lower() != ""
