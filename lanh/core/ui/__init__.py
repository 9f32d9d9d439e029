"""Components, charts and maps as safe markup, the stylesheet and the faces; no web framework."""

from lanh.core.ui import entry, formats
from lanh.core.ui.charts import Chart, Point, bar_chart, line_chart, sparkline
from lanh.core.ui.entry import Asked, Chosen, Option
from lanh.core.ui.forms import (
    Field,
    error_summary,
    select_field,
    submit,
    text_area,
    text_field,
)
from lanh.core.ui.icons import icon
from lanh.core.ui.maps import Dot, Ground, Shade, choropleth, dot_map, draw_ground
from lanh.core.ui.markup import NOTHING, Child, Html, classes, join, tag, text
from lanh.core.ui.parts import (
    Crumb,
    Pages,
    Tile,
    Tone,
    breadcrumbs,
    empty_state,
    facts,
    notice,
    pagination,
    status_tag,
    tile,
)
from lanh.core.ui.person import (
    Allergy,
    PersonFacts,
    person_banner,
    safety_strip,
    sex_word,
)
from lanh.core.ui.tables import Column, Pill, chips, pills, table
from lanh.core.ui.timeline import TimelineEntry, timeline
from lanh.core.ui.words import WORDS

__all__ = [
    "NOTHING",
    "WORDS",
    "Allergy",
    "Asked",
    "Chart",
    "Child",
    "Chosen",
    "Column",
    "Crumb",
    "Dot",
    "Field",
    "Ground",
    "Html",
    "Option",
    "Pages",
    "PersonFacts",
    "Pill",
    "Point",
    "Shade",
    "Tile",
    "TimelineEntry",
    "Tone",
    "bar_chart",
    "breadcrumbs",
    "chips",
    "choropleth",
    "classes",
    "dot_map",
    "draw_ground",
    "empty_state",
    "entry",
    "error_summary",
    "facts",
    "formats",
    "icon",
    "join",
    "line_chart",
    "notice",
    "pagination",
    "person_banner",
    "pills",
    "safety_strip",
    "select_field",
    "sex_word",
    "sparkline",
    "status_tag",
    "submit",
    "table",
    "tag",
    "text",
    "text_area",
    "text_field",
    "tile",
    "timeline",
]
