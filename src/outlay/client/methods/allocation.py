"""Operations of the API: allocation. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from outlay.client.question import Question, question_params
from outlay.client.shapes import (
    Cluster,
    ClusterProof,
    Coverage,
    Dictionary,
    DictionaryOverview,
    Platform,
    PlatformProof,
    Replay,
    Resource,
    Split,
    SplitOverview,
    SplitPreview,
    Suggestion,
    Tag,
    TagOverview,
    TagPreview,
    TagValue,
    Why,
)
from outlay.client.transport import Transport, part


class Allocation(Transport):
    """Methods of the client: allocation."""

    def list_platforms(self) -> list[Platform]:
        """The platforms that have charges. Each with what it billed, by currency."""
        found: list[Platform] = self.shaped("list[Platform]", "GET", "/platforms", None)
        return found

    def platform_csv(
        self,
        name: str,
        *,
        by: str | None = None,
        idle: str | None = None,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        by_day: str | None = None,
        usage: str | None = None,
        as_of: str | None = None,
        rules_as_of: str | None = None,
    ) -> bytes:
        """The scopes, as CSV. One row a scope: its charge and the parts that add up to it,
        amounts in full."""
        return self.content(
            "GET",
            f"/platforms/{part(name)}.csv",
            {
                "by": by,
                "idle": idle,
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "by_day": by_day,
                "usage": usage,
                "as_of": as_of,
                "rules_as_of": rules_as_of,
            },
        )[0]

    def get_platform(
        self,
        name: str,
        *,
        by: str | None = None,
        idle: str | None = None,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        by_day: str | None = None,
        usage: str | None = None,
        as_of: str | None = None,
        rules_as_of: str | None = None,
    ) -> PlatformProof:
        """Charges, consumers and proof. For each scope: direct + by usage + idle + unattributed
        = charge, to the last digit."""
        found: PlatformProof = self.shaped(
            "PlatformProof",
            "GET",
            f"/platforms/{part(name)}",
            {
                "by": by,
                "idle": idle,
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "by_day": by_day,
                "usage": usage,
                "as_of": as_of,
                "rules_as_of": rules_as_of,
            },
        )
        return found

    def list_clusters(
        self,
        *,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: str | None = None,
        rules_as_of: str | None = None,
    ) -> list[Cluster]:
        """The clusters. What the bill charged for each, and what was shared out, by currency."""
        found: list[Cluster] = self.shaped(
            "list[Cluster]",
            "GET",
            "/kubernetes",
            {
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "as_of": as_of,
                "rules_as_of": rules_as_of,
            },
        )
        return found

    def cluster_csv(
        self,
        cluster: str,
        *,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: str | None = None,
        rules_as_of: str | None = None,
    ) -> bytes:
        """Namespaces, as CSV. One row a namespace and currency, amounts unrounded."""
        return self.content(
            "GET",
            f"/kubernetes/{part(cluster)}.csv",
            {
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "as_of": as_of,
                "rules_as_of": rules_as_of,
            },
        )[0]

    def get_cluster(
        self,
        cluster: str,
        *,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: str | None = None,
        rules_as_of: str | None = None,
    ) -> ClusterProof:
        """One cluster, with proof. Charged and allocated by kind of resource, by namespace, by
        resource; what only usage or only the bill knows."""
        found: ClusterProof = self.shaped(
            "ClusterProof",
            "GET",
            f"/kubernetes/{part(cluster)}",
            {
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "as_of": as_of,
                "rules_as_of": rules_as_of,
            },
        )
        return found

    def list_splits(
        self,
        *,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
        rules_as_of: str | None = None,
    ) -> list[SplitOverview]:
        """Every split with its money. Tag by tag in the order in which money flows: taken,
        given, kept (and why), targets."""
        found: list[SplitOverview] = self.shaped(
            "list[SplitOverview]",
            "GET",
            "/splits",
            {
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "where": where,
                "rules_as_of": rules_as_of,
            },
        )
        return found

    def get_split(
        self,
        name: str,
        *,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
        rules_as_of: str | None = None,
    ) -> Split:
        """One split, period by period. With weights and shares of every period, and the history
        of its versions."""
        found: Split = self.shaped(
            "Split",
            "GET",
            f"/splits/{part(name)}",
            {
                "measure": measure,
                "range": range_,
                "from": from_,
                "to": to,
                "where": where,
                "rules_as_of": rules_as_of,
            },
        )
        return found

    def save_split(self, name: str, body: Mapping[str, Any]) -> Resource:
        """Save a split. Make it, or give it a new version; refused where splits would feed each
        other."""
        found: Resource = self.shaped("Resource", "PUT", f"/splits/{part(name)}", None, body=body)
        return found

    def remove_split(self, name: str) -> None:
        """Remove a split. Cost stays where the rules say; its history stays too."""
        self.json("DELETE", f"/splits/{part(name)}", None)

    def preview_split(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        measure: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
    ) -> SplitPreview:
        """What a change would do. What each value pays before and after; nothing is saved."""
        found: SplitPreview = self.shaped(
            "SplitPreview",
            "POST",
            f"/splits/{part(name)}/preview",
            {"measure": measure, "range": range_, "from": from_, "to": to, "where": where},
            body=body,
        )
        return found

    def restore_split(self, name: str, body: Mapping[str, Any]) -> Resource:
        """Restore a version. An earlier version, as a new one."""
        found: Resource = self.shaped(
            "Resource", "POST", f"/splits/{part(name)}/restore", None, body=body
        )
        return found

    def list_tags(self) -> list[TagOverview]:
        """The virtual tags. By name, with how much of the money each allocates."""
        found: list[TagOverview] = self.shaped("list[TagOverview]", "GET", "/tags", None)
        return found

    def get_tag(self, name: str, *, spend: bool | None = None, **question: Unpack[Question]) -> Tag:
        """One virtual tag. Its rules, what it builds on and what builds on it, the days on
        which its rules change; with `spend`, what each rule catches."""
        found: Tag = self.shaped(
            "Tag", "GET", f"/tags/{part(name)}", {"spend": spend, **question_params(question)}
        )
        return found

    def list_tag_values(self, name: str, **question: Unpack[Question]) -> list[TagValue]:
        """The values of a virtual tag. With owner, title, parent, dates and money, the largest
        first; `parent` is what `{from: team, transform: [parent]}` takes."""
        found: list[TagValue] = self.shaped(
            "list[TagValue]", "GET", f"/tags/{part(name)}/values", {**question_params(question)}
        )
        return found

    def preview_tag(
        self, name: str, body: Mapping[str, Any], **question: Unpack[Question]
    ) -> TagPreview:
        """What saving a virtual tag would do. Nothing is saved. By rule: what it catches alone
        and first, dead and shadowed rules; by value: money before and after, moves; coverage
        before and after; tags that build on it."""
        found: TagPreview = self.shaped(
            "TagPreview",
            "POST",
            f"/tags/{part(name)}/preview",
            {**question_params(question)},
            body=body,
        )
        return found

    def get_tag_coverage(self, name: str, **question: Unpack[Question]) -> Coverage:
        """How much a virtual tag allocates. By month and value, and the largest unallocated
        spend by what would catch it."""
        found: Coverage = self.shaped(
            "Coverage", "GET", f"/tags/{part(name)}/coverage", {**question_params(question)}
        )
        return found

    def try_tag_coverage(
        self, name: str, body: Mapping[str, Any], **question: Unpack[Question]
    ) -> Coverage:
        """How much it would allocate. The same of rules that are not saved."""
        found: Coverage = self.shaped(
            "Coverage",
            "POST",
            f"/tags/{part(name)}/coverage",
            {**question_params(question)},
            body=body,
        )
        return found

    def list_tag_suggestions(self, name: str, **question: Unpack[Question]) -> list[Suggestion]:
        """Rules that the data suggests. Each with its reason and the money it would allocate,
        the largest first; none is applied by itself."""
        found: list[Suggestion] = self.shaped(
            "list[Suggestion]",
            "GET",
            f"/tags/{part(name)}/suggestions",
            {**question_params(question)},
        )
        return found

    def try_tag_suggestions(
        self, name: str, body: Mapping[str, Any], **question: Unpack[Question]
    ) -> list[Suggestion]:
        """Rules suggested beside unsaved ones. The same for a tag that is not saved."""
        found: list[Suggestion] = self.shaped(
            "list[Suggestion]",
            "POST",
            f"/tags/{part(name)}/suggestions",
            {**question_params(question)},
            body=body,
        )
        return found

    def list_dictionaries(self) -> list[DictionaryOverview]:
        """The dictionaries. By name, with the virtual tags that use each, without their
        entries."""
        found: list[DictionaryOverview] = self.shaped(
            "list[DictionaryOverview]", "GET", "/dictionaries", None
        )
        return found

    def get_dictionary(self, name: str) -> Dictionary:
        """One dictionary. With its entries and history."""
        found: Dictionary = self.shaped("Dictionary", "GET", f"/dictionaries/{part(name)}", None)
        return found

    def coverage(self, *, tag: str, **question: Unpack[Question]) -> Coverage:
        """How much a tag allocates. In all, by month and value, with the largest unallocated
        spend by what would catch it. Of the question, measure, range, condition, currency and
        the moments are looked at."""
        found: Coverage = self.shaped(
            "Coverage", "GET", "/coverage", {"tag": tag, **question_params(question)}
        )
        return found

    def coverage_csv(self, *, tag: str, **question: Unpack[Question]) -> bytes:
        """Coverage by month, as CSV. One row a month and currency."""
        return self.content("GET", "/coverage.csv", {"tag": tag, **question_params(question)})[0]

    def why(self, *, tag: str, value: str | None = None, **question: Unpack[Question]) -> Why:
        """Why is this mine? The rules that gave the value and what they saw, what splits gave,
        file and line."""
        found: Why = self.shaped(
            "Why", "GET", "/why", {"tag": tag, "value": value, **question_params(question)}
        )
        return found

    def why_csv(self, *, tag: str, value: str, **question: Unpack[Question]) -> bytes:
        """Why is this mine, as CSV. A row a part of the amount: what rules saw and gave, what
        splits gave, the files."""
        return self.content(
            "GET", "/why.csv", {"tag": tag, "value": value, **question_params(question)}
        )[0]

    def replay(
        self,
        *,
        tag: str,
        before: str | None = None,
        after: str | None = None,
        draft: str | None = None,
        **question: Unpack[Question],
    ) -> Replay:
        """Rules of another moment over a period. What would move from which value to which, in
        money."""
        found: Replay = self.shaped(
            "Replay",
            "GET",
            "/replay",
            {
                "tag": tag,
                "before": before,
                "after": after,
                "draft": draft,
                **question_params(question),
            },
        )
        return found

    def replay_csv(
        self,
        *,
        tag: str,
        before: str | None = None,
        after: str | None = None,
        draft: str | None = None,
        **question: Unpack[Question],
    ) -> bytes:
        """The moves, as CSV. One row a move and currency."""
        return self.content(
            "GET",
            "/replay.csv",
            {
                "tag": tag,
                "before": before,
                "after": after,
                "draft": draft,
                **question_params(question),
            },
        )[0]
