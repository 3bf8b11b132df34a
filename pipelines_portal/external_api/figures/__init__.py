"""What the API's database and storage are asked for when figures are read."""
