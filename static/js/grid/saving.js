// Saves cells a moment after they were left, one post at a time, and puts the portal's answer into the page.

import { isChanged, pauseCurrent } from "./editing.js";

const PAUSE_MILLISECONDS = 150;
const LONGEST_PAUSE_MILLISECONDS = 15_000;
const MOST_ROWS = 200;
// A post that goes on after its page may have 64 KiB.
const MOST_KEPT_ALIVE_BYTES = 60_000;
const FAILURES_UNTIL_WARNING = 3;
const JSON_TYPE = "application/json";
const SIGNED_OUT = new Set([401, 403]);

export class Saving {
  // By row number: whether the portal has no such row yet, and by name the text that it has and the one that was typed.
  #dirty = new Map();
  #sent = new Map();
  #timer;
  #running = null;
  // While the sheet is being read, nothing is posted: the answer may be of before it, and would hide what it saved.
  #reading = null;
  #failures = 0;
  #most = MOST_ROWS;
  // What was told about the failures, until a post succeeds.
  #told = new Map();
  // The elements whose requests wait for that.
  #waiting = new Set();
  #resume = null;
  // What may still fill cells.
  #expected = new Set();
  // The fields of the rows with which the portal answers, and whether one without a column has a text.
  #names = [];
  #hidesText = false;
  #refreshed = null;
  // What is shown when the row in which somebody types is left: its status, by its row, and what stands around the rows.
  #heldStates = new Map();
  #held = null;
  // The new rows in which somebody types while the sheet comes again.
  #typedIn = [];
  whenSaved = null;

