"""What tells whether a document or a value conforms to its schema. Written by `make generate`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qwen_schema.validator_checks import (
    has_format,
    has_only,
    is_equal,
    is_integer,
    is_number,
    is_text,
    matches,
    others_of,
)


def _is_artifact_format(value: Any) -> bool:
    return is_equal(value, 1)


def _is_artifact_profile(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
    )


def _is_artifact_dialect(value: Any) -> bool:
    return any(is_equal(value, choice) for choice in ('dotenv', 'python'))


def _is_fields_auth_method(value: Any) -> bool:
    return (
        is_text(value)
        and any(is_equal(value, choice) for choice in ('openai', 'qwen-oauth', 'openai-responses', 'anthropic', 'gemini', 'vertex-ai'))
    )


def _is_secret_reference_1_from(value: Any) -> bool:
    return is_equal(value, 'environment')


def _is_secret_reference_1(value: Any) -> bool:
    return (not isinstance(value, dict) or ('variable' in value and len(value) <= 2 and has_only(value, 'from', _is_secret_reference_1_from)))


def _is_secret_reference_2_from(value: Any) -> bool:
    return is_equal(value, 'env-file')


def _is_secret_reference_2(value: Any) -> bool:
    return (not isinstance(value, dict) or ('path' in value and 'variable' in value and len(value) <= 3 and has_only(value, 'from', _is_secret_reference_2_from)))


def _is_secret_reference_3_from(value: Any) -> bool:
    return is_equal(value, 'settings')


def _is_secret_reference_3(value: Any) -> bool:
    return (not isinstance(value, dict) or ('path' in value and 'pointer' in value and len(value) <= 3 and has_only(value, 'from', _is_secret_reference_3_from)))


def _is_secret_reference_4_from(value: Any) -> bool:
    return is_equal(value, 'flag')


def _is_secret_reference_4(value: Any) -> bool:
    return (not isinstance(value, dict) or ('flag' in value and len(value) <= 2 and has_only(value, 'from', _is_secret_reference_4_from)))


def _is_secret_reference_5_from(value: Any) -> bool:
    return is_equal(value, 'oauth-cache')


def _is_secret_reference_5(value: Any) -> bool:
    return (not isinstance(value, dict) or ('path' in value and len(value) <= 2 and has_only(value, 'from', _is_secret_reference_5_from)))


def _is_secret_reference_6_from(value: Any) -> bool:
    return is_equal(value, 'literal')


def _is_secret_reference_6(value: Any) -> bool:
    return (not isinstance(value, dict) or ('value' in value and len(value) <= 2 and has_only(value, 'from', _is_secret_reference_6_from)))


def _is_secret_reference_7_from(value: Any) -> bool:
    return is_equal(value, 'keyring')


def _is_secret_reference_7(value: Any) -> bool:
    return (not isinstance(value, dict) or ('service' in value and 'name' in value and len(value) <= 3 and has_only(value, 'from', _is_secret_reference_7_from)))


def _is_secret_reference_8_from(value: Any) -> bool:
    return is_equal(value, 'command')


def _is_secret_reference_8(value: Any) -> bool:
    return (not isinstance(value, dict) or ('command' in value and len(value) <= 2 and has_only(value, 'from', _is_secret_reference_8_from)))


def _is_secret_reference_from(value: Any) -> bool:
    return any(is_equal(value, choice) for choice in ('environment', 'env-file', 'settings', 'flag', 'oauth-cache', 'literal', 'keyring', 'command'))


def _is_secret_reference_path(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
        and has_format('file-path', value)
    )


def _is_secret_reference_variable(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('variable-name', value)
    )


def _is_secret_reference_flag(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and matches('^(--?|/)[a-z]', value)
    )


def _is_secret_reference_value(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
        and has_format('header-value', value)
    )


def _is_secret_reference_pointer(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and matches('^(/.*)$', value)
    )


def _is_secret_reference_service(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and matches('^[^/]+$', value)
    )


def _is_secret_reference_name(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
    )


def _is_secret_reference_command(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('command-line', value)
    )


def _is_secret_reference(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and sum(conforms(value) for conforms in (_is_secret_reference_1, _is_secret_reference_2, _is_secret_reference_3, _is_secret_reference_4, _is_secret_reference_5, _is_secret_reference_6, _is_secret_reference_7, _is_secret_reference_8,)) == 1
        and 'from' in value
        and has_only(value, 'from', _is_secret_reference_from)
        and has_only(value, 'path', _is_secret_reference_path)
        and has_only(value, 'variable', _is_secret_reference_variable)
        and has_only(value, 'flag', _is_secret_reference_flag)
        and has_only(value, 'value', _is_secret_reference_value)
        and has_only(value, 'pointer', _is_secret_reference_pointer)
        and has_only(value, 'service', _is_secret_reference_service)
        and has_only(value, 'name', _is_secret_reference_name)
        and has_only(value, 'command', _is_secret_reference_command)
        and not any(True for _ in others_of(value, ('from', 'path', 'variable', 'flag', 'value', 'pointer', 'service', 'name', 'command')))
    )


def _is_fields_api_key(value: Any) -> bool:
    return _is_secret_reference(value)


def _is_fields_base_url(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('http-url', value)
    )


def _is_fields_model(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
        and matches('\\S', value)
    )


def _is_fields_proxy(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('proxy-url', value)
    )


def _is_fields_no_proxy_items(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
    )


def _is_fields_no_proxy(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(map(_is_fields_no_proxy_items, value))
    )


def _is_fields_ca_bundle(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('file-path', value)
    )


def _is_fields_timeout(value: Any) -> bool:
    return (
        is_number(value)
        and value <= 3600
        and value > 0
    )


def _is_fields_max_retries(value: Any) -> bool:
    return (
        is_integer(value)
        and value >= 0
        and value <= 20
    )


def _is_fields_debug(value: Any) -> bool:
    return isinstance(value, bool)


def _is_fields_excluded_variables_items(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('variable-name', value)
    )


def _is_fields_excluded_variables(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(map(_is_fields_excluded_variables_items, value))
    )


def _is_fields_qwen_oauth_url(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('login-url', value)
    )


def _is_fields_usage_statistics(value: Any) -> bool:
    return isinstance(value, bool)


def _is_fields_usage_statistics_endpoint(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('collector-url', value)
    )


def _is_fields(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and has_only(value, 'auth_method', _is_fields_auth_method)
        and has_only(value, 'api_key', _is_fields_api_key)
        and has_only(value, 'base_url', _is_fields_base_url)
        and has_only(value, 'model', _is_fields_model)
        and has_only(value, 'proxy', _is_fields_proxy)
        and has_only(value, 'no_proxy', _is_fields_no_proxy)
        and has_only(value, 'ca_bundle', _is_fields_ca_bundle)
        and has_only(value, 'timeout', _is_fields_timeout)
        and has_only(value, 'max_retries', _is_fields_max_retries)
        and has_only(value, 'debug', _is_fields_debug)
        and has_only(value, 'excluded_variables', _is_fields_excluded_variables)
        and has_only(value, 'qwen_oauth_url', _is_fields_qwen_oauth_url)
        and has_only(value, 'usage_statistics', _is_fields_usage_statistics)
        and has_only(value, 'usage_statistics_endpoint', _is_fields_usage_statistics_endpoint)
        and not any(True for _ in others_of(value, ('auth_method', 'api_key', 'base_url', 'model', 'proxy', 'no_proxy', 'ca_bundle', 'timeout', 'max_retries', 'debug', 'excluded_variables', 'qwen_oauth_url', 'usage_statistics', 'usage_statistics_endpoint')))
    )


def _is_artifact_config(value: Any) -> bool:
    return (
        _is_fields(value)
        and (not isinstance(value, dict) or (len(value) >= 1))
    )


def _is_layer(value: Any) -> bool:
    return any(is_equal(value, choice) for choice in ('provider-entry', 'flag', 'environment', 'env-file', 'settings-env', 'settings', 'default'))


def _is_provenance_layer(value: Any) -> bool:
    return _is_layer(value)


def _is_provenance_origin(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
    )


def _is_provenance_variable(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('variable-name', value)
    )


def _is_provenance_reach(value: Any) -> bool:
    return any(is_equal(value, choice) for choice in ('user', 'project'))


def _is_provenance(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 'layer' in value
        and 'origin' in value
        and 'reach' in value
        and has_only(value, 'layer', _is_provenance_layer)
        and has_only(value, 'origin', _is_provenance_origin)
        and has_only(value, 'variable', _is_provenance_variable)
        and has_only(value, 'reach', _is_provenance_reach)
        and not any(True for _ in others_of(value, ('layer', 'origin', 'variable', 'reach')))
    )


def _is_artifact_provenance_others(value: Any) -> bool:
    return _is_provenance(value)


def _is_artifact_provenance(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= 100
        and all(map(_is_artifact_provenance_others, others_of(value, ())))
    )


def _is_artifact_env_file_chosen_by(value: Any) -> bool:
    return any(is_equal(value, choice) for choice in ('search', 'flag', 'none'))


def _is_artifact_env_file_paths_items(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
        and has_format('file-path', value)
    )


def _is_artifact_env_file_paths(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(map(_is_artifact_env_file_paths_items, value))
    )


def _is_artifact_env_file(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 'paths' in value
        and 'chosen_by' in value
        and has_only(value, 'chosen_by', _is_artifact_env_file_chosen_by)
        and has_only(value, 'paths', _is_artifact_env_file_paths)
        and not any(True for _ in others_of(value, ('chosen_by', 'paths')))
    )


def _is_artifact_settings_items_scope(value: Any) -> bool:
    return any(is_equal(value, choice) for choice in ('system defaults', 'user', 'workspace', 'system'))


def _is_artifact_settings_items_path(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
        and has_format('file-path', value)
    )


def _is_artifact_settings_items(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 'scope' in value
        and 'path' in value
        and has_only(value, 'scope', _is_artifact_settings_items_scope)
        and has_only(value, 'path', _is_artifact_settings_items_path)
        and not any(True for _ in others_of(value, ('scope', 'path')))
    )


def _is_artifact_settings(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 4
        and all(map(_is_artifact_settings_items, value))
    )


def _is_artifact_excluded_items_variable(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) <= 8192
        and has_format('variable-name', value)
    )


def _is_artifact_excluded_items_origin(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
    )


def _is_artifact_excluded_items(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 'variable' in value
        and 'origin' in value
        and has_only(value, 'variable', _is_artifact_excluded_items_variable)
        and has_only(value, 'origin', _is_artifact_excluded_items_origin)
        and not any(True for _ in others_of(value, ('variable', 'origin')))
    )


def _is_artifact_excluded(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(map(_is_artifact_excluded_items, value))
    )


def _is_artifact(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 'format' in value
        and 'profile' in value
        and 'dialect' in value
        and 'config' in value
        and 'provenance' in value
        and 'env_file' in value
        and 'excluded' in value
        and has_only(value, 'format', _is_artifact_format)
        and has_only(value, 'profile', _is_artifact_profile)
        and has_only(value, 'dialect', _is_artifact_dialect)
        and has_only(value, 'config', _is_artifact_config)
        and has_only(value, 'provenance', _is_artifact_provenance)
        and has_only(value, 'env_file', _is_artifact_env_file)
        and has_only(value, 'settings', _is_artifact_settings)
        and has_only(value, 'excluded', _is_artifact_excluded)
        and not any(True for _ in others_of(value, ('format', 'profile', 'dialect', 'config', 'provenance', 'env_file', 'settings', 'excluded')))
    )


def _is_secret_api_key(value: Any) -> bool:
    return (
        is_text(value)
        and len(value) >= 1
        and len(value) <= 8192
        and has_format('header-value', value)
    )


is_artifact = _is_artifact

VALUES: dict[str, Callable[[Any], bool]] = {
    'auth_method': _is_fields_auth_method,
    'api_key': _is_secret_api_key,
    'base_url': _is_fields_base_url,
    'model': _is_fields_model,
    'proxy': _is_fields_proxy,
    'no_proxy': _is_fields_no_proxy,
    'ca_bundle': _is_fields_ca_bundle,
    'timeout': _is_fields_timeout,
    'max_retries': _is_fields_max_retries,
    'debug': _is_fields_debug,
    'excluded_variables': _is_fields_excluded_variables,
    'qwen_oauth_url': _is_fields_qwen_oauth_url,
    'usage_statistics': _is_fields_usage_statistics,
    'usage_statistics_endpoint': _is_fields_usage_statistics_endpoint,
}
