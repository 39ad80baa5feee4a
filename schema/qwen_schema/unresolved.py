"""Texts in place of a key that say where one is kept, or hold it encrypted: another tool should have replaced them."""

from __future__ import annotations

from . import patterns as re
from .records import record


@record
class UnresolvedReference:
    """What a text is that can be no key, and what makes a key of it."""

    what: str
    fix: str


_AWS = "command:aws secretsmanager get-secret-value --query SecretString --output text --secret-id …"
_SCHEME = re.compile(r"(?!https?:)([a-z][a-z0-9+.-]{1,20})://", re.IGNORECASE)

# Each form as the tool's documents have it.
_FORMS = (
    (
        r"op://",
        "a reference of 1Password (op://…)",
        "start qwen-cfg with op run --, or put command:op read 'op://…' there",
    ),
    (r"encrypted:", "a value that dotenvx has encrypted", "start qwen-cfg with dotenvx run --"),
    (r"ENC\[", "a value that SOPS has encrypted", "start qwen-cfg with sops exec-env"),
    (r"\$ANSIBLE_VAULT;", "a value that Ansible Vault has encrypted", "decrypt the file with ansible-vault"),
    (r"-----BEGIN (?:AGE|PGP)", "an encrypted message", "decrypt it with age or gpg"),
    (r"arn:aws", "the name of an AWS secret (ARN)", f"put {_AWS} there"),
    (r"\{\{resolve:", "a reference of AWS CloudFormation", f"put {_AWS} there"),
    (r"@Microsoft\.KeyVault\(", "a reference of Azure Key Vault, which App Service replaces", "put the key there"),
    (
        r"projects/[^/]+/secrets/",
        "the name of a secret of Google Cloud",
        "put command:gcloud secrets versions access … there",
    ),
    (r"\$\{\{", "an expression of GitHub Actions", "set the variable in env: of the workflow"),
    (r"vault:[\w/.-]+#", "a reference of HashiCorp Vault", "put command:vault kv get -field=… there"),
    (r"vault://", "a reference of HashiCorp Vault", "put command:vault kv get -field=… there"),
    (r"ref\+\w+://", "a reference of vals", "start qwen-cfg with vals exec"),
)


def unresolved(text: str) -> UnresolvedReference | None:
    """Return what a text is that was meant to be replaced by a key; None if it can be a key."""
    text = text.strip().strip("'\"")
    for form, what, fix in _FORMS:
        if re.match(form, text, re.DOTALL):
            return UnresolvedReference(what, fix)
    if _is_command(text):
        return UnresolvedReference("a command for a shell, which nothing runs here", "put command:… there")
    if (scheme := _SCHEME.match(text)) is not None:
        return UnresolvedReference(
            f"a reference to a secret ({scheme[1]}://…)", "put what that program prints there, with command:…"
        )
    return None


def _is_command(text: str) -> bool:
    """Tell whether a shell would run a part of a text, or all of it in backticks; in time that grows with the text."""
    in_backticks = len(text) > 1 and text[0] == text[-1] == "`" and any(map(str.isspace, text))
    return in_backticks or ")" in text.partition("$(")[2]
