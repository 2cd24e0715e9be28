"""What people wrote, as it may be kept."""

from app.text.privacy import mask

NUL, STAND_IN = "\0", "\N{REPLACEMENT CHARACTER}"


def keepable(text: str) -> str:
    """Return `text` with personal data masked, same length. PostgreSQL stores no U+0000, so a sign stands for it."""
    return mask(text).replace(NUL, STAND_IN)
