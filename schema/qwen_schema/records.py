"""Frozen value classes, compared and shown by their fields like those of `dataclasses`, but faster to define.

`dataclasses` generates the methods of each class as source and compiles them when the module is loaded: up to a
millisecond per class, and a command loads about eighty classes. Here all classes share the same few functions. A class
with many instances then gets an `__init__` that is compiled for it. There is no `__post_init__`, and every instance is
frozen.
"""

from __future__ import annotations

from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import asdict, replace
    from typing import dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_):
        return lambda function: function


__all__ = ["asdict", "field", "record", "replace"]

_MISSING: Any = object()

# From so many instances on, compiling an `__init__` (some 100 microseconds) pays: it saves one for each.
_MANY = 100


class _Part:
    """The declaration of a field: its type, its default, and whether it is shown, compared and hashed."""

    __slots__ = ("default", "factory", "is_compared", "is_hashed", "is_shown", "kind", "kw_only")

    def __init__(self, default: object = _MISSING, factory: Callable[[], object] | None = None) -> None:
        self.default = default
        self.factory = factory
        self.is_shown = self.is_compared = self.is_hashed = True
        self.kind: Any = None
        self.kw_only = False


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] | None = None,
    repr: bool = True,  # noqa: A002 - the names of `dataclasses.field`
    hash: bool | None = None,  # noqa: A002
    compare: bool = True,
) -> Any:
    """Declare a field that is not shown, not compared or not hashed, or whose default is made for each instance."""
    part = _Part(default, default_factory)
    part.is_shown = repr
    part.is_compared = compare
    part.is_hashed = compare if hash is None else hash
    return part


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, /, *, kw_only: bool = False, slots: bool = False) -> Any:
    """Turn a class with annotated fields into a value class, like `dataclasses.dataclass(frozen=True)`."""
    if cls is None:
        return lambda declared: _record(declared, kw_only=kw_only, slots=slots)
    return _record(cls, kw_only=kw_only, slots=slots)


def _record(cls: type[Any], *, kw_only: bool, slots: bool) -> type[Any]:
    own = _own_parts(cls, kw_only=kw_only)
    parts = {name: part for base in reversed(cls.__mro__) for name, part in vars(base).get("_parts", {}).items()}
    parts.update(own)
    if slots:
        cls = _with_slots(cls, own)
    existing = vars(cls)
    defaults = {
        "__init__": _init_of_slots if slots else _init,
        "__repr__": _repr,
        "__eq__": _eq,
        "__setattr__": _refuse_change,
        "__delattr__": _refuse_change,
    }
    for name, method in defaults.items():
        if name not in existing:
            setattr(cls, name, method)
    if existing.get("__hash__") is None:
        cls.__hash__ = _hash  # type: ignore[assignment]
    positional = tuple(name for name, part in parts.items() if not part.kw_only)
    attributes = {
        "_parts": parts,
        "_positional": positional,
        "_made": count(1),
        "__match_args__": positional,
        "_values": _getter(tuple(parts)),
        "_compared": _getter(tuple(name for name, part in parts.items() if part.is_compared)),
        "_hashed": _getter(tuple(name for name, part in parts.items() if part.is_hashed)),
        "__dataclass_fields__": _AS_FIELDS,
        "__dataclass_params__": _AS_PARAMS,
    }
    for name, value in attributes.items():
        setattr(cls, name, value)
    return cls


def _own_parts(cls: type[Any], *, kw_only: bool) -> dict[str, _Part]:
    """Return the fields that a class itself declares; only their defaults stay as attributes of the class."""
    parts = {}
    for name, kind in cls.__annotations__.items():
        if str(kind).startswith(("ClassVar", "typing.ClassVar")):
            continue
        default = vars(cls).get(name, _MISSING)
        part = default if isinstance(default, _Part) else _Part(default)
        if part.default is not _MISSING and type(part.default).__hash__ is None:
            raise ValueError(f"{cls.__name__}.{name}: a default that can change needs a default_factory")
        if part is default and part.default is _MISSING:
            delattr(cls, name)
        elif part is default:
            setattr(cls, name, part.default)
        part.kind, part.kw_only = kind, kw_only
        parts[name] = part
    return parts


