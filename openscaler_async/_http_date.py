"""HTTP's way to write a moment (RFC 9110, 5.6.7)."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime


def parse_http_date(text: str) -> datetime | None:
    """Read the value of a ``Date`` or ``Retry-After`` header; None if it is no date."""
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
