//! aksel-azure.
