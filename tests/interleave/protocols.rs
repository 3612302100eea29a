//! The list of modelled protocols, and which of their steps stand in our source.
//!
//! Each file beside this one models one protocol of the crate twice: as it is (`correct`) and
//! with one mistake (a twin, named after the mistake). `tests/logic/interleave.rs` runs them;
//! `tests/tidy` compares the step names with the `// STEP: name` comments in `src/`, so
//! that a model and its code cannot part.
//!
//! Two conventions. A step is one atomic act: what one lock protects, one atomic operation,
//! one system call. And where the code waits for a condition with a condition variable, the
//! step is blocked until the condition holds: that every change of it notifies is then
//! assumed, not shown. Where a notification can get lost the model has a flag for it.

use std::collections::BTreeSet;

pub(crate) mod condition;
pub(crate) mod death;
pub(crate) mod handoff;
pub(crate) mod inbox;
pub(crate) mod permits;
pub(crate) mod queue;
pub(crate) mod starts;
pub(crate) mod task;
pub(crate) mod toggle;
pub(crate) mod turn;

/// Whether the code that a protocol models exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modelled {
    /// It does: each of our steps must stand in it.
    Yes,
    /// It is still to be written.
    NotYet,
}

/// One protocol, as far as the tidy test needs to know it.
pub(crate) struct Protocol {
    pub(crate) name: &'static str,
    pub(crate) modelled: Modelled,
    /// The scripts, and the single steps, that are not ours: the clock, the kernel, what a waker
    /// has news of. They stand in no source.
    pub(crate) world: &'static [&'static str],
    /// The steps of the correct scripts, each with the name of its script.
    pub(crate) steps: fn() -> Vec<(&'static str, &'static str)>,
}

pub(crate) const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "inbox",
        modelled: Modelled::Yes,
        world: &[],
        steps: || inbox::correct(1).steps().collect(),
    },
    Protocol {
        name: "handoff",
        modelled: Modelled::Yes,
        world: &["clock", "program"],
        steps: || handoff::correct().steps().collect(),
    },
    Protocol {
        name: "turn",
        modelled: Modelled::Yes,
        world: &[],
        steps: || turn::correct().steps().collect(),
    },
    Protocol {
        name: "death",
        modelled: Modelled::Yes,
        world: &["kernel"],
        steps: || death::correct().steps().collect(),
    },
    Protocol {
        name: "task",
        modelled: Modelled::Yes,
        world: &["make-ready"],
        steps: || task::correct().steps().collect(),
    },
    Protocol {
        name: "permits",
        modelled: Modelled::Yes,
        world: &[],
        steps: || permits::correct().steps().collect(),
    },
    Protocol {
        name: "starts",
        modelled: Modelled::Yes,
        world: &["be-started", "meet-the-other", "be-called"],
        steps: || starts::correct().steps().collect(),
    },
    Protocol {
        name: "condition",
        modelled: Modelled::Yes,
        world: &["clock", "change-the-value"],
        steps: || condition::correct().steps().collect(),
    },
    Protocol {
        name: "queue",
        modelled: Modelled::Yes,
        world: &["clock"],
        steps: || queue::correct().steps().collect(),
    },
    Protocol {
        name: "toggle",
        modelled: Modelled::Yes,
        world: &["patience"],
        steps: || toggle::correct(toggle::Before::Off).steps().collect(),
    },
];

impl Protocol {
    /// The steps that our source must have.
    pub(crate) fn our_steps(&self) -> BTreeSet<&'static str> {
        let is_world = |name| self.world.contains(&name);
        let steps = (self.steps)().into_iter();
        steps
            .filter(|&(script, step)| !is_world(script) && !is_world(step))
            .map(|(_, step)| step)
            .collect()
    }
}
