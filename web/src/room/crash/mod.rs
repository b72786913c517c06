//! The crash lab: a workload, an engine that really ends, a database opened again, and every
//! acknowledged commit looked for.
pub mod model;
pub mod view;
pub mod work;
