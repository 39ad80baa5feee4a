"""Mistyped command lines: the error names the wrong word, suggests the correct one, and shows no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qwen_schema import NotTrustedError, UsageError, did_you_mean, nearest, show_word

from .process import KEY, env_of

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

# A command line, the word that is wrong, and what is suggested.
MISTYPED = [
    ("reslove", "unknown command 'reslove'", "qwen-cfg resolve?"),
    ("chekc a.toml", "unknown command 'chekc'", "qwen-cfg check?"),
    ("Doctor", "unknown command 'Doctor'", "qwen-cfg doctor?"),
    ("env-file .env", "unknown command 'env-file'", "qwen-cfg envfile?"),
    ("login", "unknown command 'login'", "qwen-cfg auth login?"),
    ("lgout", "unknown command 'lgout'", "qwen-cfg auth logout?"),
    ("revoke .env", "unknown command 'revoke'", "qwen-cfg trust revoke?"),
    ("version", "unknown command 'version'", "qwen-cfg --version?"),
    ("frobnicate", "unknown command 'frobnicate'", ""),
    ("--verison", "unknown option '--verison'", "--version?"),
    ("--hlep", "unknown option '--hlep'", "--help?"),
    ("--model m", "unknown option '--model'", "qwen-cfg run --model"),
    ("--model m resolve", "unknown option '--model'", "qwen-cfg resolve --model"),
    ("--explain resolve", "unknown option '--explain'", "qwen-cfg resolve --explain"),
    ("-p hello", "unknown option '-p'", "qwen-cfg run -p"),
    ("run -p hi -o x", "unknown option '-o'", "option of init, resolve"),
    ("resolve -p hi", "unknown option '-p'", "option of run"),
    ("resolve --chat", "unknown option '--chat'", "option of doctor"),
    ("resolve --base-url http://h", "unknown option '--base-url'", "--openai-base-url?"),
    ("resolve --base_url=http://h", "unknown option '--base_url'", "--openai-base-url?"),
    ("run --api-key x", "unknown option '--api-key'", "--openai-api-key?"),
    ("resolve --Model m", "unknown option '--Model'", "--model?"),
    ("check a.toml --selct all", "unknown option '--selct'", "--select?"),
    ("doctor -chat", "unknown option '-chat'", "--chat, with two dashes"),
    ("resolve -output=a.toml", "unknown option '-output'", "--output, with two dashes"),
    ("resolve -z", "unknown option '-z'", "qwen-cfg resolve --help"),
    ("resolve qwen.toml", "unexpected argument 'qwen.toml'", "qwen-cfg resolve --help"),
    ("doctor gpt-4 now", "unexpected arguments 'gpt-4', 'now'", "qwen-cfg doctor --help"),
    ("run tell me", "unexpected argument 'me'", "in quotes"),
    ("run -p tell me", "two prompts", "in quotes"),
    ("auth logni", "auth: unknown value 'logni'", "login?"),
    ("resolve -m a --model b", "model is given twice", "-m and --model"),
    ("resolve --model a --model=b", "model is given twice", "--model:"),
    ("run --usage-statistics --no-usage-statistics -p x", "usage_statistics is given twice", "--no-usage-statistics:"),
    ("check --timeout 1 --timeout 1.0", "timeout is given twice", "Give it once."),
    ("resolve --openai-api-key k-one --openai-api-key k-two", "api_key is given twice", "--openai-api-key:"),
    ("trust lst", "trust: unknown value 'lst'", "list?"),
    ("resolve --format jsn", "--format: unknown value 'jsn'", "json?"),
    ("resolve --profile documentd", "--profile: unknown value 'documentd'", "documented?"),
    ("resolve --profile qwen-code-0.20", "--profile: unknown value 'qwen-code-0.20'", "qwen-code-0.21?"),
    ("resolve --explain OPENAI_BASE_URL", "unknown field 'OPENAI_BASE_URL'", "base_url?"),
    ("resolve --explain openai-api-key", "unknown field 'openai-api-key'", "api_key?"),
    ("resolve --explain modle", "unknown field 'modle'", "model?"),
    ("resolve --explain baseurl", "unknown field 'baseurl'", "base_url?"),
    ("rule qc1003", "unknown rule 'qc1003'", "QC103?"),
    ("check a.toml --select QC999", "unknown rule 'QC999'", "qwen-cfg rule"),
    ("check a.toml --ignore QC10", "unknown rule 'QC10'", "QC10"),
    ("resolve --secret-from enviroment:X", "--secret-from", "environment?"),
    ("resolve --model", "--model/-m needs a value", ""),
    ("envfile", "missing argument: FILE", ""),
    ("auth", "missing argument: {login,status,logout}", ""),
    ("resolve --all=3", "--all takes no value", ""),
    ("chat", "unknown command 'chat'", "qwen-cfg run?"),
    ("Ask hello", "unknown command 'Ask'", "qwen-cfg run?"),
    ("explain", "unknown command 'explain'", "qwen-cfg resolve --explain?"),
    ("config", "unknown command 'config'", "qwen-cfg resolve --explain?"),
    ("update", "unknown command 'update'", "qwen-cfg check --update?"),
    ("logout", "unknown command 'logout'", "qwen-cfg auth logout?"),
    ("setup", "unknown command 'setup'", "qwen-cfg init?"),
    ("help frobnicate", "unknown command 'frobnicate'", "qwen-cfg --help"),
    ("check -C sub", "unknown option '-C'", "-C goes before the command: qwen-cfg -C DIRECTORY check."),
    ("run -C sub -p hi", "unknown option '-C'", "qwen-cfg -C DIRECTORY run."),
    ("resolve --version", "unknown option '--version'", "before the command: qwen-cfg --version."),
    ("run --config hi", "there is no such file 'hi'", "use -p for the prompt"),
    ("set modle x", "unknown field 'modle'", "model?"),
    ("set OPENAI_MODEL x", "unknown field 'OPENAI_MODEL'", "model?"),
    ("set --openai-base-url x", "unknown option '--openai-base-url'", "qwen-cfg set base_url?"),
    ("set --model x", "unknown option '--model'", "qwen-cfg set model?"),
    ("set OPENAI_BASE_URL x", "unknown field 'OPENAI_BASE_URL'", "base_url?"),
    ("resolve --profile 0.24", "--profile: unknown value '0.24'", "qwen-code-0.21?"),
    ("resolve --profile v0.21.3", "--profile: unknown value", "qwen-code-0.21?"),
    ("set model x --profile new", "--profile: unknown value 'new'", "qwen-code-0.21?"),
    ("rule QC1O3", "unknown rule 'QC1O3'", "QC103?"),
    ("rule qcl03", "unknown rule 'qcl03'", "QC103?"),
    ("resolve --env-file a --no-env-file", "--no-env-file cannot be combined with --env-file", ""),
]


def test_the_wrong_word_is_named_with_a_suggestion(desk: Desk) -> None:
    outcomes = desk.run_each([line.split() for line, _, _ in MISTYPED])
    for (line, wrong, right), outcome in zip(MISTYPED, outcomes, strict=True):
        outcome.exits(2)
        assert wrong in outcome.err, (line, outcome.err)
        assert right in outcome.err, (line, outcome.err)
        assert outcome.out == "", line
        assert "Did you mean" in outcome.err or not right.endswith("?"), line
    assert list(desk.cwd.iterdir()) == []


def test_the_word_help_shows_the_help(desk: Desk) -> None:
    for words, same in ((["help"], ["--help"]), (["help", "run"], ["run", "--help"]), (["help", "help"], ["--help"])):
        assert desk.run(*words).exits(0).out == desk.run(*same).exits(0).out


def test_a_similar_artifact_name_is_suggested(desk: Desk) -> None:
    desk.run("resolve", "-o", "qwen.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    for words in (
        ["run", "--config", "qwen.tml", "-p", "hi"],
        ["check", "./qwen.tom"],
        ["terms", "--config", "Qwen.toml"],
    ):
        assert "Did you mean qwen.toml?" in desk.run(*words).exits(3).err
    assert "Did you mean" not in desk.run("check", "other.toml.bak").exits(3).err


SECRETS = (
    KEY,
    "correct+horse_battery",
    "Tr0ub4dor3x",
    "9f8a7b6c5d4e3f2a",
    "Zm9vYmFyYmF6cXV4",
    "correct-horse-battery-staple",
)
PLACES = [
    ["S"],
    ["S", "resolve"],
    ["--S"],
    ["--openai-api-key", "S", "resolve"],
    ["--openai-api-key=S", "resolve"],
    ["resolve", "--explain", "S"],
    ["resolve", "--format", "S"],
    ["resolve", "--profile", "S"],
    ["resolve", "--openai-apikey", "S"],
    ["resolve", "-pS"],
    ["auth", "S"],
    ["rule", "S"],
    ["check", "--select", "S", "a.toml"],
    ["run", "-p", "x", "S"],
    ["run", "x", "S"],
    ["completion", "S"],
    ["resolve", "--secret-from", "S"],
]


def test_a_possible_secret_is_not_shown(desk: Desk) -> None:
    lines = [(secret, [word.replace("S", secret) for word in words]) for secret in SECRETS for words in PLACES]
    for (secret, line), outcome in zip(lines, desk.run_each([line for _, line in lines]), strict=True):
        outcome.exits(2)
        assert secret not in outcome.output, line


# Places for the name of a file or a directory.
FILES = [
    ["check", "S"],
    ["check", "a.toml", "S"],
    ["check", "--format", "sarif", "a.toml", "S/"],
    ["check", "--format", "junit", "S"],
    ["check", "--format", "gitlab", "S", "a.toml"],
    ["check", "--format", "json", "S", "a.toml", "--update"],
    ["check", "--format", "github", "S"],
    ["check", "--format", "json", "sub/S.toml"],
    ["envfile", "S"],
    ["envfile", "--format", "json", "./S"],
    ["trust", "./S"],
    ["trust", "revoke", "S"],
    ["-C", "S", "resolve"],
    ["run", "--config", "S.toml", "-p", "x"],
    ["run", "--config", "S.toml", "-p", "x", "--output-format", "json", "--debug"],
    ["doctor", "--config=./S"],
    ["resolve", "--env-file", "S"],
    ["resolve", "-o", "S/qwen.toml", "--model", "m", "--auth-type", "openai", "--openai-api-key", "k"],
    ["init", "-o", "S/qwen.toml"],
]
SHAPES = [f"sk-proj-{'aB1' * 9}", f"gsk_{'Z9' * 12}", f"hf_{'q' * 20}", "ms-01234567-89ab-cdef-0123-456789abcdef"]


def test_a_key_in_place_of_a_file_is_not_shown(desk: Desk) -> None:
    lines = [(key, [word.replace("S", key) for word in words]) for key in SHAPES for words in FILES]
    outcomes = desk.run_each([line for _, line in lines])
    for (key, line), outcome in zip(lines, outcomes, strict=True):
        assert outcome.code in (2, 3), line
        assert key not in outcome.output, line
        assert "[redacted]" in outcome.output or "not shown" in outcome.output, line


def test_an_error_masks_keys_in_every_place() -> None:
    key = SHAPES[0]
    errors = [
        UsageError(key),
        UsageError("x", where=key),
        UsageError("x", hint=key),
        NotTrustedError("x", key, where="y"),
    ]
    errors += [UsageError("x").copy(what=key), UsageError("x").copy(hint=f"See {key}.")]
    for error in errors:
        for text in (str(error), repr(error), *error.lines_with_hint, *map(str, error.as_data().values())):
            assert key not in text
        assert "[redacted]" in " ".join(error.lines_with_hint)


def test_the_rest_of_a_key_is_not_shown(desk: Desk) -> None:
    """A key with a blank that was not quoted."""
    outcome = desk.run("resolve", "--openai-api-key", "correct", "horse").exits(2)
    assert "horse" not in outcome.output
    assert "unexpected argument" in outcome.err


@pytest.mark.parametrize(
    ("word", "near"),
    [("QC13", ["QC103"]), ("base-url", ["openai-base-url"]), ("OPENAI_BASE_URL", ["openai-base-url"]), ("zzz", [])],
)
def test_similar_words(word: str, near: list[str]) -> None:
    assert nearest(word, ["QC101", "QC103", "openai-base-url", "model"])[: len(near)] == near
    assert bool(did_you_mean(word, ["QC103", "openai-base-url", "model"])) is bool(near)


@pytest.mark.parametrize(
    "word", ["resolve", "--verison", "OPENAI_BASE_URL", "qwen.toml", ".env", "qc103", "src/a.toml"]
)
def test_plain_words_are_shown(word: str) -> None:
    assert show_word(word) == f"'{word}'"


@pytest.mark.parametrize("word", [*SECRETS, "", "a\nb", "a'b", "ünï", "x" * 17])
def test_other_words_are_not_shown(word: str) -> None:
    assert "not shown" in show_word(word)


def test_without_a_command_the_help_is_printed(desk: Desk) -> None:
    outcome = desk.run().exits(2)
    assert outcome.out == ""
    assert outcome.err.startswith("usage: qwen-cfg")
    assert "resolve" in outcome.err


# Prompts without -p.


@pytest.mark.parametrize("words", [["hello"], ["--max-retries", "0", "hello"], ["hello", "--max-retries", "0"]])
def test_a_prompt_needs_no_option(desk: Desk, server: Provider, words: list[str]) -> None:
    server.requests.clear()
    by_argument = desk.run("run", *words, env=env_of(server)).exits(0)
    by_option = desk.run("run", "-p", "hello", env=env_of(server)).exits(0)
    assert by_argument == by_option
    assert [request.texts for request in server.requests] == [["hello"]] * 2


def test_a_key_in_place_of_a_prompt_is_not_sent(desk: Desk, server: Provider) -> None:
    server.requests.clear()
    outcome = desk.run("run", f"sk-{'a1' * 12}", env=env_of(server)).exits(2)
    assert "looks like an API key" in outcome.err
    assert server.requests == []
