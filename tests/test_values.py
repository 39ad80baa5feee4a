"""Valid and invalid values of each field, and the messages about invalid ones."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.trees import tree_of
from support.worlds import Scene

from qwen_schema import BadValue, Secret, declared_fields, parse_value, safe_text, show_value
from qwen_schema.unresolved_references import is_plain, reference_kind, unresolved_reference

FIELDS = declared_fields()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("auth_method", "openai", "openai"),
        ("auth_method", "qwen-oauth", "qwen-oauth"),
        ("api_key", "ollama", "ollama"),
        ("api_key", "!#$%&'*+-.^_`|~ x", "!#$%&'*+-.^_`|~ x"),
        ("base_url", "https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("base_url", "http://localhost:11434/v1/", "http://localhost:11434/v1/"),
        ("base_url", "HTTPS://Models.Example", "HTTPS://Models.Example"),
        ("base_url", "http://127.0.0.1:65535", "http://127.0.0.1:65535"),
        ("base_url", "http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("base_url", "http://[2001:db8::ffff:1.2.3.4]/v1", "http://[2001:db8::ffff:1.2.3.4]/v1"),
        ("base_url", "http://model_server/v1", "http://model_server/v1"),
        (
            "base_url",
            "https://models.example/v1?api-version=2024-10-21",
            "https://models.example/v1?api-version=2024-10-21",
        ),
        ("base_url", "https://bücher.example/v1", "https://bücher.example/v1"),
        ("model", "Qwen/Qwen3-Coder-480B-A35B-Instruct", "Qwen/Qwen3-Coder-480B-A35B-Instruct"),
        ("model", "m with spaces", "m with spaces"),
        ("model", "My Model #2", "My Model #2"),
        ("model", "org/name:tag#part", "org/name:tag#part"),
        ("model", 'the "big" one, 2', 'the "big" one, 2'),
        ("proxy", "", ""),
        ("proxy", "http://[::1]:3128", "http://[::1]:3128"),
        ("proxy", "none", ""),
        ("proxy", "socks5h://[::1]:1080", "socks5h://[::1]:1080"),
        ("proxy", "http://user:word@proxy.example:3128", "http://proxy.example:3128"),
        ("proxy", "http://user:w@rd@proxy.example/", "http://proxy.example/"),
        ("no_proxy", "localhost, .internal,,::1 ", ("localhost", ".internal", "::1")),
        ("no_proxy", "none", ()),
        ("no_proxy", " none ", ()),
        ("no_proxy", ",", ()),
        ("no_proxy", "a,none", ("a", "none")),
        ("excluded_variables", "DEBUG,A.b-c", ("DEBUG", "A.b-c")),
        ("excluded_variables", "none", ()),
        ("ca_bundle", "", ""),
        ("ca_bundle", "~/with blanks.pem", "~/with blanks.pem"),
        ("timeout", "30", 30.0),
        ("timeout", "0.001", 0.001),
        ("timeout", " 3600 ", 3600.0),
        ("timeout", "+5", 5.0),
        ("max_retries", "0", 0),
        ("max_retries", "20", 20),
        ("max_retries", "007", 7),
        ("usage_statistics", "TRUE", True),
        ("usage_statistics", " on ", True),
        ("usage_statistics", "1", True),
        ("usage_statistics", "No", False),
        ("usage_statistics", "0", False),
        ("debug", "yes", True),
        ("debug", "off", False),
        ("debug", "app:*", False),
    ],
)
def test_valid_values(name: str, text: str, value: object) -> None:
    parsed = parse_value(FIELDS[name], text)
    assert parsed == value
    assert type(parsed) is type(value)


BASE64 = st.binary(min_size=8, max_size=90).flatmap(
    lambda data: st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]).map(lambda encode: encode(data).decode())
)
LETTERS = st.text(string.ascii_letters + string.digits + "_-", min_size=8, max_size=80)


@pytest.mark.parametrize("text", ['"qwen"', "qwen\r", "qwen # best", " qwen", "\u201cqwen\u201d"])
def test_the_message_names_characters_around_a_value(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse_value(FIELDS["model"], text)
    assert caught.value.expected.startswith("only the value")


@given(
    st.one_of(
        BASE64,
        BASE64.map(lambda text: f"/{text}"),
        BASE64.map(lambda text: f"/home/Ab3{text}"),
        st.binary(min_size=8, max_size=40).map(bytes.hex),
        st.builds("{}{}".format, st.sampled_from(["sk-", "sk-proj-", "sk-or-v1-", "gsk_", "AIza", "ms-", ""]), LETTERS),
        st.builds("{}.{}.{}".format, LETTERS, LETTERS, LETTERS).map(lambda text: f"eyJ{text}"),
    )
)
def test_a_key_is_not_mistaken_for_a_placeholder(key: str) -> None:
    assert unresolved_reference(key) is None
    assert parse_value(FIELDS["api_key"], key) == key


@given(st.text(string.ascii_letters + string.digits + "_-" * 9, min_size=1))
@example("getenv")
@example("getenv-x")
def test_a_plain_text_is_no_placeholder(text: str) -> None:
    if is_plain(text):
        assert reference_kind(text) is None


@pytest.mark.parametrize(
    "key", ["changeme", "xxx", "none", "your-api-key-here", "$ecret123", "ak:sk/with+odd~marks.#1$"]
)
def test_a_word_may_be_the_key_of_a_local_server(key: str) -> None:
    assert parse_value(FIELDS["api_key"], key) == key


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("auth_method", "OpenAI", "not one of the known values"),
        ("auth_method", "gpt", "not one of the known values"),
        ("api_key", "", "empty"),
        ("api_key", "sk-x\n", "line break"),
        ("api_key", "sk-x\r\nX-Header: y", "line break"),
        ("api_key", " sk-x", "blank"),
        ("api_key", "sk-x ", "blank"),
        ("api_key", "sk-ключ", "header"),
        ("api_key", "sk-\x7f", "header"),
        ("api_key", "sk-\t-x", "header"),
        ("base_url", "", "http"),
        ("base_url", "models.example/v1", "http"),
        ("base_url", "//models.example/v1", "http"),
        ("base_url", "ftp://models.example", "http"),
        ("base_url", "javascript:alert(1)", "http"),
        ("base_url", "https:/models.example", "host"),
        ("base_url", "https:models.example", "host"),
        ("base_url", "https://", "host"),
        ("base_url", "https:///v1", "host"),
        ("base_url", "http://:8080/v1", "host"),
        ("base_url", "http://?x=1", "host"),
        ("base_url", "https://user@models.example/v1", "user:password@"),
        ("base_url", "https://user:word@models.example/v1", "user:password@"),
        ("base_url", "https://:word@models.example/v1", "user:password@"),
        ("base_url", "https://@models.example/v1", "user:password@"),
        ("base_url", "https://models.example\\@evil.example/v1", "user:password@"),
        ("base_url", "https://models.example\\.evil.example/v1", "host"),
        ("base_url", "https://models.example/v1?api_key=x", "credential"),
        ("base_url", "https://models.example/v1?a=1&API-KEY=x", "credential"),
        ("base_url", "https://models.example/v1?api%5Fkey=x", "credential"),
        ("base_url", "https://models.example/v1?access_token=x", "credential"),
        ("base_url", "https://models.example/v1#part", "fragment"),
        ("base_url", "https://models.example/a b", "blank"),
        ("base_url", " https://models.example", "blank"),
        ("base_url", "https://models.example\n", "blank"),
        ("base_url", "https://models.exa\tmple", "blank"),
        ("base_url", "https://models.example/\u00a0", "blank"),
        ("base_url", "https://models example", "blank"),
        ("base_url", "http://[::1", "host or port"),
        ("base_url", "http://[::1]x/", "host or port"),
        ("base_url", "http://::1/", "host or port"),
        ("base_url", "http://[not-an-address]/", "host or port"),
        ("base_url", "http://models.example:99999", "port"),
        ("base_url", "http://models.example:-1", "port"),
        ("base_url", "http://models.example:port", "port"),
        ("base_url", "http://models.example:8O", "port"),
        ("base_url", "http://models.example:\uff18\uff10", "port"),
        ("base_url", "http://models.example\u2100.evil.example", "host"),
        ("base_url", "http://<host>/v1", "host"),
        ("base_url", "http://${HOST}/v1", "host"),
        ("base_url", '"https://models.example/v1"', "quotes"),
        ("base_url", "https://models.example/v1'", "quote"),
        ("base_url", "https://models.example/v1\r", "blank or a control character"),
        ("base_url", "https://models.example/v1 # mine", "comment"),
        ("auth_method", '"openai"', "quotes"),
        ("auth_method", "openai\r", "carriage return"),
        ("qwen_oauth_url", "'https://chat.qwen.ai'", "quotes"),
        ("model", '"qwen"', "quotes"),
        ("model", "'qwen'", "quotes"),
        ("model", '"qwen', "quote"),
        ("model", "qwen'", "quote"),
        ("model", '"qwen" # best', "quote"),
        ("model", "\u201cqwen\u201d", "quotes"),
        ("model", "\u2018qwen\u2019", "quotes"),
        ("model", "\u00abqwen\u00bb", "quotes"),
        ("model", "qwen\u201d", "quote"),
        ("base_url", "\u201chttps://models.example/v1\u201d", "quotes"),
        ("base_url", "https://models.example/v1\u201d", "quote"),
        ("base_url", "<https://models.example/v1>", "angle brackets"),
        ("proxy", "<http://proxy.example:3128>", "angle brackets"),
        ("model", "qwen\r", "carriage return"),
        ("model", '"qwen"\r', "quote"),
        ("model", "qwen\n", "line break"),
        ("model", "qwen\r\nx", "line break"),
        ("model", "qwen\u2028x", "line break"),
        ("model", "\u200bqwen", "invisible character"),
        ("model", "\ufeffqwen", "invisible character"),
        ("model", "qw\x1ben", "invisible character"),
        ("model", "qwen # best", "comment"),
        ("model", "qwen #best", "comment"),
        ("model", "qwen\u3000#", "comment"),
        ("model", " qwen", "blank"),
        ("model", "qwen\u00a0", "blank"),
        ("ca_bundle", '"/ca.pem"', "quotes"),
        ("ca_bundle", "/ca.pem\r", "carriage return"),
        ("ca_bundle", "/ca.pem # the company's", "comment"),
        ("model", "", "empty"),
        ("model", "x" * 8193, "longer than 8,192 characters"),
        ("api_key", "x" * 8193, "longer than 8,192 characters"),
        ("api_key", "command:" + "x" * 8193, "longer than 8,192 characters"),
        ("api_key", "keyring:a/" + "x" * 8193, "longer than 8,192 characters"),
        ("base_url", "https://models.example/" + "x" * 8192, "longer than 8,192 characters"),
        ("proxy", "proxy.example:3128", "http"),
        ("proxy", "ftp://proxy.example", "socks5"),
        ("ca_bundle", "a\x00b", "NUL"),
        ("api_key", "op://Private/OpenAI/key", "1Password"),
        ("api_key", "'op://Private/OpenAI/key'", "1Password"),
        ("api_key", "encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HPMfLEIRVz50hmLXPXRuDBXaJi", "dotenvx"),
        ("api_key", "ENC[AES256_GCM,data:Tr7o=,iv:1=,tag:k=,type:str]", "SOPS"),
        ("api_key", "$ANSIBLE_VAULT;1.1;AES256", "Ansible"),
        ("api_key", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:openai-AbCdEf", "AWS"),
        ("api_key", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/openai", "AWS"),
        ("api_key", "{{resolve:secretsmanager:openai}}", "CloudFormation"),
        ("api_key", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/k)", "Azure"),
        ("api_key", "projects/p/secrets/openai/versions/latest", "Google Cloud"),
        ("api_key", "${{ secrets.OPENAI_API_KEY }}", "GitHub Actions"),
        ("api_key", "vault:secret/data/openai#key", "Vault"),
        ("api_key", "vault://secret/openai", "Vault"),
        ("api_key", "vault:secret/data/openai", "another program"),
        ("api_key", "bao:kv/openai#key", "another program"),
        ("api_key", "ssm:/prod/openai", "another program"),
        ("api_key", "aws-secretsmanager:prod/openai", "another program"),
        ("api_key", "pass:openai/key", "another program"),
        ("api_key", "ref+vault://secret/openai#/key", "vals"),
        ("api_key", "awssm://openai", "awssm://"),
        ("api_key", "$(pass show openai)", "a shell command"),
        ("api_key", "sk-$(cat key)", "a shell command"),
        ("api_key", "`pass show openai`", "a shell command"),
        ("api_key", "sops:ENC[AES256_GCM,data:Tr7o=,type:str]", "SOPS"),
        ("api_key", "!vault |", "Ansible"),
        ("api_key", "age-encryption.org/v1", "encrypted message"),
        ("api_key", "{{ key }}", "template"),
        ("api_key", "{{ .Values.openai.key }}", "template"),
        ("api_key", "$OPENAI_KEY", "shell"),
        ("api_key", "'$OPENAI_KEY'", "shell"),
        ("api_key", "${OPENAI_KEY}", "shell"),
        ("api_key", "${OPENAI_KEY:-none}", "shell"),
        ("api_key", "$openai_key", "shell"),
        ("api_key", "$env:OPENAI_KEY", "shell"),
        ("api_key", "%OPENAI_KEY%", "cmd.exe"),
        ("api_key", "os.environ/OPENAI_API_KEY", "another program's"),
        ("api_key", "{env:OPENAI_API_KEY}", "another program's"),
        ("api_key", "env:OPENAI_API_KEY", "another program's"),
        ("api_key", "process.env.OPENAI_API_KEY", "another program's"),
        ("api_key", "<your-key>", "placeholder"),
        ("api_key", "<API KEY>", "placeholder"),
        ("api_key", "********", "placeholder"),
        ("api_key", "sk-abcd****wxyz", "masked"),
        ("api_key", "/run/secrets/openai", "path of a file"),
        ("api_key", "/Users/Ann/key2.txt", "path of a file"),
        ("api_key", "/keys/openai.txt", "path of a file"),
        ("api_key", "~/.secrets/key", "path of a file"),
        ("api_key", "./key.txt", "path of a file"),
        ("api_key", "../key", "path of a file"),
        ("api_key", "@/run/secrets/openai", "path of a file"),
        ("api_key", "$HOME/key", "path of a file"),
        ("api_key", "%USERPROFILE%\\key.txt", "path of a file"),
        ("api_key", "C:\\keys\\openai.txt", "path of a file"),
        ("api_key", "file:key.txt", "path of a file"),
        ("timeout", "", "not a number"),
        ("timeout", "soon", "not a number"),
        ("timeout", "30s", "not a number"),
        ("timeout", "nan", "not a number"),
        ("timeout", "inf", "not a number"),
        ("timeout", "1e3", "not a number"),
        ("timeout", "1_0", "not a number"),
        ("timeout", "\u0663", "not a number"),
        ("timeout", "9" * 5000, "not a number"),
        ("timeout", "0", "too small"),
        ("timeout", "-1", "too small"),
        ("timeout", "3600.1", "too large"),
        ("max_retries", "3.0", "whole number"),
        ("max_retries", "\u0663", "whole number"),
        ("max_retries", "9" * 5000, "whole number"),
        ("max_retries", "-1", "too small"),
        ("max_retries", "21", "too large"),
        ("usage_statistics", "maybe", "true nor false"),
        ("usage_statistics", "2", "true nor false"),
        ("excluded_variables", "DEBUG,not a name", "variable"),
        ("excluded_variables", "DÉBUG", "variable"),
        ("model", "m\udcff", "UTF-8"),
        ("api_key", "sk-\udcff", "UTF-8"),
        ("ca_bundle", "/\udcff", "UTF-8"),
    ],
)
def test_invalid_values(name: str, text: str, wrong: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse_value(FIELDS[name], text)
    assert wrong in caught.value.wrong
    assert caught.value.expected
    assert len(text) < 4 or text not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    "text", ["x" * 99_999, "?" * 99_999, "htps://x/?" + "a=&" * 33_333], ids=lambda text: text[:10]
)
def test_only_the_beginning_of_an_overlong_text_is_shown(text: str) -> None:
    shown = safe_text(FIELDS["base_url"], text)
    assert len(shown) < 400
    assert shown.endswith(f"… ({len(text):,} characters)")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("auth_method", ["openai", "qwen-oauth"]),
        ("timeout", ["number", "0", "3600"]),
        ("max_retries", ["whole number", "0", "20"]),
        ("base_url", ["http", "host"]),
        ("usage_statistics", ["true", "false"]),
    ],
)
def test_the_message_says_what_is_expected(name: str, words: list[str]) -> None:
    with pytest.raises(BadValue) as caught:
        parse_value(FIELDS[name], "\x00 no value of anything")
    assert all(word in caught.value.expected for word in words)


@given(
    name=st.sampled_from(list(FIELDS)), text=st.one_of(st.text(), st.text("http://[]@:?#%.a1 \n"), st.text("0123.e+-"))
)
def test_any_text_is_valid_or_refused_with_a_message(name: str, text: str) -> None:
    try:
        value = parse_value(FIELDS[name], text)
    except BadValue as bad:
        assert bad.wrong
        assert bad.expected
    else:
        again = parse_value(FIELDS[name], show_value(value))
        assert again == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if not field.secret])
def test_every_default_and_every_example_is_valid(name: str) -> None:
    field = FIELDS[name]
    values = {*field.examples, *field.default_for.values(), field.default} - {None}
    assert values or name == "auth_method"
    for value in values:
        assert parse_value(FIELDS[name], show_value(value)) == value


# In a resolution, an invalid value is a problem of its field; no lower layer replaces it.


def test_an_invalid_winner_is_not_replaced_by_the_next_layer() -> None:
    scene = Scene(environ={"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": "no url"})
    with tree_of(scene.with_file("r/home/work/app/.env", ("OPENAI_BASE_URL", "https://sound.example"))) as tree:
        resolution = tree.resolve()
    decision = resolution.decisions["base_url"]
    assert decision.value is None
    assert decision.problem is not None
    assert decision.winner is not None
    assert decision.winner.origin.place == "OPENAI_BASE_URL"
    assert not resolution.is_complete


def test_the_problem_of_an_invalid_key_does_not_show_it() -> None:
    with tree_of(Scene(environ={"OPENAI_API_KEY": "sk-ключ-that-no-header-carries"})) as tree:
        resolution = tree.resolve()
    decision = resolution.decisions["api_key"]
    assert decision.problem is not None
    assert "sk-ключ" not in repr(decision)
    assert not resolution.is_complete


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"OPENAI_API_KEY": "my-very-own-key", "OPENAI_MODEL": "my-very-own-key"}, id="the key itself"),
        pytest.param({"OPENAI_API_KEY": "x", "OPENAI_MODEL": "sk-0123456789abcdefABCDEF"}, id="what looks like a key"),
        pytest.param(
            {"OPENAI_API_KEY": "my-very-own-key", "OPENAI_BASE_URL": "http://h/my-very-own-key"}, id="in a URL"
        ),
    ],
)
def test_a_key_in_another_field_is_a_problem_and_not_in_the_artifact(environ: dict[str, str]) -> None:
    with tree_of(Scene(environ=environ)) as tree:
        resolution = tree.resolve()
    (problem,) = [decision for decision in resolution.decisions.values() if decision.problem]
    assert "API key" in str(problem.problem)
    assert problem.value is None
    assert not [text for text in environ.values() if len(text) > 1 and text in str(problem.problem)]
    assert not resolution.is_complete


def test_a_key_is_a_secret_once_it_is_read() -> None:
    for scene in (
        Scene(environ={"OPENAI_API_KEY": "sk-x"}),
        Scene(flags={"api_key": "sk-x"}),
        Scene().with_file("r/home/work/app/.env", ("OPENAI_API_KEY", "sk-x")),
    ):
        with tree_of(scene) as tree:
            assert tree.resolve().decisions["api_key"].value == Secret("sk-x")


@pytest.mark.parametrize(("text", "unrecognised"), [("app:*", True), ("true", False), ("0", False)])
def test_a_debug_value_of_another_program_counts_as_false(text: str, *, unrecognised: bool) -> None:
    with tree_of(Scene(environ={"DEBUG": text})) as tree:
        decision = tree.resolve().decisions["debug"]
    assert decision.unrecognised is unrecognised
    assert decision.value is (text == "true")


# Candidates that are not used.


def test_every_unused_candidate_has_a_reason() -> None:
    scene = Scene(
        environ={"OPENAI_MODEL": "", "QWEN_MODEL": "from-the-shell"},
        flags={"model": ""},
        home=None,
    ).with_file(
        "r/home/work/app/.qwen/.env", ("OPENAI_MODEL", "hidden"), ("QWEN_MODEL", "beaten"), ("HTTPS_PROXY", "x")
    )
    with tree_of(scene) as tree:
        decisions = tree.resolve().decisions
    lost = [(str(s.candidate.origin), s.fate, str(s.by and s.by.origin)) for s in decisions["model"].shadowed]
    assert lost == [
        ("--model", "empty", "environment QWEN_MODEL"),
        ("environment OPENAI_MODEL", "empty", "environment QWEN_MODEL"),
        ("./.qwen/.env:1 OPENAI_MODEL", "hidden by an empty variable", "environment OPENAI_MODEL"),
        ("./.qwen/.env:2 QWEN_MODEL", "beaten", "environment QWEN_MODEL"),
        ("default", "beaten", "environment QWEN_MODEL"),
    ]
    assert [s.fate for s in decisions["proxy"].shadowed] == ["needs reach user"]
