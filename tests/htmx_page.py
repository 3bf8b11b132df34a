"""Pages with htmx, without a browser: press an element, apply the answer as htmx does, and look at the page then.

It knows what the portal's pages use of htmx, and fails on anything else. To morph is to replace here: the tree is the
same afterwards. Focus, scrolling, what is typed, triggers and scripts need a browser.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from os.path import commonprefix
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.test import Client

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SELECTOR = re.compile(r"""(?P<tag>\w*)(?:\#(?P<id>[\w-]+))?(?:\[(?P<name>[\w-]+)(?:=["']?(?P<value>.*?)["']?)?\])?""")
# What differs each time: tokens, clocks, and what is said once, some of which a script moves (static/js/grid/table.js).
PASSING = re.compile(
    r'(?<=name="csrfmiddlewaretoken" )[^>]*|(?<=name="token" )[^>]*|<time.*?</time>|(?<=id="grid-said">)[^<]*'
    r'|<div[^>]* data-for="[^>]*></div>|data-wait="\d+">[^<]*'
)


@dataclass(eq=False)
class Node:
    """An element. The tree's root has no tag."""

    tag: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    parent: "Node | None" = None
    children: "list[Node | str]" = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def walk(self) -> "Iterator[Node]":
        waiting: list[Node | str] = [self]
        while waiting:
            if isinstance(node := waiting.pop(), Node):
                yield node
                waiting += reversed(node.children)

    def around(self) -> "Iterator[Node]":
        node: Node | None = self
        while node:
            yield node
            node = node.parent

    def closest(self, tag: str) -> "Node | None":
        return next((each for each in self.around() if each.tag == tag), None)

    def inherited(self, name: str) -> str:
        """Return the attribute of this element, or of the nearest one around it that has it."""
        return next((each[name] for each in self.around() if name in each.attributes), "")

    @property
    def text(self) -> str:
        return " ".join(" ".join(each if isinstance(each, str) else each.text for each in self.children).split())

    def fill(self, nodes: "Iterable[Node | str]") -> None:
        self.children = list(nodes)
        for node in (each for each in self.children if isinstance(each, Node)):
            node.parent = self

    def replace_with(self, *nodes: "Node | str") -> None:
        assert self.parent, "The root is not replaced."
        place = self.parent.children.index(self)
        self.parent.fill([*self.parent.children[:place], *nodes, *self.parent.children[place + 1 :]])

    def html(self) -> str:
        inner = "".join(escape(each, quote=False) if isinstance(each, str) else each.html() for each in self.children)
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        return f"<{self.tag}{attributes}>{inner}</{self.tag}>" if self.tag else inner


class _Parser(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.at = Node()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_endtag(self, tag: str) -> None:
        if ended := self.at.closest(tag):
            self.at = ended.parent or self.root

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.at.children.append(data if self.at.tag == "textarea" else " ".join(data.split()))


def parsed(html: str) -> Node:
    return _Parser(html).root


@dataclass(frozen=True)
class Request:
    """What htmx asks when `element` is pressed. `source` has the attributes: the element itself, or a button's form."""

    element: Node
    source: Node
    verb: str
    address: str
    is_boosted: bool


class HtmxPage:
    def __init__(self, client: Client, address: str, answer: Any = None) -> None:
        self.client = client
        self.load(address, answer)

    def load(self, address: str, answer: Any = None) -> None:
        self.answer: Any = answer or self.client.get(address, follow=True)
        self.address = self.answer.wsgi_request.get_full_path()
        self.root = parsed(b"".join(self.answer).decode())

    def find_all(self, selector: str, text: str = "") -> Iterator[Node]:
        """Yield the elements of a tag, an id, an attribute, or several of these, with that text in them."""
        assert (wanted := SELECTOR.fullmatch(selector)), f"The selector {selector} is not known here."
        tag, id_, name, value = wanted.groups()
        for node in self.root.walk():
            attributes = node.attributes
            if (
                (node.tag == tag or (node.tag and not tag))
                and (not id_ or attributes.get("id") == id_)
                and (not name or (name in attributes and value in (None, attributes[name])))
                and (not text or text in node.text)
            ):
                yield node

    def find(self, selector: str, text: str = "") -> Node:
        found = next(self.find_all(selector, text), None)
        assert found, f"{self.address} has no {selector} {text}"
        return found

    def request_of(self, element: Node) -> Request | None:
        """What htmx asks for this link, button, form or other element. Nothing, if the browser follows it by itself."""
        form = self.form_of(element) if element.tag == "button" and element["type"] in ("", "submit") else None
        for source in filter(None, (element, form)):
            for verb in (verb for verb in ("get", "post", "put", "delete") if f"hx-{verb}" in source.attributes):
                address = urljoin(self.address, element["formaction"] or source[f"hx-{verb}"])
                return Request(element, source, verb, address, False)
        source = form or element
        if source.inherited("hx-boost") != "true" or source.tag not in ("a", "form") or source["href"].startswith("#"):
            return None
        address = urljoin(self.address, element["formaction"] or source["href"] or source["action"])
        return Request(element, source, source["method"].lower() or "get", address, True)

    def target_of(self, request: Request) -> Node:
        selector = request.source.inherited("hx-target")
        if selector == "this":
            return next(each for each in request.source.around() if each["hx-target"])
        usual = self.find("body") if request.is_boosted else request.source
        return self.find(selector) if selector else usual

    def press(self, element: Node, **typed: Any) -> Any:
        """Do what htmx does when the element is triggered, and return the answer. `typed` are values of inputs."""
        assert (request := self.request_of(element)), f"htmx does nothing with {element.html()[:200]}"
        target, source, address = self.target_of(request), request.source, request.address
        values = self._values_of(request) | json.loads(source.inherited("hx-vals") or "{}") | typed
        data = None if request.verb == "get" else values
        if request.verb == "get" and values:
            address += f"{'&' if urlsplit(address).query else '?'}{urlencode(values, doseq=True)}"
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{self.address}"}
        headers |= {"HX-Target": target["id"], "HX-Trigger": source["id"], "HX-Trigger-Name": source["name"]}
        headers |= {"HX-Boosted": "true"} if request.is_boosted else {}
        self.answer = getattr(self.client, request.verb)(address, data, headers=headers, follow=True)
        self._apply(request, target)
        return self.answer

    def assert_as_loaded(self, *selectors: str) -> None:
        """Compare elements, or else all that is in the middle, with those of the page that this address gives."""
        fresh = HtmxPage(self.client, self.address)
        for selector in selectors or ("main",):
            assert_same(self.find(selector).html(), fresh.find(selector).html(), f"{selector} of {self.address}")

    def values_in(self, form: Node) -> dict[str, list[str]]:
        """Return what a browser posts of the form, without its buttons and with the line ends of texts."""
        values: dict[str, list[str]] = {}
        for node in (each for each in self.root.walk() if each["name"] and self.form_of(each) is form):
            said = [text.removeprefix("\n").replace("\n", "\r\n") for text in _said_by(node, is_pressed=False)]
            values.setdefault(node["name"], []).extend(said)
        return values

    def form_of(self, element: Node) -> Node | None:
        return self.find(f"form#{element['form']}") if element["form"] else element.closest("form")

    def _values_of(self, request: Request) -> dict[str, list[str]]:
        """What the form says, the element itself, and what it includes. A link or an input asks without its form."""
        source = request.source
        form = self.form_of(source) if request.verb != "get" or source.tag == "form" else None
        asked = [node for node in self.root.walk() if node["name"] and form and self.form_of(node) is form]
        for selector in filter(None, source.inherited("hx-include").split(",")):
            asked += [node for each in self.find_all(selector.strip()) for node in each.walk()]
        values: dict[str, list[str]] = {}
        for node in dict.fromkeys([*asked, request.element]):
            if said := _said_by(node, is_pressed=node is request.element):
                values.setdefault(node["name"], []).extend(said)
        return values

    def _apply(self, request: Request, target: Node) -> None:
        answer, source = self.answer, request.source
        if elsewhere := answer.get("HX-Redirect") or (self.address if "HX-Refresh" in answer else ""):
            return self.load(elsewhere)
        config = json.loads(self.find("meta[name=htmx-config]")["content"])
        handling = (each for each in config["responseHandling"] if re.search(each["code"], str(answer.status_code)))
        if not next(handling)["swap"]:
            return None
        brought = parsed(b"".join(answer).decode())
        for node in [node for node in brought.walk() if "hx-swap-oob" in node.attributes]:
            style = node.attributes.pop("hx-swap-oob")
            node.replace_with()
            for place in list(self.find_all(f"#{node['id']}")):  # as in htmx, none is no fault
                self._swap(place, "outerHTML" if style == "true" else style, [node])
        if title := next((node for node in brought.walk() if node.tag == "title" and not node.closest("svg")), None):
            self.find("title").fill(title.children)
            title.replace_with()
        body = next((node for node in brought.walk() if node.tag == "body"), brought)
        selected = source.inherited("hx-select").removeprefix("#")
        nodes = [node for node in body.walk() if node["id"] == selected] if selected else body.children
        usual = "innerHTML" if request.is_boosted else config.get("defaultSwapStyle", "innerHTML")
        retargeted = self.find(answer["HX-Retarget"]) if "HX-Retarget" in answer else target
        self._swap(retargeted, answer.get("HX-Reswap") or source.inherited("hx-swap") or usual, nodes)
        said = answer.get("HX-Push-Url") or answer.get("HX-Replace-Url") or source.inherited("hx-push-url")
        if (pushed := said or str(request.is_boosted).lower()) != "false":
            self.address = answer.wsgi_request.get_full_path() if pushed == "true" else pushed
        return None

    def _swap(self, target: Node, style: str, nodes: "Iterable[Node | str]") -> None:
        way = style.split()[0].replace("morph:outerHTML", "morph")
        assert way in ("innerHTML", "outerHTML", "morph", "none"), f"hx-swap={style} is not known here."
        is_known = way != "morph" or any(each["hx-ext"] == "morph" for each in target.around())
        assert is_known, f'#{target["id"]} loses its id: htmx morphs only inside of hx-ext="morph".'
        if way != "none":
            target.fill(nodes) if way == "innerHTML" else target.replace_with(*nodes)


def assert_same(mine: str, loaded: str, what: str) -> None:
    mine, loaded = PASSING.sub("", mine), PASSING.sub("", loaded)
    place = max(len(commonprefix([mine, loaded])) - 100, 0)
    assert mine == loaded, f"{what}: {mine[place:][:300]}\nis, when it is loaded: {loaded[place:][:300]}"


def _said_by(node: Node, *, is_pressed: bool) -> list[str]:
    """What a form says of this element. A button says something only when it is pressed."""
    kind = node["type"] if node.tag == "input" else node.tag
    if not node["name"] or "disabled" in node.attributes or kind == "file":
        return []
    if kind == "select":
        options = [each for each in node.walk() if each.tag == "option"]
        chosen = [each for each in options if "selected" in each.attributes] or options[:1]
        return [each.attributes.get("value", each.text) for each in chosen]
    if kind == "textarea":
        return ["".join(each for each in node.children if isinstance(each, str))]
    is_checked = "checked" in node.attributes
    only_if = {"button": is_pressed, "submit": is_pressed, "checkbox": is_checked, "radio": is_checked}
    value = node.attributes.get("value", "on" if is_checked else "")
    return [value] if only_if.get(kind, node.tag == "input") else []
