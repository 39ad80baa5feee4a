"""JSON Schemas for the reports, from what their readers require.

SARIF: Static Analysis Results Interchange Format 2.1.0 (OASIS Standard). The schema allows only the properties that
qwen-cfg writes, each with the standard's requirements. GitHub's code scanning also needs a location, a message and a
rule for each result. Code Quality: GitLab's documentation, "Code Quality report format".
"""

from __future__ import annotations

from typing import Any


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _list(items: dict[str, Any], least: int = 0, *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "uniqueItems": unique}


_TEXT = {"type": "string", "minLength": 1}
# 3.11: a message has a text, or an id of a text.
_MESSAGE = _object({"text": _TEXT})
# 3.27.10: "none" is allowed too; qwen-cfg does not write it.
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
# 3.4.3: a valid URI or a relative reference; these are the characters that RFC 3986 allows.
_URI = {"type": "string", "pattern": r"^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$"}
# 3.4.4: the name of a base URI that is declared elsewhere.
_LOCATION = _object({"uri": _URI}, {"uriBaseId": {"enum": ["%SRCROOT%"]}})
# 3.30.5: lines are counted from 1.
_REGION = _object({"startLine": {"type": "integer", "minimum": 1}})
_RULE = _object(
    {"id": _TEXT, "shortDescription": _MESSAGE, "defaultConfiguration": _object({"level": _LEVEL})},
)
_RESULT = _object(
    {
        "ruleId": _TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": _LEVEL,
        "message": _MESSAGE,
        "locations": _list(
            _object({"physicalLocation": _object({"artifactLocation": _LOCATION, "region": _REGION})}), 1
        ),
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
    }
)
_RUN = _object(
    {
        "tool": _object({"driver": _object({"name": _TEXT, "version": _TEXT, "rules": _list(_RULE, unique=True)})}),
        "invocations": _list(
            _object({"executionSuccessful": {"type": "boolean"}, "exitCode": {"type": "integer"}}), 1, unique=True
        ),
        "originalUriBaseIds": _object({"%SRCROOT%": _object({"description": _MESSAGE})}),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": _list(_RESULT),
    }
)
SARIF = _object({"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": _list(_RUN, 1)})

CODE_QUALITY = _list(
    _object(
        {
            "description": _TEXT,
            "check_name": _TEXT,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32,64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": _object(
                {
                    # A relative path without a leading "./".
                    "path": {"type": "string", "pattern": "^(?![./]+/)."},
                    "lines": _object({"begin": {"type": "integer", "minimum": 1}}),
                }
            ),
        }
    )
)
