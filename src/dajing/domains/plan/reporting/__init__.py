"""Reporting by departments: 填报 → 审核 → 签发 → 锁定; a revision never overwrites."""
