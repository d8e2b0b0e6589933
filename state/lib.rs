//! State: the snapshot in Terraform's format, the write-ahead journal, locks.
//!
//! Never: nothing here is async, makes a request or knows what a change means.

pub mod intent;
