"""What a page shows as files to keep: all of its tables in one archive, each of its strips as a picture."""

from collections.abc import Iterable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from analysis.types import Provenance
from dashboard.drawing.palette import palette
from dashboard.drawing.pictures import NAMES, picture
from dashboard.drawing.tables import csv, with_names
from dashboard.sections import Chart, Section, Strip, Table, flattened


def tables(sections: Iterable[Section], source: Provenance, made: str) -> bytes:
    """The numbers of every figure and table of these sections as CSV files in a ZIP archive."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for section in flattened(sections):
            if isinstance(section, Chart | Table):
                table = with_names(section.table if isinstance(section, Chart) else section.make())
                archive.writestr(f"pretext-{section.name}.csv", csv(table, source, made))
    return packed.getvalue()


def pictures(sections: Iterable[Section], source: Provenance) -> dict[str, tuple[str, str]]:
    """The title and the SVG of every strip of these sections, drawn for paper, by the strip's key."""
    return {
        section.key: (section.title or NAMES[section.kind], picture(section, source.label, palette("light")))
        for section in flattened(sections)
        if isinstance(section, Strip)
    }
