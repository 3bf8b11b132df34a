from tests.submissions.conftest import desk, other_desk

__all__ = ["desk", "other_desk"]
