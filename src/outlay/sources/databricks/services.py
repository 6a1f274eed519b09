"""Databricks' products as FOCUS services, by `billing_origin_product`."""

from typing import NamedTuple


class Service(NamedTuple):
    """FOCUS's three names of a service."""

    name: str
    category: str
    subcategory: str


_ANALYTICS = ("Analytics", "Analytics Platforms")
_PROCESSING = ("Analytics", "Data Processing")
_WAREHOUSE = ("Databases", "Data Warehouses")
_DATABASE = ("Databases", "Relational Databases")
_AI = ("AI and Machine Learning", "AI Platforms")
_GENERATIVE = ("AI and Machine Learning", "Generative AI")
_TRAINING = ("AI and Machine Learning", "Machine Learning")
_GOVERNANCE = ("Management and Governance", "Data Governance")

SERVICES: dict[str, Service] = {
    product: Service(f"Databricks {name}", *kind)
    for product, name, kind in (
        ("JOBS", "Jobs", _PROCESSING),
        ("DLT", "Lakeflow Pipelines", _PROCESSING),
        ("LAKEFLOW_CONNECT", "Lakeflow Connect", _PROCESSING),
        ("ALL_PURPOSE", "All-Purpose Compute", _ANALYTICS),
        ("INTERACTIVE", "Interactive Serverless", _ANALYTICS),
        ("NOTEBOOKS", "Notebooks", _ANALYTICS),
        ("CLEAN_ROOM", "Clean Rooms", _ANALYTICS),
        ("SHARED_SERVERLESS_COMPUTE", "Shared Serverless Compute", _ANALYTICS),
        ("SQL", "SQL", _WAREHOUSE),
        ("ONLINE_TABLES", "Online Tables", _DATABASE),
        ("DATABASE", "Lakebase", _DATABASE),
        ("LAKEBASE", "Lakebase", _DATABASE),
        ("MODEL_SERVING", "Model Serving", _AI),
        ("AI_GATEWAY", "AI Gateway", _AI),
        ("AGENT_BRICKS", "Agent Bricks", _GENERATIVE),
        ("AGENT_EVALUATION", "Agent Evaluation", _GENERATIVE),
        ("AI_FUNCTIONS", "AI Functions", _GENERATIVE),
        ("GENIE", "Genie", _GENERATIVE),
        ("VECTOR_SEARCH", "Vector Search", _AI),
        ("AI_RUNTIME", "AI Runtime", _TRAINING),
        ("FOUNDATION_MODEL_TRAINING", "Foundation Model Training", _TRAINING),
        ("FINE_GRAINED_ACCESS_CONTROL", "Fine-Grained Access Control", _GOVERNANCE),
        ("LAKEHOUSE_MONITORING", "Lakehouse Monitoring", _GOVERNANCE),
        ("DATA_QUALITY_MONITORING", "Data Quality Monitoring", _GOVERNANCE),
        ("DATA_CLASSIFICATION", "Data Classification", _GOVERNANCE),
        ("PREDICTIVE_OPTIMIZATION", "Predictive Optimization", _GOVERNANCE),
        ("DATA_SHARING", "Delta Sharing", ("Integration", "Other (Integration)")),
        ("DEFAULT_STORAGE", "Default Storage", ("Storage", "Object Storage")),
        ("NETWORKING", "Networking", ("Networking", "Network Connectivity")),
        ("APPS", "Apps", ("Web", "Application Platforms")),
    )
}

OTHER = ("Analytics", "Other (Analytics)")
"""Category and subcategory of a product that is not known: its own name becomes the service's."""
