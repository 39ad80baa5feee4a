"""Turns a compilation, or the artifact of --config, into the runtime's input: an artifact with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.hidden_keys import key_remark
from qwen_cfg.rules.keys import doubt_about
from qwen_schema import ConfigurationError, Secret, follow, host_of, is_loopback, locate_path
from qwen_schema.qwen_oauth import METHOD
from qwen_schema.records import field, record, replace

from .incomplete import IncompleteError
from .login import login_place_here, login_place_of, require_own, with_login
from .telemetry import note_artifact, observe

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import ReadyConfig
    from qwen_schema import ResolvedConfig, Surroundings

    from .compilation import Compilation
    from .config_file import ConfigFile
    from .request import Request


# The methods whose API the runtime supports.
SUPPORTED_METHODS = ("openai", METHOD)

# The variables for certificate authorities of Node.js (and so Qwen Code), requests, curl, AWS's programs, and git.
_CA_VARIABLES = ("NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO")


@record
class KeyedConfig:
    """A resolved config with its key, for any program. It does not need the HTTP client.

    `base` is the start of the artifact's relative paths, and `home` the directory of `~`.
    """

    artifact: ResolvedConfig
    key: Secret = field(repr=False)
    base: Path
    home: Path | None

    def locate(self, path: str) -> Path:
        """Return the file that a path of the artifact names."""
        return locate_path(path, base=self.base, home=self.home)


def ready(compilation: Compilation, gate: Gate, key: Secret | None = None) -> ReadyConfig:
    """Return the artifact of a compilation with its key; the key is not fetched if it is given.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if a pointer or --secret-from does not lead to a key.
        NotTrustedError: if a project's file sets the endpoint for the key, and the user does not approve it.
    """
    artifact, request = trusted_artifact(compilation, gate), compilation.request
    _require_supported(artifact)
    if artifact.text("auth_method") == METHOD:
        return _with_ca_variables(with_login(login_place_of(compilation), gate), request)
    here = compilation.surroundings
    use = _for_runtime(_with_key(artifact, here, key or key_of(compilation, here, gate)))
    return _with_ca_variables(replace(use, remark=key_remark(compilation.resolution)), request)


def config_with_key(compilation: Compilation, gate: Gate) -> KeyedConfig:
    """Return the artifact of a compilation with its key, whatever API its method has.

    Raises:
        IncompleteError: if a value is missing or not valid.
        ConfigurationError: if it has a login in place of a key, or the key cannot be read.
        NotTrustedError: if a project's file sets the endpoint for the key, and the user does not approve it.
    """
    artifact, here = trusted_artifact(compilation, gate), compilation.surroundings
    _require_key(artifact)
    return _with_key(artifact, here, key_of(compilation, here, gate))


def ready_from_file(file: ConfigFile, gate: Gate) -> ReadyConfig:
    """Return the artifact that --config names with its key.

    Raises:
        ConfigurationError: if its key cannot be read.
        NotTrustedError: if the artifact names a command for its key, or sets the endpoint and is not approved.
    """
    artifact = trusted_file(file, gate)
    _require_supported(artifact)
    if artifact.text("auth_method") == METHOD:
        require_own(artifact, file.request.process)
        return note_artifact(
            _with_ca_variables(with_login(login_place_here(artifact, file.request.process), gate), file.request)
        )
    return note_artifact(_with_ca_variables(_for_runtime(_with_key_of_file(file, artifact, gate)), file.request))


def file_config_with_key(file: ConfigFile, gate: Gate) -> KeyedConfig:
    """Return the artifact that --config names with its key, whatever API its method has.

    Raises:
        ConfigurationError: if it has a login in place of a key, or the key cannot be read.
        NotTrustedError: if the artifact names a command for its key, or sets the endpoint and is not approved.
    """
    artifact = trusted_file(file, gate)
    _require_key(artifact)
    return _with_key_of_file(file, artifact, gate)


def trusted_artifact(compilation: Compilation, gate: Gate) -> ResolvedConfig:
    """Return the artifact of a compilation that passes the gate.

    Raises:
        IncompleteError: if a value is missing or not valid.
        NotTrustedError: if a project's file sets the endpoint for the key, and it is not trusted.
    """
    if not compilation.resolution.is_complete:
        raise IncompleteError(compilation.diagnostics)
    gate.require(compilation.concern)
    return compilation.artifact


def trusted_file(file: ConfigFile, gate: Gate) -> ResolvedConfig:
    """Return the artifact of a file that passes the gate, with the settings of this machine.

    Raises:
        NotTrustedError: if its key is in another user's file, or if it sets the endpoint or names a command for its key
            and is not trusted.
    """
    if file.owner_error is not None:
        raise file.owner_error
    gate.require(file.concern)
    return file.with_machine_settings


def _with_key_of_file(file: ConfigFile, artifact: ResolvedConfig, gate: Gate) -> KeyedConfig:
    if file.unusual_variable_notice:
        gate.notify(f"qwen-cfg: {file.unusual_variable_notice}")
    here = file.surroundings
    return _with_key(artifact, here, fetch_key(artifact, here, gate))


def _for_runtime(config: KeyedConfig) -> ReadyConfig:
    from qwen_runtime import ReadyConfig  # noqa: PLC0415 - the HTTP client is slow to import

    return ReadyConfig(config.artifact, config.key, config.base, config.home, observe=observe)


def _require_key(artifact: ResolvedConfig) -> None:
    """Check that an artifact has a key. No other program can use a login.

    Raises:
        ConfigurationError: if the artifact has a login.
    """
    if artifact.api_key.kind == "oauth-cache":
        raise ConfigurationError(
            f"the authentication method is {artifact.text('auth_method')}, whose login no other program can use",
            where="auth_method",
            hint="Set a key, and use its method: --auth-type openai",
        )


def _with_ca_variables(use: ReadyConfig, request: Request) -> ReadyConfig:
    """Return the runtime's input with the names of variables that may explain a refused certificate."""
    environ = request.process.environ
    return replace(use, ca_variables=tuple(name for name in _CA_VARIABLES if environ.get(name)))


