// The words that join this script to the portal and its templates: as in pipelines_portal/uploads/page_states.py.

/** What the page of step 2 shows: its data-state, and the data-when of the parts that belong to it. */
export const State = Object.freeze({
  OPENING: "opening",
  NEEDS_FILE: "needs-file",
  READY: "ready",
  STARTING: "starting",
  SENDING: "sending",
  CONFIRMING: "confirming",
  OFFLINE: "offline",
  LOST: "lost",
  REFUSED: "refused",
  BUSY: "busy",
  EXPIRED: "expired",
  MISSING: "missing",
  UNREADABLE: "unreadable",
  PROBLEM: "problem",
  UNREACHABLE: "unreachable",
  STALE: "stale",
  UNCONFIRMED: "unconfirmed",
  TAKEN: "taken",
  ELSEWHERE: "elsewhere",
  CANCELLED: "cancelled",
  UNCANCELLED: "uncancelled",
});

/** What the portal answers when the page is not to show anything, but to do it. */
export const Instruction = Object.freeze({
  PUT: "put",
  MOVED: "moved",
});

/** Why a file is not the one that was checked; each has its data-sentence. */
export const Mismatch = Object.freeze({
  NAME: "other-name",
  SIZE: "other-size",
  CONTENT: "other-content",
  UNREADABLE: "unreadable",
});
