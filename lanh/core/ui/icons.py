"""Icons drawn for Lành: 20 by 20, strokes of the text's colour."""

from __future__ import annotations

from lanh.core.ui.markup import Html

_PATHS = {
    "home": "M3 9.5 10 3.5l7 6M5 8.5V16.5h3.5v-4h3v4H15V8.5",
    "people": "M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM2.5 16.5c0-3 2-4.75 5-4.75s5 "
    "1.75 5 4.75M13 9.25a2.25 2.25 0 1 0-.9-4.3M14.25 12c2 .4 3.25 2 3.25 4.5",
    "person": "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.75c0-3.2 2.4-5 6-5s6 1.8 6 5",
    "figures": "M3.5 16.5h13M5.5 14V9M10 14V4.5M14.5 14V7",
    "messages": "M3 5h14v10H3zM3 5.5l7 5.5 7-5.5",
    "links": "M8.5 11.5a3 3 0 0 0 4.3 0l2.4-2.4a3 3 0 0 0-4.3-4.3L9.7 6M11.5 8.5a3 3 0 0 0-4.3 0"
    "L4.8 10.9a3 3 0 0 0 4.3 4.3l1.2-1.2",
    "pairs": "M6 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM14 8.5a2.5 2.5 0 1 0 0-5 "
    "2.5 2.5 0 0 0 0 5Z"
    "M2 13c0-2 1.5-3 4-3s4 1 4 3c0-2 1.5-3 4-3s4 1 4 3M5 16.5h10",
    "near": "M4 8c2-2 4-2 6 0s4 2 6 0M4 13c2-2 4-2 6 0s4 2 6 0",
    "search": "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13.2 13.2 17 17",
    "scan": "M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13M6.5 7.5v5M9 7.5v5M11 7.5v5"
    "M13.5 7.5v5",
    "out": "M8 4H4v12h4M8.5 10H17M14 7l3 3-3 3",
    "alert": "M10 3 18 16.5H2zM10 8v4M10 14v.5",
    "check": "M4 10.5 8.2 15 16 5.5",
    "question": "M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M10 14v.5M10 18a8 8 0 1 0 0-16 "
    "8 8 0 0 0 0 16Z",
    "up": "M10 16V4.5M5.5 9 10 4.5 14.5 9",
    "down": "M10 4v11.5M5.5 11l4.5 4.5 4.5-4.5",
    "flat": "M4 10h12",
    "next": "M7.5 4.5 13 10l-5.5 5.5",
    "previous": "M12.5 4.5 7 10l5.5 5.5",
    "close": "M5 5l10 10M15 5 5 15",
    "visit": "M4.5 17V5.5h11V17M2.5 17h15M10 8v4M8 10h4",
    "medicine": "M11 4.2a3.3 3.3 0 0 1 4.8 4.6l-7 7a3.3 3.3 0 0 1-4.7-4.7zM7.5 7.7l4.8 4.8",
    "result": "M8 3v5L4 15.5a1 1 0 0 0 .9 1.5h10.2a1 1 0 0 0 .9-1.5L12 8V3M7 3h6M6 12.5h8",
    "vaccine": "M12 3l5 5M14.5 5.5 6.5 13.5l-2-.2-.3 2.5M6.7 8.7l4.6 4.6M3 17l2-2M9 6.5l4.5 4.5",
    "condition": "M3 10.5h3l2-5 3.5 9 2-4H17",
    "document": "M5 3h7l3.5 3.5V17H5zM12 3v3.5h3.5M7.5 10h5M7.5 13h5",
    "procedure": "M4 16 14.5 5.5M12 3.5l4.5 4.5M5 11.5 8.5 15",
    "claim": "M5 3h10v14l-2.5-1.5L10 17l-2.5-1.5L5 17zM7.5 7h5M7.5 10.5h5",
    "eye": "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10ZM10 12.5a2.5 2.5 0 1 0 0-5 2.5 "
    "2.5 0 0 0 0 5Z",
    "lock": "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
    "map": "M3 5l4.5-1.5 5 2L17 4v11l-4.5 1.5-5-2L3 16zM7.5 3.5v11M12.5 5.5v11",
    "table": "M3 4h14v12H3zM3 8h14M3 12h14M8.5 8v8",
    "globe": "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM2.5 10h15M10 2.5c2.2 2 3 4.7 3 7.5"
    "s-.8 5.5-3 7.5c-2.2-2-3-4.7-3-7.5s.8-5.5 3-7.5Z",
    "other": "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
}


def icon(name: str) -> Html:
    """An icon for the eye only: the word stands beside it. Raises KeyError for an unknown name."""
    return Html(
        f'<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">'
        f'<path d="{_PATHS[name]}"/></svg>'
    )
