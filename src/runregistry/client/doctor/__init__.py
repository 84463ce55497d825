"""What is wrong between here and a registry: checks as data, each with the next step. Nothing is printed here."""

from runregistry.client.doctor.checks import FAIL, OK, WARN, Check
from runregistry.client.doctor.diagnosis import check_answers, diagnose

__all__ = ["FAIL", "OK", "WARN", "Check", "check_answers", "diagnose"]