def _with_slots(cls: type[Any], own: dict[str, _Part]) -> type[Any]:
    """Return a copy of a class with slots, which cannot be added to an existing class."""
    left_out = {"__dict__", "__weakref__", *own}
    attributes = {name: value for name, value in vars(cls).items() if name not in left_out}
    kind: Any = type(cls)
    made: type[Any] = kind(cls.__name__, cls.__bases__, {**attributes, "__slots__": tuple(own), "__reduce__": _reduce})
    made.__qualname__ = cls.__qualname__
    return made


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[object, ...]]:
    """Return a function from a record to a tuple of the values of these fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return staticmethod(lambda one: tuple(getattr(one, name) for name in names))


def _init(self: Any, /, *args: object, **given: object) -> None:
    cls = type(self)
    _arrange(cls, self.__dict__, args, given)
    _compile_after_many(cls, _init)


def _compile_after_many(cls: Any, shared: Callable[..., None]) -> None:
    """Give a class that has many instances by now an `__init__` of its own, if it has the shared one."""
    if next(cls._made) == _MANY and cls.__init__ is shared:
        cls.__init__ = _compiled_init(cls)


def _compiled_init(cls: Any) -> Callable[..., None]:
    """Return an `__init__` with the fields of a class for its parameters."""
    has_slots = "__slots__" in vars(cls)
    begin = "_record_store = _record_setattr" if has_slots else "_record_values = self.__dict__"
    parameters, lines, known = ["self"], [begin], {"_MISSING": _MISSING, "_record_setattr": object.__setattr__}
    for name, part in sorted(cls._parts.items(), key=lambda item: item[1].kw_only):
        if part.kw_only and "*" not in parameters:
            parameters.append("*")
        has_default = part.factory is not None or part.default is not _MISSING
        parameters.append(f"{name}=_default_{name}" if has_default else name)
        known[f"_default_{name}"], known[f"_make_{name}"] = part.default, part.factory
        made = name if part.factory is None else f"_make_{name}() if {name} is _MISSING else {name}"
        lines.append(f"_record_store(self, {name!r}, {made})" if has_slots else f"_record_values[{name!r}] = {made}")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines), known)  # noqa: S102 - as `dataclasses` does
    return known["__init__"]  # type: ignore[no-any-return]


def _init_of_slots(self: Any, /, *args: object, **given: object) -> None:
    values: dict[str, object] = {}
    cls = type(self)
    _arrange(cls, values, args, given)
    for name, value in values.items():
        object.__setattr__(self, name, value)
    _compile_after_many(cls, _init_of_slots)


def _arrange(cls: Any, values: dict[str, object], args: tuple[object, ...], given: dict[str, object]) -> None:
    """Store arguments and defaults in `values` under the names of the fields."""
    if len(args) > len(cls._positional):
        raise _wrong_arguments(cls, args, given)
    values.update(zip(cls._positional, args, strict=False))
    if len(values) == len(cls._parts) and not given:
        return
    if given:
        if not given.keys().isdisjoint(values) or not given.keys() <= cls._parts.keys():
            raise _wrong_arguments(cls, args, given)
        values.update(given)
    if len(values) < len(cls._parts):
        _fill(cls, values)


def _fill(cls: Any, values: dict[str, object]) -> None:
    """Add the defaults of the fields without an argument."""
    for name, part in cls._parts.items():
        if name in values:
            continue
        if part.factory is not None:
            values[name] = part.factory()
        elif part.default is not _MISSING:
            values[name] = part.default
        else:
            raise TypeError(f"{cls.__qualname__}() misses an argument: {name!r}")


def _wrong_arguments(cls: Any, args: tuple[object, ...], given: dict[str, object]) -> TypeError:
    most = len(cls._positional)
    if len(args) > most:
        return TypeError(f"{cls.__qualname__}() takes {most} positional arguments, and {len(args)} were given")
    unknown = [name for name in given if name not in cls._parts]
    twice = [name for name in given if name in cls._positional[: len(args)]]
    problem = f"an unexpected argument: {unknown[0]!r}" if unknown else f"two values for an argument: {twice[0]!r}"
    return TypeError(f"{cls.__qualname__}() got {problem}")


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, part in type(self)._parts.items() if part.is_shown)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    values = type(self)._compared
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(type(self)._hashed(self))


def _reduce(self: Any) -> tuple[object, ...]:
    return type(self), type(self)._values(self)


def _refuse_change(_: Any, name: str, *__: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - slow to import

    raise FrozenInstanceError(f"cannot change field {name!r}")


class _AsDataclass:
    """An attribute that `dataclasses` reads, made when first read: its functions accept a record as a dataclass."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, _: object, cls: Any) -> object:
        import dataclasses  # noqa: PLC0415 - slow to import

        fields: list[tuple[str, Any, Any]] = []
        for name, part in cls._parts.items():
            default = {} if part.default is _MISSING else {"default": part.default}
            made = {} if part.factory is None else {"default_factory": part.factory}
            counts = {
                "repr": part.is_shown,
                "hash": part.is_hashed,
                "compare": part.is_compared,
                "kw_only": part.kw_only,
            }
            fields.append((name, part.kind, dataclasses.field(**default, **made, **counts)))
        attribute = getattr(dataclasses.make_dataclass(cls.__name__, fields, frozen=True), self._name)
        setattr(cls, self._name, attribute)
        return attribute


_AS_FIELDS = _AsDataclass("__dataclass_fields__")
_AS_PARAMS = _AsDataclass("__dataclass_params__")


if not TYPE_CHECKING:

    def replace(one, /, **changes):
        """Return a copy of a record with other values in some fields."""
        cls = type(one)
        return cls(**{**dict(zip(cls._parts, cls._values(one), strict=True)), **changes})

    def asdict(one):
        """Return a record as a dict, including the records in its fields, lists, tuples and dicts."""
        return {name: _plain(getattr(one, name)) for name in type(one)._parts}


def _plain(value: Any) -> object:
    if hasattr(type(value), "_parts"):
        return asdict(value)
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return value
