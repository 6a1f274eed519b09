"""Use cases of commitments, reservations, rates and savings."""

from outlay.query.usecases.model import Group, Parameter, Quotient, UseCase, period

_GROUP: Group = "Commitments, rates and savings"
_DISCOUNT = Parameter(
    "programs",
    "Program types that discount, A,B",
    "list",
    "FlexibleSpendPlan,ResourceReservation",
)
_CAPACITY = Parameter(
    "programs",
    "Program types that reserve, A,B",
    "list",
    "AdvanceResourceCommitment,ZonalResourceCommitment",
)
_PROGRAMS = (
    "SELECT *, unnest(CAST(json_extract_string(CommitmentProgramEligibilityDetails,\n"
    "    '$.CommitmentPrograms[*].ProgramType') AS VARCHAR[])) AS ProgramType\n"
    "  FROM charges\n"
    "  WHERE {range} AND ChargeCategory = 'Usage'\n"
    "    AND CommitmentProgramEligibilityDetails IS NOT NULL"
)


def _amount(key: str) -> str:
    """SQL of an amount in an element, from its text: a JSON number would be a binary one."""
    return (
        f"CAST(nullif(regexp_extract(Element,\n"
        f"      '\"{key}\"\\s*:\\s*\"?([-+.0-9eE]+)', 1), '') AS DECIMAL(38,21))"
    )


def _elements(category: str) -> str:
    """The elements of ContractApplied, a row each, of charges of some categories."""
    return f"""SELECT * EXCLUDE (Element), Element ->> 'ContractId' AS ContractId,
    Element ->> 'ContractCommitmentId' AS ContractCommitmentId,
    {_amount("ContractCommitmentAppliedCost")} AS AppliedCost,
    {_amount("ContractCommitmentAppliedQuantity")} AS AppliedQuantity,
    Element ->> 'ContractCommitmentAppliedUnit' AS AppliedUnit
  FROM (SELECT *, unnest(regexp_extract_all(ContractApplied,
      '\\x7B[^\\x7B\\x7D]*\\x7D')) AS Element
    FROM charges
    WHERE {{range}} AND ContractApplied IS NOT NULL AND ChargeCategory {category})"""


_SAVINGS = "sum(ContractedCost) - sum(EffectiveCost) AS Savings"

