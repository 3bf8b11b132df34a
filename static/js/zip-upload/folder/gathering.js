// The files behind a drop or an input, each with its path: "november/a/front.png".

/** More files than one archive may hold. */
export class TooManyFiles extends Error {}

/** What an input for a folder or for several files holds. */
export function picked(input, most) {
  if (input.files.length > most) throw new TooManyFiles();
  return Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

export const isZip = (file) => /\.zip$/i.test(file.name);

/** Whether a drop is one ZIP file and nothing else: that goes up as it is. */
export function isOneZip(transfer) {
  const [item, ...others] = Array.from(transfer.items).filter(({ kind }) => kind === "file");
  const isFolder = item?.webkitGetAsEntry()?.isDirectory;
  return Boolean(item) && !others.length && !isFolder && isZip(item.getAsFile() ?? { name: "" });
}

/**
 * All files of a drop, those of its folders too. Call it before the event is over: a drop gives its items no longer.
 * Rejects with TooManyFiles.
 */
export function dropped(transfer, most) {
  const items = Array.from(transfer.items).filter(({ kind }) => kind === "file");
  const found = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  return gather(found, most);
}

async function gather(found, most) {
  const files = [];
  const waiting = found.reverse();
  while (waiting.length) {
    const next = waiting.pop();
    if (next instanceof File) files.push({ path: next.name, file: next });
    else if (next.isDirectory) waiting.push(...(await entriesOf(next)));
    else files.push({ path: next.fullPath.replace(/^\//, ""), file: await fileOf(next) });
    if (files.length > most) throw new TooManyFiles();
  }
  return files;
}

/** A folder gives at most a hundred entries a call, and none when it has given all. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
