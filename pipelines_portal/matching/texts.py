"""Texts about columns and how they are matched, and about values that cannot be used."""

# How a column was matched
MATCHED = "Matched"
REMEMBERED = "Same as last time"

# What is wrong with a value. The label of its field comes first.
MISSING = "is missing"
TWO_NUMBERS = "could be two numbers. Choose a number format"
TWO_DAYS = "could be two dates. Choose a date format"
# No date with two meanings has the day 31, so nobody takes the example for a proposal.
TWO_TYPED_DAYS = "could be two dates. Write the month as a word, like 31 Dec 2026"
TWO_TYPED = "could be two numbers. Write it without a thousands separator"
NO_ZONE = "has no time zone. Choose one"
PERCENTAGE = "is a percentage. Write 12 % as 12 or as 0.12"
CAME_TWICE, NEVER_CAME = "came twice", "never came"
TWICE = f"{CAME_TWICE}: the clocks were set back. Write {{first}} or {{second}}"
NEVER = f"{NEVER_CAME}: the clocks were set forward over it. Write {{first}} or {{second}}"

# The same in two or three words, for a cell
NOT_A_NUMBER = "Not a number"
TWO_MEANINGS = "{first} or {second}?"
NOT_AN_OPTION = "Not an option"
