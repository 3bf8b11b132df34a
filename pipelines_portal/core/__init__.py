"""What both programs stand on, and knows neither."""
