"""Findings as text for people, JSON for programs, SARIF 2.1.0 for code scanning."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from tradewind.checks.contract import Finding, Level
from tradewind.checks.rules import RULES

_SARIF_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}


def as_text(findings: list[Finding], files: int) -> str:
    """A line per finding, its reason and way out below, and the counts."""
    lines: list[str] = []
    explained: set[str] = set()
    for finding in findings:
        rule = RULES[finding.code]
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        lines.append(f"{place}: {finding.code} {rule.level.value}: {finding.message}")
        if rule.code not in explained:  # said once: the tenth reading helps nobody
            lines.append(f"    why: {rule.why}")
            explained.add(rule.code)
        lines.append(f"    fix: {finding.fix or rule.fix}")
    count = Counter(RULES[finding.code].level for finding in findings)
    said = ", ".join(
        f"{count[level]} {level.value}{'s' if count[level] != 1 else ''}" for level in Level if count[level]
    )
    fixable = sum(RULES[finding.code].fixable for finding in findings)
    lines.append(f"{files} files: {said or 'nothing found'}" + (f"; --fix can rewrite {fixable}" if fixable else ""))
    return "\n".join(lines)


def as_json(findings: list[Finding], files: int) -> str:
    """One object: ``files`` and ``findings``."""
    rows = [
        {
            **msgspec.to_builtins(finding),
            "level": RULES[finding.code].level.value,
            "rule": RULES[finding.code].name,
            "why": RULES[finding.code].why,
            "fix": finding.fix or RULES[finding.code].fix,
            "fixable": RULES[finding.code].fixable,
        }
        for finding in findings
    ]
    return msgspec.json.format(msgspec.json.encode({"files": files, "findings": rows}), indent=2).decode()


def as_sarif(findings: list[Finding], version: str) -> str:
    """The static analysis results interchange format, as code hosts read it."""
    rules = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.why},
            "help": {"text": rule.fix},
            "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
        }
        for rule in RULES.values()
    ]
    results = [
        {
            "ruleId": finding.code,
            "level": _SARIF_LEVELS[RULES[finding.code].level],
            "message": {"text": f"{finding.message} {finding.fix or RULES[finding.code].fix}"},
            "locations": [{"physicalLocation": _location(finding)}],
        }
        for finding in findings
    ]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "tradewind", "version": version, "rules": rules}}, "results": results}],
    }
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode()


def _location(finding: Finding) -> dict[str, Any]:
    region = {"startLine": max(1, finding.line)} | ({"startColumn": finding.column} if finding.column else {})
    return {"artifactLocation": {"uri": finding.file.replace("\\", "/")}, "region": region}
