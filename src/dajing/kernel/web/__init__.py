"""The people's port: Django behind one ASGI root."""
