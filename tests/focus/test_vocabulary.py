"""One vocabulary: what vendors call services, regions and resources, and the one name of each."""

import csv
from collections import Counter
from importlib.resources import files

import pytest
from pydantic import ValidationError

from outlay.focus.services import SERVICE_CATEGORIES
from outlay.focus.vocabulary import VERSION, Vocabulary, VocabularyRule, shipped

WORDS = Vocabulary()


def rows(name: str) -> list[dict[str, str]]:
    with files("outlay.focus.vocabulary").joinpath(f"{name}.csv").open() as text:
        return list(csv.DictReader(text))


class TestTables:
    def test_every_service_is_of_focus(self) -> None:
        listed = rows("services")
        assert len(listed) > 600
        for row in listed:
            assert row["subcategory"] in SERVICE_CATEGORIES[row["category"]], row
            assert not row["stated"] or row["stated"] == row["category"], row

    def test_every_service_has_one_category_where_none_is_stated(self) -> None:
        names = Counter((r["provider"], r["name"]) for r in rows("services") if not r["stated"])
        assert [name for name, count in names.items() if count > 1] == []

    def test_every_provider_of_the_tables_is_known_by_name(self) -> None:
        known = {row["provider"] for row in rows("providers")}
        assert {row["provider"] for row in rows("services")} <= known
        assert {row["provider"] for row in rows("resource_types")} <= known | {""}

    def test_no_region_is_in_two_places(self) -> None:
        for cloud in ("aws", "microsoft", "google", "oracle", "ibm"):
            ids = Counter(region for row in rows("places") for region in row[cloud].split())
            assert [region for region, count in ids.items() if count > 1] == [], cloud

    def test_spellings_lead_to_regions_that_exist(self) -> None:
        for row in rows("region_spellings"):
            assert (row["provider"], row["region"]) in shipped().regions, row

    def test_words_are_of_focus(self) -> None:
        for row in rows("words"):
            assert row["subcategory"] in SERVICE_CATEGORIES[row["category"]], row

    def test_the_licence_of_facts_taken_from_others_is_kept(self) -> None:
        notice = files("outlay.focus.vocabulary").joinpath("NOTICE").read_text()
        assert "Copyright (c) Microsoft Corporation" in notice


