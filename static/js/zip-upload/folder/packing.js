// Several files become one ZIP file, stored and not compressed: what is uploaded mostly is so already.

import { makeZip, predictLength } from "../../../vendor/client-zip-2.5.1/index.js";

// ZIP keeps years from 1980 to 2107.
const FIRST_DATE = Date.UTC(1980, 0, 2);
const LAST_DATE = Date.UTC(2107, 0, 1);

/** A file that was there is gone, changed, or may not be read. */
export class UnreadableFile extends Error {
  constructor(path, options) {
    super(path, options);
    this.path = path;
  }
}

/** What operating systems leave behind, and dotfiles: as pipelines_portal/uploads/archive/directory.py has it. */
function isJunk(path) {
  return path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX" || part === "Thumbs.db");
}

/** The outermost folder, when everything lies in one; else "". */
function folderOfAll(paths) {
  const top = paths[0]?.split("/")[0];
  return paths.length && paths.every((path) => path.startsWith(`${top}/`)) ? top : "";
}

export class Packing {
  #all;

  /** `files` as gathering.js gives them; `levels` is how many outer folders are left out. */
  constructor(files, levels = 0) {
    const folder = folderOfAll(files.map(({ path }) => path));
    // A folder that was chosen is meant, also one whose own name begins with a dot.
    const inside = (path) => path.slice(folder ? folder.length + 1 : 0);
    this.#all = files.filter(({ path }) => !isJunk(inside(path)));
    this.junk = files.length - this.#all.length;
    this.levels = 0;
    this.leftOut = "";
    this.folder = folderOfAll(this.#paths);
    this.leaveOut(levels);
  }

  get #paths() {
    return this.#all.map(({ path }) => path.split("/").slice(this.levels).join("/"));
  }

  /** Sorted, so that the same files always make the same archive. */
  get #entries() {
    const paths = this.#paths;
    const entries = this.#all.map(({ file }, index) => ({ name: paths[index], input: file, size: file.size }));
    return entries.sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
  }

  get count() {
    return this.#all.length;
  }

  get name() {
    const name = this.folder || (this.count === 1 ? this.#all[0].path.replace(/\.[^.]*$/, "") : `${this.count} files`);
    return `${Array.from(name).slice(0, 120).join("")}.zip`;
  }

  /** The archive's size to the byte, before anything is read. */
  get size() {
    return Number(predictLength(this.#entries));
  }

  /** Leave so many folders out in which everything lies, one in the other. False when there was none. */
  leaveOut(levels = 1) {
    const before = this.levels;
    for (let folder; this.levels < before + levels && (folder = folderOfAll(this.#paths)); this.levels += 1) {
      this.leftOut = this.leftOut ? `${this.leftOut}/${folder}` : folder;
    }
    return this.levels > before;
  }

  putBack() {
    this.levels = 0;
    this.leftOut = "";
  }

  /** Whether a file of the folder in which everything lies is called like one of `fields`: then that is a task. */
  isOneTask(fields) {
    const inFolder = this.#paths.filter((path) => path.split("/").length === 2);
    const stems = inFolder.map((path) => path.split("/")[1].replace(/\.[^.]*$/, "").toLowerCase());
    return fields.some((field) => stems.includes(field.toLowerCase()));
  }

  /**
   * The archive as a File: the browser keeps it, on disk where it is large. Rejects with UnreadableFile, with the
   * signal's reason, or with what the browser says when it has no room.
   */
  async build(signal, onProgress) {
    const expected = this.size;
    const failures = []; // the browser's own error would not say of which file
    const stream = makeZip(this.#inputs(signal, onProgress, failures));
    const blob = await new Response(stream).blob().catch((error) => {
      throw failures[0] ?? error;
    });
    signal.throwIfAborted();
    if (blob.size !== expected) throw new UnreadableFile(this.name);
    return new File([blob], this.name, { type: "application/zip" });
  }

  *#inputs(signal, onProgress, failures) {
    const total = this.#all.reduce((sum, { file }) => sum + file.size, 0);
    let done = 0;
    const fail = (name, cause) => failures.push(new UnreadableFile(name, { cause }));
    const onRead = (bytes) => onProgress(total ? (done += bytes) / total : 1);
    for (const { name, input, size } of this.#entries) {
      const lastModified = new Date(Math.min(Math.max(input.lastModified, FIRST_DATE), LAST_DATE));
      yield { name, size, lastModified, input: contents(input, signal, onRead, (cause) => fail(name, cause)) };
    }
  }
}

async function* contents(file, signal, onRead, onFailure) {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read().catch((cause) => {
        onFailure(cause);
        throw cause;
      });
      if (done) return;
      onRead(value.length);
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
