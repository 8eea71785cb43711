"""Reads and checks the settings of a client; the only place that reads the environment."""

from __future__ import annotations

import ipaddress
import os
from typing import Final

from yarl import URL

from .errors import ConfigurationError

TOKEN_VARIABLE: Final = "OPENSCALER_TOKEN"  # noqa: S105  (a name, no secret)


def token_from_environment() -> str:
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise ConfigurationError("token", None, f"must be given, or be in the environment as {TOKEN_VARIABLE}")
    return token


def checked_url(text: str) -> URL:
    rule = "must be an https:// URL with a host and no query (http:// to loopback only)"
    try:
        url = URL(text)
    except (TypeError, ValueError):
        shown = "<hidden>" if isinstance(text, str) and "@" in text else text
        raise ConfigurationError("base_url", shown, rule) from None
    if url.user or url.password:
        raise ConfigurationError("base_url", "<hidden>", "must not have a user or a password in it")
    secure = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))
    if not url.host or not secure or url.raw_query_string or url.raw_fragment:
        raise ConfigurationError("base_url", text, rule)
    return url


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
