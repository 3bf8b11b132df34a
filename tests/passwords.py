"""Password hashes made in no time, which programs in processes of their own can read all the same."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FastHasher(PBKDF2PasswordHasher):
    iterations = 1
