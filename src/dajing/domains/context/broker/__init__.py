"""The machine port: raw ASGI callables of the NGSI-LD API, notifications, hosted contexts."""
