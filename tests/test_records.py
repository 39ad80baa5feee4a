"""Records: each behaves like the frozen dataclass with the same declaration."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import pprint
import subprocess
import sys
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_schema import Secret, records
from qwen_schema.records import asdict, field, record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@record
class Point:
    """A point."""

    x: int
    y: int = 2
    label: str = field(default="p", repr=False)
    others: Mapping[str, int] = field(default_factory=dict, hash=False)
    note: str = field(default="", compare=False)
    count: ClassVar[int] = 0

    @cached_property
    def total(self) -> int:
        return self.x + self.y


@record
class Far(Point):
    z: int = 3


@record(kw_only=True)
class Named:
    name: str
    place: Point = Point(0)


@record(kw_only=True)
class Grown(Named):
    size: int = 1


@record(slots=True)
class Slim:
    a: int
    b: object = field(default=None, repr=False)


@record
class Nothing:
    pass


@record
class Kind(ABC):
    name: str

    @abstractmethod
    def word(self) -> str: ...


@record
class Cat(Kind):
    legs: int = 4

    def word(self) -> str:
        return self.name

    def __str__(self) -> str:
        return "cat"


@dataclasses.dataclass(frozen=True)
class DPoint:
    x: int
    y: int = 2
    label: str = dataclasses.field(default="p", repr=False)
    others: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    note: str = dataclasses.field(default="", compare=False)
    count: ClassVar[int] = 0


@dataclasses.dataclass(frozen=True)
class DFar(DPoint):
    z: int = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class DNamed:
    name: str
    place: DPoint = DPoint(0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DGrown(DNamed):
    size: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class DSlim:
    a: int
    b: object = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class DNothing:
    pass


PAIRS: list[tuple[Any, Any]] = [
    (Point, DPoint),
    (Far, DFar),
    (Named, DNamed),
    (Grown, DGrown),
    (Slim, DSlim),
    (Nothing, DNothing),
]
values = st.integers(0, 2) | st.sampled_from(["", "a"])
arguments = st.lists(values, max_size=6)
keywords = st.dictionaries(
    st.sampled_from(["x", "y", "z", "label", "note", "name", "size", "a", "b", "self"]), values, max_size=4
)


def result_of(cls: Callable[..., Any], args: list[Any], keyword_arguments: dict[str, Any]) -> Any:
    try:
        return cls(*args, **keyword_arguments)
    except TypeError:
        return None


@given(st.sampled_from(PAIRS), arguments, keywords)
def test_the_generated_init_equals_that_of_the_dataclass(pair: Any, args: Any, keyword_arguments: Any):
    cls, twin = pair
    own = type(cls.__name__, (cls,), {"__init__": records._compiled_init(cls)})
    one, other = result_of(own, args, keyword_arguments), result_of(twin, args, keyword_arguments)
    assert (one is None) == (other is None)
    assert one is None or asdict(one) == dataclasses.asdict(other)


def test_a_class_with_many_instances_gets_a_generated_init():
    @record
    class Often:
        x: int
        others: Mapping[str, int] = field(default_factory=dict)

    first = Often.__init__
    many = [Often(x) for x in range(300)]
    assert Often.__init__ is not first
    assert [one.x for one in many] == list(range(300))
    assert many[-1] == Often(299, {}) and many[-1].others is not many[-2].others
    with pytest.raises(dataclasses.FrozenInstanceError):
        many[-1].x = 0


@pytest.mark.parametrize("slots", [False, True])
def test_a_field_of_a_generated_init_may_have_any_name(slots: bool):
    @record(slots=slots)
    class Named:
        values: int
        known: int
        name: int = 3

    made = [Named(number, 2) for number in range(2 * records._MANY)]
    assert "__init__" in vars(Named)
    assert Named.__init__ not in (records._init, records._init_of_slots)
    assert [(one.values, one.known, one.name) for one in made] == [(n, 2, 3) for n in range(2 * records._MANY)]


def test_a_declared_init_is_kept():
    class Doubled(Point):
        def __init__(self, x: int) -> None:
            super().__init__(2 * x)

    assert {Doubled(1).x for _ in range(300)} == {2}


@given(st.sampled_from(PAIRS), arguments, keywords, arguments, keywords)
def test_a_record_behaves_like_the_dataclass(
    pair: Any, args: Any, keyword_arguments: Any, others: Any, others_given: Any
):
    one, twin = (result_of(cls, args, keyword_arguments) for cls in pair)
    other, other_twin = (result_of(cls, others, others_given) for cls in pair)
    assert (one is None) == (twin is None)
    if one is None or other is None:
        return
    assert repr(one) == repr(twin).replace("DPoint", "Point").replace("DFar", "Far").replace("DNamed", "Named").replace(
        "DGrown", "Grown"
    ).replace("DSlim", "Slim").replace("DNothing", "Nothing")
    assert (one == other) == (twin == other_twin)
    assert one != twin
    if "others" not in type(one)._parts or isinstance(one.others, dict):
        assert (hash(one) == hash(other)) == (hash(twin) == hash(other_twin))
    assert type(one).__match_args__ == type(twin).__match_args__


@pytest.mark.parametrize("one", [Point(1, others={"a": 1}), Far(1, z=5), Grown(name="n"), Slim(1, [2]), Cat("c")])
def test_a_record_can_be_copied_and_pickled(one: Any):
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == replace(one) == one
    assert type(pickle.loads(pickle.dumps(one))) is type(one)


@pytest.mark.parametrize("one", [Point(1), Slim(1), Grown(name="n"), Cat("c")])
def test_a_record_is_frozen(one: Any):
    name = next(iter(type(one)._parts))
    for change in (lambda: setattr(one, name, 1), lambda: delattr(one, name), lambda: setattr(one, "more", 1)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()


def test_a_cached_property_is_computed_once_and_is_not_compared():
    one, other = Point(1), Point(1)
    assert (one.total, one) == (3, other)
    assert "total" not in repr(one)


def test_each_instance_gets_a_new_default():
    assert Point(1).others is not Point(1).others
    with pytest.raises(ValueError, match="default_factory"):

        @record
        class Bad:
            items: list[int] = []  # noqa: RUF012


def test_replace_and_asdict_of_a_record():
    far = replace(Far(1, others={"a": 1}), z=9, y=0)
    assert far == Far(1, 0, "p", {"a": 1}, "", 9)
    nested = Named(name="n", place=far)
    assert asdict(nested) == dataclasses.asdict(nested)
    assert asdict(nested)["place"] == {"x": 1, "y": 0, "label": "p", "others": {"a": 1}, "note": "", "z": 9}
    assert asdict(Slim(1, (Point(2), [Point(3)])))["b"] == (asdict(Point(2)), [asdict(Point(3))])
    with pytest.raises(TypeError, match="nonsense"):
        replace(far, nonsense=1)  # type: ignore[call-arg]


def test_the_functions_of_dataclasses_accept_a_record():
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert [f.name for f in dataclasses.fields(Far)] == ["x", "y", "label", "others", "note", "z"]
    assert [f.type for f in dataclasses.fields(Far)] == [f.type for f in dataclasses.fields(DFar)]
    assert dataclasses.fields(Far)[0] is dataclasses.fields(Far)[0], "they are made once"
    assert dataclasses.is_dataclass(Slim(1))
    assert "secret" not in pprint.pformat(Slim(1, "secret"))


def test_a_dataclass_may_inherit_from_a_record():
    @dataclasses.dataclass(frozen=True)
    class Further(Point):
        more: int = 7

    one = Further(1, note="n")
    assert (one.y, one.label, one.others, one.note, one.more) == (2, "p", {}, "n", 7)
    assert repr(one).endswith("Further(x=1, y=2, others={}, note='n', more=7)")
    assert dataclasses.replace(one, more=8) == Further(1, more=8)
    assert one == Further(1)


def test_a_record_matches_by_position():
    match Point(1, 5):
        case Point(x, y):
            assert (x, y) == (1, 5)


def test_an_abstract_record_has_no_instances():
    assert (Cat("c").word(), str(Cat("c")), repr(Cat("c"))) == ("c", "cat", "Cat(name='c', legs=4)")
    with pytest.raises(TypeError, match="abstract"):
        Kind("k")  # type: ignore[abstract]


def test_wrong_arguments_are_named_in_the_error():
    wrong = {
        "misses an argument: 'x'": (Point, (), {}),
        "unexpected argument: 'nonsense'": (Point, (1,), {"nonsense": 1}),
        "two values for an argument: 'x'": (Point, (1,), {"x": 1}),
        "takes 5 positional arguments, and 6 were given": (Point, (1, 2, 3, 4, 5, 6), {}),
        "takes 0 positional arguments": (Named, ("n",), {}),
    }
    for message, (cls, args, keyword_arguments) in wrong.items():
        with pytest.raises(TypeError, match=message):
            cls(*args, **keyword_arguments)


def test_a_secret_in_a_record_is_not_shown():
    assert "sk-0123456789" not in repr(Slim(Secret("sk-0123456789")))  # type: ignore[arg-type]


def test_records_do_not_load_dataclasses():
    code = (
        "import sys\nfrom qwen_schema.records import record, field, replace, asdict\n"
        "@record\nclass A:\n    x: int\n    y: int = field(default=1)\n"
        "print(asdict(replace(A(1), y=2)), {'dataclasses', 'inspect'} & set(sys.modules))"
    )
    process = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "{'x': 1, 'y': 2} set()\n"
