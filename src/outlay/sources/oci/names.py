"""What Oracle's codes mean: services, regions, kinds of resources, units."""

import re

from outlay.focus.sql import literal

SERVICES: dict[str, tuple[str, str]] = {
    "ANALYTICS": ("Analytics", "Business Intelligence"),
    "API_GATEWAY": ("Integration", "API Management"),
    "BIG_DATA_SERVICE": ("Analytics", "Data Processing"),
    "BLOCK_STORAGE": ("Storage", "Block Storage"),
    "COMPUTE": ("Compute", "Virtual Machines"),
    "CONTAINER_ENGINE_FOR_KUBERNETES": ("Compute", "Containers"),
    "CONTAINER_INSTANCES": ("Compute", "Containers"),
    "DATABASE": ("Databases", "Relational Databases"),
    "DATABASE_MIGRATION": ("Migration", "Data Migration"),
    "DATA_CATALOG": ("Management and Governance", "Data Governance"),
    "DATA_FLOW": ("Analytics", "Data Processing"),
    "DATA_INTEGRATION": ("Analytics", "Data Processing"),
    "DATA_SCIENCE": ("AI and Machine Learning", "Machine Learning"),
    "DIGITAL_ASSISTANT": ("AI and Machine Learning", "Bots"),
    "DNS": ("Networking", "Network Routing"),
    "EMAIL_DELIVERY": ("Integration", "Messaging"),
    "EXADATA": ("Databases", "Relational Databases"),
    "FILE_STORAGE": ("Storage", "File Storage"),
    "FUNCTIONS": ("Compute", "Serverless Compute"),
    "GENERATIVE_AI": ("AI and Machine Learning", "Generative AI"),
    "GOLDENGATE": ("Integration", "Other (Integration)"),
    "IDENTITY": ("Identity", "Identity and Access Management"),
    "INTEGRATION": ("Integration", "Workflow Orchestration"),
    "KMS": ("Security", "Secret Management"),
    "LANGUAGE": ("AI and Machine Learning", "Natural Language Processing"),
    "LOAD_BALANCER": ("Networking", "Application Networking"),
    "LOGGING": ("Management and Governance", "Observability"),
    "LOGGING_ANALYTICS": ("Management and Governance", "Observability"),
    "MYSQL": ("Databases", "Relational Databases"),
    "NETWORK": ("Networking", "Network Infrastructure"),
    "NETWORK_FIREWALL": ("Networking", "Network Security"),
    "NOSQL": ("Databases", "NoSQL Databases"),
    "NOTIFICATIONS": ("Integration", "Messaging"),
    "OBJECTSTORE": ("Storage", "Object Storage"),
    "OBJECT_STORAGE": ("Storage", "Object Storage"),
    "OPENSEARCH": ("Analytics", "Search"),
    "ORACLE_STREAMING_SERVICE": ("Integration", "Messaging"),
    "POSTGRESQL": ("Databases", "Relational Databases"),
    "QUEUE": ("Integration", "Messaging"),
    "REDIS": ("Databases", "Caching"),
    "SPEECH": ("AI and Machine Learning", "Other (AI and Machine Learning)"),
    "STREAMING": ("Integration", "Messaging"),
    "TELEMETRY": ("Management and Governance", "Observability"),
    "VISION": ("AI and Machine Learning", "Other (AI and Machine Learning)"),
    "WAF": ("Networking", "Network Security"),
}
"""Service code of a cost report → ServiceCategory and ServiceSubcategory. The codes of the shared
and published sample reports, and the services of Oracle's price list spelled alike."""

UNKNOWN = ("Other", "Other (Other)")

