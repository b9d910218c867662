"""A few shapes of SVG. Text stays text, and the colours follow the reader's light or dark background."""

from xml.sax.saxutils import escape, quoteattr

STYLE = """
text { font: 13px sans-serif; fill: #24292f }
.title { font-weight: bold; font-size: 15px }
.faint { fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.mark { stroke: #cf222e; stroke-width: 2 }
.a { fill: #0969da; stroke: #0969da } .b { fill: #54aeff; stroke: #54aeff } .c { fill: #bc4c00; stroke: #bc4c00 }
.d { fill: #1a7f37; stroke: #1a7f37 }
polyline { fill: none !important; stroke-width: 2 } .dashed { stroke-dasharray: 6 4 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #3d444d } .mark { stroke: #ff7b72 }
  .a { fill: #4493f8; stroke: #4493f8 } .b { fill: #1f5fb0; stroke: #1f5fb0 } .c { fill: #f0883e; stroke: #f0883e }
  .d { fill: #3fb950; stroke: #3fb950 }
}
"""


def number(value):
    return value if isinstance(value, str) else f"{value:.1f}".rstrip("0").rstrip(".")


def element(name, inner=None, **attributes):
    """`class_` stands for class, and text_anchor for text-anchor."""
    told = "".join(f" {key.rstrip('_').replace('_', '-')}={quoteattr(number(value))}"
                   for key, value in attributes.items() if value != "")
    return f"<{name}{told}/>" if inner is None else f"<{name}{told}>{inner}</{name}>"


def words(x, y, text, class_="", anchor=""):
    return element("text", escape(text), x=x, y=y, class_=class_, text_anchor=anchor)


def bar(x, y, width, height, class_):
    return element("rect", x=x, y=y, width=max(width, 1), height=height, rx=2, class_=class_)


def stroke(x1, y1, x2, y2, class_):
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def path(points, class_):
    return element("polyline", points=" ".join(f"{number(x)},{number(y)}" for x, y in points), class_=class_)


def dot(x, y, class_):
    return element("circle", cx=x, cy=y, r=3.5, class_=class_)


def picture(width, height, title, shapes):
    """`title` is what a reader hears who does not see the picture."""
    inner = "\n".join([element("title", escape(title)), element("style", STYLE), *shapes])
    return element("svg", "\n" + inner + "\n", xmlns="http://www.w3.org/2000/svg", role="img",
                   viewBox=f"0 0 {width} {height}", width=width, height=height) + "\n"
