"""NGSI-LD (ETSI GS CIM 009 V1.9.1) as pure computation: documents in, documents out; no I/O, no clock."""
