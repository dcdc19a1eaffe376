# SPDX-License-Identifier: Apache-2.0
"""Drawings as SVG text, on a panel of their own so that they read on white and dark pages. Same calls, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

CHAR = 0.61  # width of a character of the widest usual monospaced font, in units of its size
PROSE = 0.58  # the same of running text, on the average
SIZE, SMALL, LARGE = 12, 10.5, 15  # of labels, px

MONO = 'ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace'
SANS = 'system-ui,-apple-system,"Segoe UI","DejaVu Sans",Helvetica,Arial,sans-serif'
STYLE = f"""
text{{font-family:{MONO};font-size:{SIZE}px;fill:#1f2328}}
.prose{{font-family:{SANS}}}
.prose,.small{{font-size:{SMALL}px;fill:#59636e}}
.title{{font-size:{LARGE}px;font-weight:600}}
.mid{{text-anchor:middle}}.end{{text-anchor:end}}
.panel{{fill:#ffffff;stroke:#d0d7de}}
.box{{fill:#f6f8fa;stroke:#59636e}}
.line{{fill:none;stroke:#59636e;stroke-width:1.2}}.bus{{stroke-width:2.6}}.rule{{stroke:#d0d7de}}
.tip{{fill:#59636e}}
@media (prefers-color-scheme:dark){{
text{{fill:#e6edf3}}.prose,.small{{fill:#9198a1}}
.panel{{fill:#0d1117;stroke:#30363d}}
.box{{fill:#161b22;stroke:#8b949e}}
.line{{stroke:#8b949e}}.rule{{stroke:#30363d}}
.tip{{fill:#8b949e}}
}}
""".strip()


def width_of(text: str, size: float = SIZE) -> float:
    """Room that ``text`` takes at most, px."""
    return len(text) * CHAR * size


def number(value: float) -> str:
    """Tenths of a pixel, without trailing zeros."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Drawing:
    """Collects shapes; ``text`` gives the file. Coordinates are px from the panel's upper left corner."""

    def __init__(self, width: float, height: float, name: str, style: str = "") -> None:
        """``name`` is for those who cannot see it; ``style`` is added to the common one."""
        self.width, self.height, self.name, self.style = width, height, name, style
        self._parts: list[str] = []

    def open(self, style: str = "", tip: str = "") -> None:
        """Begin a group; ``tip`` is shown while the pointer rests on it."""
        self._parts.append("<g" + (f' class="{style}"' if style else "") + ">")
        if tip:
            self._parts.append(f"<title>{escape(tip)}</title>")

    def close(self) -> None:
        """End the group."""
        self._parts.append("</g>")

    def box(self, x: float, y: float, width: float, height: float, style: str = "box", radius: float = 4) -> None:
        """A rectangle with round corners; ``style`` is a class, or a colour that begins with #."""
        look = f'fill="{style}"' if style.startswith("#") else f'class="{style}"'
        place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        self._parts.append(f'<rect {look} {place} rx="{number(radius)}"/>')

    def label(self, x: float, y: float, text: str, style: str = "") -> None:
        """Text whose base line is at ``y``; none where ``text`` is empty."""
        if text:
            look = f' class="{style}"' if style else ""
            self._parts.append(f'<text{look} x="{number(x)}" y="{number(y)}">{escape(text)}</text>')

    def path(self, steps: Sequence[str | float], style: str = "line") -> None:
        """SVG path commands and their numbers."""
        data = " ".join(step if isinstance(step, str) else number(step) for step in steps)
        self._parts.append(f'<path class="{style}" d="{data}"/>')

    def tip(self, x: float, y: float, dx: float, dy: float, size: float = 7) -> None:
        """An arrowhead whose point is at (x, y), pointing along (dx, dy), one of which is 0."""
        half, back = size * 0.42, (x - dx * size, y - dy * size)
        one, other = (back[0] + dy * half, back[1] + dx * half), (back[0] - dy * half, back[1] - dx * half)
        self.path(["M", x, y, "L", *one, "L", *other, "Z"], "tip")

    @property
    def text(self) -> str:
        """The file."""
        width, height = number(self.width), number(self.height)
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        inner = f'width="{number(self.width - 1)}" height="{number(self.height - 1)}"'
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label={quoteattr(self.name)}>',
            f"<style>{STYLE}{self.style}</style>",
            f'<rect class="panel" x="0.5" y="0.5" {inner} rx="6"/>',
            *self._parts,
            "</svg>",
            "",
        ])  # fmt: skip
