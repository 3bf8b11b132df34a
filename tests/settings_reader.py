"""Read the settings of a program under another environment, in a fork of the process that runs the test."""

import json
import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured

PORTAL = "pipelines_portal.settings.portal"
EXTERNAL_API = "pipelines_portal.settings.external_api"
# The modules that read the environment when they are imported.
MODULES = (PORTAL, EXTERNAL_API, "pipelines_portal.settings.sign_in", "pipelines_portal.settings.base")


@dataclass(frozen=True)
class Question:
    """`expression` may use `settings`: the module as it is read with the environment `env`. Its value must fit JSON."""

    module: str
    env: dict[str, str]
    expression: str = "None"


def read_settings(module: str, expression: str = "None", **env: str) -> Any:
    """Return the value of `expression`. Raises ImproperlyConfigured if the module does."""
    (answer,) = read_many([Question(module, env, expression)])
    if isinstance(answer, ImproperlyConfigured):
        raise answer
    return answer


def read_many(questions: list[Question]) -> list[Any]:
    """Answer each question in one fork: a value, or the ImproperlyConfigured that the module raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _answer_all(writing, questions)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answers = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert isinstance(answers, list), answers
    return [ImproperlyConfigured(one["sentence"]) if "sentence" in one else one["value"] for one in answers]


def _answer_all(pipe: int, questions: list[Question]) -> NoReturn:
    """Write the answers and end the fork."""
    answers: Any
    try:
        answers = [_answer(question) for question in questions]
    except BaseException:
        answers = traceback.format_exc()
    try:
        with os.fdopen(pipe, "w") as out:
            json.dump(answers, out)
    finally:
        os._exit(0)


def _answer(question: Question) -> dict[str, Any]:
    os.environ.clear()
    os.environ.update(question.env)
    for name in MODULES:
        sys.modules.pop(name, None)
    try:
        return {"value": eval(question.expression, {"settings": import_module(question.module)})}
    except ImproperlyConfigured as error:
        return {"sentence": str(error)}
