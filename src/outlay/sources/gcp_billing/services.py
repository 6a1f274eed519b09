"""Google Cloud's services by FOCUS category, and its regions by name.

By the service's description, which is what the bill names it; one that is not listed is Other and
keeps its name.
"""

UNKNOWN = ("Other", "Other (Other)")

# category → subcategory → service descriptions
_TABLE: dict[str, dict[str, str]] = {
    "AI and Machine Learning": {
        "Generative AI": "Gemini API|Vertex AI Agent Builder|Generative Language API",
        "Machine Learning": "Vertex AI|Cloud Machine Learning Engine|Cloud TPU|AutoML",
        "Natural Language Processing": "Cloud Natural Language|Translate|Cloud Speech API",
    },
    "Analytics": {
        "Data Processing": "Cloud Dataproc|Dataproc|Cloud Dataflow|Cloud Composer|Dataplex",
        "Streaming Analytics": "Cloud Managed Service for Apache Kafka",
        "Business Intelligence": "Looker|Looker Studio",
    },
    "Compute": {
        "Virtual Machines": "Compute Engine",
        "Containers": "Kubernetes Engine|Artifact Registry|Container Registry",
        "Serverless Compute": "Cloud Run|Cloud Functions|Cloud Run Functions|App Engine",
    },
    "Databases": {
        "Relational Databases": "Cloud SQL|Cloud Spanner|AlloyDB",
        "NoSQL Databases": "Cloud Firestore|Firestore|Cloud Bigtable|Cloud Datastore",
        "Caching": "Cloud Memorystore for Redis|Memorystore|Cloud Memorystore for Memcached",
        "Data Warehouses": "BigQuery|BigQuery Reservation API|BigQuery Storage API",
    },
    "Developer Tools": {
        "Continuous Integration and Deployment": "Cloud Build|Cloud Deploy",
    },
    "Identity": {
        "Identity and Access Management": "Identity Platform|Cloud Identity",
    },
    "Integration": {
        "API Management": "Apigee|API Gateway",
        "Messaging": "Cloud Pub/Sub|Cloud Tasks|Eventarc",
        "Workflow Orchestration": "Workflows|Cloud Scheduler",
    },
    "Management and Governance": {
        "Observability": "Cloud Logging|Stackdriver Logging|Cloud Monitoring|Cloud Trace",
        "Support": "Support|Cloud Support",
    },
    "Networking": {
        "Content Delivery": "Cloud CDN|Media CDN",
        "Network Routing": "Cloud DNS",
        "Application Networking": "Cloud Load Balancing",
        "Network Connectivity": "Cloud VPN|Cloud Interconnect",
        "Network Infrastructure": "Networking|Cloud NAT",
        "Network Security": "Cloud Armor",
    },
    "Security": {
        "Secret Management": "Secret Manager|Cloud Key Management Service (KMS)",
        "Threat Detection and Response": "Security Command Center|reCAPTCHA Enterprise",
    },
    "Storage": {
        "Object Storage": "Cloud Storage",
        "File Storage": "Cloud Filestore|Filestore|NetApp Volumes",
    },
}

SERVICES: dict[str, tuple[str, str]] = {
    name: (category, subcategory)
    for category, subcategories in _TABLE.items()
    for subcategory, names in subcategories.items()
    for name in names.split("|")
}
"""Service description → category, subcategory."""

REGIONS: dict[str, str] = {
    "africa-south1": "Johannesburg",
    "asia-east1": "Taiwan",
    "asia-east2": "Hong Kong",
    "asia-northeast1": "Tokyo",
    "asia-northeast2": "Osaka",
    "asia-northeast3": "Seoul",
    "asia-south1": "Mumbai",
    "asia-south2": "Delhi",
    "asia-southeast1": "Singapore",
    "asia-southeast2": "Jakarta",
    "australia-southeast1": "Sydney",
    "australia-southeast2": "Melbourne",
    "europe-central2": "Warsaw",
    "europe-north1": "Finland",
    "europe-north2": "Stockholm",
    "europe-southwest1": "Madrid",
    "europe-west1": "Belgium",
    "europe-west2": "London",
    "europe-west3": "Frankfurt",
    "europe-west4": "Netherlands",
    "europe-west6": "Zurich",
    "europe-west8": "Milan",
    "europe-west9": "Paris",
    "europe-west10": "Berlin",
    "europe-west12": "Turin",
    "me-central1": "Doha",
    "me-central2": "Dammam",
    "me-west1": "Tel Aviv",
    "northamerica-northeast1": "Montreal",
    "northamerica-northeast2": "Toronto",
    "northamerica-south1": "Mexico",
    "southamerica-east1": "Sao Paulo",
    "southamerica-west1": "Santiago",
    "us-central1": "Iowa",
    "us-east1": "South Carolina",
    "us-east4": "Northern Virginia",
    "us-east5": "Columbus",
    "us-south1": "Dallas",
    "us-west1": "Oregon",
    "us-west2": "Los Angeles",
    "us-west3": "Salt Lake City",
    "us-west4": "Las Vegas",
    "us": "United States (multi-region)",
    "eu": "European Union (multi-region)",
    "asia": "Asia (multi-region)",
    "global": "Global",
}
"""Region → Google's name of it."""
