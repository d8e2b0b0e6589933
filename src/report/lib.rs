//! aksel-report.
