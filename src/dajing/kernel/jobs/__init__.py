"""Durable background tasks and schedules: Django's task interface on our own table."""
