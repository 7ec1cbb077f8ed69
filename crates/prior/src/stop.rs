//! Ending early.

/// Whether somebody asked to end.
#[derive(Clone, Copy, Default)]
pub struct Stop<'a>(Option<&'a (dyn Fn() -> bool + Sync)>);

impl std::fmt::Debug for Stop<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stop(asked: {})", self.asked())
    }
}

/// Somebody asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Stopped;

impl<'a> Stop<'a> {
    /// Ends when the question is answered with yes.
    #[must_use]
    pub const fn when(asked: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self(Some(asked))
    }

    /// Never ends early.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    pub(crate) fn asked(self) -> bool {
        self.0.is_some_and(|asked| asked())
    }

    pub(crate) fn check(self) -> Result<(), Stopped> {
        if self.asked() { Err(Stopped) } else { Ok(()) }
    }
}
