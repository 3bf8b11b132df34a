"""Rows as objects of JSON."""

from .case import Case, text

OBJECTS = [
    Case(
        "JSON with types", text('[{"a": "007", "b": 7, "c": null}, {"d": [1, "x"], "b": 0.1, "c": true}]'),
        {0: ["a", "b", "c", "d"], 1: ["007", "7"], 2: ["", "0.1", "true", '[1, "x"]']},
        values={(1, 0): "007", (1, 1): 7, (2, 1): 0.1, (2, 2): True, (2, 3): [1, "x"]}, found={"kind": "json"},
    ),
    Case(
        "JSON as the API takes it", text('{"tasks": [{"fields": {"a": 1}}, {"fields": {"b": {"x": 1}}}]}'),
        {0: ["a", "b"], 1: ["1"], 2: ["", '{"x": 1}']}, values={(2, 1): {"x": 1}},
    ),
    Case(
        "JSON Lines", text('{"a": "x", "b": 1}\n\n{"a": "y"}\n{}\n{"c": 2.50}\n'),
        {0: ["a", "b", "c"], 1: ["x", "1"], 2: ["y"], 4: ["", "", "2.5"]}, found={"kind": "jsonl"},
    ),
    Case("JSON in UTF-16", text('\ufeff[{"a": "é"}]', "utf-16-le"), {0: ["a"], 1: ["é"]}, found={"kind": "json"}),
    Case("names in brackets are no JSON", text("[Name],[Age]\nAnna,7\n"), {1: ["[Name]", "[Age]"], 2: ["Anna", "7"]}),
    Case("a number too large for one", text('[{"a": 1e999, "b": 12345678901234567890}]'),
         {0: ["a", "b"], 1: ["1e999", "12345678901234567890"]}, values={(1, 0): "1e999", (1, 1): 12345678901234567890}),
]  # fmt: skip
