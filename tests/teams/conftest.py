from tests.people.cast import cast

__all__ = ["cast"]
