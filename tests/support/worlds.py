"""Strategies that generate whole worlds: a tree of env files, a home, an environment and flags, as a `Scene`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING, Any, Literal

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


def assignments() -> st.SearchStrategy[tuple[str, str]]:
    """Generate a variable with a value, which is sometimes empty."""
    return _NAMES.flatmap(lambda name: st.tuples(st.just(name), _sometimes_empty(VALUES[name])))


@st.composite
def env_texts(draw: st.DrawFn) -> EnvText:
    """Generate an env file in every form of the dialect, with the meaning of each line.

    No line starts with a quote: it would be read as the value of an empty assignment above it.
    """
    pieces = draw(st.lists(st.one_of(_assignment_pieces(), _assignment_pieces(), _other_pieces()), max_size=5))
    ends = draw(st.sampled_from([("\n",), ("\n",), ("\r\n",), ("\r",), ("\n", "\r\n")]))
    text, line, meant = draw(st.sampled_from(["", "", "\ufeff"])), 1, []
    for number, (piece, meaning) in enumerate(pieces):
        end = ends[number % len(ends)]
        if meaning is not None:
            meant.append((*meaning, line))
        text += (piece + "\n").replace("\n", end)
        line += piece.count("\n") + 1
    return EnvText(text.rstrip("\r\n") if pieces and draw(st.booleans()) else text, tuple(meant))


@st.composite
def _assignment_pieces(draw: st.DrawFn) -> tuple[str, tuple[str, str]]:
    name, value = draw(assignments())
    indent = draw(st.sampled_from(["", "", "  ", "\t", "export ", " export\t "]))
    shapes = ["{}={}", "{} = {}", "{}={}", "{}: {}"]
    written = draw(st.sampled_from(_ways_to_write(value)))
    note = draw(st.sampled_from(["", "", " # a note", "  ", "\t#"]))
    return indent + draw(st.sampled_from(shapes)).format(name, written) + note, (name, value)


def _ways_to_write(value: str) -> list[str]:
    quoted = [q + value + q for q in "'\"`" if q not in value]
    if "\n" in value:
        return [*quoted, '"' + value.replace("\n", "\\n") + '"']
    bare = value == value.strip() and "#" not in value and value[:1] not in ("'", '"', "`")
    return [value, *quoted] if bare else quoted


def _other_pieces() -> st.SearchStrategy[tuple[str, None]]:
    lines = [
        "",
        "  ",
        "# a comment",
        "#OPENAI_MODEL=commented-out",
        "just words",
        "OPENAI_API_KEY",
        "export DEBUG",
        "1+1=2",
    ]
    return st.sampled_from(lines).map(lambda line: (line, None))


def environments() -> st.SearchStrategy[dict[str, str]]:
    return st.lists(assignments(), max_size=4).map(dict)


def flags() -> st.SearchStrategy[dict[str, str]]:
    drawn = st.sampled_from(list(_FLAGS)).flatmap(lambda f: st.tuples(st.just(f), _sometimes_empty(_FLAGS[f])))
    return st.lists(drawn, max_size=2).map(dict)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Generate a world in which the search chooses the env file."""
    files = draw(st.dictionaries(st.sampled_from(PLACES), env_texts(), max_size=4))
    free = [place for place in PLACES if place not in files]
    cwd = draw(st.sampled_from(CWDS))
    return Scene(
        files=files,
        cwd=cwd,
        home=draw(st.sampled_from([*HOMES, cwd])),
        environ=draw(environments()),
        flags=draw(flags()),
        login=draw(st.sampled_from([False, False, False, True])),
        obstacles=draw(
            st.dictionaries(st.sampled_from(free), st.sampled_from(["directory", "dangling link"]), max_size=1)
        ),
        linked=frozenset(path for path in files if draw(st.integers(0, 9)) == 9),
    )


@st.composite
def scenes_with_a_choice(draw: st.DrawFn) -> Scene:
    """Generate a world with `--env-file` or `--no-env-file`."""
    scene = draw(scenes())
    chosen = draw(st.sampled_from([*NOT_SEARCHED, *scene.files, None]))
    if chosen is None:
        return scene.but(no_env_file=True)
    return scene.but(chosen=chosen, files={**scene.files, chosen: scene.files.get(chosen) or draw(env_texts())})


def complete_scenes() -> st.SearchStrategy[Scene]:
    """Generate worlds with a key or a login: an artifact can be made of them if every value is valid."""
    return scenes().map(
        lambda s: s if s.flags.get("api_key") else s.but(flags={**s.flags, "auth_method": "qwen-oauth"})
    )


def _sometimes_empty(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 6).flatmap(lambda n: st.just("") if n == 6 else values)
