"""AWS product codes: the service's name, FOCUS category and subcategory.

`lineItem/ProductCode` is stable while names change; a code that is not listed keeps the report's
own name, or the code, under Other. Names are those of `product/ProductName`.
"""

from typing import NamedTuple


class Service(NamedTuple):
    """A service as FOCUS names it."""

    name: str
    category: str
    subcategory: str


UNKNOWN = ("Other", "Other (Other)")

_AI = "AI and Machine Learning"
_GOVERN = "Management and Governance"

# category → subcategory → "code=name" entries, one a service
_TABLE: dict[str, dict[str, str]] = {
    _AI: {
        "Generative AI": """
            AmazonBedrock=Amazon Bedrock
            AmazonBedrockService=Amazon Bedrock Service
            AmazonBedrockFoundationModels=Amazon Bedrock Foundation Models
            AmazonBedrockAgentCore=Amazon Bedrock AgentCore
            AmazonQ=Amazon Q
            AmazonQDeveloper=Amazon Q Developer
            AmazonKiro=Kiro""",
        "Machine Learning": """
            AmazonSageMaker=Amazon SageMaker
            AmazonPersonalize=Amazon Personalize
            AmazonForecast=Amazon Forecast
            AmazonRekognition=Amazon Rekognition
            AmazonTextract=Amazon Textract
            MachineLearningSavingsPlans=Savings Plans for AWS Machine Learning""",
        "Natural Language Processing": """
            comprehend=Amazon Comprehend
            translate=Amazon Translate
            transcribe=Amazon Transcribe
            AmazonPolly=Amazon Polly
            AmazonKendra=Amazon Kendra""",
        "Bots": "AmazonLex=Amazon Lex",
    },
    "Analytics": {
        "Data Processing": """
            AWSGlue=AWS Glue
            ElasticMapReduce=Amazon Elastic MapReduce
            AWSLakeFormation=AWS Lake Formation
            AmazonMWAA=Amazon Managed Workflows for Apache Airflow
            datapipeline=AWS Data Pipeline
            AWSEntityResolution=AWS Entity Resolution""",
        "Analytics Platforms": """
            AmazonAthena=Amazon Athena
            AmazonDataZone=Amazon DataZone
            AWSCleanRooms=AWS Clean Rooms""",
        "Streaming Analytics": """
            AmazonKinesis=Amazon Kinesis
            AmazonKinesisAnalytics=Amazon Kinesis Analytics
            AmazonKinesisFirehose=Amazon Kinesis Firehose
            AmazonMSK=Amazon Managed Streaming for Apache Kafka""",
        "Business Intelligence": "AmazonQuickSight=Amazon QuickSight",
        "Search": """
            AmazonES=Amazon OpenSearch Service
            AmazonCloudSearch=Amazon CloudSearch""",
    },
    "Business Applications": {
        "Productivity and Collaboration": """
            AmazonWorkMail=Amazon WorkMail
            AmazonWorkDocs=Amazon WorkDocs
            AmazonChime=Amazon Chime
            ContactCenterTelecomm=Amazon Connect telephony
            AmazonConnect=Amazon Connect
            AmazonSES=Amazon Simple Email Service
            AmazonPinpoint=AWS End User Messaging""",
    },
    "Compute": {
        "Virtual Machines": """
            AmazonEC2=Amazon Elastic Compute Cloud
            AmazonLightsail=Amazon Lightsail
            AWSOutposts=AWS Outposts
            AWSBatch=AWS Batch""",
        "Serverless Compute": "AWSLambda=AWS Lambda",
        "Containers": """
            AmazonEKS=Amazon Elastic Container Service for Kubernetes
            AmazonECS=Amazon Elastic Container Service
            AmazonECR=Amazon EC2 Container Registry (ECR)
            AmazonECRPublic=Amazon Elastic Container Registry Public
            AWSAppRunner=AWS App Runner""",
        "End User Computing": """
            AmazonWorkSpaces=Amazon WorkSpaces
            AmazonAppStream=Amazon AppStream""",
        "Quantum Compute": "AmazonBraket=Amazon Braket",
        "Other (Compute)": "ComputeSavingsPlans=Savings Plans for AWS Compute usage",
    },
    "Databases": {
        "Relational Databases": """
            AmazonRDS=Amazon Relational Database Service
            AuroraDSQL=Amazon Aurora DSQL
            DatabaseSavingsPlans=Savings Plans for AWS Database usage""",
        "NoSQL Databases": """
            AmazonDynamoDB=Amazon DynamoDB
            AmazonDocDB=Amazon DocumentDB (with MongoDB compatibility)
            AmazonNeptune=Amazon Neptune
            AmazonMCS=Amazon Keyspaces (for Apache Cassandra)
            AmazonSimpleDB=Amazon SimpleDB""",
        "Caching": """
            AmazonElastiCache=Amazon ElastiCache
            AmazonMemoryDB=Amazon MemoryDB
            AmazonDAX=Amazon DynamoDB Accelerator (DAX)""",
        "Data Warehouses": "AmazonRedshift=Amazon Redshift",
        "Time Series Databases": "AmazonTimestream=Amazon Timestream",
        "Ledger Databases": "AmazonQLDB=Amazon Quantum Ledger Database",
    },
    "Developer Tools": {
        "Continuous Integration and Deployment": """
            CodeBuild=AWS CodeBuild
            AWSCodeDeploy=AWS CodeDeploy
            AWSCodePipeline=AWS CodePipeline
            AWSCodeArtifact=AWS CodeArtifact""",
        "Development Environments": "AWSCloudShell=AWS CloudShell",
        "Source Code Management": "AWSCodeCommit=AWS CodeCommit",
        "Quality Assurance": """
            AWSDeviceFarm=AWS Device Farm
            AWSFIS=AWS Fault Injection Service""",
        "Other (Developer Tools)": "AWSXRay=AWS X-Ray",
    },
    "Identity": {
        "Identity and Access Management": """
            AmazonCognito=Amazon Cognito
            AWSDirectoryService=AWS Directory Service
            AWSIAMAccessAnalyzer=AWS IAM Access Analyzer
            AmazonVerifiedPermissions=Amazon Verified Permissions""",
    },
    "Integration": {
        "API Management": """
            AmazonApiGateway=Amazon API Gateway
            AWSAppSync=AWS AppSync""",
        "Messaging": """
            AWSQueueService=Amazon Simple Queue Service
            AmazonSNS=Amazon Simple Notification Service
            AmazonMQ=Amazon MQ
            AWSEvents=CloudWatch Events
            AmazonEventBridge=Amazon EventBridge""",
        "Workflow Orchestration": """
            AmazonStates=AWS Step Functions
            AmazonSWF=Amazon Simple Workflow Service
            AWSB2Bi=AWS B2B Data Interchange
            AmazonAppFlow=Amazon AppFlow""",
    },
    "Internet of Things": {
        "IoT Platforms": """
            AWSIoT=AWS IoT
            AWSIoTDeviceManagement=AWS IoT Device Management
            AWSIoTSiteWise=AWS IoT SiteWise
            AWSGreengrass=AWS IoT Greengrass""",
        "IoT Analytics": "AWSIoTAnalytics=AWS IoT Analytics",
    },
    _GOVERN: {
        "Observability": """
            AmazonCloudWatch=AmazonCloudWatch
            AWSCloudTrail=AWS CloudTrail
            AmazonPrometheus=Amazon Managed Service for Prometheus
            AmazonGrafana=Amazon Managed Grafana""",
        "Compliance": """
            AWSConfig=AWS Config
            AWSAuditManager=AWS Audit Manager""",
        "Architecture": """
            AWSServiceCatalog=AWS Service Catalog
            AWSCloudFormation=AWS CloudFormation""",
        "Cost Management": """
            AWSCostExplorer=AWS Cost Explorer
            AWSBudgets=AWS Budgets
            AWSBillingConductor=AWS Billing Conductor""",
        "Support": """
            AWSSupportBasic=AWS Support (Basic)
            AWSDeveloperSupport=AWS Support (Developer)
            AWSSupportDeveloper=AWS Support (Developer)
            AWSSupportBusiness=AWS Support (Business)
            AWSSupportEnterprise=AWS Support (Enterprise)
            AWSEnterpriseOnRamp=AWS Support (Enterprise On-Ramp)
            OCBPremiumSupport=AWS Premium Support
            AWSPremiumSupport=AWS Premium Support""",
        "Disaster Recovery": """
            AWSElasticDisasterRecovery=AWS Elastic Disaster Recovery
            AWSResilienceHub=AWS Resilience Hub""",
        "Other (Management and Governance)": """
            AWSSystemsManager=AWS Systems Manager
            AWSControlTower=AWS Control Tower""",
    },
    "Media": {
        "Media Streaming": """
            AWSElementalMediaConvert=AWS Elemental MediaConvert
            AWSElementalMediaLive=AWS Elemental MediaLive
            AWSElementalMediaPackage=AWS Elemental MediaPackage
            AWSElementalMediaStore=AWS Elemental MediaStore
            AWSElementalMediaTailor=AWS Elemental MediaTailor
            AmazonInteractiveVideo=Amazon Interactive Video Service
            AmazonKinesisVideo=Amazon Kinesis Video Streams
            AmazonETS=Amazon Elastic Transcoder""",
        "Gaming": "AmazonGameLift=Amazon GameLift",
    },
    "Migration": {
        "Data Migration": """
            AWSDatabaseMigrationSvc=AWS Database Migration Service
            AWSDataSync=AWS DataSync
            AWSTransfer=AWS Transfer Family
            IngestionServiceSnowball=AWS Import/Export Snowball
            AWSSnowballExtraDays=AWS Snowball Extra Days""",
        "Resource Migration": """
            AWSMigrationHubRefactorSpaces=AWS Migration Hub Refactor Spaces
            AWSApplicationMigrationSvc=AWS Application Migration Service""",
    },
    "Networking": {
        "Network Infrastructure": "AmazonVPC=Amazon Virtual Private Cloud",
        "Network Connectivity": """
            AWSDirectConnect=AWS Direct Connect
            AWSDataTransfer=AWS Data Transfer
            AWSCloudWAN=AWS Cloud WAN""",
        "Network Routing": """
            AmazonRoute53=Amazon Route 53
            AmazonRegistrar=Amazon Registrar
            AWSGlobalAccelerator=AWS Global Accelerator""",
        "Content Delivery": "AmazonCloudFront=Amazon CloudFront",
        "Application Networking": """
            AWSELB=Elastic Load Balancing
            AWSCloudMap=AWS Cloud Map
            AWSAppMesh=AWS App Mesh""",
        "Network Security": """
            awswaf=AWS WAF
            AWSShield=AWS Shield
            AWSNetworkFirewall=AWS Network Firewall
            AWSFMS=AWS Firewall Manager""",
    },
    "Security": {
        "Threat Detection and Response": """
            AmazonGuardDuty=Amazon GuardDuty
            AmazonDetective=Amazon Detective
            AmazonMacie=Amazon Macie
            AmazonSecurityLake=Amazon Security Lake""",
        "Security Posture Management": """
            AmazonInspector=Amazon Inspector
            AmazonInspectorV2=Amazon Inspector
            AWSSecurityHub=AWS Security Hub""",
        "Secret Management": """
            awskms=AWS Key Management Service
            AWSSecretsManager=AWS Secrets Manager
            CloudHSM=AWS CloudHSM
            AWSCertificateManager=AWS Certificate Manager
            AWSPaymentCryptography=AWS Payment Cryptography""",
    },
    "Storage": {
        "Object Storage": """
            AmazonS3=Amazon Simple Storage Service
            AmazonS3GlacierDeepArchive=Amazon S3 Glacier Deep Archive
            AmazonGlacier=Amazon Glacier""",
        "File Storage": """
            AmazonEFS=Amazon Elastic File System
            AmazonFSx=Amazon FSx""",
        "Backup Storage": "AWSBackup=AWS Backup",
        "Storage Platforms": "AWSStorageGateway=AWS Storage Gateway",
    },
    "Web": {
        "Application Platforms": """
            AWSAmplify=AWS Amplify
            AmazonLocationService=Amazon Location Service""",
    },
}


def _read(table: dict[str, dict[str, str]]) -> dict[str, Service]:
    services: dict[str, Service] = {}
    for category, subcategories in table.items():
        for subcategory, entries in subcategories.items():
            for entry in filter(None, map(str.strip, entries.splitlines())):
                code, _, name = entry.partition("=")
                services[code] = Service(name, category, subcategory)
    return services


SERVICES: dict[str, Service] = _read(_TABLE)
"""Product code → service."""
