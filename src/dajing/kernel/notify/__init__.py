"""Notices: what happened that concerns a person, in an inbox of the centre and over the channels that the person chose.

A notice is a row, written once whatever is redelivered; a channel that is dead delays neither the act nor the others.
"""
