"""Strategies that generate whole worlds: a tree of env files, a home, an environment and flags, as a `Scene`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING, Any, Literal, get_args

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME, APP = P("r/home"), P("r/home/work/app")
Obstacle = Literal["directory", "dangling link"]


@dataclass(frozen=True)
class EnvText:
    """The text of an env file with its intended assignments: (name, value, line of the name), in order."""

    text: str
    assignments: tuple[tuple[str, str, int], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        return {name: value for name, value, _ in self.assignments}

    @property
    def lines(self) -> dict[str, int]:
        return {name: line for name, _, line in self.assignments}


@dataclass(frozen=True)
class Scene:
    """Everything that a resolution depends on. Paths are relative to the root where the scene is written."""

    files: Mapping[P, EnvText] = field(default_factory=dict)
    cwd: P = APP
    home: P | None = HOME
    environ: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    login: bool = False
    obstacles: Mapping[P, Obstacle] = field(default_factory=dict)
    linked: frozenset[P] = frozenset()
    chosen: P | None = None
    no_env_file: bool = False

    def but(self, **changes: Any) -> Scene:
        return replace(self, **changes)

    def with_file(self, path: str | P, *assignments: tuple[str, str]) -> Scene:
        return self.but(files={**self.files, P(path): env_text(*assignments)})

    @property
    def secrets(self) -> set[str]:
        """Every API key in the scene."""
        in_files = {value for file in self.files.values() for name, value, _ in file.assignments if name == KEY}
        return (in_files | {self.environ.get(KEY, ""), self.flags.get("api_key", "")}) - {""}


KEY = "OPENAI_API_KEY"

# A directory named .qwen is among them, because an env file in one may set every variable.
DIRECTORIES = tuple(
    map(P, (".", "r", "r/home", "r/home/work", "r/home/work/.qwen", "r/home/work/app", "r/home/work/app/src"))
)
ELSEWHERE = P("r/elsewhere")
MISSING = P("r/missing")
CWDS = (*DIRECTORIES[1:], ELSEWHERE)
HOMES = (P("r/home"), P("r/home"), P("r/home/work/app"), ELSEWHERE, MISSING, P("r"), None)
# The files that QWEN_HOME may lead to, from the home or from the working directory.
MOVED = (P("r/home/moved/.env"), P("r/home/work/app/moved/.env"), P("r/moved/.env"))
PLACES = tuple(
    dict.fromkeys([*(d / name for d in (*DIRECTORIES, ELSEWHERE) for name in (".qwen/.env", ".env")), *MOVED])
)
NOT_SEARCHED = (P("r/home/work/prod.env"), P("r/elsewhere/.qwen/prod.env"))

_WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=16)
_KEYS = st.one_of(_WORDS.map(lambda w: f"sk-{w}"), _WORDS.map(lambda w: f"sk-ключ-{w}"))
_URLS = st.one_of(
    st.integers(1, 9).map(lambda n: f"http://127.0.0.1:{n}/v1"),
    st.sampled_from(["https://models.example/v1#part", "not a url", "http://user@host/v1", "http://[::1]:11434/v1"]),
)
_MODELS = st.sampled_from(
    [
        "qwen3-coder-plus",
        "m with spaces",
        "a'b\"c",
        "a#b",
        "日本",
        "${HOME}",
        "two\nlines",
        "Qwen/Qwen3",
        "=x",
        "`tick`",
    ]
)
_PROXIES = st.sampled_from(["http://127.0.0.1:3128", "http://proxy.example:8080", "socks5://x"])
_LISTS = st.sampled_from(["localhost, .internal", "one", "none"])
VALUES: dict[str, st.SearchStrategy[str]] = {
    KEY: _KEYS,
    "OPENAI_BASE_URL": _URLS,
    "OPENAI_MODEL": _MODELS,
    "QWEN_MODEL": _MODELS,
    "QWEN_OAUTH": st.sampled_from(["1", "true", "0", "false"]),
    "DEBUG": st.sampled_from(["1", "0", "app:*"]),
    "DEBUG_MODE": st.sampled_from(["true", "false"]),
    "HTTPS_PROXY": _PROXIES,
    "http_proxy": _PROXIES,
    "NO_PROXY": _LISTS,
    "SSL_CERT_FILE": st.sampled_from(["certificates/all.pem", "~/all.pem"]),
    "QWEN_CFG_TIMEOUT": st.sampled_from(["30", "0.5", "0", "soon"]),
    "QWEN_CFG_MAX_RETRIES": st.sampled_from(["0", "20", "21"]),
    "QWEN_CFG_EXCLUDED_VARIABLES": st.sampled_from(["OPENAI_MODEL", "DEBUG, OPENAI_BASE_URL", "none", "no name"]),
    "QWEN_OAUTH_BASE_URL": st.sampled_from(["https://login.example", "http://login.example", "http://localhost:1"]),
    "QWEN_CFG_USAGE_STATISTICS": st.sampled_from(["true", "false"]),
    "QWEN_CFG_USAGE_STATISTICS_ENDPOINT": _URLS,
    "QWEN_HOME": st.sampled_from(["~/moved", "moved", "../moved", "~", "~/.qwen", "../.qwen", ".qwen"]),
    "UNDECLARED": st.sampled_from(["x", "y"]),
}
_FLAGS: dict[str, st.SearchStrategy[str]] = {
    "auth_method": st.sampled_from(["openai", "qwen-oauth"]),
    "api_key": _KEYS,
    "base_url": _URLS,
    "model": _MODELS,
    "proxy": _PROXIES,
    "timeout": st.sampled_from(["7", "3601"]),
    "debug": st.just("true"),
    "excluded_variables": st.sampled_from(["QWEN_MODEL", "none"]),
}
# The names that decide most are drawn most often.
_NAMES = st.sampled_from([KEY, KEY, "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_MODEL", "DEBUG", "QWEN_HOME", *VALUES])


def env_text(*assignments: tuple[str, str]) -> EnvText:
    """Return an env file with these assignments, each quoted on a line of its own."""
    text = "".join(f'{name}="{value}"\n' for name, value in assignments)
    return EnvText(text, tuple((name, value, line) for line, (name, value) in enumerate(assignments, 1)))


_EMPTY = st.just("")
_ONE_IN_SEVEN = st.integers(0, 6)


def _sometimes_empty(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return _ONE_IN_SEVEN.flatmap(lambda n: _EMPTY if n == 6 else values)


def _with_values(values: dict[str, st.SearchStrategy[str]]) -> dict[str, st.SearchStrategy[tuple[str, str]]]:
    """Return for each name a strategy of the name with one of its values, which is empty now and then."""
    return {name: st.tuples(st.just(name), _sometimes_empty(one)) for name, one in values.items()}


# Strategies are built once. Hypothesis analyses each new one, which takes longer than to draw from it.
_OF_NAME, _OF_FLAG = _with_values(VALUES), _with_values(_FLAGS)
_ASSIGNMENTS = _NAMES.flatmap(_OF_NAME.__getitem__)
_ENVIRONMENTS = st.lists(_ASSIGNMENTS, max_size=4).map(dict)
_GIVEN_FLAGS = st.lists(st.sampled_from(list(_FLAGS)).flatmap(_OF_FLAG.__getitem__), max_size=2).map(dict)
_INDENTS = st.sampled_from(["", "", "  ", "\t", "export ", " export\t "])
_SHAPES = st.sampled_from(["{}={}", "{} = {}", "{}={}", "{}: {}"])
_NOTES = st.sampled_from(["", "", " # a note", "  ", "\t#"])
# An index into any list of up to four.
_INDICES = st.integers(0, 11)


def assignments() -> st.SearchStrategy[tuple[str, str]]:
    """Generate a variable with a value, which is empty now and then."""
    return _ASSIGNMENTS


@st.composite
def _assignment_pieces(draw: st.DrawFn) -> tuple[str, tuple[str, str]]:
    name, value = draw(_ASSIGNMENTS)
    indent = draw(_INDENTS)
    ways = _ways_to_write(value)
    written = ways[draw(_INDICES) % len(ways)]
    note = draw(_NOTES)
    return indent + draw(_SHAPES).format(name, written) + note, (name, value)


def _ways_to_write(value: str) -> list[str]:
    quoted = [q + value + q for q in "'\"`" if q not in value]
    if "\n" in value:
        return [*quoted, '"' + value.replace("\n", "\\n") + '"']
    bare = value == value.strip() and "#" not in value and value[:1] not in ("'", '"', "`")
    return [value, *quoted] if bare else quoted


_OTHER_PIECES = st.sampled_from(
    [
        "",
        "  ",
        "# a comment",
        "#OPENAI_MODEL=commented-out",
        "just words",
        "OPENAI_API_KEY",
        "export DEBUG",
        "1+1=2",
    ]
).map(lambda line: (line, None))
_PIECES = st.lists(st.one_of(_assignment_pieces(), _assignment_pieces(), _OTHER_PIECES), max_size=5)
_ENDS = st.sampled_from([("\n",), ("\n",), ("\r\n",), ("\r",), ("\n", "\r\n")])
_MARKS = st.sampled_from(["", "", "\ufeff"])
_BOOLEANS = st.booleans()


@st.composite
def env_texts(draw: st.DrawFn) -> EnvText:
    """Generate an env file in all shapes of the dialect, knowing what each of its lines means.

    No line is made that starts with a quote: it would be the value of an empty assignment above it.
    """
    pieces, ends = draw(_PIECES), draw(_ENDS)
    text, line, meant = draw(_MARKS), 1, []
    for number, (piece, meaning) in enumerate(pieces):
        end = ends[number % len(ends)]
        if meaning is not None:
            meant.append((*meaning, line))
        text += (piece + "\n").replace("\n", end)
        line += piece.count("\n") + 1
    return EnvText(text.rstrip("\r\n") if pieces and draw(_BOOLEANS) else text, tuple(meant))


def environments() -> st.SearchStrategy[dict[str, str]]:
    return _ENVIRONMENTS


def flags() -> st.SearchStrategy[dict[str, str]]:
    return _GIVEN_FLAGS


_ENV_TEXTS = env_texts()
_ENV_FILES = st.dictionaries(st.sampled_from(PLACES), _ENV_TEXTS, max_size=4)
_CWDS = st.sampled_from(CWDS)
_HOMES_FROM = {cwd: st.sampled_from([*HOMES, cwd]) for cwd in CWDS}
_LOGINS = st.sampled_from([False, False, False, True])
_LINKED = st.integers(0, 9)
# The obstacle, and the index of its place among those without a file.
_OBSTACLES = st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(get_args(Obstacle))), max_size=1)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Generate a world with the search in charge of the env file."""
    files, cwd = draw(_ENV_FILES), draw(_CWDS)
    free = [place for place in PLACES if place not in files]
    return Scene(
        files=files,
        cwd=cwd,
        home=draw(_HOMES_FROM[cwd]),
        environ=draw(_ENVIRONMENTS),
        flags=draw(_GIVEN_FLAGS),
        login=draw(_LOGINS),
        obstacles={free[index % len(free)]: obstacle for index, obstacle in draw(_OBSTACLES)},
        linked=frozenset(path for path in files if draw(_LINKED) == 9),
    )


_SCENES = scenes()
_CHOICES = st.integers(0, 10_000)


@st.composite
def scenes_with_a_choice(draw: st.DrawFn) -> Scene:
    """Generate a world in which `--env-file` or `--no-env-file` is given."""
    scene = draw(_SCENES)
    choices = [*NOT_SEARCHED, *scene.files, None]
    chosen = choices[draw(_CHOICES) % len(choices)]
    if chosen is None:
        return scene.but(no_env_file=True)
    return scene.but(chosen=chosen, files={**scene.files, chosen: scene.files.get(chosen) or draw(_ENV_TEXTS)})


def complete_scenes() -> st.SearchStrategy[Scene]:
    """Generate worlds that an artifact can be made of, unless something in them is no value."""
    return _SCENES.map(lambda s: s if s.flags.get("api_key") else s.but(flags={**s.flags, "auth_method": "qwen-oauth"}))
