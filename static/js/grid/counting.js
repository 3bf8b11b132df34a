// Texts that count up, such as A-104412 and A-104413.

// Longer texts and longer numbers do not count.
const LONGEST_TEXT = 160;
const MOST_DIGITS = 15;
const DATE = /\b\d{1,4}([-./])\d{1,2}\1\d{1,4}\b|\d:\d\d/;
// A number with a sign or a separator is an amount.
const AMOUNT = /^(?!\d+$)[-+\d][\d.,'\s]*$/;

const LAST_NUMBER = /\d+(?=\D*$)/;

/** The text with the next number in the place of its last one, or null if it does not count. */
export function next(text) {
  const digits = text.length <= LONGEST_TEXT && LAST_NUMBER.exec(text)?.[0];
  if (!digits || DATE.test(text) || AMOUNT.test(text)) return null;
  const after = String(Number(digits) + 1).padStart(digits.length, "0");
  return after.length > MOST_DIGITS ? null : text.replace(LAST_NUMBER, after);
}

/** The text after those of a series, the nearest first: of the texts like the nearest one, that after the largest. */
export function nextOf(texts) {
  const nexts = texts.map(next).filter(Boolean);
  const letters = (text) => text.replace(LAST_NUMBER, "");
  const number = (text) => Number(LAST_NUMBER.exec(text)[0]);
  const alike = nexts.filter((each) => letters(each) === letters(nexts[0]));
  return alike.reduce((one, other) => (number(other) > number(one) ? other : one), alike[0]) ?? null;
}
