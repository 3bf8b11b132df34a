// Texts that count up, such as A-104412 and A-104413.

// Longer texts and longer numbers do not count.
const LONGEST_TEXT = 160;
const MOST_DIGITS = 15;
const DATE = /\b\d{1,4}([-./])\d{1,2}\1\d{1,4}\b|\d:\d\d/;
// A number with a sign or a separator is an amount.
const AMOUNT = /^(?!\d+$)[-+\d][\d.,'\s]*$/;

/** The text with the next number in the place of its last one, or null if it does not count. */
export function next(text) {
  const digits = text.length <= LONGEST_TEXT && /\d+(?=\D*$)/.exec(text)?.[0];
  if (!digits || DATE.test(text) || AMOUNT.test(text)) return null;
  const after = String(Number(digits) + 1).padStart(digits.length, "0");
  return after.length > MOST_DIGITS ? null : text.replace(/\d+(?=\D*$)/, after);
}
