"""Usage logs of AI gateways: LiteLLM, and OpenTelemetry's gen_ai signals."""

from outlay.sources.ai_gateway.source import AiGateway, AiGatewayOptions

__all__ = ["AiGateway", "AiGatewayOptions"]
