//! Results as data, and how they are laid out. Knows nothing of how anything ran, and prints nothing.

pub mod compare;
pub mod remarks;
pub mod timing;
