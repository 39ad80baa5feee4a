"""Texts in place of a key that another tool, a shell or the user should have replaced: references and placeholders."""

from __future__ import annotations

from . import patterns as re
from .records import record


@record
class UnresolvedReference:
    """The kind of a text that cannot be a key, and the fix; `is_variable` marks a shell's variable."""

    what: str
    fix: str
    is_variable: bool = False


_AWS = "command:aws secretsmanager get-secret-value --query SecretString --output text --secret-id …"
_SCHEME = re.compile(r"(?!https?:)([a-z][a-z0-9+.-]{1,20})://", re.IGNORECASE)

# Each form is from the tool's documents.
_FORMS = (
    (
        r"op://",
        "a reference of 1Password (op://…)",
        "start qwen-cfg with op run --, or put command:op read 'op://…' there",
    ),
    (r"encrypted:", "a value that dotenvx has encrypted", "start qwen-cfg with dotenvx run --"),
    (r"(?:sops:)?ENC\[", "a value that SOPS has encrypted", "start qwen-cfg with sops exec-env"),
    (r"\$ANSIBLE_VAULT;", "a value that Ansible Vault has encrypted", "decrypt the file with ansible-vault"),
    (r"!vault(?:\s|$)", "a value that Ansible Vault has encrypted", "decrypt it with ansible-vault"),
    (r"-----BEGIN (?:AGE|PGP)|age-encryption\.org/v", "an encrypted message", "decrypt it with age or gpg"),
    (r"arn:aws", "the name of an AWS secret (ARN)", f"put {_AWS} there"),
    (r"\{\{resolve:", "a reference of AWS CloudFormation", f"put {_AWS} there"),
    (r"@Microsoft\.KeyVault\(", "a reference of Azure Key Vault, which App Service replaces", "put the key there"),
    (
        r"projects/[^/]+/secrets/",
        "the name of a secret of Google Cloud",
        "put command:gcloud secrets versions access … there",
    ),
    (r"\$\{\{", "an expression of GitHub Actions", "set the variable in env: of the workflow"),
    (r"\{\{.*\}\}$", "an expression of a template", "render the template first, or put the key there"),
    (
        r"(?:(?:os\.environ|process\.env)\b|getenv(?=[^\w-]))|\{(?:env|file):.*\}$|env[:.][A-Z_][A-Z0-9_]*$",
        "another program's reference to a variable or a file",
        "put the key there, or remove the reference and export OPENAI_API_KEY",
    ),
    (
        r"%[A-Za-z_]\w*%$",
        "a reference to a variable of cmd.exe, which is not replaced here",
        "set the variable in cmd.exe with set, or put the key there",
    ),
    (r"<[^<>]*>$", "a placeholder (<…>)", "put the key itself in its place"),
    (r"[\w-]*\*{3,}[\w-]*$", "a placeholder, or a key that was masked", "put the key itself in its place"),
    (r"vault:[\w/.-]+#", "a reference of HashiCorp Vault", "put command:vault kv get -field=… there"),
    (r"vault://", "a reference of HashiCorp Vault", "put command:vault kv get -field=… there"),
    (r"ref\+\w+://", "a reference of vals", "start qwen-cfg with vals exec"),
    (
        # Bank-Vaults (vault:, bao:), Spring Cloud AWS (aws-secretsmanager:), Serverless (ssm:), and names like them.
        r"(?:vault|bao|pass|gopass|gcp-?sm|ssm|aws-?ssm|aws-?sm|(?:aws-?)?secrets-?manager|aws-?parameterstore"
        r"|(?:azure-?)?key-?vault|doppler|infisical|bitwarden|bws|keychain|secret-?tool|lpass|keepassxc?)"
        r":(?!//)/?[\w.@-]+(?:[/:#?=][\w.@/:#?=-]*)?$",
        "a reference to a secret of another program",
        "use the output of that program, with command:…",
    ),
)

_JOINING = str.maketrans("", "", "-_")
_VARIABLE = re.compile(
    r"\$(?:\{[^{}]*\}|[A-Z_][A-Z0-9_]{2,}|\w{0,64}(?i:key|token|secret)\w{0,64}|[({]?env:\w+[)}]?)", re.DOTALL
)
# Folders at the root of a file system that hold users' or programs' files; in lower case.
_AT_ROOT = (
    "app|data|dev|etc|home|keys|media|mnt|opt|private|proc|root|run|secrets|srv|tmp|users|usr|var|vault|workspace"
)
_PATH = re.compile(
    # A base64 text has no '.', '~', '\\' or ':', but may begin with '/'.
    r"@?(?:~\w*|\.\.?)[/\\].+|@?[A-Za-z]:[/\\].+|\\\\[^\\]+\\.+|(?:file|path):.+"
    r"|(?:\$\w+|\$\{\w+\}|%\w+%)[/\\].+|@?/[\w.@ /-]*\.[a-z]{2,6}|@/.+"
)
_PATH_FROM_ROOT = re.compile(rf"/(?:{_AT_ROOT})/[\w.@~ /-]+", re.IGNORECASE)


def is_plain(text: str) -> bool:
    """Return whether a text has only letters, digits, `-` and `_`, like most keys and unlike every reference."""
    return text.isascii() and text.translate(_JOINING).isalnum()


def unresolved_reference(text: str) -> UnresolvedReference | None:
    """Return the kind of a text that a tool or the user should have replaced by a key; None if it can be a key."""
    text = text.strip().strip("'\"")
    return None if is_plain(text) else reference_kind(text)


def reference_kind(text: str) -> UnresolvedReference | None:
    """Return the kind of a text without blanks and quotes around it, even of a plain text; None if it can be a key."""
    for form, what, fix in _FORMS:
        if re.match(form, text, re.DOTALL):
            return UnresolvedReference(what, fix)
    if _VARIABLE.fullmatch(text) is not None:
        return UnresolvedReference(
            "a shell's reference to a variable, which is not replaced here",
            "let the shell replace it (in double quotes, or without quotes), or put the key there",
            is_variable=True,
        )
    if _is_path(text):
        return UnresolvedReference("the path of a file", "to read it from that file, put command:cat FILE there")
    if _is_command(text):
        return UnresolvedReference("a shell command, which is not run here", "put command:… there")
    if (scheme := _SCHEME.match(text)) is not None:
        return UnresolvedReference(
            f"a reference to a secret ({scheme[1]}://…)", "use the output of that program, with command:…"
        )
    return None


def _is_path(text: str) -> bool:
    """Return whether a text is the path of a file, and not base64, which mixes digits and capitals."""
    if _PATH.fullmatch(text) is not None:
        return True
    mixed = any(map(str.isdigit, text)) and any(map(str.isupper, text)) and not any(c in "._~-@ " for c in text)
    return _PATH_FROM_ROOT.fullmatch(text) is not None and not mixed


def _is_command(text: str) -> bool:
    """Return whether a shell would run a part of a text, or all of it in backticks; in linear time."""
    in_backticks = len(text) > 1 and text[0] == text[-1] == "`" and any(map(str.isspace, text))
    return in_backticks or ")" in text.partition("$(")[2]
