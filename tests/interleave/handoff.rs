//! The global lock's hand-off, after CPython: how a waiter gets the lock from a holder that
//! is busy.
//!
//! # The life of one hand-off
//!
//! 1. The waiter finds the lock taken and goes to sleep for at most one switch interval.
//! 2. It wakes by the clock, the same holder is still inside, and it asks for a drop.
//! 3. The holder sees the request at its next check point, releases, signals, and waits until
//!    somebody else has had the lock. That is forced switching.
//! 4. The waiter takes the lock, works, and gives it back; the first holder takes it again.
//!
//! Any time the waiter's caller may call it off, and it gives up. It must not leave without a
//! word: a holder that answers its request would wait for a taker who never comes (CPython's
//! gh-96387; the first twin). And without the wait of point 3 the releaser, which is running
//! while the waiter is only waking, can take the lock straight back (the second twin).

use trainyard::interleave::{Action, Explorer, Step, ensure};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Train {
    Holder,
    Waiter,
}

/// Why the waiter is not asleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Woken {
    NeverSlept,
    BySignal,
    ByClock,
    ByCaller,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that one of the actors sees")]
pub(crate) struct Lock {
    inside: Option<Train>,
    last_holder: Train,
    drop_request: bool,
    waiters: u8,
    /// `None`: the waiter sleeps.
    woken: Option<Woken>,
    called_off: bool,
    // What only the rules look at:
    /// The holder released on request, and nobody has had the lock since.
    handing_over: bool,
    retaken_over_a_waiter: bool,
    waiter_ran: bool,
}

impl Lock {
    fn take(&mut self, train: Train) {
        self.inside = Some(train);
        self.last_holder = train;
        self.handing_over = false;
    }

    /// Frees the lock and signals, which wakes the waiter if it sleeps and is lost otherwise.
    fn release(&mut self) {
        self.inside = None;
        self.woken.get_or_insert(Woken::BySignal);
    }
}

fn check_request(lock: &mut Lock) -> Step {
    if lock.drop_request { Step::Next } else { Step::Goto("release-for-good") }
}

fn release_on_request(lock: &mut Lock) -> Step {
    lock.release();
    lock.handing_over = true;
    Step::Next
}

fn await_switch(lock: &mut Lock) -> Step {
    if lock.last_holder == Train::Holder && lock.waiters > 0 { Step::Blocked } else { Step::Next }
}

fn take_again(lock: &mut Lock) -> Step {
    if lock.inside.is_some() {
        return Step::Blocked;
    }
    lock.retaken_over_a_waiter |= lock.handing_over && lock.waiters > 0;
    lock.take(Train::Holder);
    Step::Next
}

fn release_for_good(lock: &mut Lock) -> Step {
    lock.release();
    Step::Done
}

fn join_queue(lock: &mut Lock) -> Step {
    lock.waiters += 1;
    Step::Next
}

fn take_or_sleep(lock: &mut Lock) -> Step {
    if lock.inside.is_none() {
        lock.take(Train::Waiter);
        lock.waiters -= 1;
        lock.drop_request = false;
        lock.waiter_ran = true;
        return Step::Goto("release-turn");
    }
    if lock.called_off {
        return Step::Goto("give-up");
    }
    lock.woken = None;
    Step::Next
}

fn wake_up(lock: &mut Lock) -> Step {
    match lock.woken {
        None => Step::Blocked,
        Some(Woken::ByClock) => Step::Next,
        Some(_) => Step::Goto("take-or-sleep"),
    }
}

fn ask_for_drop(lock: &mut Lock) -> Step {
    lock.drop_request = lock.inside == Some(Train::Holder);
    Step::Goto("take-or-sleep")
}

fn release_turn(lock: &mut Lock) -> Step {
    lock.inside = None;
    Step::Done
}

fn give_up(lock: &mut Lock) -> Step {
    lock.waiters -= 1;
    lock.drop_request = false;
    Step::Done
}

fn walk_away(_: &mut Lock) -> Step {
    Step::Done
}

fn pass_interval(lock: &mut Lock) -> Step {
    lock.woken.get_or_insert(Woken::ByClock);
    Step::Done
}

fn call_off(lock: &mut Lock) -> Step {
    lock.called_off = true;
    lock.woken.get_or_insert(Woken::ByCaller);
    Step::Done
}

/// The holder is inside, the waiter has not come yet, one interval will pass, one call-off
/// will come.
fn at_work() -> Explorer<Lock> {
    let lock = Lock {
        inside: Some(Train::Holder),
        last_holder: Train::Holder,
        drop_request: false,
        waiters: 0,
        woken: Some(Woken::NeverSlept),
        called_off: false,
        handing_over: false,
        retaken_over_a_waiter: false,
        waiter_ran: false,
    };
    Explorer::new(lock)
        .script("clock", &[("pass-interval", pass_interval)])
        .script("caller", &[("call-off", call_off)])
}

fn with_holder(explorer: Explorer<Lock>) -> Explorer<Lock> {
    explorer.script(
        "holder",
        &[
            ("check-request", check_request),
            ("release-on-request", release_on_request),
            ("await-switch", await_switch),
            ("take-again", take_again),
            ("release-for-good", release_for_good),
        ],
    )
}

fn with_waiter(explorer: Explorer<Lock>, give_up: Action<Lock>) -> Explorer<Lock> {
    explorer.script(
        "waiter",
        &[
            ("join-queue", join_queue),
            ("take-or-sleep", take_or_sleep),
            ("wake-up", wake_up),
            ("ask-for-drop", ask_for_drop),
            ("release-turn", release_turn),
            ("give-up", give_up),
        ],
    )
}

/// The hand-off as it is.
pub(crate) fn correct() -> Explorer<Lock> {
    with_waiter(with_holder(at_work()), give_up)
}

/// The first twin: the waiter gives up and leaves its request, and its place in the queue,
/// behind.
pub(crate) fn leaves_its_request() -> Explorer<Lock> {
    with_waiter(with_holder(at_work()), walk_away)
}

/// The second twin: the holder does not wait until somebody else has had the lock.
pub(crate) fn without_forced_switching() -> Explorer<Lock> {
    let holder = at_work().script(
        "holder",
        &[
            ("check-request", check_request),
            ("release-on-request", release_on_request),
            ("take-again", take_again),
            ("release-for-good", release_for_good),
        ],
    );
    with_waiter(holder, give_up)
}

/// Must hold in every state.
pub(crate) fn always(lock: &Lock) -> Result<(), &'static str> {
    ensure(!lock.retaken_over_a_waiter, "a forced release ends with somebody else inside")
}

/// Must hold once every script is done.
pub(crate) fn finally(lock: &Lock) -> Result<(), &'static str> {
    ensure(lock.inside.is_none(), "the lock is free at the end")?;
    ensure(lock.waiters == 0, "nobody is left in the queue")?;
    ensure(!lock.drop_request, "no request outlives its waiter")?;
    ensure(lock.waiter_ran || lock.called_off, "a waiter that stays gets the lock")
}