  constructor(grid) {
    this.grid = grid;
    addEventListener("online", () => this.#post());
    addEventListener("beforeunload", (event) => (this.isDirty || isChanged()) && event.preventDefault());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "hidden") return this.#goOn();
      this.#pause();
      this.#post();
    });
    document.addEventListener("htmx:confirm", (event) => this.#saveFirst(event));
    document.addEventListener("htmx:beforeSwap", ({ detail }) => {
      if (!detail.shouldSwap || detail.target.id !== "sheet") return;
      // If another answer has replaced the form since, htmx finds no hx-swap, and would replace the sheet's place.
      // Without a pause, in which keys would find no cell.
      detail.swapOverride = "innerHTML settle:0ms";
      grid.leaveSheet();
      this.#pause();
      this.#typedIn = [...grid.table.querySelectorAll("[data-fresh]")].map((row) => row.dataset.number);
      this.#heldStates.clear();
      this.#held = null;
      if (/\/(un|re)do\/$/.test(detail.requestConfig.path)) grid.rememberCells();
    });
    document.addEventListener("htmx:afterSettle", () => this.#goOn());
    document.addEventListener("htmx:beforeSend", ({ detail }) => {
      if (detail.target.id !== "sheet") return;
      const reading = new Promise((resolve) => detail.xhr.addEventListener("loadend", () => setTimeout(resolve)));
      this.#reading = reading;
      reading.then(() => {
        if (this.#reading === reading) this.#reading = null;
      });
    });
  }

  /** Save before htmx asks for another sheet, which may not show the rows that somebody typed. */
  async #saveFirst(event) {
    const { target, elt, triggeringEvent, issueRequest } = event.detail;
    if (target?.id !== "sheet" || !this.isDirty) return;
    event.preventDefault();
    this.#waiting.add(elt);
    const pressed = triggeringEvent?.submitter ?? elt;
    const isSaved = await this.finish();
    this.#waiting.delete(elt);
    if (!isSaved) this.tell("What you typed is not saved yet, so the page stays as it is. Try again in a moment.");
    else if (elt.isConnected && pressed === elt) issueRequest(true);
    else (pressed.isConnected ? pressed : document.getElementById(pressed.id))?.click();
  }

  /** What is typed so far counts, and typing goes on when the sheet or the page is there again. */
  #pause() {
    this.#resume = pauseCurrent(this.grid) ?? this.#resume;
  }

  #goOn() {
    this.#resume?.();
    this.#resume = null;
  }

  get isDirty() {
    return Boolean(this.#dirty.size || this.#sent.size);
  }

  get dirtyCount() {
    return new Set([...this.#dirty.keys(), ...this.#sent.keys()]).size;
  }

  change(cell, text) {
    const row = cell.closest("tr");
    this.grid.hasCreated = false;
    const isNew = "new" in row.dataset || "blank" in row.dataset;
    const entry = this.#dirty.get(row.dataset.number) ?? { isNew, cells: new Map() };
    const name = this.grid.nameOf(cell);
    const before = entry.cells.get(name)?.before ?? this.grid.text(cell);
    entry.cells.set(name, { before, after: text, at: Date.now() });
    this.#dirty.set(row.dataset.number, entry);
    if ("blank" in row.dataset) {
      this.grid.addBlank(row);
      this.grid.startRow(row);
      for (const [each, next] of this.grid.series(row)) if (each !== cell && next) this.change(each, next);
      for (const [each, pinned] of this.grid.newlyPinned(row)) if (each !== cell) this.change(each, pinned);
    }
    this.grid.show(cell, text);
    this.#wait(PAUSE_MILLISECONDS);
  }

  /** Let `finish` wait for this, which may fill cells. */
  expect(filling) {
    this.#expected.add(filling);
    filling.finally(() => this.#expected.delete(filling));
  }

  /** Save everything. Return whether it is saved. */
  async finish() {
    await Promise.all(this.#expected);
    for (let tries = 0; this.isDirty && tries < 3; tries += 1) await (this.#running ?? this.#post());
    return !this.isDirty;
  }

  #wait(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#post(), pause);
  }

  #post() {
    if (this.#running || !this.#dirty.size) return this.#running;
    if (this.#reading && document.visibilityState !== "hidden") return this.#reading.then(() => this.#post());
    clearTimeout(this.#timer);
    const taken = [...this.#dirty].slice(0, this.#most);
    this.#sent = new Map(taken);
    for (const [number] of taken) this.#dirty.delete(number);
    const rows = taken.map(([number, { isNew, cells }]) => ({
      number: Number(number),
      new: isNew,
      // The last is the age in seconds, for words such as "now".
      cells: Object.fromEntries(
        [...cells].map(([name, { before, after, at }]) => [name, [before, after, Math.round((Date.now() - at) / 1000)]]),
      ),
    }));
    const body = JSON.stringify({ rows });
    this.#running = this.ask(this.grid.at("cells/") + location.search, body, JSON_TYPE).then((answer) => {
      this.#running = null;
      if (answer.isFailure || answer.problem) this.#tryAgain(answer, rows.length);
      else this.#done();
    });
    return this.#running;
  }

  #done() {
    for (const number of this.#sent.keys()) if (this.#dirty.has(number)) this.#dirty.get(number).isNew = false;
    this.#sent.clear();
    this.#failures = 0;
    this.#most = Math.min(this.#most * 2, MOST_ROWS);
    for (const note of this.#told.values()) note.remove();
    this.#told.clear();
    if (this.#dirty.size) return this.#wait(PAUSE_MILLISECONDS);
    this.grid.say(`Saved ${new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`);
    this.whenSaved?.();
  }

  /** Nothing that was typed is lost: it goes with the next post. */
  #tryAgain({ status, problem }, count) {
    for (const [number, { isNew, cells }] of this.#sent) {
      const newer = this.#dirty.get(number)?.cells ?? new Map();
      for (const [name, cell] of cells) newer.set(name, { ...cell, ...newer.get(name), before: cell.before });
      this.#dirty.set(number, { isNew, cells: newer });
    }
    this.#sent.clear();
    for (const row of [...this.#dirty.keys()].map((number) => this.grid.row(number))) {
      if (row?.matches("[data-new]:not([data-fresh])")) row.lastElementChild.textContent = "Not saved";
    }
    this.#failures += 1;
    this.grid.say("Not saved. Retrying…", "warning");
    const isRefused = [400, 413].includes(status);
    if (isRefused && count > 1) {
      this.#most = Math.ceil(count / 2); // the post may be too large, or one row of it wrong
      this.#wait(PAUSE_MILLISECONDS);
      return;
    }
    if (isRefused) this.tell("The portal does not accept a row that you typed. It is not saved. Copy it before you leave this page.");
    else if (!problem && this.#failures >= FAILURES_UNTIL_WARNING) {
      this.tell("Not saved yet. We keep trying; leave this page open.");
    }
    this.#wait(isRefused ? LONGEST_PAUSE_MILLISECONDS : Math.min(1000 * 2 ** this.#failures, LONGEST_PAUSE_MILLISECONDS));
  }

  tell(words) {
    if (!this.#told.get(words)?.isConnected) this.#told.set(words, this.grid.warn(words));
  }

  /** Post to the portal and show the rows that it answers with. */
  async ask(url, body, type = "application/x-www-form-urlencoded") {
    const topic = type === JSON_TYPE ? "" : new URL(url, location.href).pathname;
    if (topic) this.grid.forget(topic);
    let answer = await this.#fetch(url, body, type);
    if (SIGNED_OUT.has(answer?.status) && (await this.#renewToken())) answer = await this.#fetch(url, body, type);
    if (!answer) return { isFailure: true };
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      const { problem, problems = [], go_to: goTo, said, pinned, headed, refresh, show } = await answer.json();
      if (problem && type === JSON_TYPE) this.tell(problem);
      else if (problem) this.grid.warn(problem, topic);
      for (const each of problems) this.grid.warn(each, topic);
      if (goTo) location.assign(goTo);
      if (refresh) await this.refresh(show);
      if (said) this.grid.say(said);
      return { problem: problem || !answer.ok, goTo, said, pinned, headed, status: answer.status };
    }
    // With a conflict come the rows as they are now.
    const shown = answer.ok || answer.status === 409 ? this.put(await answer.text(), topic) : null;
    if (topic) await this.#refreshed;
    if (SIGNED_OUT.has(answer.status)) this.tell("You are signed out. Sign in in another tab: what you typed stays here.");
    return { isFailure: !answer.ok && !shown, problem: !answer.ok, said: shown?.said, headed: shown?.headed, status: answer.status };
  }

  async #fetch(url, body, type) {
    const headers = { "X-CSRFToken": this.grid.token, "Content-Type": type, "HX-Request": "true" };
    const isLeft = document.visibilityState === "hidden";
    const keepalive = isLeft && new TextEncoder().encode(body).length < MOST_KEPT_ALIVE_BYTES;
    try {
      return await fetch(url, { method: "POST", body, headers, redirect: "error", keepalive });
    } catch {
      return null;
    }
  }

  /** Signing in, in another tab, makes the token of this page invalid. Return whether there is a new one. */
  async #renewToken() {
    let there, isGone;
    try {
      const answer = await fetch(location.href);
      isGone = answer.status === 404;
      there = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#sheet > .sheet");
    } catch {
      return false;
    }
    const token = there?.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (isGone || (token && "pin" in there.dataset !== this.grid.canAdd)) {
      this.tell("Another person signed in, or these rows are not the present ones. What you typed is not saved: copy it, then load the page again.");
      return false;
    }
    if (!token) return false;
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  }

  async read(url) {
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "error" });
      if (answer.status === 200) this.put(await answer.text());
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** Put an answer into the page. Return what it says, or null if it is none. */
  put(markup, topic) {
    const { grid } = this;
    const saved = new DOMParser().parseFromString(markup, "text/html").getElementById("saved");
    if (!saved) return null;
    this.#names = JSON.parse(saved.dataset.names);
    grid.takePlace(saved.dataset.page);
    this.#move([...saved.querySelectorAll("[data-moved]")].map((each) => [each.dataset.moved, each.textContent].map(Number)));
    for (const problem of saved.querySelectorAll(":scope > p")) this.#warnOf(problem, topic);
    for (const row of saved.querySelectorAll("tbody > tr")) this.#putRow(document.adoptNode(row));
    for (const number of saved.dataset.gone.split(",").filter(Boolean)) this.#removeRow(number);
    grid.describe();
    this.#held = saved;
    if (!grid.table.querySelector("[data-fresh]:not([data-ready])")) this.showHeld();
    this.#putPart("undo-form", saved);
    this.#putPart("redo-form", saved);
    this.#putPart("clear-form", saved);
    if (document.getElementById("name-form")?.hidden) this.#putPart("name-form", saved);
    if (this.#hidesText && !this.isDirty && !grid.sheet.querySelector("[data-editing]")) this.refresh();
    return saved.dataset;
  }

  #warnOf(problem, topic) {
    const link = document.createElement("a");
    Object.assign(link, { className: "btn small", href: "" });
    link.textContent = problem.textContent.startsWith("1 ") ? "Show it" : "Show them";
    link.dataset.row = problem.dataset.row;
    this.grid.warn(problem.textContent, topic, ...(problem.dataset.row ? [link] : []));
  }

  /** Show what was held back while somebody typed in a new row. */
  showHeld() {
    for (const [row, state] of this.#heldStates) row.lastElementChild.replaceWith(state);
    this.#heldStates.clear();
    for (const id of this.#held ? ["tray", "chips"] : []) this.#putPart(id, this.#held);
    this.#held = null;
    this.grid.describe();
  }

  /** The whole sheet again, such as where a row needs a column that the page does not show. What was said stays. */
  refresh(query = location.search) {
    this.#hidesText = false;
    history.replaceState(history.state, "", location.pathname + query);
    this.#refreshed = this.grid.keepNotes(htmx.ajax("GET", location.href, { target: "#sheet", swap: "innerHTML" }));
    return this.#refreshed;
  }

  /** The portal gave new rows other numbers. Rows typed meanwhile that have these numbers make room. */
  #move(moves) {
    if (!moves.length) return;
    const targets = moves.map(([, after]) => after);
    const isMoved = new Set(moves.map(([before]) => before));
    const typed = [...this.#dirty].filter(([, { isNew }]) => isNew).map(([number]) => Number(number));
    const tail = [...new Set([...this.grid.newNumbers, ...typed])].filter(
      (number) => number >= Math.min(...targets) && !isMoved.has(number) && !this.#sent.has(String(number)),
    );
    let last = Math.max(...targets);
    const shifts = tail.sort((one, other) => one - other).map((number) => [number, (last = Math.max(last + 1, number))]);
    const foreign = moves.map(([before]) => before).filter((number) => this.grid.row(number) && !this.grid.isNew(number));
    for (const [before, after] of [...shifts.reverse(), ...moves]) if (before !== after) this.#renumber(String(before), String(after));
    if (foreign.length) this.read(`${this.grid.at("created/")}?rows=${foreign}`);
  }

  #renumber(before, after) {
    this.grid.moveTo(before, after);
    for (const rows of [this.#dirty, this.#sent]) {
      const entry = rows.get(before);
      if (!entry) continue;
      rows.delete(before);
      rows.set(after, entry);
    }
  }

  #putRow(fresh) {
    const { grid } = this;
    const number = fresh.dataset.number;
    const old = grid.row(number);
    if (!old) {
      const next = grid.rows.find((row) => Number(row.dataset.number) > Number(number));
      if (next) next.before(this.#fitted(fresh));
      else grid.table.tBodies[0].append(this.#fitted(fresh));
      return;
    }
    if ("blank" in old.dataset) grid.addBlank(old);
    const cells = grid.cells(old);
    grid.cells(this.#fitted(fresh)).forEach((cell, place) => this.#putCell(number, cells[place], cell));
    for (const name of ["sent", "requested", "moving", "ready"]) {
      if (name in fresh.dataset) old.dataset[name] = fresh.dataset[name];
      else delete old.dataset[name];
    }
    const state = fresh.lastElementChild;
    this.#heldStates.delete(old);
    if ("fresh" in old.dataset && !("ready" in old.dataset)) {
      grid.startRow(old);
      this.#heldStates.set(old, state);
      for (const cell of grid.cells(old)) if (!grid.text(cell)) cell.removeAttribute("aria-invalid");
    } else old.lastElementChild.replaceWith(state);
    old.firstElementChild.replaceWith(fresh.firstElementChild);
    for (const link of old.querySelectorAll(".no a")) link.tabIndex = -1;
    delete old.dataset.new;
    old.className = fresh.className;
  }

  /** The portal answers with all fields: keep the cells of those columns that the page shows, in its order. */
  #fitted(row) {
    const { grid } = this;
    const cells = new Map(grid.cells(row).map((cell, place) => [this.#names[place], cell]));
    for (const { dataset } of grid.heads) {
      row.lastElementChild.before(cells.get(dataset.name) ?? document.createElement("td"));
      cells.delete(dataset.name);
    }
    for (const cell of cells.values()) {
      this.#hidesText ||= Boolean(grid.text(cell));
      cell.remove();
    }
    return row;
  }

  #putCell(number, old, fresh) {
    if (!old) return;
    const name = this.grid.nameOf(old);
    const typed = this.#dirty.get(number)?.cells.get(name);
    if (typed) {
      typed.before = this.grid.text(fresh); // it was saved in another form, such as a time
      return;
    }
    if ("editing" in old.dataset) {
      old.dataset.text = this.grid.text(fresh);
      return;
    }
    for (const each of ["class", "data-text", "data-edited", "data-long", "data-why", "data-mark", "data-answers", "aria-invalid", "title"]) {
      if (fresh.hasAttribute(each)) old.setAttribute(each, fresh.getAttribute(each));
      else old.removeAttribute(each);
    }
    // The element stays, and with it the focus.
    old.replaceChildren(...fresh.childNodes);
  }

  #removeRow(number) {
    const row = this.grid.row(number);
    if (!row || this.#dirty.has(number) || "blank" in row.dataset || row.querySelector("[data-editing]")) return;
    const hasFocus = row.contains(document.activeElement);
    const next = row.nextElementSibling;
    row.remove();
    if (hasFocus && next) this.grid.activate(this.grid.cells(next)[0]);
  }

  #putPart(id, saved) {
    const fresh = saved.querySelector(`#${id}`);
    const old = document.getElementById(id);
    if (!fresh || !old || withoutTokens(old) === withoutTokens(fresh)) return;
    // A request from it waits and brings all of it. The number of the last change must be the present one.
    if (!["undo-form", "redo-form"].includes(id) && [...this.#waiting].some((each) => old.contains(each))) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    if (focused?.matches("input, select, textarea")) return;
    const adopted = document.adoptNode(fresh);
    adopted.querySelector("#more-issues")?.toggleAttribute("open", Boolean(old.querySelector("#more-issues[open]")));
    old.replaceWith(adopted);
    htmx.process(adopted);
    document.dispatchEvent(new CustomEvent("page-changed"));
    if (focused?.id) document.getElementById(focused.id)?.focus();
  }

  /** After htmx brought the sheet again: what was typed and not saved is shown in it. */
  showAgain() {
    const typed = [...this.#sent, ...this.#dirty].sort(([one], [other]) => one - other);
    for (const [number, { isNew, cells }] of typed) {
      if (isNew && !this.grid.isNew(number)) continue; // another row has its number
      for (const [name, { after }] of cells) {
        const cell = this.grid.cell(number, name);
        if (!cell) continue;
        this.grid.addBlank(cell.closest("tr"));
        this.grid.show(cell, after);
      }
    }
    for (const row of this.#typedIn.map((number) => this.grid.row(number))) {
      if (row && !row.matches("[data-ready], [data-sent]")) this.#heldStates.set(row, this.grid.startRow(row));
    }
    this.#typedIn = [];
  }
}

/** Each answer masks the same token in another way. */
function withoutTokens(element) {
  return element.outerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");
}
