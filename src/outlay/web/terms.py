"""Words with their meaning: what a page says of a term when one hovers, focuses or taps it.

A term is a button that opens a popover, so that it works by pointer, keyboard and touch, also
without scripts; `aria-describedby` tells a screen reader the same. The definitions stand once at
the end of a page, whatever number of times a term is used on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from markupsafe import Markup

from outlay.app.glossary import Term, find

_used: ContextVar[dict[str, Term] | None] = ContextVar("outlay_terms", default=None)


@contextmanager
def collecting() -> Iterator[dict[str, Term]]:
    """Within, the terms that a page uses are noted for its end."""
    found: dict[str, Term] = {}
    token = _used.set(found)
    try:
        yield found
    finally:
        _used.reset(token)


def term(name: str, label: str | None = None) -> Markup:
    """The label (default: the term's title) with its meaning; the bare label where the glossary
    does not know the term, marked so that a test finds it."""
    known = _note(name)
    if known is None:
        return Markup('<span data-term="{}" data-unknown>{}</span>').format(name, label or name)
    return Markup(
        '<button type="button" class="term" data-term="{slug}" popovertarget="term-{slug}" '
        'aria-describedby="term-{slug}">{label}</button>'
    ).format(slug=known.slug, label=label or known.title)


def mark(name: str) -> Markup:
    """A small sign beside a word that is a link already; it opens the meaning."""
    known = _note(name)
    if known is None:
        return Markup('<span data-term="{}" data-unknown></span>').format(name)
    return Markup(
        '<button type="button" class="term mark" data-term="{slug}" popovertarget="term-{slug}" '
        'aria-describedby="term-{slug}" aria-label="What is {title}?"></button>'
    ).format(slug=known.slug, title=known.title)


def term_if(name: str, label: str) -> Markup:
    """The label with its meaning where the glossary knows the name, else the label: for names that
    come from data, such as those of virtual tags."""
    return term(name, label) if find(name) else Markup("{}").format(label)


def mark_if(name: str) -> Markup:
    """The small sign where the glossary knows the name of a dimension or measure (or of what is
    beside it: ``EffectiveCost_direct``), else nothing."""
    measure, _, part = name.rpartition("_")
    beside = {"direct": "Direct", "shared": "Shared in", "previous": "Before"}.get(part)
    name = beside if beside and find(measure) else name
    return mark(name) if find(name) else Markup("")


def terms_of(names: Iterable[str]) -> Markup:
    """Note terms that a part of the page will use which comes later."""
    for name in names:
        _note(name)
    return Markup("")


def terms_used() -> list[Term]:
    """The terms that the page used so far, by title."""
    return sorted((_used.get() or {}).values(), key=lambda one: one.title.casefold())


def _note(name: str) -> Term | None:
    known = find(name)
    noted = _used.get()
    if known is not None and noted is not None:
        noted[known.slug] = known
    return known