def _require_supported(artifact: ResolvedConfig) -> None:
    """Check that the runtime supports the API of the method.

    Raises:
        ConfigurationError: if it does not.
    """
    method = artifact.text("auth_method")
    if method not in SUPPORTED_METHODS:
        origin = artifact.provenance["auth_method"].text
        raise ConfigurationError(
            f"the authentication method is {method} ({origin}); qwen-cfg explains it, but run does not support its API",
            where="auth_method",
            hint="Choose another method for this run: --auth-type openai",
        )


def key_of(compilation: Compilation, here: Surroundings, gate: Gate) -> Secret:
    """Return the key of a compilation. A key that was read already is not fetched, since a FIFO can be read only once.

    Raises:
        SecretReferenceError: if there is no key.
    """
    key, artifact = compilation.resolution.decisions["api_key"].value, compilation.artifact
    is_elsewhere = compilation.request.secret_from is not None or artifact.api_key.pointer is not None
    return key if isinstance(key, Secret) and not is_elsewhere else fetch_key(artifact, here, gate)


def fetch_key(artifact: ResolvedConfig, here: Surroundings, gate: Gate) -> Secret:
    """Return the key at an artifact's reference; a doubtful key is reported to the gate.

    Raises:
        SecretReferenceError: if there is no key.
        NotTrustedError: if the artifact names a command that it may not run.
    """
    key = follow(artifact.api_key, here)
    # The rules have not checked this key.
    doubt = doubt_about(key.reveal(), needs_key=not is_loopback(host_of(artifact.text("base_url"))))
    if doubt is not None:
        gate.notify(f"qwen-cfg: the API key from {artifact.api_key} {doubt[0]}. {doubt[1]}")
    return key


def _with_key(artifact: ResolvedConfig, here: Surroundings, key: Secret) -> KeyedConfig:
    """Return an artifact with its key."""
    return KeyedConfig(artifact, key, here.base, here.home)