class TestServices:
    @pytest.mark.parametrize(
        ("provider", "name", "code"),
        [
            ("AWS", "Amazon Elastic Compute Cloud", "AmazonEC2"),
            ("AWS", "AmazonEC2", None),
            ("Amazon Web Services, Inc.", "Amazon EC2", None),
            ("AWS", None, "AmazonEC2"),
            ("AWS", "amazon elastic compute cloud - compute", None),
        ],
    )
    def test_one_product_has_one_name(
        self, provider: str, name: str | None, code: str | None
    ) -> None:
        found = WORDS.service(provider, None, name, code, None, None)
        assert (found.name, found.category, found.subcategory) == (
            "Amazon Elastic Compute Cloud",
            "Compute",
            "Virtual Machines",
        )
        assert found.named == found.category_named == found.subcategory_named == "table"

    @pytest.mark.parametrize(
        ("provider", "name", "category", "subcategory"),
        [
            ("AWS", "Amazon Bedrock", "AI and Machine Learning", "Generative AI"),
            ("Microsoft", "Bandwidth", "Networking", "Network Connectivity"),
            ("Microsoft", "Azure OpenAI", "AI and Machine Learning", "Generative AI"),
            ("Google Cloud", "Compute Engine", "Compute", "Virtual Machines"),
            ("Google Cloud", "6F81-5844-456A", "Compute", "Virtual Machines"),
            ("Oracle", "BLOCK_STORAGE", "Storage", "Block Storage"),
            ("Snowflake", "WAREHOUSE_METERING", "Databases", "Data Warehouses"),
            ("Databricks", "MODEL_SERVING", "AI and Machine Learning", "Machine Learning"),
            ("OpenAI", "OpenAI API", "AI and Machine Learning", "Generative AI"),
            ("Anthropic", "Claude API", "AI and Machine Learning", "Generative AI"),
            ("MongoDB", "MongoDB Atlas", "Databases", "NoSQL Databases"),
            ("IBM", "cloud-object-storage", "Storage", "Object Storage"),
            ("Grafana Labs", "Grafana Cloud Logs", "Management and Governance", "Observability"),
        ],
    )
    def test_every_provider(
        self, provider: str, name: str, category: str, subcategory: str
    ) -> None:
        found = WORDS.service(provider, None, name, None, None, None)
        assert (found.category, found.subcategory) == (category, subcategory)
        assert found.subcategory_named == "table"

    def test_what_the_bill_states_stays(self) -> None:
        found = WORDS.service("AWS", None, "AmazonVPC", None, "Networking", "Network Connectivity")
        assert (found.category, found.subcategory) == ("Networking", "Network Connectivity")
        assert (found.category_named, found.subcategory_named) == ("stated", "stated")

    def test_a_stated_category_decides_between_the_parts_of_a_product(self) -> None:
        found = WORDS.service("AWS", None, "AmazonEC2", None, "Storage", None)
        assert (found.category, found.subcategory) == ("Storage", "Block Storage")

    def test_a_subcategory_of_another_parent_corrects_its_category(self) -> None:
        found = WORDS.service("Acme", None, "Vault", None, "Compute", "Object Storage")
        assert (found.category, found.subcategory) == ("Storage", "Object Storage")

    @pytest.mark.parametrize("stated", ["Other", "Observability", "compute", "", None])
    def test_other_and_what_focus_does_not_know_is_named_by_the_table(
        self, stated: str | None
    ) -> None:
        found = WORDS.service("AWS", None, "Amazon EC2 Container Registry (ECR)", None, stated, "x")
        assert (found.category, found.subcategory) == ("Compute", "Containers")

    def test_a_subcategory_that_focus_does_not_know_becomes_the_rest_of_its_category(self) -> None:
        found = WORDS.service("Acme", None, "Acme Hosting", None, "Web", "Web Apps")
        assert (found.category, found.subcategory) == ("Web", "Other (Web)")
        assert (found.category_named, found.subcategory_named) == ("stated", "")

    def test_a_seller_on_a_marketplace_is_found_by_itself_then_by_its_host(self) -> None:
        red_hat = WORDS.service(
            "Red Hat", "AWS", "Red Hat OpenShift Service on AWS", None, None, None
        )
        assert (red_hat.category, red_hat.subcategory) == ("Compute", "Containers")
        datadog = WORDS.service("Google Cloud", None, "Datadog Pro", None, "Observability", None)
        assert datadog.category == "Management and Governance"

    def test_a_code_gives_the_category_of_a_name_that_no_table_knows(self) -> None:
        found = WORDS.service("AWS", None, "Acme Linux on EC2", "AmazonEC2", None, None)
        assert (found.name, found.category) == ("Acme Linux on EC2", "Compute")

    def test_words_of_the_name_come_last(self) -> None:
        found = WORDS.service("Acme Vendor", "AWS", "Security Scanner", "8x2mkt", None, None)
        assert (found.category, found.subcategory, found.category_named) == (
            "Security",
            "Threat Detection and Response",
            "words",
        )
        assert found.name == "Security Scanner"

    def test_a_word_that_any_vendor_may_use_says_nothing_without_the_vendor(self) -> None:
        found = WORDS.service("Acme", None, "Metrics", None, None, None)
        assert (found.category, found.category_named) == ("Other", "")

    def test_what_nobody_knows_is_other_and_not_named(self) -> None:
        found = WORDS.service("Acme", "Acme", "Frobnicator", None, None, None)
        assert (found.name, found.category, found.subcategory) == (
            "Frobnicator",
            "Other",
            "Other (Other)",
        )
        assert found.category_named == found.subcategory_named == ""


