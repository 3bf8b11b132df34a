"""Read texts as people write them: numbers, times, JSON, words. Without Django and without types of fields."""
