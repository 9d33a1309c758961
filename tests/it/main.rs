//! Every integration test, in one binary: each further one would link every SDK crate again.

mod laws;
