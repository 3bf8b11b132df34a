// The palette opens from its link, by "/" and by Ctrl K. The portal lists suggestions for what is typed (overview/palette.py),
// and the page's own links with a key are added, and its buttons with data-command. Closing it gives the focus back.

const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
// How to open the first suggestion for a text that was not answered yet when Enter was pressed.
let waiting = null;

const list = () => document.getElementById("found");
const options = () => [...list().querySelectorAll("[role=option]")];
const chosen = () => list().querySelector("[aria-selected=true]");
const isAnswered = () => list().dataset.asked === input.value;

function open() {
  if (!palette || palette.open) return;
  input.value = "";
  waiting = null;
  palette.showModal();
  htmx.trigger(input, "palette");
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function step(direction) {
  const all = options();
  const at = all.indexOf(chosen());
  choose(at < 0 ? all.at(direction > 0 ? 0 : -1) : all.at((at + direction) % all.length));
}

/** Switch the theme or press a button of the page, if the option is for that. */
function act({ button, dataset: { theme } }) {
  if (theme === undefined && !button) return false;
  palette.close();
  button?.click();
  if (button) return true;
  document.documentElement.dataset.theme = theme;
  htmx.ajax("POST", palette.dataset.preference, { values: { name: "theme", value: theme }, swap: "none" });
  return true;
}

function follow(option, { isSecond, isNewTab }) {
  if (act(option)) return;
  const address = isSecond ? option.dataset.second : option.href;
  if (!address) return;
  if (isNewTab) window.open(address, "_blank", "noopener");
  else location.assign(address);
  if (!isNewTab) palette.close();
}

function enter(way) {
  const option = chosen();
  if (!isAnswered()) waiting = way;
  else if (option) follow(option, way);
  else palette.querySelector("form").requestSubmit();
}

/** The links of the page that have a key, as options: they are named and told apart in the page alone. */
function addPageActions() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const links = [...document.querySelectorAll("#main :is(a[href]:is([data-go], [aria-keyshortcuts]), [data-command])")];
  const group = document.getElementById("page-actions").content.firstElementChild.cloneNode(true);
  for (const [number, link] of links.entries()) {
    const name = ("command" in link.dataset ? link.title : link.textContent).replace(/\s+/g, " ").trim();
    // Buttons of a menu are in sight only while it is open.
    const isInMenu = "command" in link.dataset && link.closest("details");
    if (!(isInMenu || link.checkVisibility()) || !words.every((word) => name.toLowerCase().includes(word))) continue;
    const option = document.getElementById("page-action").content.firstElementChild.cloneNode(true);
    option.id = `page-action-${number}`;
    if (link.href) option.href = link.href;
    else option.button = link;
    option.querySelector(".clip").textContent = name;
    option.querySelector("kbd").textContent = link.ariaKeyShortcuts ?? (link.dataset.go ? `g ${link.dataset.go}` : "");
    group.append(option);
  }
  if (group.querySelector("a")) list().insertBefore(group, input.value.trim() ? list().lastElementChild : null);
}

document.addEventListener("click", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!palette || !isPlain || !event.target.closest(".jump, .rail .find")) return;
  event.preventDefault();
  open();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
palette?.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
  const option = event.target.closest("[role=option]");
  if (option && act(option)) event.preventDefault();
});
input?.addEventListener("input", () => {
  waiting = null;
});
input?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter") enter({ isSecond: event.shiftKey, isNewTab: event.ctrlKey || event.metaKey });
  else return;
  event.preventDefault();
});
palette?.addEventListener("htmx:afterSwap", () => {
  addPageActions();
  input.setAttribute("aria-expanded", String(options().length > 0));
  choose(input.value.trim() ? options()[0] : null);
  if (waiting && isAnswered()) enter(waiting);
});
// Without an answer, the search page says what is wrong, or the page behind.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  palette?.addEventListener(failure, () => {
    if (waiting) palette.querySelector("form").submit();
    else palette.close();
  });
}
