"""The normal form means what Python means, and equal meanings of the kinds promised are equal forms."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.dims.expr import (
    Dim,
    Expr,
    Symbol,
    TooComplex,
    apply,
    atoms,
    dim_of,
    evaluate,
    max_,
    min_,
    substitute,
    symbols,
)
from specc.dims.opaque import NotGeneric
from tests.specc.dims.generated import NAMES, Term, fresh, python_value, terms

ANY_VALUES = st.fixed_dictionaries({name: st.integers(-9, 40) for name in NAMES})
POSITIVE = st.fixed_dictionaries({name: st.integers(1, 40) for name in NAMES})


def _dim(term: Term, dims: dict[str, Expr]) -> Dim | None:
    """None where a divisor is the constant 0."""
    try:
        dim: Dim = term.build(dims)
    except ZeroDivisionError:
        return None
    return dim


def _value(term: Term, values: dict[str, int]) -> int | None:
    try:
        return python_value(term, values)
    except ZeroDivisionError:
        return None


@settings(max_examples=400, deadline=None)
@given(terms(), ANY_VALUES)
def test_a_dimension_and_its_text_are_worth_what_python_says(term: Term, values: dict[str, int]) -> None:
    symbol, dims = fresh(lower=None)
    dim = _dim(term, dims)
    expected = _value(term, values)
    if dim is not None and expected is not None:
        assert evaluate(dim, {symbol[name]: value for name, value in values.items()}) == expected
        assert eval(str(dim), {"max": max, "min": min}, dict(values)) == expected


@settings(max_examples=400, deadline=None)
@given(terms(), terms(("W", "D")), POSITIVE)
def test_substitution_is_evaluation_of_the_substituted(term: Term, inner: Term, values: dict[str, int]) -> None:
    symbol, dims = fresh()
    dim, value = _dim(term, dims), _dim(inner, dims)
    inside = _value(inner, values)
    if dim is None or value is None or inside is None or inside < 1:
        return
    expected = _value(term, {**values, "H": inside})
    if expected is None:
        return
    try:
        out = substitute(dim, {symbol["H"]: value})
    except ZeroDivisionError:
        return
    assert evaluate(out, {symbol[name]: v for name, v in values.items()}) == expected


@settings(max_examples=300, deadline=None)
@given(terms(extrema=False), terms(extrema=False), terms(extrema=False))
def test_ring_laws_hold_between_forms(a: Term, b: Term, c: Term) -> None:
    _, dims = fresh()
    x, y, z = (_dim(term, dims) for term in (a, b, c))
    if x is None or y is None or z is None:
        return
    assert x + y == y + x
    assert x * y == y * x
    assert (x + y) + z == x + (y + z)
    assert x * (y + z) == x * y + x * z
    assert x - x == 0
    assert hash(x + y) == hash(y + x)


@settings(max_examples=300, deadline=None)
@given(terms(constants=True, extrema=False), terms(constants=True, extrema=False), st.integers(1, 12))
def test_every_multiple_of_the_divisor_comes_out(a: Term, b: Term, c: int) -> None:
    _, dims = fresh()
    x, y = _dim(a, dims), _dim(b, dims)
    if x is not None and y is not None:
        assert (x + c * y) // c == x // c + y
        assert x % c == x - c * (x // c)


def _chain(steps: list[tuple[int, int, int]], start: Dim) -> Dim:
    for k, s, m in steps:
        start = (start + k) // s + m
    return start


def test_chains_of_convolutions_have_one_form_for_one_meaning() -> None:
    draw = random.Random(20)
    height = dim_of(Symbol("H"))
    forms: dict[tuple[int, ...], Dim] = {}
    meanings: dict[Dim, tuple[int, ...]] = {}
    probes = range(1, 2050)  # two periods of strides up to 4**5
    for _ in range(1000):
        steps = [(draw.randint(-3, 3), draw.randint(1, 4), draw.randint(-1, 2)) for _ in range(5)]
        form = _chain(steps, height)
        meaning = tuple(int(_chain(steps, n)) for n in probes)
        assert forms.setdefault(meaning, form) == form
        assert meanings.setdefault(form, meaning) == meaning
    assert 500 < len(forms) < 1000


def test_constants_come_back_as_ints() -> None:
    _, dims = fresh()
    height = dims["H"]
    ints = (height - height, 0 * height, (2 * height + 1) % 2, height // height, height**0, max_(3, 4))
    assert all(type(dim) is int for dim in ints)


def test_equal_polynomials_by_symbolic_divisors() -> None:
    _, dims = fresh(("B", "T", "D", "h"))
    b, t, d, h = dims.values()
    assert (b * t * d) // t == b * d
    assert (t * d + t) // t == d + 1
    assert (b * b - t * t) // (b - t) == b + t
    assert (6 * d) // (4 * h) == (3 * d) // (2 * h)
    assert (d * h + 3) // h == d + 3 // h
    assert (d // h) // 2 == d // (2 * h)
    assert d // -h == (-d) // h


def test_maxima_and_minima() -> None:
    _, dims = fresh()
    h, w, d = dims.values()
    assert max_(h, 1) == h  # h is at least 1
    assert max_(h, 0) == h
    assert min_(h, h + 2) == h
    assert max_(h - 1, 0) + 1 == h
    assert max_(max_(h, w), d) == max_(h, max_(d, w))
    assert max_(h + 3, w + 3) == max_(w, h) + 3
    assert (min_(h, w) + 4) // 2 == min_(h // 2, w // 2) + 2


def test_powers() -> None:
    stage = dim_of(Symbol("stage", lower=0))
    wide = 64 * 2**stage
    assert str(wide) == "64*2**stage"
    assert substitute(wide, {symbols(stage)[0]: 3}) == 512
    assert evaluate(wide, {symbols(stage)[0]: 2}) == 256
    assert 2**stage == 2**stage
    assert 2 ** (stage + 1) != 2**stage
    assert stage**3 == stage * stage * stage
    with pytest.raises(ZeroDivisionError):
        evaluate(2 ** (stage - 1), {symbols(stage)[0]: 0})


def test_uninterpreted_terms_are_equal_by_key() -> None:
    first = apply(("depths", 0), text="depths[0]", lower=1, names=frozenset({"depths"}))
    again = apply(("depths", 0), text="depths[0]", lower=1, names=frozenset({"depths"}))
    other = apply(("depths", 1), text="depths[1]")
    assert first == again
    assert first != other
    assert str(2 * first + 1) == "2*depths[0] + 1"
    assert first.names == {"depths"}
    assert len(atoms(first + other)) == 2
    with pytest.raises(KeyError):
        evaluate(first, {})
    assert evaluate(first, {atoms(first)[0]: 5}) == 5


def test_what_needs_a_number_says_so() -> None:
    _, dims = fresh()
    height = dims["H"]
    with pytest.raises(TypeError, match="solver"):
        _ = height < 3
    with pytest.raises(TypeError, match="solver"):
        bool(height)
    with pytest.raises(NotGeneric) as caught:
        range(height * dims["W"])
    assert caught.value.names == {"H", "W"}
    with pytest.raises(NotGeneric):
        int(height)
    with pytest.raises(ZeroDivisionError):
        _ = height // 0


def _doubling(x: Dim, y: Dim, times: int) -> Dim:
    for _ in range(times):
        x = x // 7 + (x * y) // 5
    return x


def test_beyond_the_caps_is_refused_not_computed() -> None:
    _, dims = fresh()
    h, w, d = dims.values()
    with pytest.raises(TooComplex):
        _ = h**33
    with pytest.raises(TooComplex):
        _ = (h**20) * (w**20)
    with pytest.raises(TooComplex):
        _ = h * 2**62 * 2
    with pytest.raises(TooComplex):
        _ = (h + w + d + 1) ** 30
    with pytest.raises(TooComplex):
        _ = substitute(2**h, {symbols(h)[0]: 10**9})
    with pytest.raises(TooComplex):
        _doubling(h, w, 100)


def test_symbols_atoms_order() -> None:
    _, dims = fresh()
    h, w, d = dims.values()
    assert [s.name for s in symbols((d * w) // 3 + h)] == ["H", "W", "D"]
    assert len(atoms((w + 1) // 2 + h)) == 3
    assert symbols(5) == []


def test_interning_does_not_confuse_bool_int_and_float() -> None:
    assert apply(("f", 1), text="f(1)") != apply(("f", True), text="f(true)")
    assert apply(("f", 1), text="f(1)") != apply(("f", 1.0), text="f(1.0)")
