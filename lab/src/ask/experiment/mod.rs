//! Experiments: a question, a prediction, a run, and relations that say whether the answer is true.
//!
//! A claim about a lock is worth what can be shown on the reader's own machine. So each experiment
//! is up to three files beside each other: `convoy.md` says what is asked, what one may expect, what
//! is done, in which settings, what must hold and what follows; `convoy.rs` measures a setting, and
//! has the condition of each relation; `convoy.py` measures the same in each real CPython that the
//! user names, so that "as CPython does" is a measurement.
//!
//! # The life of one experiment
//!
//! 1. The question is printed, and on a terminal a prediction is asked for.
//! 2. Each [`Cell`](kit::cell::Cell), which is one setting, is measured in a process of its own, by each
//!    [`Contender`](kit::contender::Contender) that can: ours, then each CPython, cell by cell, so that
//!    what disturbs the machine disturbs all of them ([`session`](running::session)).
//! 3. Each [`Relation`](kit::relation::Relation) is checked. One about times that fails is measured
//!    again; if others keep the machine busy it is skipped ([`others`](running::others)).
//! 4. The figures, the relations and the explanation become a page, or a JSON document
//!    ([`report`](running::report)).
//!
//! # What a relation is worth
//!
//! One that cannot fail says nothing. Each therefore names a wrong setting under which it does:
//! `trainyard experiment run convoy --wrong one-to-two-intervals` runs the same cells with that one
//! change, checks the same relation, and ends with exit code 1. CI runs every one of them.
//!
//! Each of the layers uses only those before it: [`kit`], which experiments are made of; their groups
//! [`models`], [`tasks`], [`lock`], [`threads`] and [`processes`]; the [`catalogue`]; [`running`].
//!
//! Read next: [`kit`], then any experiment, such as `lock/convoy.md` and `convoy.rs`.

pub(crate) mod catalogue;
pub(crate) mod kit;
pub(crate) mod lock;
pub(crate) mod models;
pub(crate) mod processes;
pub(crate) mod running;
pub(crate) mod tasks;
pub(crate) mod threads;
