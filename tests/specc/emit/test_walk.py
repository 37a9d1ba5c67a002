"""Statements pruned: a local that nothing reads goes, one that something reads stays, with what it is made of."""

from __future__ import annotations

from specc.emit.plan import Do, For, If, Let, Stmt
from specc.emit.walk import bound_names, free_vars, prune, rename
from specc.pycode import BinaryCode, CallCode, Code, CompCode, Lit, Path, Var


def call(*args: Code) -> Code:
    return CallCode(Path("nn.Linear"), args)


def loop(*body: Stmt) -> For:
    return For(("i",), CallCode(Path("range"), (Var("depth"),)), body)


def test_what_nothing_reads_goes_even_if_it_reads_itself() -> None:
    counter = Let("size", BinaryCode("//", Var("size"), Lit(2)))
    made = Let("self.a", call(Var("channels")))
    kept = (Let("channels", Lit(3)), loop(made, Let("channels", Var("i"))))
    assert prune((Let("size", Lit(8)), kept[0], loop(made, counter, Let("channels", Var("i"))))) == kept


def test_branches_and_loops_that_became_empty_go() -> None:
    dead = Let("unused", Lit(1))
    assert prune((If(Var("flag"), (dead,), (dead,)), loop(dead))) == ()
    effect = Do(call())
    assert prune((If(Var("flag"), (dead,), (effect,)),)) == (If(Var("flag"), (), (effect,)),)


def test_a_condition_keeps_what_it_reads() -> None:
    statements = (Let("inner", Lit(2)), If(Var("inner"), (Do(call()),)))
    assert prune(statements) == statements


def test_a_comprehension_binds_its_own_names() -> None:
    code = CompCode(BinaryCode("+", Var("i"), Var("n")), ("i",), Var("xs"), Var("i"))
    assert list(free_vars(code)) == ["xs", "n"]


def test_renaming_reaches_targets_and_uses() -> None:
    statements = loop(Let("channels2", Var("channels2")), Let("a, channels2", Var("b")))
    renamed = rename(statements, {"channels2": Var("channels")})
    assert renamed == loop(Let("channels", Var("channels")), Let("a, channels", Var("b")))
    assert bound_names((renamed,)) == {"i", "channels", "a"}
