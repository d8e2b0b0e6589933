//! aksel-provider.