class TestRegions:
    @pytest.mark.parametrize(
        ("provider", "region", "name"),
        [
            ("AWS", "eu-central-1", "Europe (Frankfurt)"),
            ("AWS", None, "EU (Frankfurt)"),
            ("AWS", "eu-central-1a", None),
            ("Microsoft", "germanywestcentral", "Germany West Central"),
            ("Microsoft", "DE West Central", None),
            ("Google Cloud", "europe-west3", None),
            ("Google Cloud", "europe-west3-b", "Frankfurt"),
            ("Oracle", "eu-frankfurt-1", "Germany Central (Frankfurt)"),
            ("Oracle", None, "eu-frankfurt-1"),
            ("Snowflake", "AWS_EU_CENTRAL_1", None),
            ("Snowflake", "PUBLIC.AWS_EU_CENTRAL_1", None),
            ("Snowflake", "AZURE_GERMANYWESTCENTRAL", None),
            ("Snowflake", "GCP_EUROPE_WEST3", None),
            ("Databricks", "eu-central-1", None),
            ("Databricks", "germanywestcentral", None),
            ("MongoDB", "EU_CENTRAL_1", None),
            ("MongoDB", "GERMANY_WEST_CENTRAL", None),
            ("IBM Cloud", "eu-de", None),
            ("Acme", None, "Frankfurt"),
        ],
    )
    def test_frankfurt_is_one_place(
        self, provider: str, region: str | None, name: str | None
    ) -> None:
        found = WORDS.region(provider, None, region, name)
        assert (found.name, found.country, found.continent) == ("Frankfurt", "DE", "Europe")
        assert found.named == "table"

    def test_the_same_id_means_two_places_to_two_clouds(self) -> None:
        assert WORDS.region("Microsoft", None, "US East", None).name == "Virginia"
        assert WORDS.region("Google", None, "us-east1", None).name == "South Carolina"
        assert WORDS.region("AWS", None, "us-east-1", "External").name == "Virginia"

    def test_an_id_is_found_by_the_name_alone(self) -> None:
        assert WORDS.region("AWS", None, None, "US East (Ohio)").id == "us-east-2"

    def test_a_place_that_nobody_knows_keeps_its_words(self) -> None:
        found = WORDS.region("AWS", None, "mars-north-1", None)
        assert (found.id, found.name, found.named) == ("mars-north-1", "mars-north-1", "")

    def test_no_region_is_no_place(self) -> None:
        assert WORDS.region("AWS", "AWS", None, None).name is None


class TestResourceTypes:
    @pytest.mark.parametrize(
        ("provider", "service", "own", "kind", "expected"),
        [
            ("AWS", "Amazon EC2", "instance", None, "Virtual Machine"),
            ("AWS", "Amazon RDS", "db", None, "Database"),
            ("AWS", "AmazonEKS", "cluster", None, "Container Cluster"),
            ("AWS", "AmazonRedshift", "cluster", None, "Data Warehouse"),
            ("AWS", "AmazonEC2", None, "ec2:natgateway", "NAT Gateway"),
            ("Microsoft", "x", None, "microsoft.compute/virtualmachines", "Virtual Machine"),
            ("Microsoft", "x", None, "microsoft.sql/servers/databases", "Database"),
            ("Microsoft", "x", None, "microsoft.storage/storageaccounts/tables", "Storage Account"),
            ("Google", "Compute Engine", None, "compute/instances", "Virtual Machine"),
            ("Google", "Compute Engine", None, "compute/disks", "Disk"),
            ("Google", "Cloud Storage", None, "?", "Bucket"),
            ("Oracle", "COMPUTE", None, "instance", "Virtual Machine"),
            ("Oracle", "BLOCK_STORAGE", "bootvolume", None, "Disk"),
            ("Snowflake", "WAREHOUSE_METERING", "Warehouse", None, "Warehouse"),
            ("Kubernetes", None, "pod", None, "Pod"),
            ("Acme", None, "Virtual machines", None, "Virtual Machine"),
        ],
    )
    def test_one_word_for_one_thing(
        self, provider: str, service: str | None, own: str | None, kind: str | None, expected: str
    ) -> None:
        found = WORDS.resource_type(provider, None, service, own, kind)
        assert (found.type, found.named) == (expected, "table")

    def test_an_unknown_type_keeps_its_own_word(self) -> None:
        found = WORDS.resource_type("AWS", None, "Amazon Braket", "qubit", None)
        assert (found.type, found.named) == ("qubit", "")

    def test_a_row_without_a_resource_has_no_type(self) -> None:
        found = WORDS.resource_type("AWS", None, "Amazon Simple Storage Service", None, None)
        assert found.type is None


