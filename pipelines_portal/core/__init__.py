"""Code that both programs use. It imports neither of them."""
