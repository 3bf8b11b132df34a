// Saves cells a moment after they were left, one post at a time, and puts the portal's answer into the page.

const PAUSE_MILLISECONDS = 150;
const LONGEST_PAUSE_MILLISECONDS = 15_000;
const MOST_ROWS = 200;

export class Saving {
  // By row number: by name: the text that the portal has, and the one that was typed.
  #dirty = new Map();
  #sent = new Map();
  #timer;
  #running = null;
  #failures = 0;
  // The fields of the rows with which the portal answers, and whether one without a column has a text.
  #names = [];
  #hidesText = false;

  constructor(grid) {
    this.grid = grid;
    addEventListener("beforeunload", (event) => this.isDirty && event.preventDefault());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#post());
  }

  get isDirty() {
    return Boolean(this.#dirty.size || this.#sent.size);
  }

  /** A person typed this text into the cell. */
  change(cell, text) {
    const row = cell.closest("tr");
    const cells = this.#dirty.get(row.dataset.number) ?? new Map();
    const name = this.grid.nameOf(cell);
    const before = cells.get(name)?.before ?? this.grid.text(cell);
    cells.set(name, { before, after: text });
    this.#dirty.set(row.dataset.number, cells);
    this.grid.addBlank(row);
    this.grid.show(cell, text);
    this.#wait(PAUSE_MILLISECONDS);
  }

  /** Wait until everything is saved. Return whether it is. */
  async finish() {
    for (let tries = 0; this.isDirty && tries < 3; tries += 1) await (this.#running ?? this.#post());
    return !this.isDirty;
  }

  #wait(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#post(), pause);
  }

  #post() {
    if (this.#running || !this.#dirty.size) return this.#running;
    clearTimeout(this.#timer);
    const taken = [...this.#dirty].slice(0, MOST_ROWS);
    this.#sent = new Map(taken);
    for (const [number] of taken) this.#dirty.delete(number);
    const rows = taken.map(([number, cells]) => ({
      number: Number(number),
      new: "new" in (this.grid.row(number)?.dataset ?? {}),
      cells: Object.fromEntries([...cells].map(([name, cell]) => [name, [cell.before, cell.after]])),
    }));
    this.#running = this.ask(this.grid.sheet.dataset.cells + location.search, JSON.stringify({ rows }), "application/json").then((answer) => {
      this.#running = null;
      if (answer.isFailure || answer.problem) this.#tryAgain();
      else this.#done();
    });
    return this.#running;
  }

  #done() {
    this.#sent.clear();
    this.#failures = 0;
    if (this.#dirty.size) this.#wait(PAUSE_MILLISECONDS);
    else this.grid.say(`Saved ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
  }

  /** Nothing that was typed is lost: it goes with the next post. */
  #tryAgain() {
    for (const [number, cells] of this.#sent) {
      const newer = this.#dirty.get(number) ?? new Map();
      for (const [name, cell] of cells) newer.set(name, { before: cell.before, after: newer.get(name)?.after ?? cell.after });
      this.#dirty.set(number, newer);
    }
    this.#sent.clear();
    this.#failures += 1;
    this.grid.say("Not saved. Retrying…");
    this.#wait(Math.min(1000 * 2 ** this.#failures, LONGEST_PAUSE_MILLISECONDS));
  }

  /** Post to the portal and show the rows that it answers with. */
  async ask(url, body, type = "application/x-www-form-urlencoded") {
    const headers = { "X-CSRFToken": this.grid.token, "Content-Type": type, "HX-Request": "true" };
    let answer;
    try {
      answer = await fetch(url, { method: "POST", body, headers, redirect: "error", keepalive: body.length < 60_000 });
    } catch {
      return { isFailure: true };
    }
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      const { problem, go_to: goTo, said } = await answer.json();
      if (problem && this.#failures === 0) this.grid.warn(problem);
      if (said) this.grid.say(said);
      if (goTo) location.assign(goTo);
      return { problem, goTo, said };
    }
    if (answer.ok) this.put(await answer.text());
    const isSignedOut = [401, 403].includes(answer.status);
    if (isSignedOut && this.#failures === 0) this.grid.warn("You are signed out. Sign in in another tab: what you typed stays here.");
    return { isFailure: !answer.ok };
  }

  /** Read rows from the portal, without a change. */
  async read(url) {
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "error" });
      if (answer.status === 200) this.put(await answer.text());
    } catch {
      // the next time
    }
  }

  put(markup) {
    const { grid } = this;
    const saved = new DOMParser().parseFromString(markup, "text/html").getElementById("saved");
    if (!saved) return;
    this.#names = JSON.parse(saved.dataset.names);
    for (const moved of saved.querySelectorAll("[data-moved]")) this.#move(moved.dataset.moved, moved.textContent);
    for (const problem of saved.querySelectorAll(":scope > p")) grid.warn(problem.textContent);
    for (const row of saved.querySelectorAll("tbody > tr")) this.#putRow(document.adoptNode(row));
    for (const number of saved.dataset.gone.split(",").filter(Boolean)) this.#removeRow(number);
    this.#putPart("tray", saved);
    this.#putPart("chips", saved);
    this.#putPart("undo-form", saved);
    if (this.#hidesText && !this.isDirty && !grid.sheet.querySelector("[data-editing]")) this.#bringSheet();
  }

  /** The whole sheet again, where a row needs a column that the page does not show. */
  #bringSheet() {
    this.#hidesText = false;
    htmx.ajax("GET", location.href, { target: "#sheet", swap: "innerHTML" });
  }

  #move(before, after) {
    this.grid.moveTo(before, after);
    const cells = this.#dirty.get(before);
    if (!cells) return;
    this.#dirty.delete(before);
    this.#dirty.set(after, cells);
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
    old.lastElementChild.replaceWith(fresh.lastElementChild);
    old.firstElementChild.replaceWith(fresh.firstElementChild);
    for (const link of old.querySelectorAll(".no a")) link.tabIndex = -1;
    for (const name of ["sent", "moving"]) {
      if (name in fresh.dataset) old.dataset[name] = "";
      else delete old.dataset[name];
    }
    delete old.dataset.new;
    old.className = fresh.className;
  }

  /** The portal answers with all fields: keep the cells of those columns that the page shows. */
  #fitted(row) {
    const shown = this.grid.heads.map((head) => head.dataset.name);
    this.grid.cells(row).forEach((cell, place) => {
      if (shown.includes(this.#names[place])) return;
      this.#hidesText ||= Boolean(this.grid.text(cell));
      cell.remove();
    });
    return row;
  }

  #putCell(number, old, fresh) {
    if (!old) return;
    const name = this.grid.nameOf(old);
    const typed = this.#dirty.get(number)?.get(name);
    if (typed) {
      typed.before = this.grid.text(fresh); // it was saved in another form, such as a time
      return;
    }
    if ("editing" in old.dataset) {
      old.dataset.text = this.grid.text(fresh);
      return;
    }
    const isActive = old.tabIndex === 0;
    const hasFocus = old === document.activeElement;
    old.replaceWith(fresh);
    if (isActive) fresh.tabIndex = 0;
    if (hasFocus) fresh.focus({ preventScroll: true });
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
    if (!fresh || !old || old.outerHTML === fresh.outerHTML) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    if (focused?.matches("input, select, textarea")) return;
    const adopted = document.adoptNode(fresh);
    old.replaceWith(adopted);
    htmx.process(adopted);
    document.dispatchEvent(new CustomEvent("page-changed"));
    if (focused?.id) document.getElementById(focused.id)?.focus();
  }

  /** After htmx brought the sheet again: what was typed and not saved is shown in it. */
  showAgain() {
    for (const [number, cells] of [...this.#sent, ...this.#dirty]) {
      for (const [name, { after }] of cells) {
        const cell = this.grid.cell(number, name);
        if (!cell) continue;
        this.grid.addBlank(cell.closest("tr"));
        this.grid.show(cell, after);
      }
    }
  }
}
