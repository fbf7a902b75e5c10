"""The findings of `check` as a JUnit file, which every CI system can show."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reporter.audit.findings import Finding
from reporter.records import UserError

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN = 100


def write_junit(path: Path, findings: Sequence[Finding]) -> None:
    """One test case for each finding; raises `UserError` if the file cannot be written."""
    failed = sum(1 for finding in findings if finding.faults)
    suite = Element("testsuite", name="salience-report check", tests=str(len(findings)), failures=str(failed))
    for finding in findings:
        case = SubElement(suite, "testcase", classname="salience-report", name=f"{finding.name}: {finding.outcome}")
        if finding.faults:
            failure = SubElement(case, "failure", message=_clean(finding.faults[0]))
            failure.text = _clean("\n".join(finding.faults[:_SHOWN]))
    indent(suite)
    try:
        path.write_bytes(tostring(suite, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise UserError(f"The JUnit file {path} cannot be written: {error.strerror}.") from error


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold, each of them written out."""
    return _FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