REGIONS: dict[str, str] = {
    "af-johannesburg-1": "South Africa Central (Johannesburg)",
    "ap-batam-1": "Indonesia North (Batam)",
    "ap-chuncheon-1": "South Korea North (Chuncheon)",
    "ap-hyderabad-1": "India South (Hyderabad)",
    "ap-melbourne-1": "Australia Southeast (Melbourne)",
    "ap-mumbai-1": "India West (Mumbai)",
    "ap-osaka-1": "Japan Central (Osaka)",
    "ap-seoul-1": "South Korea Central (Seoul)",
    "ap-singapore-1": "Singapore (Singapore)",
    "ap-singapore-2": "Singapore West (Singapore)",
    "ap-sydney-1": "Australia East (Sydney)",
    "ap-tokyo-1": "Japan East (Tokyo)",
    "ca-montreal-1": "Canada Southeast (Montreal)",
    "ca-toronto-1": "Canada Southeast (Toronto)",
    "eu-amsterdam-1": "Netherlands Northwest (Amsterdam)",
    "eu-frankfurt-1": "Germany Central (Frankfurt)",
    "eu-frankfurt-2": "EU Sovereign Central (Frankfurt)",
    "eu-madrid-1": "Spain Central (Madrid)",
    "eu-madrid-2": "EU Sovereign South (Madrid)",
    "eu-marseille-1": "France South (Marseille)",
    "eu-milan-1": "Italy Northwest (Milan)",
    "eu-paris-1": "France Central (Paris)",
    "eu-stockholm-1": "Sweden Central (Stockholm)",
    "eu-zurich-1": "Switzerland North (Zurich)",
    "il-jerusalem-1": "Israel Central (Jerusalem)",
    "me-abudhabi-1": "UAE Central (Abu Dhabi)",
    "me-dubai-1": "UAE East (Dubai)",
    "me-jeddah-1": "Saudi Arabia West (Jeddah)",
    "me-riyadh-1": "Saudi Arabia Central (Riyadh)",
    "mx-monterrey-1": "Mexico Northeast (Monterrey)",
    "mx-queretaro-1": "Mexico Central (Queretaro)",
    "sa-bogota-1": "Colombia Central (Bogota)",
    "sa-santiago-1": "Chile Central (Santiago)",
    "sa-saopaulo-1": "Brazil East (Sao Paulo)",
    "sa-valparaiso-1": "Chile West (Valparaiso)",
    "sa-vinhedo-1": "Brazil Southeast (Vinhedo)",
    "uk-cardiff-1": "UK West (Newport)",
    "uk-london-1": "UK South (London)",
    "us-ashburn-1": "US East (Ashburn)",
    "us-chicago-1": "US Midwest (Chicago)",
    "us-phoenix-1": "US West (Phoenix)",
    "us-sanjose-1": "US West (San Jose)",
}
"""Region identifier → its name in Oracle's list of regions."""

_RESOURCE_TYPES = {
    "autonomousdatabase": "Autonomous Database",
    "bootvolume": "Boot Volume",
    "bootvolumebackup": "Boot Volume Backup",
    "bucket": "Bucket",
    "cluster": "Kubernetes Cluster",
    "containerrepo": "Container Repository",
    "dbsystem": "DB System",
    "filesystem": "File System",
    "fnfunc": "Function",
    "instance": "Instance",
    "loadbalancer": "Load Balancer",
    "mysqldbsystem": "MySQL DB System",
    "mysqlinstance": "MySQL DB System",
    "stream": "Stream",
    "vault": "Vault",
    "vnic": "VNIC",
    "volume": "Block Volume",
    "volumebackup": "Block Volume Backup",
}
"""Second part of an OCID → what people call it. Others keep Oracle's word."""

_MEASURES = {"OCPUS": "OCPU", "ECPUS": "ECPU", "GPUS": "GPU"}
_TIMES = {"MILLIS": "Milliseconds", "SECOND": "Seconds", "SECONDS": "Seconds", "MINUTES": "Minutes"}
_TIMES |= {"HOUR": "Hours", "HOURS": "Hours", "DAYS": "Days", "MONTH": "Months", "MONTHS": "Months"}
_SIZE = re.compile(r"[KMGTPE]i?B$", re.IGNORECASE)


def resource_type_sql(resource: str) -> str:
    """SQL of what kind of thing a resource id names; NULL where it is no OCID."""
    kind = f"split_part({resource}, '.', 2)"
    names = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _RESOURCE_TYPES.items())
    return f"CASE WHEN {resource} LIKE 'ocid1.%' THEN CASE {kind} {names} ELSE {kind} END END"


def unit_name(text: str) -> str:
    """FOCUS's spelling of a billing unit: `1 GiB MONTHS STORAGE_SIZE` → `GiB-Months`,
    `1000000 NONE NONE DATAPOINTS` → `1000000 Datapoints`, `ONE HOURS OCPUS` → `OCPU-Hours`."""
    words = [word for word in text.split() if word.upper() != "NONE"]
    count = ""
    if words and (words[0].isdigit() or words[0].upper() == "ONE"):
        count = "" if words[0] in ("1", "ONE") else f"{words[0]} "
        words = words[1:]
    size = next((word for word in words if _SIZE.fullmatch(word)), "")
    time = next((_TIMES[word.upper()] for word in words if word.upper() in _TIMES), "")
    rest = [word for word in words if word != size and word.upper() not in _TIMES]
    what = " ".join(_MEASURES.get(word.upper(), _spoken(word)) for word in rest)
    if size and "TRANSFER" in text.upper():
        time = ""  # the hour is that of the metering: what is priced is the data
    parts = [part for part in (size or what, time) if part]
    return f"{count}{'-'.join(parts)}" if parts else text


def _spoken(word: str) -> str:
    return word if word in ("OCPU", "ECPU", "GPU") else word.replace("_", " ").title()
