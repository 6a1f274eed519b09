"""Operations of the API: optimize. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.client.shapes import (
    CommitmentEnding,
    CommitmentMatrix,
    Commitments,
    ContractPrices,
    ContractStatus,
    DetectorCatalogue,
    DetectorRun,
    DetectorStanding,
    Kpis,
    NativeFormat,
    NativeSource,
    NativeSourceWithFindings,
    NativeSync,
    PurchasePlanned,
    RealisedLedger,
    RealisedLook,
    RealisedProof,
    RealisedSaving,
    SavingChanged,
    SavingList,
    SavingLook,
    SavingsChanged,
    SavingsPolicy,
    SavingWhole,
    Ticket,
    TicketSync,
    TicketSystem,
)
from outlay.client.transport import Transport, part


class Optimize(Transport):
    """Methods of the client: optimize."""

    def list_savings(
        self,
        *,
        state: str | None = None,
        owner: str | None = None,
        assignee: str | None = None,
        provider: str | None = None,
        account: str | None = None,
        action: str | None = None,
        tool: str | None = None,
        detector: str | None = None,
        effort: str | None = None,
        confidence: str | None = None,
        minimum: str | None = None,
        late: bool | None = None,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
    ) -> SavingList:
        """Recommendations, and what they add up to. `totals` are over all that is sought, by
        currency: `all` is every finding at its own word, `best` the best of alternatives, `net`
        what the bill would fall by. Who sees a part of the ledger sees the recommendations
        whose charges all lie in it."""
        found: SavingList = self.shaped(
            "SavingList",
            "GET",
            "/savings",
            {
                "state": state,
                "owner": owner,
                "assignee": assignee,
                "provider": provider,
                "account": account,
                "action": action,
                "tool": tool,
                "detector": detector,
                "effort": effort,
                "confidence": confidence,
                "minimum": minimum,
                "late": late,
                "text": text,
                "sort": sort,
                "limit": limit,
            },
        )
        return found

    def get_savings_policy(self) -> SavingsPolicy:
        """The savings policy that counts. Version 0 is there without being saved."""
        found: SavingsPolicy = self.shaped("SavingsPolicy", "GET", "/savings/policy", None)
        return found

    def look_for_savings(self) -> SavingLook:
        """Look for savings now. As is done after each delivery: detectors and native tools,
        merged and netted."""
        found: SavingLook = self.shaped("SavingLook", "POST", "/savings/look", None)
        return found

    def change_savings(self, body: Mapping[str, Any]) -> SavingsChanged:
        """One step of many recommendations. All or nothing: `refused` says by number which
        cannot take the step, and why. `step` is assign (with `person`), accept, implement,
        snooze (with `until`), dismiss (with `note`, and `until` or for good), reopen or
        comment."""
        found: SavingsChanged = self.shaped(
            "SavingsChanged", "POST", "/savings/bulk", None, body=body
        )
        return found

    def get_saving(self, number: int) -> SavingWhole:
        """A recommendation with everything about it. What each tool says with its evidence, why
        it counts for what it does (`effects`), the others of its resource, and what was done.
        """
        found: SavingWhole = self.shaped("SavingWhole", "GET", f"/savings/{part(number)}", None)
        return found

    def assign_saving(self, number: int, body: Mapping[str, Any]) -> SavingChanged:
        """Give a recommendation to somebody. `person` looks after it; empty: nobody."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/assign", None, body=body
        )
        return found

    def accept_saving(self, number: int, body: Mapping[str, Any] | None = None) -> SavingChanged:
        """Say that it will be done. Its baseline on the bill is frozen. `finding` chooses whose
        estimate, from 0."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/accept", None, body=body
        )
        return found

    def implement_saving(self, number: int, body: Mapping[str, Any] | None = None) -> SavingChanged:
        """Say that it is done. From now on the bill has to show it."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/implement", None, body=body
        )
        return found

    def reopen_saving(self, number: int, body: Mapping[str, Any] | None = None) -> SavingChanged:
        """Open a recommendation again. One that was snoozed, dismissed, expired, accepted or
        said to be implemented."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/reopen", None, body=body
        )
        return found

    def comment_saving(self, number: int, body: Mapping[str, Any]) -> SavingChanged:
        """Comment on a recommendation. `note` is what others see."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/comment", None, body=body
        )
        return found

    def snooze_saving(self, number: int, body: Mapping[str, Any]) -> SavingChanged:
        """Put a recommendation out of sight. `until` is the day on which it comes back."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/snooze", None, body=body
        )
        return found

    def dismiss_saving(self, number: int, body: Mapping[str, Any]) -> SavingChanged:
        """Say that it will not be done. `reason` says why; `until` a day on which it comes back
        (without it: never)."""
        found: SavingChanged = self.shaped(
            "SavingChanged", "POST", f"/savings/{part(number)}/dismiss", None, body=body
        )
        return found

    def list_detectors(self) -> DetectorCatalogue:
        """Every detector, and what the last look came to. By area. `last` is what the last look
        came to: findings, what they save a month by currency, and, by what is missing, the
        resources that could not be judged with their cost; null where it was not asked.
        `failed` is why it did not work then."""
        found: DetectorCatalogue = self.shaped("DetectorCatalogue", "GET", "/detectors", None)
        return found

    def run_detectors(self, body: Mapping[str, Any] | None = None) -> DetectorRun:
        """What detectors find now, without keeping it. `detectors` names those to run (left
        out: all that are on). With one of them, `parameters` are tried in place of the
        policy's, or `explain` (a ResourceId, a name or a finding's scope) asks why it finds
        that resource or does not. `POST /savings/look` keeps what is found."""
        found: DetectorRun = self.shaped("DetectorRun", "POST", "/detectors/run", None, body=body)
        return found

    def get_detector(self, name: str) -> DetectorStanding:
        """A detector. As in the list."""
        found: DetectorStanding = self.shaped(
            "DetectorStanding", "GET", f"/detectors/{part(name)}", None
        )
        return found

    def list_native_sources(self) -> list[NativeSource]:
        """Sources of recommendations, and how each stands. `monthly_saving` by currency counts
        every finding: alternatives and overlaps are netted in `/savings` alone. `freshness` is
        fresh, late, missing, manual, failed or paused."""
        found: list[NativeSource] = self.shaped("list[NativeSource]", "GET", "/native", None)
        return found

    def add_native_source(self, body: Mapping[str, Any]) -> NativeSource:
        """Configure a source of recommendations. `location` is a place that the server can
        read, or ``api``."""
        found: NativeSource = self.shaped("NativeSource", "POST", "/native", None, body=body)
        return found

    def list_native_formats(self) -> list[NativeFormat]:
        """What can be read. Each tool's format with its options, and those of its API where it
        has one."""
        found: list[NativeFormat] = self.shaped(
            "list[NativeFormat]", "GET", "/native/formats", None
        )
        return found

    def get_native_source(self, name: str) -> NativeSourceWithFindings:
        """A source with what its tool says now. `recommendations` of the newest delivery, and
        what was `left_out` of it, with reasons; deliveries and runs, newest first."""
        found: NativeSourceWithFindings = self.shaped(
            "NativeSourceWithFindings", "GET", f"/native/{part(name)}", None
        )
        return found

    def remove_native_source(self, name: str) -> None:
        """Remove a source of recommendations. What it said does not count any more; its
        deliveries stay on record."""
        self.json("DELETE", f"/native/{part(name)}", None)

    def sync_native_sources(self, body: Mapping[str, Any] | None = None) -> list[NativeSync]:
        """Bring sources of recommendations up to date. Those of `names`, else every one that is
        not synced by hand. One that fails says so in its `error`, and what it said before
        stays."""
        found: list[NativeSync] = self.shaped(
            "list[NativeSync]", "POST", "/native/sync", None, body=body
        )
        return found

    def load_native(self, body: Mapping[str, Any]) -> NativeSync:
        """Read an export once. As a source that is synced by hand, under `name`, or that of the
        file."""
        found: NativeSync = self.shaped("NativeSync", "POST", "/native/load", None, body=body)
        return found

    def list_tickets(self) -> list[Ticket]:
        """Every ticket, the newest first. `state` is the system's word, or pending (still to be
        opened) or gone (deleted there); `meaning` is open, accepted, done or dismissed;
        `problem` says what did not work, and `next_try` when it is tried again."""
        found: list[Ticket] = self.shaped("list[Ticket]", "GET", "/tickets", None)
        return found

    def list_ticket_systems(self) -> list[TicketSystem]:
        """Ticket systems, and what their states mean. `states` are the system's words of each
        meaning; the first is the one that is set."""
        found: list[TicketSystem] = self.shaped(
            "list[TicketSystem]", "GET", "/tickets/systems", None
        )
        return found

    def sync_tickets(self) -> TicketSync:
        """Bring tickets up to date, both ways. As is done after each delivery and every hour,
        also for tickets that wait."""
        found: TicketSync = self.shaped("TicketSync", "POST", "/tickets/sync", None)
        return found

    def list_saving_tickets(self, number: int) -> list[Ticket]:
        """The tickets of a recommendation. Oldest first."""
        found: list[Ticket] = self.shaped(
            "list[Ticket]", "GET", f"/savings/{part(number)}/tickets", None
        )
        return found

    def open_ticket(self, number: int, body: Mapping[str, Any]) -> Ticket:
        """Open a ticket. In a system; the one that there is already, where one is open there. A
        system that is away gives a ticket that is `pending`: it is opened later."""
        found: Ticket = self.shaped(
            "Ticket", "POST", f"/savings/{part(number)}/tickets", None, body=body
        )
        return found

    def get_realised(
        self,
        *,
        by: str | None = None,
        since: str | None = None,
        until: str | None = None,
        owner: str | None = None,
        provider: str | None = None,
        action: str | None = None,
        currency: str | None = None,
        known: str | None = None,
        limit: int | None = None,
    ) -> RealisedLedger:
        """The ledger: promised, realised, missed. Rows of the grouping, totals by currency,
        months with their cumulated sum, the pace, and the entries. For each: `promised − missed
        + beyond = realised`, and the `effects` add up to `realised`. Avoided and one-off money
        stand apart. `restated` is what came to months since they were first whole. Who sees a
        part of the ledger sees the recommendations whose charges lie in it."""
        found: RealisedLedger = self.shaped(
            "RealisedLedger",
            "GET",
            "/realised",
            {
                "by": by,
                "since": since,
                "until": until,
                "owner": owner,
                "provider": provider,
                "action": action,
                "currency": currency,
                "known": known,
                "limit": limit,
            },
        )
        return found

    def export_realised(
        self,
        *,
        format_: str | None = None,
        since: str | None = None,
        until: str | None = None,
        owner: str | None = None,
        provider: str | None = None,
        action: str | None = None,
        currency: str | None = None,
        known: str | None = None,
    ) -> bytes:
        """The ledger as a file. CSV has the entries in full. The workbook has their days,
        prices and baselines too, with formulas where a cell is a sum."""
        return self.content(
            "GET",
            "/realised/export",
            {
                "format": format_,
                "since": since,
                "until": until,
                "owner": owner,
                "provider": provider,
                "action": action,
                "currency": currency,
                "known": known,
            },
        )[0]

    def get_realised_saving(self, number: int) -> RealisedSaving:
        """What a recommendation realised. Its baselines, months, days and prices, and all
        entries as they were known."""
        found: RealisedSaving = self.shaped(
            "RealisedSaving", "GET", f"/realised/{part(number)}", None
        )
        return found

    def prove_realised_saving(self, number: int) -> list[RealisedProof]:
        """Make its baselines again. Each is made again from the snapshot that it was frozen
        from, and its digest compared."""
        found: list[RealisedProof] = self.shaped(
            "list[RealisedProof]", "GET", f"/realised/{part(number)}/proof", None
        )
        return found

    def measure_realised(self) -> RealisedLook:
        """Measure what was saved now. As is done after each delivery: how many entries are new,
        and which recommendations were seen on the bill, verified, sustained or have regressed.
        """
        found: RealisedLook = self.shaped("RealisedLook", "POST", "/realised/measure", None)
        return found

    def say_successor(self, number: int, body: Mapping[str, Any]) -> RealisedSaving:
        """Say what came in place of its charges. `where` is the condition of the charges that
        came in their place, '' for none."""
        found: RealisedSaving = self.shaped(
            "RealisedSaving", "POST", f"/realised/{part(number)}/successor", None, body=body
        )
        return found

    def get_commitments(self, *, days: int | None = None, by: str | None = None) -> Commitments:
        """Coverage, utilisation, savings rate, each commitment. Sums of the last whole days by
        currency, by day, by hour of the week (by weekday where the bill has days only) and by a
        dimension; then each commitment, the most unused first. `eligible`, `covered` and
        `on_demand` are on-demand equivalents (contracted prices), `saved` is covered less the
        commitments' cost, `effective_savings_rate` saved over eligible, as the FinOps
        Foundation defines it. Shares are rounded to six decimals."""
        found: Commitments = self.shaped(
            "Commitments", "GET", "/commitments", {"days": days, "by": by}
        )
        return found

    def list_ending_commitments(self, *, days: int | None = None) -> list[CommitmentEnding]:
        """When commitments end. Soonest first, then those whose end no bill tells (`day` null).
        `saved_a_day` is what the end would cost a day, `planned_change` the forecast's change
        that counts it."""
        found: list[CommitmentEnding] = self.shaped(
            "list[CommitmentEnding]", "GET", "/commitments/ending", {"days": days}
        )
        return found

    def list_commitment_benefits(
        self, *, days: int | None = None, tag: str | None = None
    ) -> list[CommitmentMatrix]:
        """Who pays for commitments, who benefits. A matrix a currency: the owner of the account
        that bought a commitment, and the owners of the usage that it covered. `cost` of all
        payers is that of all commitments, exactly; the unused part stays with who bought it.
        """
        found: list[CommitmentMatrix] = self.shaped(
            "list[CommitmentMatrix]", "GET", "/commitments/benefits", {"days": days, "tag": tag}
        )
        return found

    def plan_purchase(self, body: Mapping[str, Any]) -> PurchasePlanned:
        """What to buy, by some assumptions. The spec of a PurchasePlan, which is not kept. A
        plan for each paying account: the portfolio of least expected cost over the horizon,
        each position's cost, unused part and saving, every scenario with its regret, the
        savings curve, the terms that were weighed and when to buy. Amounts were reckoned
        exactly and are rounded once, to 12 decimals."""
        found: PurchasePlanned = self.shaped(
            "PurchasePlanned", "POST", "/commitments/plan", None, body=body
        )
        return found

    def get_purchase_plan(self, name: str) -> PurchasePlanned:
        """What to buy, by a kept purchase plan. The same by the assumptions that are kept under
        a name."""
        found: PurchasePlanned = self.shaped(
            "PurchasePlanned", "GET", f"/commitments/plans/{part(name)}", None
        )
        return found

    def list_contracts(self) -> list[ContractStatus]:
        """Every contract with where it stands. By the day on which notice is due. `state` is
        falls short, on track, exceeds (what is paid for is used up before the term ends), met
        early (a promise to spend is), met, fell short, not begun, ended, no data, unknown (no
        forecast), or failed with its `problem`. `wants` names what of it wants somebody:
        shortfall, overage, notice. Amounts are exact; `outlook` is actual and forecast."""
        found: list[ContractStatus] = self.shaped("list[ContractStatus]", "GET", "/contracts", None)
        return found

    def get_contract(self, name: str) -> ContractStatus:
        """A contract and its terms. The contract as in the list."""
        found: ContractStatus = self.shaped(
            "ContractStatus", "GET", f"/contracts/{part(name)}", None
        )
        return found

    def check_contract_prices(self, name: str, *, range_: str | None = None) -> ContractPrices:
        """Agreed prices against charged ones. Each agreed price against every SKU and unit that
        it holds for: what was charged, what was to be expected, the difference (above 0: too
        much), and the verdict: as agreed, too high, too low, or cannot be told with its
        `reason`."""
        found: ContractPrices = self.shaped(
            "ContractPrices", "GET", f"/contracts/{part(name)}/prices", {"range": range_}
        )
        return found

    def get_kpis(self, *, currency: str | None = None) -> Kpis:
        """The KPIs of saving, by owner and month. Each KPI with its formula and the figures
        that it is made of: effective savings rate, coverage, utilisation, waste share, open
        potential, realised against potential, time to act, acceptance, overdue. Costs and
        commitments are of 30 whole days, decisions of 180. Shares are rounded to six decimals;
        `value` is null, with a `reason`, where it cannot be told."""
        found: Kpis = self.shaped("Kpis", "GET", "/kpis", {"currency": currency})
        return found
