"""Operations of the API: configured. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.client.shapes import (
    Applied,
    Change,
    Load,
    Plan,
    Resource,
    ResourceKind,
    ResourceWithHistory,
    Unmapped,
    UseCase,
    UseCaseAnswer,
    View,
    ViewUse,
    ViewWithHistory,
    VocabularyCoverage,
    VocabularyTables,
)
from outlay.client.transport import Transport, given_headers, part


class Configured(Transport):
    """Methods of the client: configured."""

    def list_views(self) -> list[View]:
        """Every saved view. With its question as JSON (`spec.query`) and as URL parameters
        (`params`)."""
        found: list[View] = self.shaped("list[View]", "GET", "/views", None)
        return found

    def get_view(self, name: str) -> ViewWithHistory:
        """One saved view. With the history of its versions."""
        found: ViewWithHistory = self.shaped("ViewWithHistory", "GET", f"/views/{part(name)}", None)
        return found

    def save_view(self, name: str, body: Mapping[str, Any]) -> View:
        """Save a view. Make it, or give it a new version."""
        found: View = self.shaped("View", "PUT", f"/views/{part(name)}", None, body=body)
        return found

    def remove_view(self, name: str) -> None:
        """Delete a view. Its history stays."""
        self.json("DELETE", f"/views/{part(name)}", None)

    def list_usecases(self, *, search: str | None = None) -> list[UseCase]:
        """The questions of the FOCUS use-case library. With group, question and parameters."""
        found: list[UseCase] = self.shaped("list[UseCase]", "GET", "/usecases", {"search": search})
        return found

    def usecase_csv(self, name: str) -> bytes:
        """An answer as CSV. Every row, amounts unrounded; parameters as in the answer as JSON."""
        return self.content("GET", f"/usecases/{part(name)}.csv", None)[0]

    def get_usecase(self, name: str) -> UseCaseAnswer:
        """The answer of a use case. Its parameters are those of the address
        (`range=last-3-months&tag=team`), and `as_of`."""
        found: UseCaseAnswer = self.shaped("UseCaseAnswer", "GET", f"/usecases/{part(name)}", None)
        return found

    def get_vocabulary(
        self, *, provider: str | None = None, search: str | None = None
    ) -> VocabularyTables:
        """The shipped tables. Services with category and subcategory, regions with their place,
        resource types."""
        found: VocabularyTables = self.shaped(
            "VocabularyTables", "GET", "/vocabulary", {"provider": provider, "search": search}
        )
        return found

    def get_vocabulary_coverage(self, *, as_of: str | None = None) -> VocabularyCoverage:
        """How much of the money has names. By provider, by absolute EffectiveCost; and what has
        no name, largest first."""
        found: VocabularyCoverage = self.shaped(
            "VocabularyCoverage", "GET", "/vocabulary/coverage", {"as_of": as_of}
        )
        return found

    def list_unmapped(self, *, as_of: str | None = None) -> list[Unmapped]:
        """What has no name. Each value with its money, largest first, and the beginning of a
        rule that names it."""
        found: list[Unmapped] = self.shaped(
            "list[Unmapped]", "GET", "/vocabulary/unmapped", {"as_of": as_of}
        )
        return found

    def list_vocabularies(self) -> list[Resource]:
        """Names of your own. Every Vocabulary, in the order in which its rules are asked."""
        found: list[Resource] = self.shaped("list[Resource]", "GET", "/vocabulary/rules", None)
        return found

    def get_vocabulary_rules(self, name: str) -> ResourceWithHistory:
        """One Vocabulary. With the history of its versions."""
        found: ResourceWithHistory = self.shaped(
            "ResourceWithHistory", "GET", f"/vocabulary/rules/{part(name)}", None
        )
        return found

    def save_vocabulary_rules(self, name: str, body: Mapping[str, Any]) -> Resource:
        """Save a Vocabulary. Make it, or give it a new version; the next sync names history
        anew."""
        found: Resource = self.shaped(
            "Resource", "PUT", f"/vocabulary/rules/{part(name)}", None, body=body
        )
        return found

    def remove_vocabulary_rules(self, name: str) -> None:
        """Remove a Vocabulary. Its history stays; the next sync names history anew."""
        self.json("DELETE", f"/vocabulary/rules/{part(name)}", None)

    def relift(self) -> list[Load]:
        """Name history anew. Every slice that another version of the vocabulary named; answers
        when all is done."""
        found: list[Load] = self.shaped("list[Load]", "POST", "/vocabulary/relift", None)
        return found

    def rename_view(self, name: str, body: Mapping[str, Any]) -> Resource:
        """Give a view another name. Together with every dashboard that shows it: all of it, or
        nothing."""
        found: Resource = self.shaped(
            "Resource", "POST", f"/views/{part(name)}/rename", None, body=body
        )
        return found

    def list_view_uses(self, name: str) -> list[ViewUse]:
        """What shows a view. Dashboards and others that name it."""
        found: list[ViewUse] = self.shaped(
            "list[ViewUse]", "GET", f"/views/{part(name)}/uses", None
        )
        return found

    def list_resource_kinds(self) -> list[ResourceKind]:
        """Every kind of resource. With the JSON schema of its spec, an example and how many
        there are."""
        found: list[ResourceKind] = self.shaped("list[ResourceKind]", "GET", "/resources", None)
        return found

    def list_resources(self, kind: str) -> list[Resource]:
        """The resources of a kind. By name. The kind in any case, singular or plural."""
        found: list[Resource] = self.shaped(
            "list[Resource]", "GET", f"/resources/{part(kind)}", None
        )
        return found

    def get_resource(self, kind: str, name: str) -> Resource:
        """One resource. `ETag` is its version: send it back as `If-Match` to change what was
        read."""
        found: Resource = self.shaped(
            "Resource", "GET", f"/resources/{part(kind)}/{part(name)}", None
        )
        return found

    def put_resource(
        self,
        kind: str,
        name: str,
        body: Mapping[str, Any],
        *,
        note: str | None = None,
        if_match: str | None = None,
    ) -> Resource:
        """Create or change a resource. The body is its spec. 201 when it is new; 409 when
        `If-Match` is not its version."""
        found: Resource = self.shaped(
            "Resource",
            "PUT",
            f"/resources/{part(kind)}/{part(name)}",
            {"note": note},
            body=body,
            headers=given_headers({"if-match": if_match}),
        )
        return found

    def delete_resource(
        self, kind: str, name: str, *, note: str | None = None, if_match: str | None = None
    ) -> None:
        """Remove a resource. Its history stays. 409 when others need it, or `If-Match` is not
        its version."""
        self.json(
            "DELETE",
            f"/resources/{part(kind)}/{part(name)}",
            {"note": note},
            headers=given_headers({"if-match": if_match}),
        )

    def list_resource_history(self, kind: str, name: str) -> list[Change]:
        """Who changed it, when and what. Oldest first; also of a resource that was removed."""
        found: list[Change] = self.shaped(
            "list[Change]", "GET", f"/resources/{part(kind)}/{part(name)}/history", None
        )
        return found

    def get_resource_version(self, kind: str, name: str, version: int) -> Resource:
        """One of its versions. The resource as that version had it."""
        found: Resource = self.shaped(
            "Resource",
            "GET",
            f"/resources/{part(kind)}/{part(name)}/versions/{part(version)}",
            None,
        )
        return found

    def restore_resource(
        self, kind: str, name: str, body: Mapping[str, Any], *, if_match: str | None = None
    ) -> Resource:
        """Make a version current again. As a new version; also of a resource that was removed."""
        found: Resource = self.shaped(
            "Resource",
            "POST",
            f"/resources/{part(kind)}/{part(name)}/restore",
            None,
            body=body,
            headers=given_headers({"if-match": if_match}),
        )
        return found

    def plan(self, body: Mapping[str, Any]) -> Plan:
        """What documents would change. With the effect in money; nothing is changed."""
        found: Plan = self.shaped("Plan", "POST", "/plan", None, body=body)
        return found

    def apply(self, body: Mapping[str, Any]) -> Applied:
        """Do what a plan says. All of it, or nothing. With `versions`, only if it is the plan
        that was seen."""
        found: Applied = self.shaped("Applied", "POST", "/apply", None, body=body)
        return found