CASES: tuple[UseCase, ...] = (
    UseCase(
        "Calculate Commitment Discount Coverage Rate with Eligibility-Adjusted Denominator",
        _GROUP,
        "What share of the spend that commitments could cover do they cover?",
        """SELECT ServiceProviderName, BillingCurrency,
  coalesce(sum(EffectiveCost) FILTER (CommitmentDiscountId IS NOT NULL), 0) AS CoveredCost,
  sum(EffectiveCost) AS EligibleCost
FROM charges
WHERE {range}
  AND ChargeCategory = 'Usage'
  AND coalesce(CommitmentDiscountStatus, 'Used') <> 'Unused'
  AND (CommitmentDiscountId IS NOT NULL
    OR list_has_any(CAST(json_extract_string(CommitmentProgramEligibilityDetails,
      '$.CommitmentPrograms[*].ProgramType') AS VARCHAR[]), [{programs}]))
GROUP BY ServiceProviderName, BillingCurrency
ORDER BY ServiceProviderName, BillingCurrency""",
        (period(basis="lines"), _DISCOUNT),
        quotients=(Quotient("CoverageRate", "CoveredCost", "EligibleCost"),),
        since="1.4",
        note="Unused parts of commitments are left out: they cover nothing.",
    ),
    UseCase(
        "Commitment Discount Effective Cost Breakdown",
        _GROUP,
        "How is the cost of each commitment spread over use and waste, day by day?",
        """SELECT ServiceProviderName, CommitmentDiscountId, CommitmentDiscountStatus, ChargeDay,
  BillingCurrency, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND CommitmentDiscountId IS NOT NULL
  AND ChargeCategory = 'Usage'
GROUP BY ALL
ORDER BY CommitmentDiscountId, ChargeDay, CommitmentDiscountStatus""",
        (period(),),
        since="1.4",
    ),
    UseCase(
        "Compare Commitment Opportunities Across Providers (Cross-Provider with SaaS)",
        _GROUP,
        "Where, over clouds and SaaS, is eligible spend that no commitment covers?",
        f"""WITH eligible AS (
  {_PROGRAMS}
)
SELECT ServiceProviderName, ProgramType, BillingCurrency, sum(EffectiveCost) AS EligibleCost,
  coalesce(sum(EffectiveCost) FILTER (CommitmentDiscountId IS NULL), 0) AS UncoveredCost
FROM eligible
WHERE ProgramType IN ({{programs}})
GROUP BY ServiceProviderName, ProgramType, BillingCurrency
ORDER BY UncoveredCost DESC, ServiceProviderName, ProgramType""",
        (period(basis="lines"), _DISCOUNT),
        quotients=(Quotient("UncoveredRate", "UncoveredCost", "EligibleCost"),),
        since="1.4",
        note="A charge that several program types could cover stands under each: the rows of one "
        "provider must not be added up.",
    ),
    UseCase(
        "Identify Eligible Uncovered Spend by Program Type",
        _GROUP,
        "What could still be committed to, by program and service?",
        f"""WITH eligible AS (
  {_PROGRAMS}
    AND CommitmentDiscountId IS NULL
)
SELECT ServiceProviderName, ServiceName, ProgramType, BillingCurrency,
  sum(BilledCost) AS EligibleUncoveredCost
FROM eligible
WHERE ProgramType IN ({{programs}})
GROUP BY ALL
ORDER BY EligibleUncoveredCost DESC, ServiceName, ProgramType""",
        (period(basis="lines"), _DISCOUNT),
        since="1.4",
    ),
    UseCase(
        "Identify Eligible Capacity Reservation Spend",
        _GROUP,
        "What could run on reserved capacity, and does it?",
        f"""WITH eligible AS (
  {_PROGRAMS}
)
SELECT ServiceProviderName, ServiceName, ProgramType, CapacityReservationStatus, BillingCurrency,
  sum(BilledCost) AS BilledCost, count(*) AS Charges
FROM eligible
WHERE ProgramType IN ({{programs}})
GROUP BY ALL
ORDER BY BilledCost DESC, ServiceName, CapacityReservationStatus""",
        (period(basis="lines"), _CAPACITY),
        since="1.4",
    ),
    UseCase(
        "Analyze capacity reservations on compute costs",
        _GROUP,
        "How much of the cost of compute is reserved capacity, used and unused?",
        """SELECT ServiceProviderName, BillingAccountId,
  CASE WHEN CapacityReservationId IS NULL THEN 'Compute without Capacity Reservation'
    WHEN CapacityReservationStatus = 'Unused' THEN 'Unused Capacity Reservation'
    ELSE 'Compute using Capacity Reservation' END AS Status,
  BillingCurrency, sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND ServiceCategory = 'Compute'
GROUP BY ALL
ORDER BY ServiceProviderName, BillingAccountId, Status""",
        (period(),),
        since="1.1",
    ),
    UseCase(
        "Identify unused capacity reservations",
        _GROUP,
        "Which reserved capacity is paid for and not used?",
        """SELECT ServiceProviderName, BillingAccountId, CapacityReservationId, BillingCurrency,
  sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND CapacityReservationStatus = 'Unused'
GROUP BY ALL
ORDER BY EffectiveCost DESC, CapacityReservationId""",
        (period(),),
        since="1.1",
    ),
    UseCase(
        "Identify unused commitments",
        _GROUP,
        "Which commitments are not fully used, and what does that cost?",
        """SELECT min(ChargeDay) AS FirstDay, max(ChargeDay) AS LastDay, ServiceProviderName,
  BillingAccountId, CommitmentDiscountId, CommitmentDiscountType, BillingCurrency,
  sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND CommitmentDiscountStatus = 'Unused'
GROUP BY ServiceProviderName, BillingAccountId, CommitmentDiscountId, CommitmentDiscountType,
  BillingCurrency
ORDER BY EffectiveCost DESC, CommitmentDiscountId""",
        (period(),),
    ),
    UseCase(
        "Report commitment discount purchases",
        _GROUP,
        "Which commitments were bought or paid for, and for how much?",
        """SELECT min(ChargePeriodStart) AS FirstCharge, max(ChargePeriodEnd) AS LastCharge,
  ServiceProviderName, BillingAccountId, CommitmentDiscountId, CommitmentDiscountType,
  CommitmentDiscountUnit, sum(CommitmentDiscountQuantity) AS CommitmentDiscountQuantity,
  ChargeFrequency, BillingCurrency, sum(BilledCost) AS BilledCost
FROM charges
WHERE {range}
  AND ChargeCategory = 'Purchase'
  AND CommitmentDiscountId IS NOT NULL
GROUP BY ServiceProviderName, BillingAccountId, CommitmentDiscountId, CommitmentDiscountType,
  CommitmentDiscountUnit, ChargeFrequency, BillingCurrency
ORDER BY BilledCost DESC, CommitmentDiscountId""",
        (period(basis="lines"),),
        quantities=("CommitmentDiscountQuantity",),
    ),
    UseCase(
        "Report on initial contract commitments",
        _GROUP,
        "What was contracted with each provider when it was bought?",
        f"""WITH applied AS (
  {_elements("= 'Purchase'")}
)
SELECT min(ChargePeriodStart) AS FirstCharge, max(ChargePeriodEnd) AS LastCharge,
  ServiceProviderName, ContractId, ContractCommitmentId, BillingCurrency,
  sum(AppliedCost) AS AppliedCost, AppliedUnit, sum(AppliedQuantity) AS AppliedQuantity
FROM applied
GROUP BY ServiceProviderName, ContractId, ContractCommitmentId, BillingCurrency, AppliedUnit
ORDER BY ServiceProviderName, ContractCommitmentId""",
        (period("all", "lines"),),
        quantities=("AppliedQuantity",),
        since="1.3",
    ),
    UseCase(
        "Track contract commitment burn-down over time",
        _GROUP,
        "How far is each contract commitment fulfilled, billing period by billing period?",
        f"""WITH applied AS (
  {_elements("<> 'Purchase'")}
), burned AS (
  SELECT x_BillingPeriod AS BillingPeriod, ServiceProviderName, BillingAccountId,
    ContractCommitmentId, BillingCurrency, sum(AppliedCost) AS AppliedCost,
    sum(EffectiveCost) AS EffectiveCost
  FROM applied GROUP BY ALL
)
SELECT b.BillingPeriod, b.ServiceProviderName, b.BillingAccountId, b.ContractCommitmentId,
  b.BillingCurrency, b.AppliedCost, b.EffectiveCost, sum(b.AppliedCost) OVER (
    PARTITION BY b.ServiceProviderName, b.BillingAccountId, b.ContractCommitmentId,
      b.BillingCurrency ORDER BY b.BillingPeriod) AS AppliedSoFar,
  c.ContractCommitmentCost AS Commitment, Commitment - AppliedSoFar AS Remaining
FROM burned AS b
LEFT JOIN contract_commitment AS c ON c.ContractCommitmentId = b.ContractCommitmentId
  AND c.ServiceProviderName = b.ServiceProviderName
ORDER BY b.BillingPeriod, b.ContractCommitmentId""",
        (period("all", "months"),),
        quotients=(Quotient("FulfilledShare", "AppliedSoFar", "Commitment"),),
        since="1.3",
        note="Purchases do not burn a commitment down; what it comes to is known where its "
        "purchase is on a loaded bill or stated.yaml says it.",
    ),
    UseCase(
        "Determine Effective Savings Rate",
        _GROUP,
        "What share of the contracted cost do commitments save?",
        f"""SELECT BillingCurrency, sum(ContractedCost) AS ContractedCost,
  sum(EffectiveCost) AS EffectiveCost, {_SAVINGS}
FROM daily
WHERE {{range}}
  AND ChargeCategory = 'Usage'
GROUP BY BillingCurrency
ORDER BY BillingCurrency""",
        (period(),),
        quotients=(Quotient("EffectiveSavingsRate", "Savings", "ContractedCost"),),
        note="Usage alone, with the unused part of commitments: the fee of a purchase would count "
        "a second time what its usage would have cost.",
    ),
    UseCase(
        "Determine Effective Savings Rate by Service",
        _GROUP,
        "What share of each service's contracted cost do commitments save?",
        f"""SELECT ServiceProviderName, ServiceName, BillingCurrency,
  sum(ContractedCost) AS ContractedCost, sum(EffectiveCost) AS EffectiveCost, {_SAVINGS}
FROM daily
WHERE {{range}}
  AND ChargeCategory = 'Usage'
GROUP BY ServiceProviderName, ServiceName, BillingCurrency
ORDER BY Savings DESC, ServiceName""",
        (period(),),
        quotients=(Quotient("EffectiveSavingsRate", "Savings", "ContractedCost"),),
        note="Usage alone, with the unused part of commitments, as in the rate over all services.",
    ),
    UseCase(
        "Discount Effectiveness by Service",
        _GROUP,
        "What are list, contracted, effective and billed cost of each service, side by side?",
        """WITH lines AS (
  SELECT *, ChargeCategory = 'Usage' AND BilledCost = 0 AND EffectiveCost <> 0 AS Covered
  FROM charges WHERE {range} AND ChargeClass IS NULL
)
SELECT ServiceProviderName, BillingAccountId, BillingAccountName, BillingCurrency, ServiceName,
  coalesce(sum(ListCost) FILTER (NOT Covered), 0) AS ListCost,
  coalesce(sum(ContractedCost) FILTER (NOT Covered), 0) AS ContractedCost,
  sum(EffectiveCost) AS EffectiveCost, sum(BilledCost) AS BilledCost,
  coalesce(sum(ListCost - ContractedCost) FILTER (NOT Covered), 0) AS _Contracted,
  coalesce(sum(ListCost) FILTER (NOT Covered), 0) - sum(EffectiveCost) AS _Effective
FROM lines
GROUP BY ServiceProviderName, BillingAccountId, BillingAccountName, BillingCurrency, ServiceName
ORDER BY EffectiveCost DESC, ServiceName""",
        (period(basis="months"),),
        quotients=(
            Quotient("ContractedDiscount", "_Contracted", "ListCost"),
            Quotient("EffectiveDiscount", "_Effective", "ListCost"),
        ),
        since="1.4",
        note="Corrections are left out, and so are list and contracted cost of usage that a "
        "commitment covers: the commitment's own purchase has them.",
    ),
)