class TestRules:
    def test_a_rule_comes_before_all_else(self) -> None:
        words = Vocabulary(
            [
                VocabularyRule(
                    provider="Acme",
                    service="Frob*",
                    service_name="Frobnicator",
                    category="Databases",
                    subcategory="Caching",
                ),
                VocabularyRule(region="dc-1", region_name="Frankfurt"),
                VocabularyRule(region="dc-2", region_name="Basement", country="DE"),
                VocabularyRule(resource_type="vm-x", type_name="Virtual Machine"),
            ]
        )
        found = words.service("ACME", None, "frobnicator pro", None, "Compute", None)
        assert (found.name, found.category, found.subcategory) == (
            "Frobnicator",
            "Databases",
            "Caching",
        )
        assert found.named == found.category_named == found.subcategory_named == "rule"
        assert words.service("Other Inc", None, "Frobnicator", None, None, None).category == "Other"
        assert words.region("Acme", None, "dc-1", None).country == "DE"
        basement = words.region("Acme", None, "dc-2", None)
        assert (basement.name, basement.country, basement.named) == ("Basement", "DE", "rule")
        assert words.resource_type("Acme", None, None, "VM-X", None).type == "Virtual Machine"

    def test_a_rule_names_what_it_names_and_the_rest_stays(self) -> None:
        words = Vocabulary([VocabularyRule(service="AmazonEC2", category="Web")])
        found = words.service("AWS", None, "Amazon Elastic Compute Cloud", "AmazonEC2", None, None)
        assert (found.name, found.category) == ("Amazon Elastic Compute Cloud", "Web")
        assert found.subcategory == "Other (Web)"

    def test_the_digest_changes_with_the_rules_and_with_them_alone(self) -> None:
        rule = VocabularyRule(service="a", category="Web")
        shipped_alone = Vocabulary().digest
        assert shipped_alone.startswith(f"{VERSION}.")
        assert Vocabulary([rule]).digest == Vocabulary([rule]).digest != shipped_alone
        other = VocabularyRule(service="b", category="Web")
        assert Vocabulary([rule, other]).digest != Vocabulary([other, rule]).digest

    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            ({"service": "a", "category": "Computing"}, "did you mean 'Compute'"),
            (
                {"service": "a", "category": "Databases", "subcategory": "Relational Database"},
                "did you mean 'Relational Databases'",
            ),
            (
                {"service": "a", "category": "Databases", "subcategory": "Containers"},
                "is of the category 'Compute'",
            ),
            ({"service": "a", "subcategory": "Containers"}, "names its category as well"),
            ({"service": "a"}, "gives service_name and category and subcategory"),
            ({"service": "a", "region_name": "Frankfurt"}, "not region_name"),
            ({"region": "a", "country": "DE"}, "gives region_name"),
            ({"region": "a", "region_name": "x", "country": "Germany"}, "country"),
            ({"category": "Compute"}, "is about one thing"),
            ({"service": "a", "region": "b", "category": "Compute"}, "is about one thing"),
            ({"service": " ", "category": "Compute"}, "is empty"),
            ({"service": "a", "kategory": "Compute"}, "kategory"),
        ],
    )
    def test_a_wrong_rule_is_refused_with_what_is_allowed(
        self, rule: dict[str, str], said: str
    ) -> None:
        with pytest.raises(ValidationError, match=said):
            VocabularyRule.model_validate(rule)
