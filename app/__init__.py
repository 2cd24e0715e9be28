"""kefu-copilot: agent assist for Chinese customer-service chat."""

__version__ = "0.1.0"
