//! later
pub(crate) fn before_init() {}
pub(crate) fn after_init() -> bool {
    false
}
