"""A text that comes in pieces, held once: neither the pieces nor a second copy of it stay."""

from __future__ import annotations

# So many pieces are put to the text at once: where it cannot grow in its place, that is a copy.
_MOST_PIECES = 1_000


class GrowingText:
    """The text so far, and the pieces that were added to it last."""

    def __init__(self) -> None:
        self._text = ""
        self._pieces: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._text or self._pieces)

    def add(self, piece: str) -> None:
        """Add a piece that is not empty."""
        self._pieces.append(piece)
        if len(self._pieces) >= _MOST_PIECES:
            self._flush()

    @property
    def text(self) -> str:
        """The whole text."""
        self._flush()
        return self._text

    def _flush(self) -> None:
        # CPython lets a text grow in its place that nothing but a local name refers to.
        text, self._text = self._text, ""
        text += "".join(self._pieces)
        self._text = text
        self._pieces.clear()
