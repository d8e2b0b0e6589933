//! aksel-kubernetes.
