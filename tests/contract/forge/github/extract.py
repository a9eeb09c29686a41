"""Makes openapi.json and schema.graphql: what GitHub publishes, cut down to what Setpoint uses.

Usage: extract.py api.github.com.json schema.graphql
from the npm packages @octokit/openapi (package/generated/) and @octokit/graphql-schema.
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from graphql import InputObjectTypeDefinitionNode, ObjectTypeDefinitionNode, parse, print_ast

HERE = Path(__file__).parent
REPOSITORY = "/repos/{owner}/{repo}"
USED = {
    f"{REPOSITORY}/pulls": ("get", "post"),
    f"{REPOSITORY}/pulls/{{pull_number}}": ("get", "patch"),
    f"{REPOSITORY}/issues": ("get", "post"),
    f"{REPOSITORY}/issues/{{issue_number}}": ("patch",),
    f"{REPOSITORY}/issues/{{issue_number}}/labels": ("post",),
    f"{REPOSITORY}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{REPOSITORY}/issues/comments/{{comment_id}}": ("patch",),
    f"{REPOSITORY}/commits/{{ref}}/statuses": ("get",),
    f"{REPOSITORY}/statuses/{{sha}}": ("post",),
    f"{REPOSITORY}/collaborators/{{username}}/permission": ("get",),
}
KEPT_FIELDS = {
    "Query": ["viewer", "repository"],
    "Repository": ["nameWithOwner"],
    "User": ["login"],
    "Mutation": ["markPullRequestReadyForReview"],
    "MarkPullRequestReadyForReviewInput": ["clientMutationId", "pullRequestId"],
    "MarkPullRequestReadyForReviewPayload": ["clientMutationId", "pullRequest"],
    "PullRequest": ["id", "isDraft", "number"],
}


def main(openapi: Path, graphql: Path) -> None:
    """Write both files."""
    whole = json.loads(openapi.read_text())
    paths = {path: {verb: whole["paths"][path][verb] for verb in verbs} for path, verbs in USED.items()}
    cut = {"openapi": whole["openapi"], "info": whole["info"], "paths": slim(paths), "components": {}}
    todo, done = references(cut["paths"]), set()
    while todo:
        reference = todo.pop()
        if reference in done:
            continue
        done.add(reference)
        _, top, kind, name = reference.split("/")
        part = whole[top][kind][name]
        part = part if kind == "examples" else slim(part)
        cut["components"].setdefault(kind, {})[name] = part
        todo |= references(part)
    (HERE / "openapi.json").write_text(json.dumps(cut, indent=1, sort_keys=True) + "\n")
    (HERE / "schema.graphql").write_text("\n\n".join(definitions(graphql.read_text())) + "\n")


def slim(part: Any, inside: str = "") -> Any:
    """Without prose; `properties` called description stay."""
    if isinstance(part, list):
        return [slim(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    left_out = () if inside == "properties" else ("description", "summary", "x-github", "externalDocs", "tags")
    return {key: value if key == "example" else slim(value, key) for key, value in part.items() if key not in left_out}


def references(part: Any) -> set[str]:
    """Every $ref in it."""
    if isinstance(part, list):
        return set().union(*(references(entry) for entry in part))
    if not isinstance(part, dict):
        return set()
    found = set().union(*(references(value) for value in part.values()))
    return found | {part["$ref"]} if isinstance(part.get("$ref"), str) else found


def definitions(text: str) -> list[str]:
    """The types that are used, with the fields that are used."""
    shown = []
    for node in parse(text, no_location=True).definitions:
        name = getattr(getattr(node, "name", None), "value", "")
        if name in KEPT_FIELDS and isinstance(node, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode):
            fields = [field for field in node.fields if field.name.value in KEPT_FIELDS[name]]
            bare = tuple(dataclasses.replace(field, description=None, directives=()) for field in fields)
            plain = {"description": None, "directives": (), "interfaces": (), "fields": bare}
            known = {field.name for field in dataclasses.fields(node)}
            shown.append(print_ast(dataclasses.replace(node, **{key: plain[key] for key in plain.keys() & known})))
    return shown


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
