"""What the columns, words, numbers and dates of rows mean, as far as it is certain. Nothing here is stored."""
