"""Figures within a page: drawn there, not as files, and with one set of letters.

A figure of matplotlib spends half its bytes on the outlines of its letters. Within one
page every outline and every mark is defined once, by the first figure that needs it:
the names matplotlib gives them follow from what they look like.
"""

from xml.etree import ElementTree as Tree

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
UNSEEN = ("metadata", "style")
"""Parts that draw nothing; the style of all figures is the page's."""
Tree.register_namespace("", SVG)


class Drawings:
    """The figures of one page, in its order."""

    def __init__(self) -> None:
        """Begin with a page that defines nothing."""
        self._known: set[str] = set()

    def inline(self, figure: bytes, alt: str) -> str:
        """Return a figure as a part of the page.

        Parameters
        ----------
        figure : bytes
            As matplotlib writes SVG.
        alt : str
            What it shows, for those who do not see it.
        """
        root = Tree.fromstring(figure)
        self._clean(root)
        size = root.attrib.pop("width"), root.attrib.pop("height")
        root.attrib.update({"role": "img", "aria-label": alt})
        root.attrib.setdefault("viewBox", "0 0 {} {}".format(*size))
        # A page of HTML knows what an svg is; the name of its kind goes without saying.
        return Tree.tostring(root, encoding="unicode").replace(f' xmlns="{SVG}"', "", 1)

    def _clean(self, part: Tree.Element) -> None:
        """Take out what the page has already, and what nobody sees."""
        part.text = (part.text or "").strip() or None
        part.tail = (part.tail or "").strip() or None
        if LINK in part.attrib:
            part.attrib["href"] = part.attrib.pop(LINK)
        if "d" in part.attrib:
            part.attrib["d"] = " ".join(part.attrib["d"].split())
        if part.tag == f"{{{SVG}}}g":
            part.attrib.pop("id", None)
        for child in list(part):
            name = child.attrib.get("id")
            is_defined = part.tag == f"{{{SVG}}}defs" and name in self._known
            if is_defined or child.tag.rpartition("}")[2] in UNSEEN:
                part.remove(child)
                continue
            if part.tag == f"{{{SVG}}}defs" and name is not None:
                self._known.add(name)
            self._clean(child)
