"""All addresses of the product by name."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """All named addresses with their namespaces."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}"
