"""The promises for the text of an artifact, accepted or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import ArtifactError, dump, load, looks_like_key

if TYPE_CHECKING:
    from qwen_schema import ResolvedConfig

_WHERE = "./qwen.toml"


def load_or_refuse(text: str, *, sentinel: str = "") -> ResolvedConfig | None:
    """Return the artifact in a text; None if it is refused with a message that contains no secret of it.

    Nothing but the declared error may be raised.
    """
    try:
        artifact = load(text, where=_WHERE)
    except ArtifactError as error:
        _require_sound_refusal(error, sentinel)
        return None
    _require_the_way_round(artifact)
    return artifact


def _require_the_way_round(artifact: ResolvedConfig) -> None:
    for form in ("toml", "json"):
        text = dump(artifact, form)
        again = load(text)
        assert again == artifact
        assert dump(again, form) == text
        assert all(character in "\n\t" or character >= " " for character in text)
    assert artifact.api_key.value is None or artifact.api_key.value.reveal() not in repr(artifact.api_key)


def _require_sound_refusal(error: ArtifactError, sentinel: str) -> None:
    message = f"{error} {error!r} {error.hint}"
    assert str(error).startswith(f"{_WHERE}: ")
    assert error.hint
    assert not looks_like_key(message)
    assert not sentinel or sentinel not in message
